import { SOCKET_LIMITS, type SocketLimits } from '#shared/domain/conduct.ts'
import { makeSeal, loadSealSecret, type Seal } from '../secrets/head-signature.ts'
import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Chance, HubClock, KioskLine, LineHandler } from '../ports.ts'
import type { Database } from '../postgres/database.ts'
import { loadKioskRows } from './kiosk-sessions.ts'
import { rollEpochIfClusterChanged } from '../writer/epoch.ts'
import { Audiences } from '../broadcast/audiences.ts'
import type { Audience } from '../broadcast/fan-out.ts'
import { makeReaders } from '../broadcast/feed.ts'
import { makeHelloDesk } from './handshake-batcher.ts'
import { makeHubTime } from './hub-time.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import {
  makeLobby,
  MAX_STRANGERS,
  strangerUntil,
  turnAway,
  type Lobby,
} from './unauthenticated-connections.ts'
import { makeKioskView } from '../broadcast/kiosk-view.ts'
import { LiveDesk } from './live-desk.ts'
import { type SessionParts, Session } from './session.ts'
import type { SyncFeatures } from './sync-features.ts'
import { makeSightings } from './status-batcher.ts'
import { makeTenantWriter, type TenantWriter } from '../writer/tenant-writer.ts'
import { startWakeUp } from '../broadcast/head-notifier.ts'

/** Time between heartbeats, ms: a kiosk says "offline" after two missed ones. [SYN-23] */
export const HEARTBEAT_MS = 5_000
/** Pause between looks at all lines. */
const SWEEP_MS = 1_000
/** What is queued may take this long to be committed when the hub stops. */
const STOP_GRACE_MS = 5_000
/** How soon kiosks may come again after a stop: another hub, or this one restarted. Each jitters it. */
const BYE_RETRY_MS = 1_000
/** Pause before the database is asked again at the start. */
const START_RETRY_MS = 500

/** What a sync core is made of. */
export interface SyncParts {
  pool: Database
  clock: HubClock
  chance: Chance
  log: HubLog
  metrics: HubMetrics
  features: SyncFeatures
  limits?: {
    heartbeatMs?: number
    /** Kiosks' sockets that have not said who they are, in all. */
    maxStrangers?: number
    /** Sockets of one address of the network. */
    sockets?: SocketLimits
    /** False: other hubs' commits are found by the poll alone; a simulation holds every wake-up in its hand. */
    listens?: boolean
  }
}

/** The hub's side of all lines to kiosks. */
export interface SyncCore {
  /** Takes a line in, says the first word, and gives what hears the rest. `host` as the kiosk dialled it. */
  accept(line: KioskLine, from: { host: string; address: string }): LineHandler
  /** Commits what is queued, says goodbye to all, and ends. */
  stop(): Promise<void>
  /** Resolves when nothing is queued or under way; timers may wait. */
  settled(): Promise<void>
  /** For administrative writes inside this process. */
  readonly writer: TenantWriter
  /** The live sockets of people's pages. */
  readonly live: Pick<LiveDesk, 'accept'>
  readonly connectedCount: number
  /** Names of what it does by itself and is late with. */
  late(): string[]
}

/** Makes a core and starts its timers. The database may still be on its way up: hellos wait for it. */
export function makeSyncCore(parts: SyncParts): SyncCore {
  return new Core(parts)
}

class Core implements SyncCore {
  readonly writer: TenantWriter
  private readonly parts: SyncParts
  private readonly inFlight = makeInFlight()
  private readonly time: ReturnType<typeof makeHubTime>
  private readonly audiences: Audiences
  readonly live: LiveDesk
  private readonly lobby: Lobby
  /** With how each is taken out of the lobby. */
  private readonly lines = new Map<Session, () => void>()
  private readonly byKiosk = new Map<number, Session>()
  private readonly wakeUp: ReturnType<typeof startWakeUp>
  private readonly sightings: ReturnType<typeof makeSightings>
  private readonly sessionParts: SessionParts
  private readonly ready: Promise<void>
  private seal: Seal | null = null
  private cancelSweep: () => void = () => undefined
  private isStopped = false

  constructor(parts: SyncParts) {
    this.parts = parts
    const { pool, clock, chance, log, metrics, features, limits = {} } = parts
    const { inFlight } = this
    const sockets = limits.sockets ?? SOCKET_LIMITS
    this.lobby = makeLobby(limits.maxStrangers ?? MAX_STRANGERS, sockets.newKiosks)
    this.time = makeHubTime(clock, 0)
    this.wakeUp = startWakeUp({
      pool,
      clock,
      log,
      inFlight,
      listens: limits.listens ?? true,
      universityIds: () => [...this.audiences.universityIds(), ...this.live.audiences.universityIds()],
      heard: (universityId, head) => this.heardOf(universityId, head, null),
      polled: (heads, nowMs) => {
        this.time.learn(nowMs)
        for (const { id, clock: head, epoch } of heads) this.heardOf(id, head, epoch)
      },
      returned: async () => {
        await rollEpochIfClusterChanged(pool, chance)
      },
    })
    this.writer = makeTenantWriter({
      pool,
      clock,
      log,
      metrics,
      inFlight,
      commits: features.commits,
      committed: (universityId, committed) => {
        this.time.learn(committed.nowMs)
        this.audiences.committed(universityId, committed)
        this.live.audiences.committed(universityId, committed)
        if (committed.isStep) this.wakeUp.committed(universityId, committed.clock)
      },
    })
    this.sightings = makeSightings({
      clock,
      log,
      inFlight,
      writer: this.writer,
      superseded: (kioskId, session) => {
        const known = this.byKiosk.get(kioskId)
        if (known?.number === session) known.end('superseded')
      },
    })
    const heartbeatMs = limits.heartbeatMs ?? HEARTBEAT_MS
    const nowMs = (): number => this.time.nowMs()
    const view = makeKioskView({
      seal: () => this.sealed(),
      nowMs,
      heartbeatMs,
      load: features.loadForKiosks,
    })
    const factsMoved = (id: number): void => void inFlight.track(this.reassign(id))
    const turnstile = makeReaders()
    this.audiences = new Audiences({ pool, clock, log, metrics, inFlight, turnstile, view, factsMoved })
    const learnTime = (databaseMs: number): void => this.time.learn(databaseMs)
    this.live = new LiveDesk({
      pool,
      clock,
      log,
      inFlight,
      nowMs,
      learnTime,
      sockets,
      load: features.loadForPeople,
    })
    this.ready = inFlight.track(this.begin())
    this.sessionParts = this.makeSessionParts(heartbeatMs)
    this.scheduleSweep()
  }

  get connectedCount(): number {
    return this.byKiosk.size
  }

  late(): string[] {
    return this.wakeUp.isLate() ? ['heads'] : []
  }

  accept(line: KioskLine, from: { host: string; address: string }): LineHandler {
    const leave = this.lobby.enter(from.address)
    if (leave === null) return turnAway(this.parts.clock, line)
    const session = new Session(this.sessionParts, line, from.host)
    this.lines.set(session, leave)
    if (this.isStopped) session.sayBye(BYE_RETRY_MS)
    return strangerUntil(session, leave)
  }

  async stop(): Promise<void> {
    if (this.isStopped) return
    this.isStopped = true
    await this.writer.stop(STOP_GRACE_MS)
    this.cancelSweep()
    this.sightings.stop()
    for (const session of this.lines.keys()) session.sayBye(BYE_RETRY_MS)
    this.audiences.stop()
    this.live.stop()
    await this.wakeUp.stop()
    await this.inFlight.settled()
  }

  settled(): Promise<void> {
    return this.inFlight.settled()
  }

  /** The seal's key and the cluster's identity, before anybody is welcomed. [SYN-17] */
  private async begin(): Promise<void> {
    const { pool, chance, log, clock } = this.parts
    while (this.seal === null && !this.isStopped) {
      try {
        const secret = await loadSealSecret(pool, Buffer.from(chance.secret(32), 'base64url'))
        if (await rollEpochIfClusterChanged(pool, chance)) log.warn('the database cluster is another one')
        this.seal = makeSeal(secret)
      } catch (error) {
        log.warn('the database is not ready', { err: error })
        await new Promise<void>((resolve) => {
          clock.after(START_RETRY_MS, resolve)
        })
      }
    }
  }

  private makeSessionParts(heartbeatMs: number): SessionParts {
    const { clock, chance, log, metrics, pool, features } = this.parts
    const { inFlight, writer, sightings } = this
    const seal = (): Seal => this.sealed()
    const desk = makeHelloDesk({
      pool,
      clock,
      chance,
      log,
      writer,
      inFlight,
      ready: this.ready,
      seal,
      learnTime: (nowMs) => this.time.learn(nowMs),
      epochRolled: (universityId, epoch) => this.heardOf(universityId, 0, epoch),
    })
    return {
      clock,
      chance,
      log,
      metrics,
      inFlight,
      writer,
      sightings,
      desk,
      heartbeatMs,
      seal,
      nowMs: () => this.time.nowMs(),
      enter: (session) => this.enter(session),
      left: (session) => this.left(session),
      checkPin: (kiosk, pin) => features.checkPin(kiosk, pin, this.time.nowMs()),
      fork: (proven, publicKey) => features.fork(writer, proven, publicKey),
    }
  }

  private sealed(): Seal {
    if (this.seal === null) throw new Error('nobody is welcomed before the seal is there')
    return this.seal
  }

  private enter(session: Session): Audience {
    this.lines.get(session)?.()
    const kioskId = session.kioskId ?? 0
    const older = this.byKiosk.get(kioskId)
    this.byKiosk.set(kioskId, session)
    this.parts.metrics.connectedKiosks(1)
    if (older !== undefined) older.end('superseded')
    return this.audiences.of(session.universityId ?? 0)
  }

  /** Kiosks and people listen to the same clock. */
  private heardOf(universityId: number, head: number, epoch: string | null): void {
    this.audiences.heardOf(universityId, head, epoch)
    this.live.audiences.heardOf(universityId, head, epoch)
  }

  private left(session: Session): void {
    this.lines.delete(session)
    const { kioskId } = session
    if (kioskId === null) return
    this.parts.metrics.connectedKiosks(-1)
    if (this.byKiosk.get(kioskId) !== session) return
    this.byKiosk.delete(kioskId)
    this.parts.metrics.outboxDepth(kioskId, null)
  }

  /** Facts changed: every kiosk of the university is looked at again. [SYN-28] */
  private async reassign(universityId: number): Promise<void> {
    const sessions = [...this.byKiosk.values()].filter((session) => session.universityId === universityId)
    try {
      const ids = sessions.map(({ kioskId }) => kioskId ?? 0)
      const rows = await loadKioskRows(this.parts.pool, ids)
      const byId = new Map(rows.map((row) => [row.id, row]))
      for (const session of sessions) {
        const row = byId.get(session.kioskId ?? 0)
        if (row !== undefined) session.reassign(row)
      }
    } catch (error) {
      this.parts.log.warn('assignments could not be read', { universityId, err: error })
      this.parts.clock.after(SWEEP_MS, () => void this.inFlight.track(this.reassign(universityId)))
    }
  }

  private scheduleSweep(): void {
    this.cancelSweep = this.parts.clock.after(SWEEP_MS, () => {
      for (const session of this.lines.keys()) session.sweep()
      this.parts.metrics.socketsBehind(this.audiences.sweep())
      this.live.audiences.sweep()
      if (!this.isStopped) this.scheduleSweep()
    })
  }
}
