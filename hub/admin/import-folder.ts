import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { printable, quoted } from '#shared/domain/space-tree.ts'
import { refusal, type AdminRefusal } from './answer.ts'
import {
  REFERENCES,
  TABLE_NAMES,
  TABLES,
  type Columns,
  type OldTables,
  type Row,
  type TableName,
} from './import-columns.ts'
import { readCsv } from './read-csv.ts'
import { readTextFile } from './text-file.ts'

/** What is wrong with a row, or (line null) with its file. */
export interface TableFault {
  file: string
  line: number | null
  detail: string
}

/** A folder that was read. `ignored`: files and columns that mean nothing here. */
export interface ReadFolder {
  tables: OldTables
  ignored: string[]
}

type Reading = ReadFolder & { faults: TableFault[] }

/**
 * Reads the tables of a folder, one CSV file each, called like the table. Refused with every bad row by file and line:
 * cells that do not fit, ids that stand twice, and ids of rows that are not there. [IMP-4]
 */
export async function readFolder(
  folder: string,
): Promise<Decision<ReadFolder, AdminRefusal | { faults: TableFault[] }>> {
  let names: string[]
  try {
    names = await readdir(folder)
  } catch {
    return refusal(`There is no folder ${folder}. Check the path.`)
  }
  const present = TABLE_NAMES.filter((name) => names.includes(`${name}.csv`))
  if (present.length === 0)
    return refusal(
      `There is no table in ${folder}. It must have one of ${TABLE_NAMES.map((name) => `${name}.csv`).join(', ')}.`,
    )
  const known = new Set(present.map((name) => `${name}.csv`))
  const reading: Reading = {
    tables: emptyTables(),
    ignored: names.filter((name) => !known.has(name)).toSorted(),
    faults: [],
  }
  for (const name of present) {
    const text = await readTextFile(join(folder, `${name}.csv`))
    if (!text.ok) return text
    Object.assign(reading.tables, { [name]: readTable(reading, name, text.value) })
  }
  checkReferences(reading)
  const { tables, ignored, faults } = reading
  return faults.length > 0 ? refuse({ faults }) : accept({ tables, ignored })
}

function emptyTables(): OldTables {
  return {
    users: [],
    groups: [],
    user_group: [],
    classrooms: [],
    draw_events: [],
    draw_registrations: [],
    longterm_registrations: [],
    registrations: [],
  }
}

function readTable(reading: Reading, name: TableName, text: string): { line: number }[] {
  const file = `${name}.csv`
  const columns: Columns = TABLES[name]
  const { header, rows, faults } = readCsv(text, Object.keys(columns))
  reading.faults.push(...faults.map(({ line, detail }) => ({ file, line, detail })))
  const missing = Object.entries(columns).filter(([column, cell]) => !header.includes(column) && !cell('').ok)
  if (missing.length > 0) {
    const detail = `there ${missing.length === 1 ? 'is no column' : 'are no columns'} ${missing.map(([column]) => column).join(', ')}`
    reading.faults.push({ file, line: null, detail })
    return []
  }
  reading.ignored.push(
    ...header.filter((column) => columns[column] === undefined).map((column) => `${file}: ${column}`),
  )
  return withoutTwins(
    reading,
    name,
    rows.map(({ line, cells }) => readRow(reading, file, columns, line, cells)),
  )
}

function readRow(
  reading: Reading,
  file: string,
  columns: Columns,
  line: number,
  cells: Record<string, string>,
): { line: number } & Record<string, unknown> {
  const row: { line: number } & Record<string, unknown> = { line }
  for (const [column, cell] of Object.entries(columns)) {
    const text = cells[column] ?? ''
    const value = cell(text)
    if (value.ok) row[column] = value.value
    else reading.faults.push({ file, line, detail: `${column} is ${quoted(text)}: ${value.refusal}` })
  }
  return row
}

/** Which cells together tell the rows of a table apart, beside their ids. */
const KEYS: Partial<Record<TableName, readonly string[]>> = {
  users: ['username'],
  groups: ['name'],
  user_group: ['user_id', 'group_id'],
}

function withoutTwins<One extends { line: number } & Record<string, unknown>>(
  reading: Reading,
  name: TableName,
  rows: One[],
): One[] {
  const lines = new Map<string, number>()
  for (const row of rows)
    for (const columns of [['id'], KEYS[name] ?? ['id']]) {
      const cells = columns.map((column) => row[column])
      // A cell that did not fit was named already.
      if (cells.includes(undefined)) continue
      const key = columns.map((column, index) => `${column} ${String(cells[index])}`).join(' and ')
      const first = lines.get(key.toLowerCase()) ?? row.line
      lines.set(key.toLowerCase(), first)
      if (first !== row.line)
        reading.faults.push({
          file: `${name}.csv`,
          line: row.line,
          detail: `${printable(key)} is already in line ${first}`,
        })
    }
  return rows
}

function checkReferences({ tables, faults }: Reading): void {
  const ids = new Map(TABLE_NAMES.map((name) => [name, new Set(tables[name].map(({ id }) => id))]))
  for (const name of TABLE_NAMES)
    for (const row of tables[name] as (Row<TableName> & Record<string, unknown>)[])
      for (const [column, table] of Object.entries(REFERENCES)) {
        const id = row[column]
        if (typeof id === 'number' && ids.get(table)?.has(id) !== true)
          faults.push({
            file: `${name}.csv`,
            line: row.line,
            detail: `${column} is ${id}, and there is no such row in ${table}.csv`,
          })
      }
}
