import { readFile } from 'node:fs/promises'
import { accept, type Decision } from '#shared/domain/decision.ts'
import { printable, quoted } from '#shared/domain/space-tree.ts'
import { refusal, type AdminRefusal } from './answer.ts'

/** A file larger than this is not read; 20,000 spaces with hours need about 10 MB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** Lines of a list that a terminal is asked to bear; `--json` has them all. */
const MAX_LINES = 50
/** Longer than a path of long names, and than any sentence about one. */
const MAX_LINE_LENGTH = 1000
/** Names of columns that one line is asked to bear. */
const MAX_IGNORED = 20

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
      return refusal(
        `${file} is neither UTF-8 nor UTF-16. Save it as UTF-8 and try again; in Excel, the file type is "CSV UTF-8".`,
      )
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

/** By the byte order mark – spreadsheets write "Unicode text" as UTF-16 –, or by the zeros that UTF-16 has in every Latin letter. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  // No text in UTF-8 begins so: a column is called in Latin letters.
  if (first === 0 && second !== 0) return 'utf-16be'
  return first !== 0 && second === 0 ? 'utf-16le' : 'utf-8'
}

/**
 * As many lines as a terminal is asked to bear, and how many there are more. Each stays one line and is not too long,
 * whatever of a file is in it: no cell and no name can pretend to be another sentence. [IMP-18]
 */
export function cut(lines: string[]): string[] {
  const shown = lines.slice(0, MAX_LINES).map(cutLine)
  const moreCount = lines.length - MAX_LINES
  return moreCount > 0 ? [...shown, `  … and ${moreCount} more; --json has all`] : shown
}

function cutLine(line: string): string {
  return line.length > MAX_LINE_LENGTH ? `${printable(line.slice(0, MAX_LINE_LENGTH))}…` : printable(line)
}

/** The line that names what of a file means nothing and was left out, with what it was perhaps to be; none where that is nothing. */
export function ignoredLine(
  names: readonly string[],
  meant: (name: string) => string | null = () => null,
): string[] {
  if (names.length === 0) return []
  const more = names.length > MAX_IGNORED ? `, … and ${names.length - MAX_IGNORED} more` : ''
  const shown = names.slice(0, MAX_IGNORED).map((name) => {
    const other = meant(name)
    return other === null ? quoted(name) : `${quoted(name)} (did you mean ${quoted(other)}?)`
  })
  return [`  ignored: ${shown.join(', ')}${more}`]
}
