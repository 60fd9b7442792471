import type { Static, TSchema } from 'typebox'
import type { Actor } from '#shared/domain/access.ts'
import type { Decision } from '#shared/domain/decision.ts'
import type { MutationRefusal } from '#shared/domain/mutation.ts'
import type { HttpRefusal } from '../http/handle.ts'
import type { CallingSession, KioskFacts, Origin, Push } from './batch.ts'
import type { CallName } from './call-name.ts'
import type { Effects } from './effects.ts'
import type { LoadedFacts, Need } from './fact-set.ts'

// What a feature registers so that kiosks and people can change something. All commands of a batch are read for, decided
// one after the other and written together, in one transaction under the university's lock.

/** A mutation of a kiosk, before anything is known of the kiosk. */
export interface ClaimedMutation<Body> {
  kioskId: number
  mutationId: number
  /** Where it claims to have been made first. */
  origin: { kioskId: number; id: number; hash: string } | undefined
  body: Body
}

/** A mutation of a kiosk that is next in its order. */
export interface KioskWish<Body> {
  kiosk: KioskFacts
  mutationId: number
  /** Where it was made first: at this kiosk, or at one whose mutations it may carry. [SYN-12] */
  origin: Origin
  body: Body
  /** Elapsed ms since it was made, the hub's own queue included; null when the device restarted in between. [OCC-7] */
  ageMs: number | null
  /** Hub time of the kiosk's last contact before it was made, ms since 1970. */
  contactMs: number
}

/** What a kiosk can ask for. */
export interface KioskCommand<Schema extends TSchema = TSchema, Value = unknown> {
  /** Word on the wire. */
  kind: string
  /** True: it is taken, and kiosks are not told so yet. In the release after all hubs of a database take it, and it is named. [SYN-34] */
  isUnnamed?: true
  schema: Schema
  /** What it writes carries the mutation's number, origin and hash, and so is its entry in the ledger. [SYN-50] */
  isOwnEntry?: true
  /** Names the facts that it needs. */
  load(mutation: ClaimedMutation<Static<Schema>>, need: Need): void
  /** Pure: changes nothing, so that it may throw. */
  decide(wish: KioskWish<Static<Schema>>, facts: LoadedFacts): Decision<Value, MutationRefusal>
  /** Changes the facts in memory; no rule and no I/O in here. */
  write(wish: KioskWish<Static<Schema>>, value: Value, facts: LoadedFacts, effects: Effects): void
}

/** A call of a person who is signed in. */
export interface PersonWish<Body> {
  /** The person as they are under the lock: with the groups that they have now. [IDN-9] */
  actor: Actor
  /** Address of the network that it came from. */
  address: string
  body: Body
}

/** What a person can ask for. */
export interface PersonCommand<Body = unknown, Value = unknown, Result = unknown> {
  name: string
  /** In a commit of its own: what it changes could not be told apart from the rest of a batch. */
  isAlone?: true
  /** Doing it again changes nothing more: its answer may be forgotten. [SYN-53] */
  isRepeatable?: true
  load(call: { userId: number; body: Body }, need: Need): void
  /** Pure: changes nothing, so that it may throw. */
  decide(wish: PersonWish<Body>, facts: LoadedFacts): Decision<Value, HttpRefusal>
  /** Changes the facts in memory; no rule and no I/O in here. */
  write(wish: PersonWish<Body>, value: Value, facts: LoadedFacts, effects: Effects): void
  /** The answer, after everything is written and before COMMIT: ids that the database gave are known. */
  answer(wish: PersonWish<Body>, value: Value, facts: LoadedFacts): Result
}

/** One call of a person, waiting for its commit. */
export interface PersonCall {
  command: PersonCommand
  by: CallingSession
  body: unknown
  name: CallName
  /** It failed in every commit that it was tried in: what it is refused with. [SYN-58] */
  refusedAs?: HttpRefusal
}

/** One batch, in the order in which it is decided. */
export type BatchItem = { push: Push } | { call: PersonCall }
