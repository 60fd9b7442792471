import { printable } from '#shared/domain/space-tree.ts'

/** A table for people; `columns` null: without a line of headings. */
export interface Table {
  columns: readonly string[] | null
  rows: readonly (readonly (string | number)[])[]
}

/** What a command shows: sentences, tables, or both below each other. */
export type Printed = string | Table | readonly (string | Table)[]

/** Between two columns. */
const GAP = 2
/** A column of words is made no narrower than this. */
const LEAST_WIDTH = 10

/** What is shown, as text that fits a terminal of this width (null: as wide as it likes) and cannot garble it. */
export function renderPrinted(shown: Printed, width: number | null): string {
  return partsOf(shown)
    .map((part) =>
      typeof part === 'string'
        ? part.split('\n').map(printable).join('\n')
        : formatTable(part.columns, part.rows, width),
    )
    .join('\n')
}

function partsOf(shown: Printed): readonly (string | Table)[] {
  if (typeof shown === 'string') return [shown]
  return 'rows' in shown ? [shown] : shown
}

/**
 * A table: columns aligned, two spaces between, numbers to the right, characters that would garble a terminal written out.
 * What is wider than `width` is broken into further lines inside its columns, the widest column first. [IMP-18]
 */
export function formatTable(
  columns: Table['columns'],
  rows: Table['rows'],
  width: number | null = null,
): string {
  const lines = columns === null ? rows : [columns, ...rows]
  const count = Math.max(0, ...lines.map((line) => line.length))
  const indexes = Array.from({ length: count }, (_, index) => index)
  const cells = lines.map((line) => indexes.map((index) => printable(String(line[index] ?? ''))))
  const isNumber = indexes.map(
    (index) => rows.length > 0 && rows.every((row) => typeof row[index] === 'number'),
  )
  const natural = indexes.map((index) => Math.max(0, ...cells.map((line) => widthOf(line[index] ?? ''))))
  const widths = width === null ? natural : fitWidths(natural, isNumber, width)
  return cells.flatMap((line) => linesOf(line, widths, isNumber)).join('\n')
}

/** Takes from the widest column until all fit, or none of them can give more. */
function fitWidths(natural: readonly number[], isNumber: readonly boolean[], width: number): number[] {
  const widths = [...natural]
  const least = natural.map((wide, index) => (isNumber[index] === true ? wide : Math.min(wide, LEAST_WIDTH)))
  let excess = natural.reduce((sum, wide) => sum + wide, GAP * (natural.length - 1)) - width
  for (; excess > 0; excess -= 1) {
    const givers = widths.map((wide, index) => (wide > (least[index] ?? 0) ? wide : 0))
    const most = Math.max(...givers)
    if (most === 0) break
    widths[givers.indexOf(most)] = most - 1
  }
  return widths
}

/** One row, as the lines of a terminal that it takes. */
function linesOf(
  cells: readonly string[],
  widths: readonly number[],
  isNumber: readonly boolean[],
): string[] {
  const broken = cells.map((cell, index) => breakCell(cell, widths[index] ?? 0))
  const height = Math.max(1, ...broken.map((lines) => lines.length))
  return Array.from({ length: height }, (_, at) =>
    broken
      .map((lines, index) => {
        const text = lines[at] ?? ''
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(text)))
        return isNumber[index] === true ? space + text : text + space
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** A cell in lines of at most so many columns, broken where words or parts of a path end; what is indented stays so. */
function breakCell(cell: string, width: number): string[] {
  if (widthOf(cell) <= width) return [cell]
  const indent = (/^ */.exec(cell)?.[0] ?? '').slice(0, Math.max(0, width - LEAST_WIDTH / 2))
  const lines: string[] = []
  let line = ''
  const end = (): void => {
    lines.push(indent + line.trimEnd())
    line = ''
  }
  for (const word of cell.trimStart().match(/[^ /,-]*[ /,-]?/gu) ?? []) {
    if (line !== '' && widthOf(line + word.trimEnd()) > width - indent.length) end()
    for (const char of word) {
      if (widthOf(line + char) > width - indent.length && char !== ' ') end()
      line += char
    }
  }
  if (line.trim() !== '') end()
  return lines
}

/** How much room a text takes on a terminal: wide East Asian characters take two cells. */
function widthOf(text: string): number {
  let width = 0
  for (const char of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u.test(
        char,
      )
        ? 2
        : /\p{M}/u.test(char)
          ? 0
          : 1
  return width
}

/** An age for people: "8 s", "12 min", "3 h", "9 d"; "-" for never. */
export function formatAge(nowMs: number, atMs: number | null): string {
  if (atMs === null) return '-'
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}
