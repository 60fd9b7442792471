import type { Assignment } from '#shared/domain/kiosk.ts'
import type { Hello, ConnectionErrorCode } from '#shared/wire/messages.ts'
import { importDeviceKey } from '../secrets/device-key.ts'
import type { HeadSignature } from '../secrets/head-signature.ts'
import type { HubLog } from '../log.ts'
import type { RandomSource, HubClock } from '../ports.ts'
import { appendChange } from '../postgres/append-change.ts'
import { insertOutcomes } from '../writer/outcomes.ts'
import { type LockedUniversity } from '../writer/lock-university.ts'
import type { Database, Transaction } from '../postgres/database.ts'
import { loadIdentities, loadKioskRows, writeSessions } from './kiosk-session-rows.ts'
import { updateEpoch } from '../writer/epoch.ts'
import { makeAssignment } from './make-assignment.ts'
import { checkProofs, type ProofIdentity } from './check-proofs.ts'
import { decideHello, provesRollback, type HelloDecision } from './decide-hello.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** So many in one transaction are a storm: more are on their way, and a short pause makes fewer and larger commits of them. */
const STORM_HELLOS = 16
const STORM_PAUSE_MS = 30
/** Hellos of one transaction: many kiosks that come back at once share it, and reports do not wait long for it. */
const MAX_BATCH_HELLOS = 512
/** Keys kept imported. Importing one costs a third of checking a proof. */
const MAX_KEYS = 20_000

/** How a hello was answered. */
export type HelloResult =
  | { verdict: 'refused'; code: ConnectionErrorCode }
  | { verdict: 'forked'; kioskId: number; universityId: number }
  | AcceptedHello

/** A hello that was accepted: the session that was opened, as committed. */
export interface AcceptedHello {
  verdict: 'open'
  kioskId: number
  universityId: number
  session: number
  epoch: string
  clock: number
  nowMs: number
  lastMutationId: number
  ticket: string
  assignment: Assignment
  needsSnapshot: boolean
}

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
  /** Resolves when `headSignature` may be called. */
  ready: Promise<void>
  headSignature(): HeadSignature
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
      const proven = await checkProofs(batch, identities)
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
      const identity = { universityId, key: importDeviceKey(publicKey) }
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
    try {
      const done = await this.dependencies.writer.runUnderLock(universityId, (client, locked) =>
        this.commit(client, universityId, locked, batch),
      )
      if (done?.rolledTo !== undefined) this.dependencies.epochRolled(universityId, done.rolledTo)
      for (const [index, { resolve }] of batch.entries())
        resolve(done?.results[index] ?? { verdict: 'refused', code: 'unknownKiosk' })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  private async commit(
    client: Transaction,
    universityId: number,
    locked: LockedUniversity,
    batch: readonly WaitingHello[],
  ): Promise<{ results: HelloResult[]; rolledTo?: string }> {
    this.dependencies.recordServerTime(locked.nowMs)
    const rows = await loadKioskRows(
      client,
      batch.map(({ hello }) => hello.kioskId),
    )
    const kiosks = new Map(rows.map((row) => [row.id, row]))
    const rolledTo = await this.rollEpochIfProven(client, universityId, locked, batch)
    const university = { epoch: rolledTo ?? locked.epoch, clock: locked.clock }
    // Two hellos of one kiosk in one batch: the later one is the newest session.
    const newest = new Map(batch.map(({ hello }, index) => [hello.kioskId, index]))
    const results: HelloResult[] = []
    const opened: Extract<HelloDecision, { verdict: 'open' }>['opened'][] = []
    for (const [index, { hello }] of batch.entries()) {
      const kiosk = kiosks.get(hello.kioskId)
      const isDouble = newest.get(hello.kioskId) !== index
      if (kiosk === undefined || isDouble) {
        results.push({ verdict: 'refused', code: isDouble ? 'superseded' : 'unknownKiosk' })
        continue
      }
      const decision = decideHello(hello, kiosk, university, this.dependencies.random.secret(16))
      if (decision.verdict === 'open') {
        opened.push(decision.opened)
        if (decision.lost !== null) await recordLost(client, universityId, locked, kiosk.id, decision.lost)
      }
      results.push(toResult(decision, { kiosk, protocol: hello.protocol }, university, locked.nowMs))
    }
    if (opened.length > 0) await writeSessions(client, university.epoch, locked.nowMs, opened)
    return rolledTo === null ? { results } : { results, rolledTo }
  }

  /** A kiosk shows a head that the hub signed and this database never reached: the database went back in time, and gets a new epoch. [SYN-17] */
  private async rollEpochIfProven(
    client: Transaction,
    universityId: number,
    locked: LockedUniversity,
    batch: readonly WaitingHello[],
  ): Promise<string | null> {
    const proof = batch.find(
      ({ hello }) =>
        hello.sealed !== null &&
        provesRollback(hello, locked, this.dependencies.headSignature().verify(universityId, hello.sealed)),
    )
    if (proof === undefined) return null
    const epoch = this.dependencies.random.secret(12)
    await updateEpoch(client, universityId, epoch)
    await appendChange(client, {
      universityId,
      actor: `kiosk ${proof.hello.kioskId}`,
      service: 'sync',
      subject: 'epoch',
      log: {
        why: 'a kiosk has a signed head beyond the database',
        head: locked.clock,
        sealed: proof.hello.sealed?.head,
      },
    })
    return epoch
  }
}

function toResult(
  decision: HelloDecision,
  { kiosk, protocol }: { kiosk: Parameters<typeof makeAssignment>[0]; protocol: number },
  university: { epoch: string; clock: number },
  nowMs: number,
): HelloResult {
  const { id: kioskId, universityId } = kiosk
  if (decision.verdict === 'forked') return { verdict: 'forked', kioskId, universityId }
  if (decision.verdict !== 'open') return { verdict: 'refused', code: decision.verdict }
  const { session, lastMutationId, ticketIssued } = decision.opened
  return {
    verdict: 'open',
    kioskId,
    universityId,
    session,
    ...university,
    nowMs,
    lastMutationId,
    ticket: ticketIssued,
    assignment: makeAssignment(kiosk, protocol),
    needsSnapshot: decision.needsSnapshot,
  }
}

/** Records lost mutations: one outcome for the whole range; the change log has its first and last id. [SYN-18] */
async function recordLost(
  client: Transaction,
  universityId: number,
  locked: LockedUniversity,
  kioskId: number,
  lost: { from: number; to: number },
): Promise<void> {
  const outcome = { kioskId, mutationId: lost.to, originKioskId: kioskId, originMutationId: lost.to }
  const commit = { universityId, clock: locked.clock, nowMs: locked.nowMs }
  await insertOutcomes(client, commit, [{ ...outcome, hash: '-', why: 'lost' }])
  await appendChange(client, {
    universityId,
    actor: `kiosk ${kioskId}`,
    service: 'sync',
    subject: 'lost',
    log: lost,
  })
}
