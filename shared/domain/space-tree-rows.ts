import { accept, refuse, type Decision } from './decision.ts'
import { nearestName } from './nearest-name.ts'
import { MAX_CAPACITY, MAX_LOCATION_LENGTH, MAX_TREE_SPACES, SpaceKind, type TextPatch } from './space.ts'
import { faultsOfTree, missingParents, parentsFirst, tooLarge } from './space-tree-check.ts'
import { faultOfTexts } from './space-text-rules.ts'
import { splitList, TEXT_FIELDS } from './space-texts.ts'
import { parseHours } from './space-tree-hours.ts'
import {
  faultOfDetails,
  faultOfName,
  faultOfText,
  normaliseName,
  parsePath,
  pathText,
  quoted,
  type ParsedTree,
  type DetailsPatch,
  type SpaceSpec,
  type TreeFault,
  type TreeFaultKind,
} from './space-tree.ts'

/** One line of a table: its number in the file, and its cells by column name. */
export interface TreeRow {
  line: number
  cells: Readonly<Record<string, string>>
}

const DETAIL_COLUMNS = ['wifi', 'sockets', 'quiet', 'stepFree'] as const
/** Columns that mean something. */
export const TREE_COLUMNS: readonly string[] = [
  'path',
  'id',
  'parent',
  'name',
  'kind',
  'location',
  'capacity',
  'seats',
  'hours',
  ...DETAIL_COLUMNS,
  'equipment',
  'price',
  'note',
]

/** Columns that mean something where these languages are offered: "name:sl" beside the main ones. [TXT-7] */
export function treeColumns(languages: readonly string[]): string[] {
  return [...TREE_COLUMNS, ...languages.flatMap((tag) => TEXT_FIELDS.map((field) => `${field}:${tag}`))]
}

const KINDS: ReadonlySet<string> = new Set(SpaceKind.enum)
const ANSWERS = new Map([
  ...['yes', 'true', '1', 'y'].map((word) => [word, true] as const),
  ...['no', 'false', '0', 'n'].map((word) => [word, false] as const),
])

interface Reading {
  /** Tags of the languages that are offered. */
  languages: readonly string[]
  faults: TreeFault[]
  specs: SpaceSpec[]
}

/**
 * Reads a table with a column `path` ("Library/Floor 1/Room 101", a "/" inside a name as "\/") or with `id`, `parent`
 * (empty at the top) and `name`; further columns kind, location, capacity or seats, wifi, sockets, quiet, stepFree
 * (yes, no), equipment ("Screen, Whiteboard"), price, note and hours, and texts in an offered language ("name:sl"). An
 * empty cell says "unknown"; a column that is not there says nothing. `makesParents`: spaces above that neither the rows
 * nor the university have are made, of the kind that is usual there. `ownName`: what the university is called; a path may
 * begin with it. Faults are in the order of the lines. [TRE-2] [TRE-3] [TXT-7] [IMP-21] [IMP-22]
 */
export function parseSpaceTreeRows(
  rows: readonly TreeRow[],
  knownPaths: ReadonlySet<string> = new Set(),
  makesParents = false,
  languages: readonly string[] = [],
  ownName: string | null = null,
): Decision<ParsedTree, TreeFault[]> {
  if (rows.length > MAX_TREE_SPACES) return refuse([tooLarge(rows.length)])
  if (rows.length === 0) return refuse([NO_ROWS])
  const columns = Object.keys(rows[0]?.cells ?? {})
  const headerFault = faultOfTreeHeader(columns)
  if (headerFault !== null) return refuse([headerFault])
  const byPath = columns.includes('path')
  const reading: Reading = { languages, faults: [], specs: [] }
  if (columns.includes('capacity') && columns.includes('seats')) reading.faults.push(SEATS_TWICE)
  const paths = byPath ? pathsGiven(rows, reading) : pathsByParent(rows, reading)
  for (const [row, path] of paths) {
    const below = withoutOwnName(path, ownName, knownPaths)
    // The university's own space is there already, and is no space of a file.
    if (below.length > 0) readRow(reading, row, below)
  }
  if (makesParents) reading.specs.push(...missingParents(reading.specs, knownPaths))
  const faults = [...reading.faults, ...faultsOfTree(reading.specs, knownPaths)]
  if (faults.length > 0) return refuse(inOrderOfLines([...faults, ...misspeltColumns(columns, languages)]))
  const known = treeColumns(languages)
  const ignored = columns.filter((column) => !known.includes(column) || (byPath && column === 'name'))
  return accept({ specs: parentsFirst(reading.specs), ignored })
}

const SEATS_TWICE: TreeFault = {
  at: 'file',
  why: 'badShape',
  detail: 'the columns "capacity" and "seats" mean the same: leave one out',
}

const NO_ROWS: TreeFault = { at: 'file', why: 'badShape', detail: 'it has no rows' }

/** That a table lacks the columns that say what its rows are; null where it has them. [IMP-13] */
export function faultOfTreeHeader(columns: readonly string[]): TreeFault | null {
  if (columns.includes('path') || ['id', 'parent', 'name'].every((name) => columns.includes(name)))
    return null
  const shown = columns.slice(0, MAX_SHOWN_COLUMNS).map(quoted).join(', ')
  const more = columns.length > MAX_SHOWN_COLUMNS ? ', …' : ''
  const found = columns.length === 0 ? '' : `; its first line has ${shown}${more}`
  const detail = `it needs a column "path", or the columns "id", "parent" and "name"${found}`
  return { at: 'file', why: 'badShape', detail }
}

/** Names of columns that a sentence is asked to bear. */
const MAX_SHOWN_COLUMNS = 10

/** The column that one which means nothing was perhaps to be; null where none is near. [IMP-22] */
export function columnMeant(column: string, languages: readonly string[]): string | null {
  const known = treeColumns(languages)
  if (known.includes(column)) return null
  // Of a language that is not offered nothing was meant but that language.
  const [, tag] = column.split(':')
  const likely = known.filter((name) => name.split(':')[1] === tag)
  return nearestName(column, likely)
}

/** Told beside other faults alone: by itself a column that means nothing is left out, and named. [IMP-22] */
function misspeltColumns(columns: readonly string[], languages: readonly string[]): TreeFault[] {
  return columns.flatMap((column): TreeFault[] => {
    const meant = columnMeant(column, languages)
    if (meant === null) return []
    const detail = `the column ${quoted(column)} is not known; did you mean ${quoted(meant)}?`
    return [{ at: 'line 1', why: 'badShape', detail }]
  })
}

/** Faults of a table in the order of its lines, those of the whole file first. [IMP-22] */
export function inOrderOfLines(faults: readonly TreeFault[]): TreeFault[] {
  const lineOf = ({ at }: TreeFault): number => Number(/^line (\d+)/.exec(at)?.[1] ?? 0)
  return faults.toSorted((one, other) => lineOf(one) - lineOf(other))
}

/** A path without the university's own name before it, unless a space at the top is called so. [IMP-21] */
function withoutOwnName(
  path: readonly string[],
  ownName: string | null,
  knownPaths: ReadonlySet<string>,
): readonly string[] {
  if (ownName === null) return path
  const [first = '', ...below] = path.map(normaliseName)
  const isOwn = first.toLowerCase() === normaliseName(ownName).toLowerCase()
  return isOwn && !knownPaths.has(pathText([first])) ? below : path
}

function fault(reading: Reading, row: TreeRow, why: TreeFaultKind, detail: string): void {
  reading.faults.push({ at: `line ${row.line}`, why, detail })
}

function pathsGiven(rows: readonly TreeRow[], reading: Reading): Map<TreeRow, string[]> {
  const paths = new Map<TreeRow, string[]>()
  for (const row of rows) {
    const names = parsePath(row.cells['path'] ?? '')
    if (names.length === 0) fault(reading, row, 'badName', 'the path is empty')
    else paths.set(row, names)
  }
  return paths
}

function pathsByParent(rows: readonly TreeRow[], reading: Reading): Map<TreeRow, string[]> {
  const byId = new Map<string, TreeRow>()
  for (const row of rows) {
    const id = normaliseName(row.cells['id'] ?? '')
    const twin = byId.get(id)
    if (id === '') fault(reading, row, 'badValue', 'the id is empty')
    else if (twin !== undefined)
      fault(reading, row, 'duplicateId', `the id ${quoted(id)} was used in line ${twin.line}`)
    else byId.set(id, row)
  }
  const paths = new Map<TreeRow, string[]>()
  for (const row of byId.values()) {
    const path = pathOfRow(row, byId, reading)
    if (path !== null) paths.set(row, path)
  }
  return paths
}

/** The names from the top down to a row; null when the way up ends nowhere or in a circle, which is then a fault. */
function pathOfRow(row: TreeRow, byId: ReadonlyMap<string, TreeRow>, reading: Reading): string[] | null {
  const path: string[] = []
  const seen = new Set<TreeRow>()
  for (let at: TreeRow = row; ;) {
    if (seen.has(at)) {
      if (at === row)
        fault(reading, row, 'cycle', `${quoted(row.cells['name'] ?? '')} would be inside itself`)
      return null
    }
    seen.add(at)
    path.unshift(at.cells['name'] ?? '')
    const parentId = normaliseName(at.cells['parent'] ?? '')
    if (parentId === '') return path
    const parent = byId.get(parentId)
    if (parent === undefined) {
      if (at === row)
        fault(reading, row, 'missingParent', `there is no space with the id ${quoted(parentId)}`)
      return null
    }
    at = parent
  }
}

function readRow(reading: Reading, row: TreeRow, names: readonly string[]): void {
  for (const name of names) {
    const wrong = faultOfName(name)
    if (wrong !== null) return fault(reading, row, 'badName', `the name ${quoted(name)}: ${wrong}`)
  }
  const { cells } = row
  const spec: SpaceSpec = { path: names.map(normaliseName), at: `line ${row.line}` }
  const kind = cells['kind']?.trim() ?? ''
  if (KINDS.has(kind)) spec.kind = kind as SpaceKind
  else if (kind !== '')
    fault(reading, row, 'badKind', `kind: ${quoted(kind)} is not one of ${[...KINDS].join(', ')}`)
  if (cells['location'] !== undefined) spec.location = normaliseName(cells['location']) || null
  const wrong = faultOfText(cells['location'] ?? '', MAX_LOCATION_LENGTH)
  if (wrong !== null) fault(reading, row, 'badValue', `location: ${wrong}`)
  readCapacity(reading, row, spec)
  readDetails(reading, row, spec)
  readTexts(reading, row, spec)
  readHours(reading, row, spec)
  reading.specs.push(spec)
}

function readCapacity(reading: Reading, row: TreeRow, spec: SpaceSpec): void {
  const column = row.cells['capacity'] === undefined ? 'seats' : 'capacity'
  const text = row.cells[column]?.trim()
  if (text === undefined) return
  const seats = Number(text)
  if (text === '') spec.capacity = null
  else if (/^\d{1,9}$/.test(text) && seats >= 1 && seats <= MAX_CAPACITY) spec.capacity = seats
  else
    fault(
      reading,
      row,
      'badNumber',
      `${column}: ${quoted(text)} is not a whole number from 1 to ${MAX_CAPACITY}; leave it empty where it is not known`,
    )
}

function readDetails(reading: Reading, row: TreeRow, spec: SpaceSpec): void {
  const said: DetailsPatch = {}
  for (const column of DETAIL_COLUMNS) {
    const text = row.cells[column]?.trim().toLowerCase()
    if (text === undefined) continue
    const answer = ANSWERS.get(text)
    if (text === '') said[column] = null
    else if (answer !== undefined) said[column] = answer
    else fault(reading, row, 'badValue', `${column}: ${quoted(text)} is not yes, no or empty`)
  }
  const { equipment, price, note } = row.cells
  if (equipment !== undefined) said.equipment = orNone(splitList(equipment).map(normaliseName))
  if (price !== undefined) said.price = normaliseName(price) || null
  if (note !== undefined) said.note = normaliseName(note) || null
  const wrong = faultOfDetails(said)
  if (wrong !== null)
    fault(reading, row, 'badValue', wrong.field === null ? wrong.detail : `${wrong.field}: ${wrong.detail}`)
  if (Object.keys(said).length > 0) spec.details = said
}

function orNone(list: string[]): string[] | null {
  return list.length === 0 ? null : list
}

function readTexts(reading: Reading, row: TreeRow, spec: SpaceSpec): void {
  for (const tag of reading.languages) {
    const text: TextPatch = {}
    for (const field of TEXT_FIELDS) {
      const typed = row.cells[`${field}:${tag}`]
      if (typed === undefined) continue
      if (field === 'equipment') text.equipment = orNone(splitList(typed))
      else text[field] = typed
    }
    if (Object.keys(text).length === 0) continue
    const wrong = faultOfTexts({ [tag]: text })
    if (wrong !== null) fault(reading, row, 'badValue', `${wrong.field ?? 'texts'}:${tag}: ${wrong.detail}`)
    spec.texts = { ...spec.texts, [tag]: text }
  }
}

function readHours(reading: Reading, row: TreeRow, spec: SpaceSpec): void {
  const text = row.cells['hours']
  if (text === undefined) return
  const hours = parseHours(text.trim())
  if (hours.ok) spec.hours = hours.value
  else fault(reading, row, 'badHours', `hours: ${hours.refusal}`)
}
