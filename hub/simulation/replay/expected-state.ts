import { pathKey, type CountLine, type RoomLine } from './counts-file.ts'

// Independent of everything that it checks: written from the published rules, importing none of the code that keeps them.

/** 0 free, 1 busy, 2 full. */
export type ExpectedLevel = 0 | 1 | 2

/** A room whose level became another one; a first value counts. */
export interface LevelChange {
  atMs: number
  /** Index into the rooms. */
  room: number
  level: ExpectedLevel
}

/** What a room or a parent must say. Nothing known: both null. */
export interface ExpectedSpace {
  path: string[]
  isRoom: boolean
  level: ExpectedLevel | null
  /** Mean in millionths of a level, rounded half up at every parent. [OCC-4] */
  meanMillionths: number | null
  seats: number
  knownRooms: number
  freeRooms: number
  roomCount: number
}

/** Below 50 % of the seats free, below 85 % busy, else full. */
export function levelOfTaken(taken: number, seats: number): ExpectedLevel {
  if (taken * 100 < seats * 50) return 0
  return taken * 100 < seats * 85 ? 1 : 2
}

/** Every change of level in the file, in order of time, then of rooms. */
export function levelChanges(rooms: readonly RoomLine[], counts: readonly CountLine[]): LevelChange[] {
  const changes: LevelChange[] = []
  const last: (ExpectedLevel | undefined)[] = rooms.map(() => undefined)
  for (const { atMs, taken } of counts)
    rooms.forEach(({ seats }, room) => {
      const value = taken[room]
      if (value === undefined) return
      const level = levelOfTaken(value, seats)
      if (last[room] !== level) changes.push({ atMs, room, level })
      last[room] = level
    })
  return changes
}

/** The newest count of each room at a moment, straight from the file; undefined before its first. */
function takenAt(
  rooms: readonly RoomLine[],
  counts: readonly CountLine[],
  atMs: number,
): (number | undefined)[] {
  const newest: (number | undefined)[] = rooms.map(() => undefined)
  for (const line of counts) {
    if (line.atMs > atMs) break
    line.taken.forEach((taken, room) => {
      if (taken !== undefined) newest[room] = taken
    })
  }
  return newest
}

interface Branch {
  path: string[]
  room: ExpectedSpace | null
  children: Map<string, Branch>
}

/**
 * What every room and every parent must say at a moment, by the key of its path: rooms from the newest count, a
 * parent's mean as the average of its reported children weighted with their seats. [OCC-3] [OCC-4] [OCC-5]
 */
export function expectedAt(
  rooms: readonly RoomLine[],
  counts: readonly CountLine[],
  atMs: number,
): Map<string, ExpectedSpace> {
  const root: Branch = { path: [], room: null, children: new Map() }
  takenAt(rooms, counts, atMs).forEach((taken, index) => {
    const room = rooms[index]
    if (room === undefined) return
    const level = taken === undefined ? null : levelOfTaken(taken, room.seats)
    let branch = root
    for (const name of room.path) {
      const child: Branch = branch.children.get(name) ?? {
        path: [...branch.path, name],
        room: null,
        children: new Map(),
      }
      branch.children.set(name, child)
      branch = child
    }
    branch.room = {
      path: room.path,
      isRoom: true,
      level,
      meanMillionths: level === null ? null : level * 1_000_000,
      seats: room.seats,
      knownRooms: level === null ? 0 : 1,
      freeRooms: level === 0 ? 1 : 0,
      roomCount: 1,
    }
  })
  const all = new Map<string, ExpectedSpace>()
  for (const child of root.children.values()) sumUp(child, all)
  return all
}

function sumUp(branch: Branch, all: Map<string, ExpectedSpace>): ExpectedSpace {
  const children = [...branch.children.values()].map((child) => sumUp(child, all))
  const space = branch.room !== null && children.length === 0 ? branch.room : parentOf(branch.path, children)
  all.set(pathKey(branch.path), space)
  return space
}

function parentOf(path: string[], children: readonly ExpectedSpace[]): ExpectedSpace {
  let [weight, sum] = [0n, 0n]
  for (const child of children) {
    if (child.meanMillionths === null) continue
    weight += BigInt(child.seats)
    sum += BigInt(child.seats) * BigInt(child.meanMillionths)
  }
  // Half up in whole numbers: floor(sum / weight + 1/2).
  const mean = weight === 0n ? null : Number((2n * sum + weight) / (2n * weight))
  const total = (count: (child: ExpectedSpace) => number): number =>
    children.reduce((left, child) => left + count(child), 0)
  return {
    path,
    isRoom: false,
    level: mean === null ? null : mean < 500_000 ? 0 : mean < 1_500_000 ? 1 : 2,
    meanMillionths: mean,
    seats: total((child) => child.seats),
    knownRooms: total((child) => child.knownRooms),
    freeRooms: total((child) => child.freeRooms),
    roomCount: total((child) => child.roomCount),
  }
}
