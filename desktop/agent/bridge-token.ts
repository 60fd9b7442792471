import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/**
 * The token that a kiosk's screens show, kept in its folder (mode 0600), so that a browser that is open already is known
 * again after the agent was started anew. 32 random bytes, base64url; a file that holds anything else, or that another user could read or
 * write, gets a new one.
 * Throws where the folder cannot be written. [BRG-3]
 */
export function keepBridgeToken(folder: string): string {
  const file = join(folder, 'bridge-token')
  const kept = readKept(file)
  if (kept !== null) return kept
  const token = randomBytes(32).toString('base64url')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // A mode is only given to a file that is made.
  rmSync(file, { force: true })
  writeFileSync(file, token, { mode: 0o600, flag: 'wx' })
  return token
}

function readKept(file: string): string | null {
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

/** A file that another user wrote, or could read, is no secret any more. Windows tells neither. */
function isOursAlone(opened: number): boolean {
  if (process.getuid === undefined) return true
  const { uid, mode } = fstatSync(opened)
  return uid === process.getuid() && (mode & 0o077) === 0
}
