import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The folder of a kiosk that was told none: below CARREL_HOME, which is /var/lib/carrel for root and else the user's
 * folder for data (XDG base directories). Two names never share one, in whatever letters they are written.
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
