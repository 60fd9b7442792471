import type { Decision } from '#shared/domain/decision.ts'
import type { Queryable, Transaction } from '../postgres/database.ts'
import type { CallName } from './call-name.ts'
import type { CallActor } from './call-ledger-rows.ts'
import type { Effects } from './effects.ts'
import type { Moment } from './fact-set.ts'

/** Who asks for commands. `hub`: what a hub does by itself. */
export type ActorKind = 'kiosk' | 'person' | 'staff' | 'hub'

/**
 * A command that is a commit by itself: it changes the shape of a tree, settings, kiosks and their sessions, or comes from the
 * command line. The same steps as for a batch, each asked for once: read, decide, write. What the caller knows is its input.
 */
export interface AloneCommand<Input, Facts, Value, Result, Refusal> {
  name: string
  /** Who asks for it. A person or a kiosk waits for it only so long; what `hub` and `staff` ask for waits as long as it takes. */
  actor: ActorKind
  /** Which of them, where each has a turn of their own in the lane. */
  actorId?(input: Input): number
  /**
   * Doing it again changes nothing more, and its answer is long: the ledger keeps nothing of it, and only who asked for it tries
   * it again. What a hub or a kiosk asks for is like that by itself. [SYN-54]
   */
  isRepeatable?: true
  /** Reads all that is decided from, under the lock; decides nothing. */
  load(client: Queryable, moment: Moment, input: Input): Promise<Facts>
  /** Pure. */
  decide(input: Input, facts: Facts, moment: Moment): Decision<Value, Refusal>
  /** Writes what was accepted, and says in the effects what kind of change it is. Not called for a refusal. */
  write(client: Transaction, moment: Moment, value: Value, effects: Effects, input: Input): Promise<Result>
  /**
   * Writes what it tells people. Named by commands that tell anybody something: they may come from a process without a hub, which
   * knows no features. [NTF-1]
   */
  writeNotices?(client: Transaction, moment: Moment, effects: Effects): Promise<void>
  /** Refusals by the names of constraints that stand for a rule. */
  refusals?: Readonly<Record<string, Refusal>>
}

/** In whose name the ledger keeps such a command; null: it keeps nothing of it. [SYN-50] */
export function callActorOf<Input>(
  {
    actor,
    actorId,
    isRepeatable,
  }: Pick<AloneCommand<Input, never, never, never, never>, 'actor' | 'actorId' | 'isRepeatable'>,
  input: Input,
): CallActor | null {
  if (isRepeatable === true || actor === 'hub' || actor === 'kiosk') return null
  return { actorKind: actor, actorId: actorId?.(input) ?? 0 }
}

/** Runs such a command: in a hub's lane, or straight away from a process without one. `name` null: its maker gave it none. */
export type RunAlone = <Input, Facts, Value, Result, Refusal>(
  universityId: number,
  command: AloneCommand<Input, Facts, Value, Result, Refusal>,
  input: Input,
  name?: CallName | null,
) => Promise<Decision<Result, Refusal>>
