// Rows as parameters of a statement: one array a column. The driver's own escaping of arrays costs more than their
// insert; here only text is quoted.

/** The type of a column, as PostgreSQL calls it. */
export type ColumnType = 'bigint' | 'smallint' | 'integer' | 'float8' | 'text'

/** Columns by the names that rows have for them, in the order of the parameters. */
export type Columns = Readonly<Record<string, ColumnType>>

/** A row that fits some columns; it may hold more. */
export type RowOf<Own extends Columns> = {
  readonly [Name in keyof Own]: (Own[Name] extends 'text' ? string : number) | null
}

/** Columns of rows that a statement takes, one parameter a column. */
export interface RowSet<Own extends Columns> {
  /** How many parameters they take. */
  width: number
  /** `unnest($4::bigint[],$5::text[]) o (space_id, title)`: the rows as a table, from parameter `first` on. */
  table(first: number, alias: string): string
  /** `$4::bigint[],$5::text[]`: the columns for a function's arguments, from parameter `first` on. */
  parameters(first: number): string
  /**
   * The values of these parameters, array literals. Any text stands as it is but for a NUL, which PostgreSQL refuses in every
   * text; what is no number of the column's type it refuses too (class 22).
   */
  values(rows: readonly RowOf<Own>[]): string[]
}

/** Names the columns of rows, once for the statement and its values; `spaceId` is `space_id` in SQL. */
export function rowSet<const Own extends Columns>(columns: Own): RowSet<Own> {
  const names = Object.keys(columns)
  const aliases = names.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
  const parameters = (first: number): string =>
    names.map((name, index) => `$${first + index}::${columns[name]}[]`).join(',')
  return {
    width: names.length,
    table: (first, alias) => `unnest(${parameters(first)}) ${alias} (${aliases.join(', ')})`,
    parameters,
    values: (rows: readonly Record<string, unknown>[]) =>
      names.map((name) => (columns[name] === 'text' ? textColumn(rows, name) : numberColumn(rows, name))),
  }
}

/** An array literal of numbers, for `any($1)`. */
export function numberList(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`
}

// Appending is a third faster than `map` and `join`.

function numberColumn(rows: readonly Record<string, unknown>[], name: string): string {
  let text = '{'
  let separator = ''
  for (const row of rows) {
    // null is written `null`, which is what PostgreSQL calls it.
    text += `${separator}${row[name] as number | null}`
    separator = ','
  }
  return `${text}}`
}

function textColumn(rows: readonly Record<string, unknown>[], name: string): string {
  let text = '{'
  let separator = ''
  for (const row of rows) {
    const value = row[name] as string | null
    text += separator + (value === null ? 'null' : quote(value))
    separator = ','
  }
  return `${text}}`
}

/** Between quotes only these two mean something. */
function quote(value: string): string {
  return `"${/["\\]/.test(value) ? value.replaceAll(/["\\]/g, String.raw`\$&`) : value}"`
}
