import pg from 'pg'
import type { HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { query, type Database } from '../postgres/database.ts'
import { loadHeads, type HeadRow } from '../connections/kiosk-sessions.ts'
import { HEADS_CHANNEL, notifyHeads } from '../writer/commit-under-clock.ts'
import type { InFlight } from '../writer/in-flight.ts'

/** Commits are told to other hubs at most this often. Each telling is a flush of its own. */
const NOTIFY_MS = 20
/** How long a lost wake-up may go unnoticed: so often a hub looks by itself for what others committed. [SYN-27] */
export const POLL_MS = 1000
/** A poll that has not succeeded for this long is late. */
const LATE_MS = 5 * POLL_MS
/** By this name hubs that listen see each other. */
const LISTENER_NAME = 'carrel hub listener'

/** How hubs on one database hear of each other's commits: a channel, and a poll for what the channel lost. [SYN-27] */
export interface WakeUp {
  /** This hub committed: tells the others, soon and together. */
  committed(universityId: number, head: number): void
  /** The poll has not succeeded for several of its turns, or hangs: kiosks may be told things late. */
  isLate(): boolean
  stop(): Promise<void>
}

/** What a wake-up is made of. */
export interface WakeUpParts {
  pool: Database
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  /** False: no channel, the poll alone. */
  listens: boolean
  /** Universities to be polled. */
  universityIds(): number[]
  /** Another hub, or an administrator, committed. */
  heard(universityId: number, head: number): void
  /** Each second: all heads, and the database's time. */
  polled(heads: readonly HeadRow[], nowMs: number): void
  /** The database answers again after it did not: it may be another one. */
  returned(): Promise<void>
}

/** Starts listening and polling. */
export function startWakeUp(parts: WakeUpParts): WakeUp {
  return new Waker(parts)
}

class Waker implements WakeUp {
  private readonly parts: WakeUpParts
  private readonly heads = new Map<number, number>()
  private cancelNotify: (() => void) | null = null
  private cancelPoll: () => void = () => undefined
  private cancelListen: () => void = () => undefined
  private client: pg.Client | null = null
  /** Others that listen, as last polled. Nobody is told when nobody listens. */
  private otherCount = 0
  private isAway = false
  private isStopped = false
  private polledAtMs: number

  constructor(parts: WakeUpParts) {
    this.parts = parts
    this.polledAtMs = parts.clock.elapsedMs()
    this.schedulePoll()
    if (parts.listens) void this.listen()
  }

  committed(universityId: number, head: number): void {
    if (this.otherCount === 0) return
    this.heads.set(universityId, head)
    this.cancelNotify ??= this.parts.clock.after(NOTIFY_MS, () => {
      this.cancelNotify = null
      void this.parts.inFlight.track(this.notify())
    })
  }

  isLate(): boolean {
    return this.parts.clock.elapsedMs() - this.polledAtMs > LATE_MS
  }

  async stop(): Promise<void> {
    this.isStopped = true
    this.cancelPoll()
    this.cancelNotify?.()
    this.cancelListen()
    await this.client?.end().catch(() => undefined)
  }

  private async notify(): Promise<void> {
    const heads = [...this.heads].map(([universityId, head]) => ({ universityId, head }))
    this.heads.clear()
    await notifyHeads(this.parts.pool, heads).catch((error: unknown) =>
      this.parts.log.warn('other hubs could not be told', { err: error }),
    )
  }

  private schedulePoll(): void {
    if (this.isStopped) return
    this.cancelPoll = this.parts.clock.after(POLL_MS, () => {
      void this.parts.inFlight.track(this.poll()).finally(() => this.schedulePoll())
    })
  }

  private async poll(): Promise<void> {
    const { pool, listens, log } = this.parts
    try {
      if (this.isAway) await this.parts.returned()
      const { nowMs, heads } = await loadHeads(pool, this.parts.universityIds())
      if (listens) this.otherCount = await countListeners(pool, this.client !== null)
      this.isAway = false
      this.polledAtMs = this.parts.clock.elapsedMs()
      if (!this.isStopped) this.parts.polled(heads, nowMs)
    } catch (error) {
      if (!this.isAway) log.warn('the database does not answer', { err: error })
      this.isAway = true
    }
  }

  private async listen(): Promise<void> {
    const client = new pg.Client({ ...this.parts.pool.options, application_name: LISTENER_NAME })
    const again = (): void => {
      if (this.client === client) this.client = null
      if (this.isStopped) return
      this.cancelListen()
      this.cancelListen = this.parts.clock.after(POLL_MS, () => void this.listen())
    }
    client.on('error', again)
    client.on('end', again)
    client.on('notification', ({ payload }) => this.hear(payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${HEADS_CHANNEL}`)
      this.client = client
      if (this.isStopped) await client.end()
    } catch {
      // The poll says that the database is away.
      again()
    }
  }

  private hear(payload: string): void {
    for (const { universityId, head } of parseHeads(payload)) this.parts.heard(universityId, head)
  }
}

/** What a notification says; another program's payload says nothing. */
function parseHeads(payload: string): { universityId: number; head: number }[] {
  try {
    const value: unknown = JSON.parse(payload)
    if (!Array.isArray(value)) return []
    return value.filter(
      (one: { universityId?: unknown; head?: unknown } | null) =>
        typeof one?.universityId === 'number' && typeof one.head === 'number',
    ) as { universityId: number; head: number }[]
  } catch {
    return []
  }
}

async function countListeners(pool: Database, isListening: boolean): Promise<number> {
  const [row] = await query<{ count: number }>(
    pool,
    'select count(*)::int as count from pg_stat_activity where application_name = $1 and datname = current_database()',
    [LISTENER_NAME],
  )
  return Math.max(0, (row?.count ?? 0) - (isListening ? 1 : 0))
}
