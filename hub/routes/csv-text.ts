/** Beginnings that a spreadsheet takes for a formula. */
const FORMULA = /^[=+\-@\t\r\n]/

/** One cell: quoted, and no formula whatever stands in it. [AUD-4] */
function cellText(value: string | number | null): string {
  if (typeof value === 'number') return String(value)
  const text = value ?? ''
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}

/** One line of a table (RFC 4180). Cells that a spreadsheet would take for a formula begin with an apostrophe. [AUD-4] */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellText).join(',')}\r\n`
}
