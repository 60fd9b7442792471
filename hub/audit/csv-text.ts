/**
 * Where a spreadsheet may take text for a formula: at the beginning of a cell, and, since it splits lines at what its
 * country splits them at and does not mind our quotes then, behind any separator, with blanks and quotes between. The wide
 * letters are what East Asian keyboards type for the same.
 */
const FORMULA = /(^|[;,\t\r\n])((?:[^\S\t\r\n]|")*)('*)(?=[=+\-@＝＋－＠])/g
/** Spreadsheets drop such beginnings of a cell, so that what follows would begin it. */
const BREAK = /^('*)(?=[\t\r\n])/

/** A text in which no spreadsheet finds a formula: with an apostrophe before it, and one more where there are some. [AUD-8] */
function neutraliseFormulas(text: string): string {
  return text.replaceAll(FORMULA, "$1$2'$3").replace(BREAK, "'$1")
}

/** One cell: quoted, and no formula whatever is in it. [AUD-4] */
function cellText(value: string | number | null): string {
  if (typeof value === 'number') return String(value)
  return `"${neutraliseFormulas(value ?? '').replaceAll('"', '""')}"`
}

/** One line of a table (RFC 4180), disarmed for spreadsheets of any country. [AUD-4] [AUD-8] */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellText).join(',')}\r\n`
}
