import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../http/handle.ts'
import type { CallingSession } from './batch.ts'
import {
  insertSettledCalls,
  loadActorsWithManyCalls,
  loadSettledCalls,
  type NewSettledCall,
  type SettledCall,
  type CallActor,
} from './call-ledger-rows.ts'
import type { CallName } from './call-name.ts'
import type { FactSet } from './fact-set.ts'
import type { Queryable } from '../postgres/database.ts'

/** A call of a batch by the name that the ledger has for it. */
export interface NamedCall {
  by: CallingSession
  name: CallName
}

/** Gives a decision, once everything is written. */
type LaterDecision = () => Decision<unknown, HttpRefusal>

interface MadeCall {
  call: NamedCall
  kind: string
  decision: LaterDecision
  isForgettable: boolean
}

/** Named calls of people that were settled before a batch, and by it so far. [SYN-51] [SYN-52] */
export class CallLedger {
  private readonly stored: ReadonlyMap<string, SettledCall>
  private readonly made = new Map<string, MadeCall>()

  constructor(rows: readonly SettledCall[]) {
    this.stored = new Map(rows.map((row) => [keyOf(row.actorId, row.key), row]))
  }

  /** How a call ended that came before under the same name; null: it did not, or what it made has to be asked. */
  settled({ by, name }: NamedCall): LaterDecision | null {
    const key = keyOf(by.userId, name.key)
    const made = this.made.get(key)
    if (made !== undefined) return made.call.name.hash === name.hash ? made.decision : () => KEY_REUSED
    const stored = this.stored.get(key)
    if (stored === undefined) return null
    const decision = decisionOf<unknown, HttpRefusal>(stored, name)
    return decision && (() => decision)
  }

  /** Keeps how a call of this batch ends; `isForgettable`: doing it again would harm nobody. */
  settle(call: NamedCall, kind: string, decision: LaterDecision, isForgettable: boolean): void {
    this.made.set(keyOf(call.by.userId, call.name.key), { call, kind, decision, isForgettable })
  }

  /** Writes what the batch settled; everything else of it is written. */
  async write(
    client: Queryable,
    commit: { universityId: number; clock: number; nowMs: number },
  ): Promise<void> {
    const calls = [...this.made.values()].map(({ call: { by, name }, kind, decision, isForgettable }) => ({
      call: settledCallOf({ actorKind: 'person', actorId: by.userId }, name, kind, decision()),
      isForgettable,
    }))
    await keepCalls(client, commit, calls)
  }
}

/** Writes how calls ended; what may be forgotten of somebody of whom enough is kept is forgotten. [SYN-53] */
export async function keepCalls(
  client: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  ended: readonly { call: NewSettledCall; isForgettable: boolean }[],
): Promise<void> {
  const forgettable = ended.flatMap(({ call, isForgettable }) => (isForgettable ? [call] : []))
  const full = forgettable.length === 0 ? [] : await loadActorsWithManyCalls(client, forgettable)
  const isKept = ({ actorKind, actorId }: CallActor): boolean =>
    !full.some((actor) => actor.actorKind === actorKind && actor.actorId === actorId)
  const kept = ended.flatMap(({ call, isForgettable }) => (!isForgettable || isKept(call) ? [call] : []))
  if (kept.length > 0) await insertSettledCalls(client, commit, kept)
}

const KEY_REUSED = refuse<HttpRefusal>({ why: 'keyReused' })

/** How a call ended as it is answered again: another call under its key is refused. Null: what it made has to be asked. [SYN-51] */
export function decisionOf<Value, Refusal>(
  stored: SettledCall,
  name: CallName,
): Decision<Value, Refusal | HttpRefusal> | null {
  if (stored.hash !== name.hash) return KEY_REUSED
  if (stored.result === null) return null
  const { given } = stored.result
  return stored.outcome === 'done' ? accept(given as Value) : refuse(given as Refusal)
}

/** The entry of a call that was settled just now. */
export function settledCallOf(
  actor: CallActor,
  { key, hash }: CallName,
  kind: string,
  decision: Decision<unknown, unknown>,
): NewSettledCall {
  const outcome = decision.ok ? 'done' : whyOf(decision.refusal)
  const given = decision.ok ? decision.value : decision.refusal
  return { ...actor, key, hash, kind, outcome, result: JSON.stringify(given ?? null) }
}

/** Refusals of the command line have sentences, not words. */
function whyOf(refusal: unknown): string {
  const why = typeof refusal === 'object' && refusal !== null && 'why' in refusal ? refusal.why : null
  return typeof why === 'string' ? why : 'refused'
}

/** Named calls by who makes them. */
export const callFacts: FactSet<NamedCall, CallLedger> = {
  name: 'calls by their keys',
  rank: 11,
  load: async (client, _moment, calls) =>
    new CallLedger(
      await loadSettledCalls(
        client,
        calls.map(({ by, name }) => ({ actorKind: 'person', actorId: by.userId, key: name.key })),
      ),
    ),
}

function keyOf(userId: number, key: string): string {
  return `${userId} ${key}`
}
