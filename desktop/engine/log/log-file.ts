import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** One file of a log, and how many older ones stay: months of a quiet kiosk, and never more than 4 MB. [KSK-8] */
const FILE_BYTES = 1_048_576
const OLDER_FILES = 3

/**
 * Appends lines to a file that its owner alone may read. When it is full it becomes `FILE.1`, what was `FILE.1` becomes
 * `FILE.2`, and the oldest goes. Each line is written when this returns: what a process says last, before it ends with an
 * exit code, is what one looks for. Never throws: where it cannot be written, the kiosk works without. [KSK-8]
 */
export function makeLogFile(file: string, fileBytes: number = FILE_BYTES): (line: string) => void {
  const state = { bytes: null as number | null }
  return (line) => {
    try {
      state.bytes ??= openLog(file)
      if (state.bytes > 0 && state.bytes + Buffer.byteLength(line) > fileBytes) {
        rotate(file)
        state.bytes = 0
      }
      appendFileSync(file, line, { mode: 0o600 })
      state.bytes += Buffer.byteLength(line)
    } catch {
      // Looked at anew with the next line: there may be room again.
      state.bytes = null
    }
  }
}

/** Bytes that it has already. */
function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  return existsSync(file) ? statSync(file).size : 0
}

function rotate(file: string): void {
  for (let number = OLDER_FILES; number > 1; number -= 1) {
    if (existsSync(`${file}.${number - 1}`)) renameSync(`${file}.${number - 1}`, `${file}.${number}`)
  }
  renameSync(file, `${file}.1`)
}
