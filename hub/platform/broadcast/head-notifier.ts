import pg from 'pg'
import type { HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { query, type Database } from '../postgres/database.ts'
import { loadHeads, type HeadRow } from '../writer/heads.ts'
import { HEADS_CHANNEL, notifyHeads } from '../writer/heads.ts'
import type { InFlight } from '../writer/in-flight.ts'

/** Other hubs are notified of commits at most this often. Each notification is a flush of its own. */
const NOTIFY_MS = 20
/** Time between polls of all heads: for so long a lost notification may go unnoticed. [SYN-27] */
export const POLL_MS = 1000
/** A poll that has not succeeded for this long is late. */
const LATE_MS = 5 * POLL_MS
/** `application_name` by which hubs that listen are counted. */
const LISTENER_NAME = 'carrel hub listener'

/** Tells hubs on one database of each other's commits: by LISTEN and NOTIFY, and by a poll for what a notification missed. [SYN-27] */
export interface HeadNotifier {
  /** This hub committed: notifies the others, within 20 ms and in one notification. */
  committed(universityId: number, head: number): void
  /** The poll has not succeeded for five of its intervals, or hangs: kiosks may get changes late. */
  isLate(): boolean
  stop(): Promise<void>
}

/** What a head notifier is given. */
export interface HeadNotifierDependencies {
  pool: Database
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  /** False: no LISTEN, the poll alone. */
  listens: boolean
  /** Universities to be polled. */
  universityIds(): number[]
  /** A notification came: another hub, or a command of an administrator, committed. */
  notified(universityId: number, head: number): void
  /** After each poll: all heads, and the database's time in ms since 1970, as it was at some moment of the last `roundTripMs`. */
  polled(heads: readonly HeadRow[], nowMs: number, roundTripMs: number): void
  /** Before the first poll that may succeed after failed ones: the database may be another one. */
  databaseReturned(): Promise<void>
}

/** Starts listening and polling. */
export function startHeadNotifier(dependencies: HeadNotifierDependencies): HeadNotifier {
  return new Notifier(dependencies)
}

class Notifier implements HeadNotifier {
  private readonly dependencies: HeadNotifierDependencies
  private readonly heads = new Map<number, number>()
  private cancelNotify: (() => void) | null = null
  private cancelPoll: () => void = () => undefined
  private cancelListen: () => void = () => undefined
  private client: pg.Client | null = null
  /** Other hubs that listen, as last polled. Without any, nothing is notified. */
  private otherHubCount = 0
  private isDatabaseAway = false
  private isStopped = false
  private polledAtMs: number

  constructor(dependencies: HeadNotifierDependencies) {
    this.dependencies = dependencies
    this.polledAtMs = dependencies.clock.elapsedMs()
    this.schedulePoll()
    if (dependencies.listens) void this.listen()
  }

  committed(universityId: number, head: number): void {
    if (this.otherHubCount === 0) return
    this.heads.set(universityId, head)
    this.cancelNotify ??= this.dependencies.clock.after(NOTIFY_MS, () => {
      this.cancelNotify = null
      void this.dependencies.inFlight.track(this.notify())
    })
  }

  isLate(): boolean {
    return this.dependencies.clock.elapsedMs() - this.polledAtMs > LATE_MS
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
    await notifyHeads(this.dependencies.pool, heads).catch((error: unknown) =>
      this.dependencies.log.warn('notify-failed', 'Other hubs could not be notified.', { err: error }),
    )
  }

  private schedulePoll(): void {
    if (this.isStopped) return
    this.cancelPoll = this.dependencies.clock.after(POLL_MS, () => {
      void this.dependencies.inFlight.track(this.poll()).finally(() => this.schedulePoll())
    })
  }

  private async poll(): Promise<void> {
    const { pool, listens, log, clock } = this.dependencies
    try {
      if (this.isDatabaseAway) await this.dependencies.databaseReturned()
      const askedMs = clock.elapsedMs()
      const { nowMs, heads } = await loadHeads(pool, this.dependencies.universityIds())
      if (listens) this.otherHubCount = await countListeners(pool, this.client !== null)
      this.isDatabaseAway = false
      this.polledAtMs = clock.elapsedMs()
      if (!this.isStopped) this.dependencies.polled(heads, nowMs, this.polledAtMs - askedMs)
    } catch (error) {
      if (!this.isDatabaseAway) log.warn('database-away', 'The database does not answer.', { err: error })
      this.isDatabaseAway = true
    }
  }

  private async listen(): Promise<void> {
    const client = new pg.Client({ ...this.dependencies.pool.options, application_name: LISTENER_NAME })
    const reconnect = (): void => {
      if (this.client === client) this.client = null
      if (this.isStopped) return
      this.cancelListen()
      this.cancelListen = this.dependencies.clock.after(POLL_MS, () => void this.listen())
    }
    client.on('error', reconnect)
    client.on('end', reconnect)
    client.on('notification', ({ payload }) => this.receive(payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${HEADS_CHANNEL}`)
      this.client = client
      if (this.isStopped) await client.end()
    } catch {
      // The poll logs that the database is away. One that is connected and does not listen would count as a hub.
      void client.end().catch(() => undefined)
      reconnect()
    }
  }

  private receive(payload: string): void {
    for (const { universityId, head } of parseHeads(payload)) this.dependencies.notified(universityId, head)
  }
}

/** The heads in a notification's payload; none in the payload of another program. */
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
