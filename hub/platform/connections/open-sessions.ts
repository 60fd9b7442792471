import type { Assignment } from '#shared/domain/kiosk.ts'
import { accept } from '#shared/domain/decision.ts'
import type { ConnectionErrorCode, Hello } from '#shared/wire/messages.ts'
import { hasResumeKeys } from '#shared/wire/version.ts'
import type { Transaction } from '../postgres/database.ts'
import type { AloneCommand } from '../writer/alone-command.ts'
import { updateEpoch } from '../writer/epoch.ts'
import type { Moment } from '../writer/fact-set.ts'
import { insertOutcomes } from '../writer/outcomes.ts'
import { decideHello, provesRollback, type HelloDecision } from './decide-hello.ts'
import { loadKioskRows, writeSessions, type KioskRow, type OpenedSession } from './kiosk-session-rows.ts'
import { makeAssignment } from './make-assignment.ts'

/** How a hello was answered. */
export type HelloResult =
  | { verdict: 'refused'; code: ConnectionErrorCode }
  | { verdict: 'forked'; kioskId: number; universityId: number }
  /** It was to resume, and must be signed. [SYN-39] */
  | { verdict: 'unresumed' }
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
  /** Null before protocol 3. [SYN-38] */
  publicKey: string | null
  assignment: Assignment
  needsSnapshot: boolean
}

/** A hello whose proof is right. */
export interface ProvenHello {
  hello: Hello
  /** A random ticket, for the session that it may open. [SYN-11] */
  ticket: string
  /** It shows a head that this hub signed. [SYN-17] */
  isHeadSigned: boolean
}

/** Hellos of kiosks of one university. */
export interface HelloBatch {
  hellos: readonly ProvenHello[]
  /** The university's new epoch, should one of them prove that the database went back in time. */
  newEpoch: string
}

interface OpenedBatch {
  /** In the order of the hellos. */
  results: HelloResult[]
  opened: OpenedSession[]
  /** Mutations that nobody holds any more. [SYN-18] */
  lost: { kioskId: number; from: number; to: number }[]
  /** The hello that proves that the database went back in time, null: none. [SYN-17] */
  rolledBy: Hello | null
}

/** What opening sessions came to. */
export interface HelloBatchResult {
  results: HelloResult[]
  nowMs: number
  /** The new epoch, when it rolled. */
  rolledTo: string | null
}

/** Opens sessions of kiosks, those that come together in one commit. Nobody mirrors what it changes. [SYN-11] [SYN-12] [SYN-17] [SYN-18] */
export const openSessionsCommand: AloneCommand<
  HelloBatch,
  ReadonlyMap<number, KioskRow>,
  OpenedBatch,
  HelloBatchResult,
  never
> = {
  name: 'hellos of kiosks',
  actor: 'hub',
  load: async (client, _moment, { hellos }) => {
    const rows = await loadKioskRows(
      client,
      hellos.map(({ hello }) => hello.kioskId),
    )
    return new Map(rows.map((row) => [row.id, row]))
  },
  decide: (batch, kiosks, moment) => accept(decideHellos(batch, kiosks, moment)),
  write: async (client, moment, { results, opened, lost, rolledBy }, effects, { newEpoch }) => {
    const { universityId, nowMs } = moment
    const head = moment.clock - 1
    if (rolledBy !== null) {
      await updateEpoch(client, universityId, newEpoch)
      effects.log.push({
        universityId,
        actor: `kiosk ${rolledBy.kioskId}`,
        service: 'sync',
        subject: 'epoch',
        log: {
          why: 'a kiosk has a signed head beyond the database',
          head,
          sealed: rolledBy.sealed?.head,
        },
      })
    }
    for (const { kioskId, from, to } of lost) {
      await recordLost(client, { universityId, clock: head, nowMs }, { kioskId, to })
      const log = { from, to }
      effects.log.push({ universityId, actor: `kiosk ${kioskId}`, service: 'sync', subject: 'lost', log })
    }
    const epoch = rolledBy === null ? moment.epoch : newEpoch
    if (opened.length > 0) await writeSessions(client, epoch, nowMs, opened)
    return { results, nowMs, rolledTo: rolledBy === null ? null : newEpoch }
  },
}

/** Decides hellos in their order. Two of one kiosk in one batch: the later one is the newest session. */
function decideHellos(
  { hellos, newEpoch }: HelloBatch,
  kiosks: ReadonlyMap<number, KioskRow>,
  moment: Moment,
): OpenedBatch {
  const before = { epoch: moment.epoch, clock: moment.clock - 1 }
  // A kiosk shows a head that the hub signed and this database never reached: the database went back in time.
  const rolledBy =
    hellos.find(({ hello, isHeadSigned }) => provesRollback(hello, before, isHeadSigned))?.hello ?? null
  const university = { ...before, epoch: rolledBy === null ? before.epoch : newEpoch }
  const newest = new Map(hellos.map(({ hello }, index) => [hello.kioskId, index]))
  const batch: OpenedBatch = { results: [], opened: [], lost: [], rolledBy }
  for (const [index, { hello, ticket }] of hellos.entries()) {
    const kiosk = kiosks.get(hello.kioskId)
    const isDouble = newest.get(hello.kioskId) !== index
    if (kiosk === undefined || isDouble) {
      batch.results.push({ verdict: 'refused', code: isDouble ? 'superseded' : 'unknownKiosk' })
      continue
    }
    const decision = decideHello(hello, kiosk, university, ticket)
    if (decision.verdict === 'open') {
      batch.opened.push(decision.opened)
      if (decision.lost !== null) batch.lost.push({ kioskId: kiosk.id, ...decision.lost })
    }
    batch.results.push(toResult(decision, { kiosk, hello }, university, moment.nowMs))
  }
  return batch
}

function toResult(
  decision: HelloDecision,
  { kiosk, hello }: { kiosk: KioskRow; hello: Hello },
  university: { epoch: string; clock: number },
  nowMs: number,
): HelloResult {
  const { id: kioskId, universityId } = kiosk
  // A new identity is given to those alone who sign with the key of the old one. [SYN-39]
  if (decision.verdict === 'forked' && hello.resumeUntilMs !== undefined) return { verdict: 'unresumed' }
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
    publicKey: hasResumeKeys(hello.protocol) ? kiosk.publicKey : null,
    assignment: makeAssignment(kiosk, hello.protocol),
    needsSnapshot: decision.needsSnapshot,
  }
}

/** Records lost mutations: one outcome for the whole range; the change log has its first and last id. [SYN-18] */
async function recordLost(
  client: Transaction,
  commit: { universityId: number; clock: number; nowMs: number },
  { kioskId, to }: { kioskId: number; to: number },
): Promise<void> {
  const outcome = { kioskId, mutationId: to, originKioskId: kioskId, originMutationId: to }
  await insertOutcomes(client, commit, [{ ...outcome, kind: null, hash: '-', why: 'lost' }])
}
