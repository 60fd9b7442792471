// Independent of everything that it checks: this folder's two files of expectation import nothing of the hub, of the
// kiosk, or of the shared layer.

/** A room of the rooms file. `path` names it from the root of the tree: library, floor where one is given, room. */
export interface RoomLine {
  path: string[]
  /** The names under which the counts file may have a column for it. */
  names: string[]
  seats: number
}

/** Seats taken in each room at one moment, by column of `rooms`; undefined where the cell did not parse. */
export interface CountLine {
  atMs: number
  /** As the second column says it; only ever compared as text, to find the line that a person means. */
  localTime: string
  taken: (number | undefined)[]
}

/** Something of a file that could not be used: where, and why. Never fatal. */
export interface Unparsed {
  /** "rooms line 4", "counts line 547, column Study area A". Lines are counted from 1. */
  at: string
  why: string
}

/** Records of a CSV text, and the line of a quote that opens and never closes; null where there is none. */
export interface Records {
  records: { line: number; fields: string[] }[]
  openQuoteLine: number | null
}

/**
 * Fields of a CSV text (RFC 4180: quotes, doubled quotes, line breaks inside quotes), with the line on which each record
 * starts. What follows a quote that never closes is no record.
 */
export function readRecords(text: string): Records {
  const records: Records['records'] = []
  let [line, start, field, quoted] = [1, 1, '', false]
  let fields: string[] = []
  const endRecord = (): void => {
    fields.push(field)
    if (fields.length > 1 || fields[0] !== '') records.push({ line: start, fields })
    fields = []
    field = ''
  }
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  for (let index = 0; index < source.length; index += 1) {
    const character = source[index] ?? ''
    if (character === '\n') line += 1
    if (quoted) {
      if (character !== '"') field += character
      else if (source[index + 1] === '"') {
        field += '"'
        index += 1
      } else quoted = false
    } else if (character === '"' && field === '') quoted = true
    else if (character === ',') {
      fields.push(field)
      field = ''
    } else if (character === '\n') {
      endRecord()
      start = line
    } else field += character
  }
  if (quoted) return { records, openQuoteLine: start }
  if (field !== '' || fields.length > 0) endRecord()
  return { records, openQuoteLine: null }
}

/** A path as one text; no name holds a line break. Shown by `pathShown`. */
export function pathKey(path: readonly string[]): string {
  return path.join('\n')
}

/** A path's key for people. */
export function pathShown(key: string): string {
  return key.split('\n').map(shownName).join(' › ')
}

function openQuote(file: string, line: number | null): Unparsed[] {
  if (line === null) return []
  return [
    { at: `${file} line ${line}`, why: 'a quote opens here and never closes: nothing from here on was read' },
  ]
}

/**
 * Rooms of a file with the columns library, floor, room_zh, room_en, seats, in any order; library and floor may be
 * absent or empty. A line without a name or a whole number of seats, or a second room at one path, is named and left out.
 */
export function readRooms(text: string): { rooms: RoomLine[]; unparsed: Unparsed[] } {
  const { records, openQuoteLine } = readRecords(text)
  const [header, ...lines] = records
  const columns = (header?.fields ?? []).map((name) => name.trim().toLowerCase())
  const rooms: RoomLine[] = []
  const unparsed = openQuote('rooms', openQuoteLine)
  const missing = missingColumns(columns)
  if (missing !== null) return { rooms, unparsed: [...unparsed, { at: 'rooms line 1', why: missing }] }
  const taken = new Set<string>()
  const parents = new Set<string>()
  for (const { line, fields } of lines) {
    const room = readRoom((column) => (fields[columns.indexOf(column)] ?? '').trim())
    const keys =
      typeof room === 'string' ? [] : room.path.map((_, depth) => pathKey(room.path.slice(0, depth + 1)))
    const [key = '', ...above] = keys.toReversed()
    if (typeof room === 'string') unparsed.push({ at: `rooms line ${line}`, why: room })
    else if (taken.has(key) || parents.has(key) || above.some((one) => taken.has(one)))
      unparsed.push({
        at: `rooms line ${line}`,
        why: `a second room ${room.path.join('/')}, or one inside a room`,
      })
    else {
      taken.add(key)
      for (const one of above) parents.add(one)
      rooms.push(room)
    }
  }
  return { rooms, unparsed }
}

/** Which columns a file of rooms lacks; null where it has those that each room needs. */
function missingColumns(columns: readonly string[]): string | null {
  const hasName = ['room_en', 'room_zh', 'room'].some((name) => columns.includes(name))
  const missing = [
    ...(hasName ? [] : ['room_en or room_zh']),
    ...(columns.includes('seats') ? [] : ['seats']),
  ]
  if (missing.length === 0) return null
  const found = columns.slice(0, 10).map(quotedCell).join(', ')
  return `the file has no column ${missing.join(' and none ')}; its first line has ${found === '' ? 'nothing' : found}`
}

/** A room, or why the line is none. */
function readRoom(cell: (column: string) => string): RoomLine | string {
  const names = [cell('room_en'), cell('room_zh'), cell('room')].filter((name) => name !== '')
  const [name] = names
  const [floor, seats] = [cell('floor'), cell('seats')]
  if (name === undefined) return 'no name'
  const floorName = /^-?\d+$/.test(floor) ? `Floor ${floor}` : floor
  const path = [cell('library') || 'Library', ...(floor === '' ? [] : [floorName]), name]
  if (path.some((part) => part.length > 120 || /\p{Cc}/u.test(part)))
    return 'a name that no door screen could show'
  if (!/^([1-9]\d{0,4}|100000)$/.test(seats))
    return `seats ${quotedCell(seats)} is not a whole number from 1 to 100,000`
  return { path, names, seats: Number(seats) }
}

/**
 * Counts of a file whose first column is ts_unix (seconds since 1970), whose second is a local time, and which has one column per room. Lines come back in order of time. A line with another number of
 * fields than the header (its cells may have moved), with a time that is not a number, or with a time that was there
 * already is named and left out; so is a cell that is not a number, and a column that names no room. `odd`: what is used as it stands but may be a mistake, counts
 * above the seats and times that go backwards.
 */
export function readCounts(
  text: string,
  rooms: readonly RoomLine[],
): { counts: CountLine[]; unparsed: Unparsed[]; odd: Unparsed[] } {
  const { records, openQuoteLine } = readRecords(text)
  const [header, ...lines] = records
  const unparsed = openQuote('counts', openQuoteLine)
  const odd: Unparsed[] = []
  let newestMs = 0
  const names = (header?.fields ?? []).map((name) => name.trim())
  const columnOf = matchColumns(names, rooms, unparsed)
  const byTime = new Map<number, CountLine>()
  for (const { line, fields } of lines) {
    const at = `counts line ${line}`
    const seconds = (fields[0] ?? '').trim()
    const atMs = Math.round(Number(seconds) * 1000)
    if (fields.length !== names.length)
      unparsed.push({ at, why: `${fields.length} fields where the header has ${names.length}` })
    else if (!/^\d{1,11}(\.\d+)?$/.test(seconds))
      unparsed.push({ at, why: `time ${quotedCell(seconds)} is not seconds since 1970` })
    else if (byTime.has(atMs)) unparsed.push({ at, why: 'a second line of this time' })
    else {
      const taken = columnOf.map((column) => readCell(fields, column, names, at, unparsed))
      byTime.set(atMs, { atMs, localTime: (fields[1] ?? '').trim(), taken })
      if (atMs < newestMs) odd.push({ at, why: 'its time is before that of a line above' })
      newestMs = Math.max(newestMs, atMs)
      odd.push(...tooMany(rooms, taken, at))
    }
  }
  const counts = [...byTime.values()].toSorted((left, right) => left.atMs - right.atMs)
  return { counts, unparsed, odd }
}

/** Counts above the seats of their room. */
function tooMany(rooms: readonly RoomLine[], taken: readonly (number | undefined)[], at: string): Unparsed[] {
  return rooms.flatMap(({ path, seats }, room) => {
    const count = taken[room] ?? 0
    return count > seats
      ? [{ at, why: `${count} taken of the ${seats} seats of ${pathShown(pathKey(path))}` }]
      : []
  })
}

/** For each room the index of its column, or -1. */
function matchColumns(names: readonly string[], rooms: readonly RoomLine[], unparsed: Unparsed[]): number[] {
  const used = new Set<number>()
  const columnOf = rooms.map((room) => {
    const column = names.findIndex(
      (name, index) => index > 0 && !used.has(index) && room.names.includes(name),
    )
    if (column === -1)
      unparsed.push({
        at: `rooms: ${room.path.map(shownName).join('/')}`,
        why: 'no column in the counts file',
      })
    else used.add(column)
    return column
  })
  names.forEach((name, index) => {
    if (index > 1 && !used.has(index))
      unparsed.push({
        at: `counts line 1, column ${shownName(name)}`,
        why: 'names no room of the rooms file',
      })
  })
  return columnOf
}

function readCell(
  fields: readonly string[],
  column: number,
  names: readonly string[],
  at: string,
  unparsed: Unparsed[],
): number | undefined {
  if (column === -1) return undefined
  const cell = (fields[column] ?? '').trim()
  if (/^\d{1,7}(\.\d+)?$/.test(cell)) return Number(cell)
  unparsed.push({
    at: `${at}, column ${shownName(names[column] ?? '')}`,
    why: cell === '' ? 'empty' : `${quotedCell(cell)} is not a number of seats`,
  })
  return undefined
}

/** What a cell says, for a terminal. */
function quotedCell(cell: string): string {
  return `"${shownName(cell)}"`
}

/** A name out of a file for a terminal: cut, and with what is no letter of a text written out. */
function shownName(name: string): string {
  const short = name.length > 40 ? `${name.slice(0, 40)}…` : name
  return short.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (found) => `U+${(found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
