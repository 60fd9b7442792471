import { closeSync, openSync, truncateSync } from 'node:fs'
import Database from 'better-sqlite3'
import { troubleOf } from './sqlite.ts'

/**
 * Takes a folder for this process, or says that another has it. The lock is the operating system's, held through an
 * empty database: it ends with the process, also after `kill -9`. Returns a function that gives it back; null: taken.
 */
export function lockFolder(file: string): (() => void) | null {
  try {
    return takeLock(file)
  } catch (error) {
    if (troubleOf(error) !== 'corrupt') throw error
    // Nothing is in it, and nobody holds it: SQLite looks for a holder before it looks into the file. It stays the same file,
    // so that of two starts only one has it. [KSK-14]
    truncateSync(file)
    return takeLock(file)
  }
}

function takeLock(file: string): (() => void) | null {
  closeSync(openSync(file, 'a', 0o600))
  const sqlite = new Database(file, { timeout: 0 })
  try {
    sqlite.exec('begin exclusive')
  } catch (error) {
    sqlite.close()
    if (troubleOf(error) === 'locked') return null
    throw error
  }
  return () => sqlite.close()
}
