import { makeSyncFeatures } from '../make-sync-features.ts'
import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import type { RandomSource } from '../platform/ports.ts'
import { noLog } from '../platform/log.ts'
import { noMetrics } from '../platform/metrics.ts'
import { makeSyncCore, type SyncCore } from '../platform/connections/sync-core.ts'
import { makeProcessClock } from './simulated-clock.ts'
import { openSimulatedPool, type DatabaseGate, type SimulatedProcess } from './simulated-database.ts'
import type { Accept, VirtualConnection } from './virtual-connection.ts'
import type { VirtualTime } from './virtual-time.ts'

const COMMIT = /^\s*commit\b/i

/** One hub process of a simulation: the real sync core on real connections, which can end between any two effects. */
export class HubProcess {
  readonly connections = new Set<VirtualConnection>()
  core: SyncCore | null = null
  /** Effects (statements before and after, frames sent) until it dies. */
  effectsLeft = Number.POSITIVE_INFINITY
  /** It dies right after its next COMMIT: done, and nobody notified. */
  diesAfterCommit = false
  /** Its next statement, or COMMIT, breaks the connection. */
  breaksNext: { at: 'before' | 'after'; isCommit: boolean } | null = null
  private life: SimulatedProcess | null = null
  private kill: () => void = () => undefined
  private drop: () => Promise<void> = () => Promise.resolve()
  private readonly random: SeededRandom
  private readonly world: { time: VirtualTime; gate: DatabaseGate; fired(fault: string): void }

  constructor(world: { time: VirtualTime; gate: DatabaseGate; fired(fault: string): void }, seed: number) {
    this.world = world
    this.random = makeSeededRandom(seed)
  }

  get isRunning(): boolean {
    return this.core !== null
  }

  start(databaseUrl: string): void {
    this.effectsLeft = Number.POSITIVE_INFINITY
    this.diesAfterCommit = false
    this.breaksNext = null
    const life: SimulatedProcess = {
      isDead: false,
      diesNow: () => this.spendEffect(life),
      breaks: (sql) => this.breaks(sql),
      done: (sql) => {
        if (this.diesAfterCommit && COMMIT.test(sql)) this.effectsLeft = 1
      },
    }
    this.life = life
    const { pool, kill, drop } = openSimulatedPool(databaseUrl, this.world.gate, life)
    this.kill = kill
    this.drop = drop
    this.core = makeSyncCore({
      pool,
      features: makeSyncFeatures(pool),
      clock: makeProcessClock(this.world.time, life),
      random: this.randomSource(),
      log: noLog,
      metrics: noMetrics,
      // Notifications come by real sockets, whose order no seed holds: here the poll alone finds other hubs' commits.
      limits: { listens: false, heartbeatMs: 10_000 },
    })
  }

  /** kill -9; kiosks are notified by the operating system unless the machine went too. */
  die(isTold: boolean): void {
    if (this.life === null || this.core === null) return
    this.core = null
    this.kill()
    for (const line of this.connections) line.hubDied(isTold)
    this.connections.clear()
  }

  /** Breaks every connection to the database while nothing is under way. */
  dropConnections(): Promise<void> {
    return this.drop()
  }

  accept: Accept = (line, url) => {
    const { core, life } = this
    if (core === null || life === null) throw new Error('a connection to a hub that does not run')
    const send: typeof line.send = (text) => {
      if (life.isDead || this.spendEffect(life)) return
      line.send(text)
      this.spendEffect(life)
    }
    return core.accept({ ...line, send }, { host: new URL(url).host, address: '127.0.0.1' })
  }

  private spendEffect(life: SimulatedProcess): boolean {
    if (life.isDead) return true
    this.effectsLeft -= 1
    if (this.effectsLeft > 0) return false
    this.world.fired('hub died')
    this.die(this.random.withProbability(0.7))
    return true
  }

  private breaks(sql: string): 'before' | 'after' | null {
    const { breaksNext } = this
    if (breaksNext === null || breaksNext.isCommit !== COMMIT.test(sql)) return null
    this.breaksNext = null
    this.world.fired('connection broke')
    return breaksNext.at
  }

  private randomSource(): RandomSource {
    const { random } = this
    return {
      secret: (byteCount) =>
        Buffer.from(Array.from({ length: byteCount }, () => random.integerBelow(256))).toString('base64url'),
      fraction: () => random.fraction(),
    }
  }
}
