import { closeSync, openSync, truncateSync } from 'node:fs'
import Database from 'better-sqlite3'
import { storeErrorOf } from './sqlite.ts'

/**
 * Locks a folder for this process. The lock is the operating system's, held through an empty database: it ends with the
 * process, also after `kill -9`. Returns a function that unlocks; null: another process has it. Throws what SQLite throws. [KSK-14]
 */
export function lockFolder(file: string): (() => void) | null {
  try {
    return takeLock(file)
  } catch (error) {
    if (storeErrorOf(error) !== 'corrupt') throw error
    // Nothing is in it, and nobody holds it: SQLite checks the lock before it reads the file. It stays the same file, so that
    // of two starts only one gets the lock. [KSK-14]
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
    if (storeErrorOf(error) === 'locked') return null
    throw error
  }
  return () => sqlite.close()
}
