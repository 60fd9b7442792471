import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The size of one file, and how many older ones are kept: months of a quiet kiosk, and never more than 4 MB. [KSK-8] */
const FILE_BYTES = 1_048_576
const OLDER_FILES = 3

/**
 * Gives a function that appends lines to a file which its owner alone may read. A full file becomes `FILE.1`, what was `FILE.1`
 * becomes `FILE.2`, and the oldest is deleted. Each line is handed to the operating system before it returns: the last lines
 * before a process ends are the ones that matter. Never throws: where the file cannot be written, the kiosk works without it. [KSK-8]
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
      // Opened again with the next line: there may be room by then.
      state.bytes = null
    }
  }
}

/** Makes the folder, and gives the size that the file has already. */
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
