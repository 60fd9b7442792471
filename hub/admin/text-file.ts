import { readFile } from 'node:fs/promises'
import { accept, type Decision } from '#shared/domain/decision.ts'
import { refusal, type AdminRefusal } from './answer.ts'

/** A file larger than this is not read; 20,000 spaces with hours need about 10 MB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** Lines of a list that a terminal is asked to bear; `--json` has them all. */
const MAX_LINES = 50

/** The text of a file that somebody named; the refusal says in a sentence why there is none. */
export async function readTextFile(file: string): Promise<Decision<string, AdminRefusal>> {
  try {
    const bytes = await readFile(file)
    if (bytes.length > MAX_FILE_BYTES)
      return refusal(`${file} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB. Split it.`)
    return accept(new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return refusal(`There is no file ${file}. Check the path.`)
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return refusal(`${file} is neither UTF-8 nor UTF-16. Save it as UTF-8 and try again.`)
    return refusal(`Cannot read ${file}: ${fileFault(code)}`)
  }
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder (ENOENT). Create it, or check the path.',
  ENOTDIR: 'a part of the path is not a folder (ENOTDIR). Check the path.',
  EISDIR: 'it is a folder (EISDIR). Name a file.',
  EACCES: 'this user has no permission (EACCES). Check the owner of the file and of its folder.',
  EPERM: 'this user has no permission (EPERM). Check the owner of the file and of its folder.',
  EROFS: 'the disk is read-only (EROFS). Choose another one.',
  ENOSPC: 'the disk is full (ENOSPC). Free some space, or choose another one.',
}

/** What the file system refuses and what to do, in words that end a sentence, with its code. */
export function fileFault(code: string | undefined): string {
  return FILE_FAULTS[code ?? ''] ?? `the system says ${code ?? 'no more'}.`
}

/** By the byte order mark: spreadsheets write "Unicode text" as UTF-16. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

/** As many lines as a terminal is asked to bear, and how many there are more. */
export function cut(lines: string[]): string[] {
  if (lines.length <= MAX_LINES) return lines
  return [...lines.slice(0, MAX_LINES), `  … and ${lines.length - MAX_LINES} more; --json has all`]
}
