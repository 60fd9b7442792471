import type { Assignment } from '#shared/domain/kiosk.ts'
import type { Hello, LineErrorCode } from '#shared/wire/messages.ts'
import { importDeviceKey } from '../secrets/device-key.ts'
import type { Seal } from '../secrets/head-signature.ts'
import type { HubLog } from '../log.ts'
import type { Chance, HubClock } from '../ports.ts'
import { appendChange } from '../postgres/append-change.ts'
import { insertOutcomes } from '../writer/outcomes.ts'
import { type LockedUniversity } from '../writer/lock-university.ts'
import type { Database, Transaction } from '../postgres/database.ts'
import { loadIdentities, loadKioskRows, updateEpoch, writeSessions } from './kiosk-sessions.ts'
import { makeAssignment } from './make-assignment.ts'
import { checkProofs, type Identity } from './check-proofs.ts'
import { decideHello, provesRollback, type HelloDecision } from './decide-hello.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** So many in one transaction are a storm: more are on their way, and a short pause makes fewer and larger commits of them. */
const STORM_HELLOS = 16
const STORM_PAUSE_MS = 30
/** Hellos of one transaction: many kiosks that come back at once share it, and reports do not wait long for it. */
const MAX_BATCH_HELLOS = 512
/** Keys kept ready. Importing one costs a third of checking a proof. */
const MAX_KEYS = 20_000

/** How a hello ended. */
export type HelloResult =
  | { verdict: 'refused'; code: LineErrorCode }
  | { verdict: 'forked'; kioskId: number; universityId: number }
  | Opened

/** A session that was opened, as committed. */
export interface Opened {
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
export interface HelloDesk {
  open(hello: Hello, challenge: { nonce: string; host: string }): Promise<HelloResult>
}

/** What a desk is made of. */
export interface DeskParts {
  pool: Database
  clock: HubClock
  chance: Chance
  log: HubLog
  writer: TenantWriter
  inFlight: InFlight
  /** Resolves when the seal is there. */
  ready: Promise<void>
  seal(): Seal
  learnTime(nowMs: number): void
  /** The university's epoch is a new one: all its other sockets must go. */
  epochRolled(universityId: number, epoch: string): void
}

interface Waiting {
  hello: Hello
  challenge: { nonce: string; host: string }
  resolve(result: HelloResult): void
  reject(error: unknown): void
}

/** Makes a desk with nobody before it. */
export function makeHelloDesk(parts: DeskParts, maxKeys = MAX_KEYS): HelloDesk {
  return new Desk(parts, maxKeys)
}

class Desk implements HelloDesk {
  private readonly parts: DeskParts
  private readonly identities = new Map<number, Identity>()
  private readonly maxKeys: number
  private waiting: Waiting[] = []
  private isTaking = false
  /** Proven hellos by university, while a batch before them is being committed. */
  private readonly proven = new Map<number, Waiting[]>()

  constructor(parts: DeskParts, maxKeys: number) {
    this.parts = parts
    this.maxKeys = maxKeys
  }

  open(hello: Hello, challenge: { nonce: string; host: string }): Promise<HelloResult> {
    return this.parts.inFlight.track(
      new Promise((resolve, reject) => {
        this.waiting.push({ hello, challenge, resolve, reject })
        if (!this.isTaking) void this.parts.inFlight.track(this.takeTurns())
      }),
    )
  }

  /** Those that come in one turn of the event loop go together; those that come meanwhile go next, all at once. */
  private async takeTurns(): Promise<void> {
    this.isTaking = true
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.waiting.length > 0) await this.takeTurn(this.waiting.splice(0))
    this.isTaking = false
  }

  private async takeTurn(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.parts.ready
      const identities = await this.identify(batch)
      const proven = await checkProofs(batch, identities)
      const byUniversity = Map.groupBy(
        proven,
        ({ hello }) => identities.get(hello.kioskId)?.universityId ?? 0,
      )
      for (const [universityId, hellos] of byUniversity) this.line(universityId, hellos)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  /** Those of the batch, beside the memory: what does not fit there any more is not forgotten before its turn. */
  private async identify(batch: readonly Waiting[]): Promise<Map<number, Identity>> {
    const found = new Map<number, Identity>()
    const unknown = new Set<number>()
    for (const { hello } of batch) {
      const known = this.identities.get(hello.kioskId)
      if (known === undefined) unknown.add(hello.kioskId)
      else found.set(hello.kioskId, known)
    }
    if (unknown.size === 0) return found
    for (const { id, universityId, publicKey } of await loadIdentities(this.parts.pool, [...unknown])) {
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

  /** One commit of hellos at a time for a university: each waits for the disk, so thousands that trickle in share a few. */
  private line(universityId: number, hellos: readonly Waiting[]): void {
    const queue = this.proven.get(universityId)
    if (queue === undefined) void this.parts.inFlight.track(this.admitAll(universityId, [...hellos]))
    else queue.push(...hellos)
  }

  private async admitAll(universityId: number, queue: Waiting[]): Promise<void> {
    this.proven.set(universityId, queue)
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_BATCH_HELLOS)
      await this.admit(universityId, batch)
      if (batch.length >= STORM_HELLOS && queue.length < MAX_BATCH_HELLOS) await this.pause(STORM_PAUSE_MS)
    }
    this.proven.delete(universityId)
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.parts.clock.after(ms, resolve)
    })
  }

  private async admit(universityId: number, batch: readonly Waiting[]): Promise<void> {
    try {
      const done = await this.parts.writer.runUnderLock(universityId, (client, locked) =>
        this.commit(client, universityId, locked, batch),
      )
      if (done?.rolledTo !== undefined) this.parts.epochRolled(universityId, done.rolledTo)
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
    batch: readonly Waiting[],
  ): Promise<{ results: HelloResult[]; rolledTo?: string }> {
    this.parts.learnTime(locked.nowMs)
    const rows = await loadKioskRows(
      client,
      batch.map(({ hello }) => hello.kioskId),
    )
    const kiosks = new Map(rows.map((row) => [row.id, row]))
    const rolledTo = await this.rollIfProven(client, universityId, locked, batch)
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
      const decision = decideHello(hello, kiosk, university, this.parts.chance.secret(16))
      if (decision.verdict === 'open') {
        opened.push(decision.opened)
        if (decision.lost !== null) await recordLost(client, universityId, locked, kiosk.id, decision.lost)
      }
      results.push(toResult(decision, kiosk, university, locked.nowMs))
    }
    if (opened.length > 0) await writeSessions(client, university.epoch, locked.nowMs, opened)
    return rolledTo === null ? { results } : { results, rolledTo }
  }

  /** A kiosk with the hub's own seal over a head that this database never reached: it went back in time. [SYN-17] */
  private async rollIfProven(
    client: Transaction,
    universityId: number,
    locked: LockedUniversity,
    batch: readonly Waiting[],
  ): Promise<string | null> {
    const proof = batch.find(
      ({ hello }) =>
        hello.sealed !== null &&
        provesRollback(hello, locked, this.parts.seal().verify(universityId, hello.sealed)),
    )
    if (proof === undefined) return null
    const epoch = this.parts.chance.secret(12)
    await updateEpoch(client, universityId, epoch)
    await appendChange(client, {
      universityId,
      actor: `kiosk ${proof.hello.kioskId}`,
      service: 'sync',
      subject: 'epoch',
      log: {
        why: 'a kiosk holds a sealed head beyond the database',
        head: locked.clock,
        sealed: proof.hello.sealed?.head,
      },
    })
    return epoch
  }
}

function toResult(
  decision: HelloDecision,
  kiosk: Parameters<typeof makeAssignment>[0],
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
    assignment: makeAssignment(kiosk),
    needsSnapshot: decision.needsSnapshot,
  }
}

/** One outcome stands for the whole range; the change log says from where to where. [SYN-18] */
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
