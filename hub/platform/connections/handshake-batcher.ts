import type { Hello } from '#shared/wire/messages.ts'
import type { HeadSignature } from '../secrets/head-signature.ts'
import type { ResumeKeys } from '../secrets/resume-keys.ts'
import type { HubLog } from '../log.ts'
import type { RandomSource, HubClock } from '../ports.ts'
import type { Database } from '../postgres/database.ts'
import { loadIdentities } from './kiosk-session-rows.ts'
import { EPOCH_BYTES } from '../writer/epoch.ts'
import { checkProofs, proofFault, ProofIdentity, type ProofFault } from './check-proofs.ts'
import { openSessionsCommand, type HelloResult } from './open-sessions.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** So many in one transaction are a storm: more are on their way, and a short pause makes fewer and larger commits of them. */
const STORM_HELLOS = 16
const STORM_PAUSE_MS = 30
/** Hellos of one transaction: many kiosks that come back at once share it, and reports do not wait long for it. */
const MAX_BATCH_HELLOS = 512
/** Bytes of a ticket's random value. */
const TICKET_BYTES = 16
/** Kiosks' keys that are kept. */
const MAX_KEYS = 20_000

/** Checks proofs and opens sessions, those that come together in one transaction. */
export interface HandshakeBatcher {
  open(hello: Hello, challenge: { nonce: string; host: string }): Promise<HelloResult>
}

/** What a handshake batcher is given. */
export interface HandshakeBatcherDependencies {
  pool: Database
  clock: HubClock
  random: RandomSource
  log: HubLog
  writer: TenantWriter
  inFlight: InFlight
  /** Resolves when `headSignature` and `resumeKeys` may be called. */
  ready: Promise<void>
  headSignature(): HeadSignature
  resumeKeys(): ResumeKeys
  /** Hub time, ms since 1970. */
  nowMs(): number
  recordServerTime(nowMs: number): void
  /** The university has a new epoch: all its other connections must end. */
  epochRolled(universityId: number, epoch: string): void
}

interface WaitingHello {
  hello: Hello
  challenge: { nonce: string; host: string }
  resolve(result: HelloResult): void
  reject(error: unknown): void
}

/** Makes a batcher; `maxKeys` is how many kiosks' keys it remembers. */
export function makeHandshakeBatcher(
  dependencies: HandshakeBatcherDependencies,
  maxKeys = MAX_KEYS,
): HandshakeBatcher {
  return new Batcher(dependencies, maxKeys)
}

class Batcher implements HandshakeBatcher {
  private readonly dependencies: HandshakeBatcherDependencies
  private readonly identities = new Map<number, ProofIdentity>()
  private readonly maxKeys: number
  private waiting: WaitingHello[] = []
  private isRunning = false
  /** Proven hellos by university, while a batch before them is being committed. */
  private readonly queues = new Map<number, WaitingHello[]>()

  constructor(dependencies: HandshakeBatcherDependencies, maxKeys: number) {
    this.dependencies = dependencies
    this.maxKeys = maxKeys
  }

  open(hello: Hello, challenge: { nonce: string; host: string }): Promise<HelloResult> {
    return this.dependencies.inFlight.track(
      new Promise((resolve, reject) => {
        this.waiting.push({ hello, challenge, resolve, reject })
        if (!this.isRunning) void this.dependencies.inFlight.track(this.runBatches())
      }),
    )
  }

  /** Hellos of one turn of the event loop are one batch; those that come meanwhile are the next. */
  private async runBatches(): Promise<void> {
    this.isRunning = true
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.waiting.length > 0) await this.runBatch(this.waiting.splice(0))
    this.isRunning = false
  }

  private async runBatch(batch: readonly WaitingHello[]): Promise<void> {
    try {
      await this.dependencies.ready
      const identities = await this.identify(batch)
      const resumeKeys = this.dependencies.resumeKeys()
      const nowMs = this.dependencies.nowMs()
      const proven = await checkProofs(
        batch,
        (one) => proofFault(one, identities.get(one.hello.kioskId), resumeKeys, nowMs),
        ({ resolve }, fault) => resolve(toResult(fault)),
      )
      const byUniversity = Map.groupBy(
        proven,
        ({ hello }) => identities.get(hello.kioskId)?.universityId ?? 0,
      )
      for (const [universityId, hellos] of byUniversity) this.enqueue(universityId, hellos)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  /** The identities of a batch. They are returned beside the cache, since the cache may drop some of them at once. */
  private async identify(batch: readonly WaitingHello[]): Promise<Map<number, ProofIdentity>> {
    const found = new Map<number, ProofIdentity>()
    const unknown = new Set<number>()
    for (const { hello } of batch) {
      const known = this.identities.get(hello.kioskId)
      if (known === undefined) unknown.add(hello.kioskId)
      else found.set(hello.kioskId, known)
    }
    if (unknown.size === 0) return found
    for (const { id, universityId, publicKey } of await loadIdentities(this.dependencies.pool, [
      ...unknown,
    ])) {
      const identity = new ProofIdentity(universityId, publicKey)
      found.set(id, identity)
      this.identities.set(id, identity)
    }
    for (const id of this.identities.keys()) {
      if (this.identities.size <= this.maxKeys) break
      this.identities.delete(id)
    }
    return found
  }

  /** One commit of hellos at a time for a university: each waits for the disk, so that thousands share a few commits. */
  private enqueue(universityId: number, hellos: readonly WaitingHello[]): void {
    const queue = this.queues.get(universityId)
    if (queue === undefined) void this.dependencies.inFlight.track(this.runQueue(universityId, [...hellos]))
    else queue.push(...hellos)
  }

  private async runQueue(universityId: number, queue: WaitingHello[]): Promise<void> {
    this.queues.set(universityId, queue)
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_BATCH_HELLOS)
      await this.openBatch(universityId, batch)
      if (batch.length >= STORM_HELLOS && queue.length < MAX_BATCH_HELLOS) await this.pause(STORM_PAUSE_MS)
    }
    this.queues.delete(universityId)
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.dependencies.clock.after(ms, resolve)
    })
  }

  private async openBatch(universityId: number, batch: readonly WaitingHello[]): Promise<void> {
    const { writer, random, headSignature, recordServerTime, epochRolled } = this.dependencies
    const signature = headSignature()
    const hellos = batch.map(({ hello }) => ({
      hello,
      ticket: random.secret(TICKET_BYTES),
      isHeadSigned: hello.sealed !== null && signature.verify(universityId, hello.sealed),
    }))
    try {
      const input = { hellos, newEpoch: random.secret(EPOCH_BYTES) }
      const done = await writer.runAlone(universityId, openSessionsCommand, input)
      if (!done.ok) return
      recordServerTime(done.value.nowMs)
      if (done.value.rolledTo !== null) epochRolled(universityId, done.value.rolledTo)
      for (const [index, { resolve }] of batch.entries())
        resolve(done.value.results[index] ?? { verdict: 'refused', code: 'unknownKiosk' })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}

/** A wrong proof and an unknown kiosk end the connection with nothing but the code. [SYN-10] */
function toResult(fault: ProofFault): HelloResult {
  return fault === 'unresumed' ? { verdict: 'unresumed' } : { verdict: 'refused', code: fault }
}
