import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join, posix, win32 } from 'node:path'
import process from 'node:process'

/**
 * The folder of a kiosk that is given none: below CARREL_HOME, which is /var/lib/carrel for root and else the user's
 * folder for data (XDG base directories). Two names never share one, whatever letters they are written in.
 */
export function kioskFolder(
  name: string,
  env: Record<string, string | undefined>,
  isRoot: boolean = process.getuid?.() === 0,
): string {
  const data = env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local', 'share')
  const home = env['CARREL_HOME'] || (isRoot ? '/var/lib/carrel' : join(data, 'carrel'))
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return join(home, 'kiosks', [plain.slice(0, 40), mark].filter((part) => part !== '').join('-'))
}

/**
 * The configuration file of an installed kiosk, where the platform keeps such files: `/etc/carrel/kiosk.json`,
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
