import { SOCKET_LIMITS, type SocketLimits } from '#shared/domain/conduct.ts'
import { makeHeadSignature, loadHeadSignatureSecret, type HeadSignature } from '../secrets/head-signature.ts'
import { loadResumeSecret, makeResumeKeys, type ResumeKeys } from '../secrets/resume-keys.ts'
import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { RandomSource, HubClock, Connection, ConnectionHandler } from '../ports.ts'
import type { Database } from '../postgres/database.ts'
import { makeAssignmentRefresh, type AssignmentRefresh } from './assignment-refresh.ts'
import { rollEpochIfClusterChanged } from '../writer/epoch.ts'
import { Audiences } from '../broadcast/audiences.ts'
import { collectionsOfKiosks, collectionsOfPages, type SeenCollection } from '../broadcast/collection.ts'
import type { Audience } from '../broadcast/fan-out.ts'
import { makeReadSemaphore } from '../broadcast/feed.ts'
import { makeHandshakeBatcher } from './handshake-batcher.ts'
import { makeHubTime } from './hub-time.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import {
  makeConnectionLimit,
  MAX_UNAUTHENTICATED,
  releaseOnClose,
  rejectConnection,
  type ConnectionLimit,
} from './unauthenticated-connections.ts'
import { makeKioskView } from '../broadcast/kiosk-view.ts'
import { LiveConnections } from './live-connections.ts'
import { type KioskSessionDependencies, KioskSession } from './kiosk-session.ts'
import type { SyncFeatures } from './sync-features.ts'
import { makeStatusBatcher } from './status-batcher.ts'
import { makeTenantWriter, type TenantWriter } from '../writer/tenant-writer.ts'
import { startHeadNotifier } from '../broadcast/head-notifier.ts'

/** Time between heartbeats, ms: a kiosk says "offline" after two missed ones. [SYN-23] */
export const HEARTBEAT_MS = 5_000
/** Pause between checks of all connections. */
const SWEEP_MS = 1_000
/** What is queued may take this long to be committed when the hub stops. */
const STOP_GRACE_MS = 5_000
/** How soon kiosks may connect again after a stop: another hub, or this one restarted. Each jitters it. */
const BYE_RETRY_MS = 1_000
/** Pause between tries to reach the database at the start. */
const START_RETRY_MS = 500

/** What a sync core is given. */
export interface SyncDependencies {
  pool: Database
  /** For what a call that needs a commit of its own is refused for before it waits; `pool` unless said. */
  previewPool?: Database
  clock: HubClock
  random: RandomSource
  log: HubLog
  metrics: HubMetrics
  features: SyncFeatures
  limits?: {
    heartbeatMs?: number
    /** Unauthenticated connections of kiosks, in all. */
    maxStrangers?: number
    /** Connections from one address of the network. */
    sockets?: SocketLimits
    /** False: other hubs' commits are found by the poll alone; a simulation controls every notification itself. */
    listens?: boolean
  }
}

/** The hub's side of all connections to kiosks and pages. */
export interface SyncCore {
  /** Takes a kiosk's connection and sends the challenge; the handler that it gives must be called with what arrives. `host` is as the kiosk dialled it. */
  accept(connection: Connection, from: { host: string; address: string }): ConnectionHandler
  /** Commits what is queued, sends `bye` to all, and ends. */
  stop(): Promise<void>
  /** Resolves when nothing is queued or under way; timers may wait. */
  settled(): Promise<void>
  /** For administrative writes inside this process. */
  readonly writer: TenantWriter
  /** The live connections of people's pages. */
  readonly live: Pick<LiveConnections, 'accept'>
  readonly connectedCount: number
  /** Names of its own periodic tasks that are late; empty when all is well. */
  lateTasks(): string[]
}

/** Makes a core and starts its timers. The database may still be starting: hellos wait for it. */
export function makeSyncCore(dependencies: SyncDependencies): SyncCore {
  return new Core(dependencies)
}

class Core implements SyncCore {
  readonly writer: TenantWriter
  private readonly dependencies: SyncDependencies
  private readonly inFlight = makeInFlight()
  private readonly collections: readonly SeenCollection[]
  private readonly time: ReturnType<typeof makeHubTime>
  private readonly audiences: Audiences
  readonly live: LiveConnections
  private readonly unauthenticated: ConnectionLimit
  /** Each with what frees its slot among the unauthenticated connections. */
  private readonly sessions = new Map<KioskSession, () => void>()
  private readonly byKiosk = new Map<number, KioskSession>()
  private readonly headNotifier: ReturnType<typeof startHeadNotifier>
  private readonly statuses: ReturnType<typeof makeStatusBatcher>
  private readonly assignments: AssignmentRefresh
  private readonly sessionDependencies: KioskSessionDependencies
  private readonly ready: Promise<void>
  private signature: HeadSignature | null = null
  private resume: ResumeKeys | null = null
  private cancelSweep: () => void = () => undefined
  private isStopped = false

  constructor(dependencies: SyncDependencies) {
    this.dependencies = dependencies
    const { pool, clock, random, log, metrics, features, limits = {} } = dependencies
    const { inFlight } = this
    const sockets = limits.sockets ?? SOCKET_LIMITS
    this.collections = collectionsOfKiosks(features.collections)
    this.unauthenticated = makeConnectionLimit(limits.maxStrangers ?? MAX_UNAUTHENTICATED, sockets.newKiosks)
    this.time = makeHubTime(clock, 0)
    this.headNotifier = startHeadNotifier({
      pool,
      clock,
      log,
      inFlight,
      listens: limits.listens ?? true,
      universityIds: () => [...this.audiences.universityIds(), ...this.live.audiences.universityIds()],
      notified: (universityId, head) => this.noticeHead(universityId, head, null),
      polled: (heads, nowMs, roundTripMs) => {
        this.time.recordReading(nowMs, roundTripMs)
        for (const { id, clock: head, epoch } of heads) this.noticeHead(id, head, epoch)
      },
      databaseReturned: async () => {
        await rollEpochIfClusterChanged(pool, random)
      },
    })
    this.writer = makeTenantWriter({
      pool,
      clock,
      log,
      metrics,
      inFlight,
      registry: features.commands,
      previewPool: dependencies.previewPool ?? pool,
      committed: (universityId, committed) => {
        this.time.record(committed.nowMs)
        this.audiences.committed(universityId, committed)
        this.live.audiences.committed(universityId, committed)
        if (committed.hasMail) features.kickMail()
        if (committed.isStep) this.headNotifier.committed(universityId, committed.clock)
      },
    })
    this.statuses = makeStatusBatcher({
      clock,
      log,
      inFlight,
      writer: this.writer,
      superseded: (kioskId, session) => {
        const known = this.byKiosk.get(kioskId)
        if (known?.sessionNumber === session) known.end('superseded')
      },
    })
    const heartbeatMs = limits.heartbeatMs ?? HEARTBEAT_MS
    const nowMs = (): number => this.time.nowMs()
    const view = makeKioskView({
      headSignature: () => this.headSignature(),
      nowMs,
      heartbeatMs,
      spaces: features.spacesOfKiosks,
      collections: this.collections,
    })
    this.assignments = makeAssignmentRefresh({
      pool,
      clock,
      log,
      inFlight,
      sessionsOf: (id) => [...this.byKiosk.values()].filter(({ universityId }) => universityId === id),
    })
    const factsChanged = (universityId: number): void => this.assignments.refresh(universityId)
    const readSemaphore = makeReadSemaphore()
    this.audiences = new Audiences({ pool, clock, log, metrics, inFlight, readSemaphore, view, factsChanged })
    const recordServerTime = (databaseMs: number): void => this.time.record(databaseMs)
    this.live = new LiveConnections({
      pool,
      clock,
      log,
      inFlight,
      nowMs,
      recordServerTime,
      sockets,
      spaces: features.spacesOfPages,
      collections: collectionsOfPages(features.collections),
    })
    this.ready = inFlight.track(this.prepare())
    this.sessionDependencies = this.makeSessionDependencies(heartbeatMs)
    this.scheduleSweep()
  }

  get connectedCount(): number {
    return this.byKiosk.size
  }

  lateTasks(): string[] {
    return this.headNotifier.isLate() ? ['heads'] : []
  }

  accept(connection: Connection, from: { host: string; address: string }): ConnectionHandler {
    const leave = this.unauthenticated.acquire(from.address)
    if (leave === null) return rejectConnection(connection)
    const session = new KioskSession(this.sessionDependencies, connection, from.host)
    this.sessions.set(session, leave)
    if (this.isStopped) session.sayBye(BYE_RETRY_MS)
    return releaseOnClose(session, leave)
  }

  async stop(): Promise<void> {
    if (this.isStopped) return
    this.isStopped = true
    await this.writer.stop(STOP_GRACE_MS)
    this.cancelSweep()
    this.statuses.stop()
    this.assignments.stop()
    for (const session of this.sessions.keys()) session.sayBye(BYE_RETRY_MS)
    this.audiences.stop()
    this.live.stop()
    await this.headNotifier.stop()
    await this.inFlight.settled()
  }

  settled(): Promise<void> {
    return this.inFlight.settled()
  }

  /** Loads the keys of head signatures and of resuming, and checks the cluster's identity, before any hello is answered. [SYN-17] */
  private async prepare(): Promise<void> {
    const { pool, random, log, clock } = this.dependencies
    const makeSecret = (): Buffer => Buffer.from(random.secret(32), 'base64url')
    while (this.signature === null && !this.isStopped) {
      try {
        const secret = await loadHeadSignatureSecret(pool, makeSecret())
        this.resume = makeResumeKeys(await loadResumeSecret(pool, makeSecret))
        if (await rollEpochIfClusterChanged(pool, random))
          log.warn('cluster-replaced', 'The database cluster was replaced.')
        this.signature = makeHeadSignature(secret)
      } catch (error) {
        log.warn('database-not-ready', 'The database is not ready.', { err: error })
        await new Promise<void>((resolve) => {
          clock.after(START_RETRY_MS, resolve)
        })
      }
    }
  }

  private makeSessionDependencies(heartbeatMs: number): KioskSessionDependencies {
    const { clock, random, log, metrics, pool, features } = this.dependencies
    const { inFlight, writer, statuses } = this
    const headSignature = (): HeadSignature => this.headSignature()
    const resumeKeys = (): ResumeKeys => this.resumeKeys()
    const handshakes = makeHandshakeBatcher({
      pool,
      clock,
      random,
      log,
      writer,
      inFlight,
      ready: this.ready,
      headSignature,
      resumeKeys,
      nowMs: () => this.time.nowMs(),
      recordServerTime: (nowMs) => this.time.record(nowMs),
      epochRolled: (universityId, epoch) => this.noticeHead(universityId, 0, epoch),
    })
    return {
      clock,
      random,
      log,
      metrics,
      inFlight,
      writer,
      statuses,
      handshakes,
      heartbeatMs,
      collections: this.collections,
      capabilities: [
        ...this.collections.flatMap(({ capability }) => capability ?? []),
        ...features.commands.capabilities,
      ],
      headSignature,
      resumeKeys,
      nowMs: () => this.time.nowMs(),
      sessionOpened: (session) => this.sessionOpened(session),
      sessionClosed: (session) => this.sessionClosed(session),
      checkPin: (kiosk, pin) => features.checkPin(kiosk, pin, this.time.nowMs()),
      fork: (proven, publicKey) => features.fork(writer, proven, publicKey),
    }
  }

  private headSignature(): HeadSignature {
    if (this.signature === null)
      throw new Error('a hello was answered before the key of head signatures was loaded')
    return this.signature
  }

  private resumeKeys(): ResumeKeys {
    if (this.resume === null) throw new Error('a hello was answered before the key of resuming was loaded')
    return this.resume
  }

  private sessionOpened(session: KioskSession): Audience {
    this.sessions.get(session)?.()
    const kioskId = session.kioskId ?? 0
    const older = this.byKiosk.get(kioskId)
    this.byKiosk.set(kioskId, session)
    this.dependencies.metrics.connectedKiosks(1)
    if (older !== undefined) older.end('superseded')
    return this.audiences.of(session.universityId ?? 0)
  }

  /** Kiosks and people share one clock. */
  private noticeHead(universityId: number, head: number, epoch: string | null): void {
    this.audiences.noticeHead(universityId, head, epoch)
    this.live.audiences.noticeHead(universityId, head, epoch)
  }

  private sessionClosed(session: KioskSession): void {
    this.sessions.delete(session)
    const { kioskId } = session
    if (kioskId === null) return
    this.dependencies.metrics.connectedKiosks(-1)
    if (this.byKiosk.get(kioskId) !== session) return
    this.byKiosk.delete(kioskId)
    this.dependencies.metrics.outboxDepth(kioskId, null)
  }

  /** Frees what was kept for universities that nobody listens for any more. [SYN-37] */
  private dropUnheard(): void {
    this.audiences.dropUnheard()
    this.live.audiences.dropUnheard()
    const heard = new Set([...this.audiences.universityIds(), ...this.live.audiences.universityIds()])
    this.writer.dropUnused((universityId) => heard.has(universityId))
  }

  private scheduleSweep(): void {
    this.cancelSweep = this.dependencies.clock.after(SWEEP_MS, () => {
      for (const session of this.sessions.keys()) session.endIfSilent()
      this.dependencies.metrics.socketsBehind(this.audiences.endStalled())
      this.live.audiences.endStalled()
      this.writer.observe()
      this.dropUnheard()
      if (!this.isStopped) this.scheduleSweep()
    })
  }
}
