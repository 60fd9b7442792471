import { parse } from 'csv-parse/sync'
import { quoted } from '#shared/domain/space-tree.ts'

/** A line of a table: where it ends in the file, and its cells by column. */
export interface CsvRow {
  line: number
  cells: Record<string, string>
}

/** What is wrong with a table's shape; line null: with the whole file. */
export interface CsvFault {
  line: number | null
  detail: string
}

/** A table that was read as far as it can be. */
export interface CsvTable {
  /** Names of the columns: known ones as they are known, others as they are in the file. */
  header: string[]
  rows: CsvRow[]
  faults: CsvFault[]
}

/** Rows with wrong quotes that are named: after each the reading starts anew, and a whole table of such names one mistake. */
const MAX_QUOTE_FAULTS = 100

interface Line {
  line: number
  cells: string[]
}

/** What Excel takes for the delimiter of all that follows; saved again it may be quoted, and have empty cells or blanks after it. */
const SEPARATOR_LINE = /^\s*"?sep= *([^\n" ])"?[,;\t ]*\n/i

/** What spreadsheets write between cells; the first one is meant where a header has none of them. */
const DELIMITERS = [',', ';', '\t'] as const

/** More text than this without an end of the line is no row of a table. */
const MAX_ROW_LENGTH = 65_536

/**
 * Reads a CSV text as spreadsheets of many countries write it: with commas, semicolons or tabs, a byte order mark, a first
 * line "sep=;", header names in any case, and rows without a single cell filled, which are left out. All that is wrong
 * with its shape is named, and what can be read is read: one bad row hides no fault of the others, but for a quote that
 * never closes. Never throws.
 */
export function readCsv(text: string, known: readonly string[]): CsvTable {
  // Only so are lines counted right where one ends inside quotes.
  const source = text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n')
  const said = SEPARATOR_LINE.exec(source)
  const { lines, faults } = readLines(source, said?.[0] ?? '', said?.[1] ?? findDelimiter(source))
  const [first, ...rest] = lines
  if (first === undefined) return { header: [], rows: [], faults }
  const header = first.cells.map((name) => nameColumn(name, known))
  // A delimiter at the end of the header makes no column.
  while (header.at(-1) === '') header.pop()
  const twins = header.filter((name, index) => name !== '' && header.indexOf(name) < index)
  for (const name of new Set(twins))
    faults.push({ line: first.line, detail: `the column ${quoted(name)} appears twice` })
  const rows = rest.flatMap(({ line, cells }): CsvRow[] => {
    const detail = faultOfLength(cells, header.length)
    if (detail !== null) {
      faults.push({ line, detail })
      return []
    }
    return [{ line, cells: Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ''])) }]
  })
  return { header, rows, faults }
}

/** The delimiter that occurs most often in the first line that says anything, outside quotes. */
function findDelimiter(text: string): string {
  const [header = ''] = text
    .trimStart()
    .replaceAll(/"[^"]*"/g, '')
    .split('\n', 1)
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

/** Rows of a text after its `start`. After one that cannot be read it goes on with the next line. */
function readLines(text: string, start: string, delimiter: string): { lines: Line[]; faults: CsvFault[] } {
  const lines: Line[] = []
  const faults: CsvFault[] = []
  let from = start.length
  let linesBefore = countLines(start)
  while (from < text.length) {
    const fault = readUntilFault(text.slice(from), delimiter, (line, cells) => {
      if (cells.some((cell) => cell.trim() !== '')) lines.push({ line: line + linesBefore, cells })
    })
    if (fault === null) break
    const { line, code } = fault
    const detail = SENTENCES[code] ?? 'it cannot be read as a row of a table'
    faults.push({ line: line + linesBefore, detail })
    if (!ENDS_WITH_ITS_LINE.has(code)) break
    if (faults.length === MAX_QUOTE_FAULTS) {
      faults.push({
        line: line + linesBefore,
        detail: 'quotes are wrong in many rows: nothing after it was read',
      })
      break
    }
    const next = endOfLine(text, from, line)
    linesBefore += line
    from = next
  }
  return { lines, faults }
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}

/** Where the line after the so-manieth one from `from` begins. */
function endOfLine(text: string, from: number, count: number): number {
  let at = from
  for (let line = 0; line < count; line += 1) {
    const end = text.indexOf('\n', at)
    if (end === -1) return text.length
    at = end + 1
  }
  return at
}

/** Gives each row with the line that it ends in, counted from 1, up to one that cannot be read; null: all could. */
function readUntilFault(
  text: string,
  delimiter: string,
  take: (line: number, cells: string[]) => void,
): { line: number; code: string } | null {
  let last = 0
  try {
    parse(text, {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_ROW_LENGTH,
      on_record: (record: string[], info) => {
        last = info.lines
        take(last, record)
        return null
      },
    })
    return null
  } catch (error) {
    const { code = '', lines: line = last + 1 } = error as { code?: string; lines?: number }
    return { line: ENDS_WITH_ITS_LINE.has(code) ? line : last + 1, code }
  }
}

/** Faults of one line: what comes after it is a row again. */
const ENDS_WITH_ITS_LINE: ReadonlySet<string> = new Set([
  'CSV_INVALID_CLOSING_QUOTE',
  'INVALID_OPENING_QUOTE',
])

/** What csv-parse refuses, in words of whoever made the file. */
const SENTENCES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote opens in it or below and never closes: nothing after it was read',
  CSV_INVALID_CLOSING_QUOTE: 'a quote appears inside a cell; inside a quoted cell, quotes are written twice',
  INVALID_OPENING_QUOTE:
    'a quote appears in the middle of a cell; a cell with quotes is put in quotes, and they are written twice',
  CSV_MAX_RECORD_SIZE: `it has more than ${MAX_ROW_LENGTH} characters; is a quote open?`,
}

function nameColumn(typed: string, known: readonly string[]): string {
  const name = typed.trim()
  return known.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name
}

/** Cells beyond the header are no fault where nothing is in them: spreadsheets write such. */
function faultOfLength(cells: readonly string[], count: number): string | null {
  const isLong = cells.slice(count).some((cell) => cell.trim() !== '')
  if (cells.length >= count && !isLong) return null
  return `it has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'} where the header has ${count}`
}
