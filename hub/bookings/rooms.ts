import { rulesOf, type BookableRoom, type Span } from '#shared/domain/booking.ts'
import { closedWithin } from '#shared/domain/booking-hours.ts'
import { parseZone, type Zone } from '#shared/domain/local-time.ts'
import { NO_HOURS, type OpeningHours } from '#shared/domain/week-time.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { loadTimezone } from '../platform/postgres/university-facts.ts'
import { makeCachedFacts } from '../platform/writer/fact-set.ts'
import { loadSpaceHours } from '../spaces/space-hours.ts'
import { loadRooms, loadSuperGroupId, type RoomRow } from './room-rows.ts'

/** A room that can be booked, as commands ask about it. */
export interface Room extends BookableRoom {
  /** Hours of its space and of what that is in that have any, nearest first. */
  hours: readonly OpeningHours[]
  /** The same for rooms with the same hours. */
  hoursKey: string
  /** Its space and all that is above it, nearest first. */
  line: readonly number[]
  /** Groups whose people decide on requests, beside the super group. */
  approverIds: ReadonlySet<number>
  version: number
}

/** The rooms of a university that can be booked. */
export interface Rooms {
  zone: Zone
  /** The super group; null in a university without one. */
  superGroupId: number | null
  /** Undefined: no such room in this university. */
  get(classroomId: number): Room | undefined
  all(): Iterable<Room>
  /** The longest buffer that any of them has, ms. */
  widestBufferMs: number
  /** The parts of a span in which a room is closed. [BOK-13] */
  closedSpans(room: Room, span: Span): Span[]
}

/** Makes rooms of their rows. */
export function makeRooms(
  rows: readonly RoomRow[],
  hours: ReadonlyMap<number, OpeningHours>,
  { zone, superGroupId }: { zone: Zone; superGroupId: number | null },
): Rooms {
  const byId = new Map(rows.map((row) => [row.id, makeRoom(row, hours)]))
  return {
    zone,
    superGroupId,
    get: (classroomId) => byId.get(classroomId),
    all: () => byId.values(),
    widestBufferMs: Math.max(0, ...[...byId.values()].map(({ rules }) => rules.bufferMinutes)) * 60_000,
    closedSpans: (room, span) => closedWithin(room.hours, zone, span),
  }
}

function makeRoom(
  { chain, trust, approverIds, ...row }: RoomRow,
  hours: ReadonlyMap<number, OpeningHours>,
): Room {
  const timed = chain.filter(({ spaceId }) => hours.has(spaceId))
  return {
    ...row,
    rules: rulesOf(chain),
    hours: timed.map(({ spaceId }) => hours.get(spaceId) ?? NO_HOURS),
    line: chain.map(({ spaceId }) => spaceId),
    hoursKey: timed.map(({ spaceId }) => spaceId).join(' '),
    trust: new Map(trust.map((one) => [one.groupId, one.trust])),
    approverIds: new Set(approverIds),
  }
}

const UTC = utc()

function utc(): Zone {
  const parsed = parseZone('UTC')
  if (!parsed.ok) throw new Error('this machine knows no UTC')
  return parsed.value
}

/** The rooms of a batch's university, read anew after a commit that changed facts. */
export const roomFacts = makeCachedFacts('rooms', 22, loadUniversityRooms)

/** The rooms of a university that can be booked, as they are now. */
export async function loadUniversityRooms(client: Queryable, universityId: number): Promise<Rooms> {
  const [rows, hours, timezone, superGroupId] = await Promise.all([
    loadRooms(client, universityId),
    loadSpaceHours(client, universityId),
    loadTimezone(client, universityId),
    loadSuperGroupId(client, universityId),
  ])
  const zone = parseZone(timezone)
  return makeRooms(rows, hours, { zone: zone.ok ? zone.value : UTC, superGroupId })
}
