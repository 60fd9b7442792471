import { query, type Database } from '../../platform/postgres/database.ts'
import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import type { Chaos } from './chaos.ts'
import {
  compareCache,
  compareDatabase,
  compareReports,
  compareScreen,
  emptyComparison,
  type Comparison,
} from './compare.ts'
import type { CountLine, RoomLine } from './counts-file.ts'
import { expectedAt, type LevelChange } from './expected-state.ts'
import type { KioskHosts } from './kiosk-hosts.ts'
import type { Library } from './library.ts'
import { paceChanges, pickInstants } from './pacing.ts'

/** Moments at which everything is compared, beside the end. */
const INSTANT_COUNT = 50
/** Two full jitters of a reconnect, and some. */
const SETTLES_WITHIN_MS = 150_000

/** Name of the kiosk of a room, by its index. */
export function roomKiosk(room: number): string {
  return `room-${room}`
}

/** The kiosk that only looks. */
export const ENTRANCE = 'entrance'

/** What a replay is made of. */
export interface ReplayDependencies {
  rooms: readonly RoomLine[]
  counts: readonly CountLine[]
  changes: readonly LevelChange[]
  library: Library
  database: Database
  hosts: KioskHosts
  chaos: Chaos | null
  say(line: string): void
}

/** How it ended. */
export interface ReplayOutcome {
  faults: string[]
  summary: string
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Plays a file through its kiosks and compares at seeded moments. */
export class Replay {
  private readonly parts: ReplayDependencies
  private readonly comparison: Comparison = emptyComparison()
  private readonly reported = new Map<number, number[]>()
  private reportedCount = 0
  private isQuiet = false

  constructor(dependencies: ReplayDependencies) {
    this.parts = dependencies
  }

  async play(speed: number | 'max', random: SeededRandom): Promise<ReplayOutcome> {
    const { changes, chaos, say } = this.parts
    const dueMs = paceChanges(changes, speed)
    const instants = pickInstants(changes, INSTANT_COUNT, (below) => random.integerBelow(below))
    let done = 0
    let pausedMs = 0
    const startMs = performance.now()
    for (const [count, instant] of instants.entries()) {
      await this.stretch(done, instant, dueMs, startMs + pausedMs)
      done = instant
      const beforeMs = performance.now()
      await this.compare(changes[instant - 1]?.atMs ?? 0)
      pausedMs += performance.now() - beforeMs
      if ((count + 1) % 10 === 0)
        say(`${count + 1} of ${instants.length} moments compared, ${this.comparison.faults.length} faults`)
      if (this.comparison.faults.length > 200) break
    }
    await this.stretch(done, changes.length, dueMs, startMs + pausedMs)
    await this.compare(Number.POSITIVE_INFINITY)
    await this.compareStored()
    return this.outcome(instants.length, chaos)
  }

  /** Reports changes `from` … `to`, each room's in order, at their times; chaos goes on meanwhile. */
  private async stretch(from: number, to: number, dueMs: readonly number[], startMs: number): Promise<void> {
    const { changes, chaos } = this.parts
    this.isQuiet = false
    const raging = chaos?.run(() => this.isQuiet)
    const lanes = new Map<number, Promise<void>>()
    for (let index = from; index < to; index += 1) {
      const change = changes[index]
      if (change === undefined) break
      const waitMs = startMs + (dueMs[index] ?? 0) - performance.now()
      if (waitMs > 1) await pause(waitMs)
      const before = lanes.get(change.room) ?? Promise.resolve()
      lanes.set(
        change.room,
        before.then(() => this.report(change)),
      )
    }
    await Promise.all(lanes.values())
    // Each stretch meets at least one fault, however short it was.
    this.isQuiet = true
    await raging
    if (chaos !== null && to > from) await chaos.injectFault()
  }

  private async report({ room, level }: LevelChange): Promise<void> {
    const { library, hosts } = this.parts
    const spaceId = library.roomIds[room] ?? 0
    await hosts.report(roomKiosk(room), spaceId, level)
    const levels = this.reported.get(spaceId)
    if (levels === undefined) this.reported.set(spaceId, [level])
    else levels.push(level)
    this.reportedCount += 1
  }

  /** Lets everything settle and compares it with the files at that moment. */
  private async compare(atMs: number): Promise<void> {
    const { rooms, counts, library, database, hosts } = this.parts
    const late = await this.settle()
    if (late !== null) {
      this.comparison.faults.push(`nothing settled within ${SETTLES_WITHIN_MS / 1000} s: ${late}`)
      return
    }
    const expected = expectedAt(rooms, counts, atMs)
    await compareDatabase(this.comparison, database, library.universityId, library.pathOf, expected)
    for (const name of this.kioskNames()) {
      compareCache(this.comparison, name, hosts.cacheFile(name), library.pathOf, expected)
      compareScreen(this.comparison, name, (await hosts.state(name)).spaces, library.pathOf, expected)
    }
  }

  /** Resolves when all is saved, sent and seen; what is late when that does not come. */
  private async settle(): Promise<string | null> {
    const untilMs = performance.now() + SETTLES_WITHIN_MS
    for (;;) {
      const late = await this.findLate()
      if (late === null) return null
      if (performance.now() > untilMs) return late
      await pause(25)
    }
  }

  private async findLate(): Promise<string | null> {
    const { database, library, hosts } = this.parts
    for (const name of this.kioskNames()) {
      const { waitingCount, cursor, isOnline } = await hosts.state(name)
      const [head] = await query<{ clock: number }>(
        database,
        'select clock from universities where id = $1',
        [library.universityId],
      )
      if (waitingCount > 0) return `${name} has ${waitingCount} taps waiting`
      if (!isOnline) return `${name} is offline`
      if (cursor !== head?.clock) return `${name} is at ${cursor}, the hub at ${head?.clock}`
    }
    return null
  }

  private async compareStored(): Promise<void> {
    const { database, library, changes } = this.parts
    await compareReports(this.comparison, database, library.universityId, this.reported)
    const [stored] = await query<{ count: number }>(
      database,
      'select count(*) as count from occupancy_reports where university_id = $1',
      [library.universityId],
    )
    this.comparison.comparedCount += 1
    if (stored?.count !== changes.length)
      this.comparison.faults.push(
        `${stored?.count} reports are stored, the file has ${changes.length} changes of level`,
      )
  }

  private kioskNames(): string[] {
    return [...this.parts.rooms.map((_, room) => roomKiosk(room)), ENTRANCE]
  }

  private outcome(instantCount: number, chaos: Chaos | null): ReplayOutcome {
    const { comparedCount, faults } = this.comparison
    const { rooms, library, changes } = this.parts
    if (comparedCount === 0) faults.push('nothing was compared')
    const verdict = faults.length === 0 ? 'all agree' : `${faults.length} DO NOT AGREE`
    const summary =
      `compared: ${comparedCount} statements at ${instantCount} moments and at the end${chaos === null ? '' : ', under chaos'} – ` +
      `${rooms.length} rooms and ${library.pathOf.size - rooms.length} parents in the database (stored and shown), ` +
      `in ${rooms.length + 1} caches and on ${rooms.length + 1} screens – and ${this.reportedCount} of ${changes.length} changes of level ` +
      `stored, each once: ${verdict}`
    return { faults, summary }
  }
}
