import { closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import { troubleOf } from './sqlite.ts'

/**
 * Takes a folder for this process, or says that another has it. The lock is the operating system's, held through an
 * empty database: it ends with the process, also after `kill -9`. Returns a function that gives it back; null: taken.
 */
export function lockFolder(file: string): (() => void) | null {
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
