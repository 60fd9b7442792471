import { createHash } from 'node:crypto'
import type { SocketLimits } from '#shared/domain/conduct.ts'
import { LIVE_HEARTBEAT_MS, type LiveEnd, type LiveHeartbeat } from '#shared/wire/live.ts'
import type { HubLog } from '../log.ts'
import { noMetrics } from '../metrics.ts'
import type { HubClock, KioskLine, LineHandler } from '../ports.ts'
import type { Database } from '../postgres/database.ts'
import type { LoadFeed } from '../broadcast/feed-rows.ts'
import { loadLivePeople, takeLiveTicket, type LivePersonRow } from './live-tickets.ts'
import type { AudienceView } from '../broadcast/audience-parts.ts'
import { Audiences } from '../broadcast/audiences.ts'
import { makeTurnstile } from '../semaphore.ts'
import type { InFlight } from '../writer/in-flight.ts'
import { LiveSession, type LiveSessionParts } from './live-session.ts'
import { makeLobby, type Lobby } from './unauthenticated-connections.ts'

/** Time between frames: phones are read by people, and each frame costs battery. */
const TICK_MS = 150
/** Pause between looks whether sessions still live: with the look itself within the two seconds that are promised. [LIV-3] */
const POLL_MS = 1_000
/** Without a look for this long nobody is told that all is well. */
const KNOWN_FOR_MS = 3_000
/** Sockets of one session: its tabs. */
const MAX_PER_SESSION = 8
/**
 * Sockets that have not said who they are, and all; half of them may come from one address, as a campus does after a
 * restart, unless set otherwise. [EDG-14]
 */
const MAX_STRANGERS = 2_048
const MAX_SOCKETS = 20_000
/** Snapshots read at once: other connections are for those who wait less long. */
const MAX_READERS = 2

/** What a desk is made of. */
export interface LiveDeskParts {
  pool: Database
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  nowMs(): number
  /** What the database's clock just said. */
  learnTime(databaseMs: number): void
  sockets: Pick<SocketLimits, 'newPages' | 'pages'>
  /** What people's pages hold. */
  load: LoadFeed
}

/** The hash under which a ticket is kept. [LIV-1] */
export function hashTicket(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex')
}

/** All live sockets of people's pages at this hub. */
export class LiveDesk {
  /** Told more than kiosks: spaces that are not on public screens too. [LIV-2] */
  readonly audiences: Audiences
  private readonly parts: LiveDeskParts
  private readonly sessionParts: LiveSessionParts
  private readonly strangers: Lobby
  private readonly sockets: Lobby
  /** All lines, with how each is taken out of both lobbies. */
  private readonly lines = new Map<LiveSession, { known(): void; gone(): void }>()
  /** Sockets whose person is known, by session. */
  private readonly bySession = new Map<number, Set<LiveSession>>()
  private cancelPoll: (() => void) | null = null
  private knownAtMs = -Infinity
  private isStopped = false

  constructor(parts: LiveDeskParts) {
    this.parts = parts
    const { pool, clock, log, inFlight, nowMs, sockets } = parts
    this.strangers = makeLobby(MAX_STRANGERS, sockets.newPages)
    this.sockets = makeLobby(MAX_SOCKETS, sockets.pages)
    this.audiences = new Audiences({
      pool,
      clock,
      log,
      metrics: noMetrics,
      inFlight,
      turnstile: makeTurnstile(MAX_READERS),
      view: this.makeView(),
      factsMoved: () => undefined,
    })
    this.sessionParts = {
      clock,
      log,
      inFlight,
      nowMs,
      admit: (session, ticket) => this.admit(session, ticket),
      audienceOf: (universityId) => this.audiences.of(universityId),
      isKnowing: () => this.isKnowing(),
      left: (session) => this.left(session),
    }
  }

  /** Takes a line in, and gives what hears it. [LIV-4] */
  accept(line: KioskLine, from: { address: string }): LineHandler {
    const session = new LiveSession(this.sessionParts, line)
    const known = this.strangers.enter(from.address)
    const gone = this.sockets.enter(from.address)
    this.lines.set(session, { known: known ?? nothing, gone: gone ?? nothing })
    if (known === null || gone === null) session.end('tooMany')
    else if (this.isStopped) session.end('goingDown')
    return session
  }

  stop(): void {
    this.isStopped = true
    this.cancelPoll?.()
    for (const session of this.lines.keys()) session.end('goingDown')
    this.audiences.stop()
  }

  private isKnowing(): boolean {
    return this.parts.clock.elapsedMs() - this.knownAtMs <= KNOWN_FOR_MS
  }

  private makeView(): AudienceView {
    return {
      tickMs: TICK_MS,
      heartbeatMs: LIVE_HEARTBEAT_MS,
      load: this.parts.load,
      heartbeat: (_universityId, { epoch, head }) => {
        if (!this.isKnowing()) return null
        const message: LiveHeartbeat = { type: 'heartbeat', epoch, head, nowMs: this.parts.nowMs() }
        return Buffer.from(JSON.stringify(message))
      },
    }
  }

  private async admit(session: LiveSession, ticket: string): Promise<LivePersonRow | LiveEnd> {
    const { pool } = this.parts
    const sessionId = await takeLiveTicket(pool, hashTicket(ticket))
    const [person] = sessionId === null ? [] : await loadLivePeople(pool, [sessionId])
    if (person === undefined) return 'ticketRefused'
    this.learn([person])
    // It may have hung up meanwhile.
    const places = this.lines.get(session)
    if (places === undefined) return 'ticketRefused'
    const tabs = this.bySession.get(person.sessionId) ?? new Set()
    if (tabs.size >= MAX_PER_SESSION) return 'tooMany'
    this.bySession.set(person.sessionId, tabs.add(session))
    session.person = person
    places.known()
    this.schedulePoll()
    return person
  }

  private left(session: LiveSession): void {
    const places = this.lines.get(session)
    this.lines.delete(session)
    places?.known()
    places?.gone()
    const sessionId = session.person?.sessionId ?? 0
    const tabs = this.bySession.get(sessionId)
    tabs?.delete(session)
    if (tabs?.size === 0) this.bySession.delete(sessionId)
  }

  private schedulePoll(): void {
    if (this.isStopped || this.bySession.size === 0) return
    this.cancelPoll ??= this.parts.clock.after(POLL_MS, () => {
      void this.parts.inFlight.track(this.poll()).finally(() => {
        this.cancelPoll = null
        this.schedulePoll()
      })
    })
  }

  /** Whoever signed out, was disabled or lost their university is let go; the others hear what became of them. [LIV-3] */
  private async poll(): Promise<void> {
    const { pool, log } = this.parts
    try {
      const asked = [...this.bySession]
      const people = await loadLivePeople(
        pool,
        asked.map(([sessionId]) => sessionId),
      )
      this.learn(people)
      const byId = new Map(people.map((person) => [person.sessionId, person]))
      for (const [sessionId, tabs] of asked) for (const tab of tabs) tab.update(byId.get(sessionId))
    } catch (error) {
      log.warn('live sessions could not be looked at', { err: error })
    }
  }

  private learn(people: readonly LivePersonRow[]): void {
    this.knownAtMs = this.parts.clock.elapsedMs()
    const [first] = people
    if (first !== undefined) this.parts.learnTime(first.nowMs)
  }
}

function nothing(): void {
  return undefined
}
