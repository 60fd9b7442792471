import { posix, win32 } from 'node:path'
import process from 'node:process'

/**
 * Where IT's own tools put the configuration of an installed kiosk, by the customs of the platform: `/etc/carrel/kiosk.json`,
 * on Windows `%ProgramData%\Carrel\kiosk.json`, on macOS `/Library/Application Support/Carrel/kiosk.json`. [SHL-10]
 */
export function systemConfigFile(
  platform: NodeJS.Platform = process.platform,
  env: Record<string, string | undefined> = process.env,
): string {
  if (platform === 'win32') return win32.join(env['ProgramData'] || 'C:\\ProgramData', 'Carrel', 'kiosk.json')
  const folder = platform === 'darwin' ? '/Library/Application Support/Carrel' : '/etc/carrel'
  return posix.join(folder, 'kiosk.json')
}
