import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/**
 * The token that a kiosk's screens send, stored in its folder (mode 0600), so that a browser that is open already is accepted
 * again after the agent was restarted. 32 random bytes, base64url; a file that holds anything else, or that another user could
 * read or write, is replaced. Throws where the folder cannot be written. [BRG-3]
 */
export function readOrCreateBridgeToken(folder: string): string {
  const file = join(folder, 'bridge-token')
  const existing = readExisting(file)
  if (existing !== null) return existing
  const token = randomBytes(32).toString('base64url')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // A mode is only applied to a new file.
  rmSync(file, { force: true })
  writeFileSync(file, token, { mode: 0o600, flag: 'wx' })
  return token
}

function readExisting(file: string): string | null {
  try {
    const opened = openSync(file, 'r')
    try {
      const text = readFileSync(opened, 'utf8')
      return TOKEN.test(text) && isOursAlone(opened) ? text : null
    } finally {
      closeSync(opened)
    }
  } catch {
    return null
  }
}

/** A file that another user wrote, or could read, is no secret any more. On Windows neither can be asked. */
function isOursAlone(opened: number): boolean {
  if (process.getuid === undefined) return true
  const { uid, mode } = fstatSync(opened)
  return uid === process.getuid() && (mode & 0o077) === 0
}
