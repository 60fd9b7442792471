import { holds, overlaps, type EndedAs, type Freeing, type Span } from '#shared/domain/booking.ts'
import type { Effects } from '../platform/writer/effects.ts'
import type { FactSet } from '../platform/writer/fact-set.ts'
import {
  freeSpans,
  insertBookings,
  loadBookings,
  updateBookings,
  type BookingKey,
  type RoomSpan,
  type StoredBooking,
} from './booking-rows.ts'
import { roomFacts } from './rooms.ts'

/** A booking that is to be made. */
export type NewBooking = Omit<StoredBooking, 'id' | 'version' | 'freedMs' | 'endedAs' | 'checkedInMs'>

/** Bookings of a batch: those that its commands look at, as earlier commands of it left them. */
export class Bookings {
  private readonly byId = new Map<number, StoredBooking>()
  private readonly stored = new Map<number, StoredBooking>()
  private readonly changed = new Set<number>()
  private readonly made: StoredBooking[] = []
  private readonly waiting: { id: number; learn: (id: number) => void }[] = []

  constructor(rows: readonly StoredBooking[]) {
    for (const row of rows) this.keep(row)
  }

  /** Null: there is none in this university, or nobody asked for it. */
  get(id: number): StoredBooking | null {
    return this.byId.get(id) ?? null
  }

  /** Bookings of a room that have not ended and touch a span; their spans may be free already. */
  around({ classroomId, startMs, endMs }: RoomSpan): StoredBooking[] {
    return [...this.byId.values()].filter(
      (one) => one.classroomId === classroomId && one.endedAs === null && overlaps(one, { startMs, endMs }),
    )
  }

  /** A booking as it is now, of one that was read elsewhere too. */
  current(booking: StoredBooking): StoredBooking {
    return this.byId.get(booking.id) ?? booking
  }

  /** All that was made in this batch. */
  get new(): readonly StoredBooking[] {
    return this.made
  }

  /** Makes a booking; its id is known once it is written. */
  make(booking: NewBooking): StoredBooking {
    const made = {
      ...booking,
      id: -1 - this.made.length,
      version: 1,
      freedMs: null,
      endedAs: null,
      checkedInMs: null,
    }
    this.made.push(made)
    this.byId.set(made.id, made)
    return made
  }

  /** Calls back with the number of a booking, once it has one. */
  whenWritten({ id }: StoredBooking, learn: (id: number) => void): void {
    if (id > 0) learn(id)
    else this.waiting.push({ id, learn })
  }

  /** Changes a booking. What was made in the same batch may be changed too. */
  change(booking: StoredBooking, change: Partial<StoredBooking>): void {
    if (!this.byId.has(booking.id)) this.keep(booking)
    Object.assign(this.byId.get(booking.id) ?? booking, change)
    if (booking.id > 0) this.changed.add(booking.id)
  }

  /** Ends the bookings of a room whose spans are free by now, where somebody needs the span. [BOK-5] */
  endFreed(span: RoomSpan, nowMs: number): void {
    for (const booking of this.around(span))
      if (!holds(booking, nowMs)) this.change(booking, endingOf(booking))
  }

  /** Writes what changed: first what makes room, then what takes it. */
  async write(
    client: Parameters<typeof freeSpans>[0],
    moment: { universityId: number; clock: number; nowMs: number },
  ): Promise<void> {
    const changed = [...this.changed].flatMap((id) => this.byId.get(id) ?? [])
    const freed = changed.flatMap((now): { id: number; endedAs: EndedAs }[] => {
      const before = this.stored.get(now.id)
      if (before === undefined || before.endedAs !== null) return []
      if (now.endedAs !== null) return [{ id: now.id, endedAs: now.endedAs }]
      return now.startMs === before.startMs && now.endMs === before.endMs
        ? []
        : [{ id: now.id, endedAs: 'moved' }]
    })
    if (freed.length > 0) await freeSpans(client, freed)
    if (changed.length > 0) await updateBookings(client, moment, changed)
    if (this.made.length === 0) return
    const ids = await insertBookings(client, moment, this.made)
    for (const [index, booking] of this.made.entries()) {
      const id = ids[index]
      if (id === undefined) throw new Error('a booking was not inserted')
      for (const one of this.waiting) if (one.id === booking.id) one.learn(id)
      booking.id = id
    }
  }

  private keep(row: StoredBooking): void {
    if (this.byId.has(row.id)) return
    this.byId.set(row.id, { ...row })
    this.stored.set(row.id, row)
  }
}

/** What a booking that freed its span is once that is written down. One that somebody ended was had until then. [BOK-5] [BOK-6] */
export function endingOf(booking: StoredBooking): Partial<StoredBooking> {
  const { freesAs, freedMs, startMs, endMs } = booking
  const isShortened = freesAs === 'ended' && freedMs !== null && freedMs > startMs && freedMs < endMs
  return { endedAs: freesAs, ...(isShortened ? { endMs: freedMs } : {}) }
}

/** Clears or sets when a booking frees its span. */
export function freeing(
  freesMs: number | null,
  freesAs: EndedAs | null,
  freedMs: number | null = null,
): Freeing & { freedMs: number | null } {
  return { freesMs, freesAs, freedMs }
}

/** What commands ask about bookings: a span of a room, or one booking and where it would be moved to. */
export type BookingNeed = { span: RoomSpan } | { booking: BookingKey }

/** Bookings around what commands of a batch ask for. */
export const bookingFacts: FactSet<BookingNeed, Bookings> = {
  name: 'bookings',
  rank: 34,
  after: [roomFacts],
  refusals: {
    // The rule decides before; a booking that only the constraint knew of is in the way all the same. [BOK-1]
    registrations_no_overlap: {
      kiosk: 'malformed',
      person: { why: 'bookingConflict', rule: 'BOK-1', inTheWay: [] },
    },
  },
  load: async (client, { universityId }, needs, loaded) => {
    const spans = needs.flatMap((need) => ('span' in need ? [need.span] : []))
    const keys = needs.flatMap((need) => ('booking' in need ? [need.booking] : []))
    const wideMs = loaded.of(roomFacts).widestBufferMs
    return new Bookings(await loadBookings(client, universityId, { keys, spans, wideMs }))
  },
  write: (client, moment, bookings, _effects: Effects) => bookings.write(client, moment),
}

/** The span of a room around which its buffer is kept. */
export function withBuffer(classroomId: number, span: Span, bufferMinutes: number): RoomSpan {
  const bufferMs = bufferMinutes * 60_000
  return { classroomId, startMs: span.startMs - bufferMs, endMs: span.endMs + bufferMs }
}
