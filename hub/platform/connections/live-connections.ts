import { createHash } from 'node:crypto'
import type { SocketLimits } from '#shared/domain/conduct.ts'
import { LIVE_HEARTBEAT_MS, type LiveEnd, type LiveHeartbeat } from '#shared/wire/live.ts'
import type { HubLog } from '../log.ts'
import { noMetrics } from '../metrics.ts'
import type { HubClock, Connection, ConnectionHandler } from '../ports.ts'
import type { Database } from '../postgres/database.ts'
import type { SeenCollection } from '../broadcast/collection.ts'
import type { SpacesFeed } from '../broadcast/feed-rows.ts'
import { loadLivePeople, takeLiveTicket, type LivePersonRow } from './live-tickets.ts'
import type { AudienceView } from '../broadcast/audience-member.ts'
import { Audiences } from '../broadcast/audiences.ts'
import { makeFairQueue } from '../fair-queue.ts'
import { makeSemaphore } from '../semaphore.ts'
import type { InFlight } from '../writer/in-flight.ts'
import { LiveSession, type LiveSessionDependencies } from './live-session.ts'
import { makeConnectionLimit, releaseOnClose, type ConnectionLimit } from './unauthenticated-connections.ts'

/** Time between frames: phones are read by people, and each frame costs battery. */
const TICK_MS = 150
/** Pause between checks whether sessions are still valid: with the check itself within the two seconds that are promised. [LIV-3] */
const CHECK_EVERY_MS = 1_000
/** Without a successful check for this long, no heartbeat and no answer to a probe is sent. */
const CHECK_VALID_MS = 3_000
/** Sockets of one session: its tabs. One more ends the one whose page said nothing for longest. [LIV-4] */
const MAX_PER_SESSION = 8
/**
 * Unauthenticated connections, and all; half of them may come from one address, as a campus does after a
 * restart, unless set otherwise. [EDG-14]
 */
const MAX_UNAUTHENTICATED = 2_048
const MAX_SOCKETS = 20_000
/** Snapshots read from the database at once: its other connections are for what takes less long. */
const MAX_READERS = 2

/** What live connections are given. */
export interface LiveConnectionsDependencies {
  pool: Database
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  nowMs(): number
  /** The database's time, just read, ms since 1970. */
  recordServerTime(databaseMs: number): void
  sockets: Pick<SocketLimits, 'newPages' | 'pages'>
  /** What people's pages hold. */
  spaces: SpacesFeed
  collections: readonly SeenCollection[]
}

/** The hash under which a ticket is kept. [LIV-1] */
export function hashTicket(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex')
}

/** All live connections of people's pages at this hub. */
export class LiveConnections {
  /** Their audiences are sent more than kiosks': also spaces that are not on public screens. [LIV-2] */
  readonly audiences: Audiences
  private readonly dependencies: LiveConnectionsDependencies
  private readonly sessionDependencies: LiveSessionDependencies
  private readonly unauthenticated: ConnectionLimit
  private readonly open: ConnectionLimit
  /** All sessions, each with what frees its slot among the unauthenticated connections. */
  private readonly sessions = new Map<LiveSession, () => void>()
  /** Authenticated connections, by the person's session. */
  private readonly bySession = new Map<number, Set<LiveSession>>()
  private cancelCheck: (() => void) | null = null
  private checkedAtMs = -Infinity
  private isStopped = false

  constructor(dependencies: LiveConnectionsDependencies) {
    this.dependencies = dependencies
    const { pool, clock, log, inFlight, nowMs, sockets, collections } = dependencies
    this.unauthenticated = makeConnectionLimit(MAX_UNAUTHENTICATED, sockets.newPages)
    this.open = makeConnectionLimit(MAX_SOCKETS, sockets.pages)
    this.audiences = new Audiences({
      pool,
      clock,
      log,
      metrics: noMetrics,
      inFlight,
      readSemaphore: makeSemaphore(MAX_READERS),
      view: this.makeView(),
      factsChanged: () => undefined,
    })
    this.sessionDependencies = {
      clock,
      log,
      inFlight,
      nowMs,
      collections,
      readQueue: makeFairQueue({ clock }),
      authenticate: (session, ticket) => this.authenticate(session, ticket),
      audienceOf: (universityId) => this.audiences.of(universityId),
      isCheckFresh: () => this.isCheckFresh(),
      sessionClosed: (session) => this.sessionClosed(session),
    }
  }

  /** Takes a connection; the handler that it gives must be called with what arrives. Without `takesCollections` it is a page of the release before. Over a limit, or while stopping, the connection is ended at once. [LIV-4] */
  accept(connection: Connection, from: { address: string; takesCollections?: boolean }): ConnectionHandler {
    const session = new LiveSession(this.sessionDependencies, connection, from.takesCollections ?? false)
    const leave = this.unauthenticated.acquire(from.address)
    const leaveOpen = this.open.acquire(from.address)
    const release = (): void => {
      leave?.()
      leaveOpen?.()
    }
    this.sessions.set(session, leave ?? release)
    if (leave === null || leaveOpen === null) session.end('tooMany')
    else if (this.isStopped) session.end('goingDown')
    return releaseOnClose(session, release)
  }

  stop(): void {
    this.isStopped = true
    this.cancelCheck?.()
    for (const session of this.sessions.keys()) session.end('goingDown')
    this.audiences.stop()
  }

  private isCheckFresh(): boolean {
    return this.dependencies.clock.elapsedMs() - this.checkedAtMs <= CHECK_VALID_MS
  }

  private makeView(): AudienceView {
    return {
      tickMs: TICK_MS,
      heartbeatMs: LIVE_HEARTBEAT_MS,
      spaces: this.dependencies.spaces,
      collections: this.dependencies.collections,
      heartbeat: (_universityId, { epoch, head }) => {
        if (!this.isCheckFresh()) return null
        const message: LiveHeartbeat = { type: 'heartbeat', epoch, head, nowMs: this.dependencies.nowMs() }
        const buffer = Buffer.from(JSON.stringify(message))
        // Pages compare no digests.
        return () => buffer
      },
    }
  }

  private async authenticate(session: LiveSession, ticket: string): Promise<LivePersonRow | LiveEnd> {
    const { pool } = this.dependencies
    const sessionId = await takeLiveTicket(pool, hashTicket(ticket))
    const [person] = sessionId === null ? [] : await loadLivePeople(pool, [sessionId])
    if (person === undefined) return 'ticketRefused'
    // It proves that this session is valid, and of sessions that are open already nothing.
    if (this.bySession.size === 0) this.checkedAtMs = this.dependencies.clock.elapsedMs()
    this.dependencies.recordServerTime(person.nowMs)
    // The connection may have closed meanwhile.
    const leave = this.sessions.get(session)
    if (leave === undefined) return 'ticketRefused'
    const tabs = this.bySession.get(person.sessionId) ?? new Set()
    // A phone that changed its network leaves a socket behind that nobody will ever close.
    if (tabs.size >= MAX_PER_SESSION) mostSilent(tabs)?.end('tooMany')
    this.bySession.set(person.sessionId, tabs.add(session))
    session.person = person
    leave()
    this.scheduleCheck()
    return person
  }

  private sessionClosed(session: LiveSession): void {
    this.sessions.delete(session)
    const sessionId = session.person?.sessionId ?? 0
    const tabs = this.bySession.get(sessionId)
    tabs?.delete(session)
    if (tabs?.size === 0) this.bySession.delete(sessionId)
  }

  private scheduleCheck(): void {
    if (this.isStopped || this.bySession.size === 0) return
    this.cancelCheck ??= this.dependencies.clock.after(CHECK_EVERY_MS, () => {
      void this.dependencies.inFlight.track(this.checkSessions()).finally(() => {
        this.cancelCheck = null
        this.scheduleCheck()
      })
    })
  }

  /** Ends connections of people who signed out, were disabled or lost their university; the others are sent what changed about them. [LIV-3] */
  private async checkSessions(): Promise<void> {
    const { pool, log, clock } = this.dependencies
    try {
      const asked = [...this.bySession]
      const people = await loadLivePeople(
        pool,
        asked.map(([sessionId]) => sessionId),
      )
      this.checkedAtMs = clock.elapsedMs()
      const [first] = people
      if (first !== undefined) this.dependencies.recordServerTime(first.nowMs)
      const byId = new Map(people.map((person) => [person.sessionId, person]))
      for (const [sessionId, tabs] of asked) for (const tab of tabs) tab.update(byId.get(sessionId))
    } catch (error) {
      log.warn('live-check-failed', 'Sessions of live connections could not be checked.', { err: error })
    }
  }
}

function mostSilent(tabs: Iterable<LiveSession>): LiveSession | undefined {
  return [...tabs].toSorted((left, right) => left.heardAtMs - right.heardAtMs)[0]
}
