import type { Level } from '#shared/domain/occupancy.ts'
import type { Decision } from '#shared/domain/decision.ts'
import type { MutationRefusal } from '#shared/domain/mutation.ts'
import type { PushedMutation, RefusedOutcome } from '#shared/wire/messages.ts'
import type { Collection, RowChange } from '../broadcast/collection.ts'
import type { HttpRefusal } from '../http/handle.ts'

// What goes into one commit and comes out of it.

/** One kiosk's push, waiting for its commit. */
export interface Push {
  kioskId: number
  /** Number of the session that it came on. [SYN-12] */
  session: number
  mutations: readonly PushedMutation[]
  /** Ms that it waited in this hub: they are part of each report's age. [OCC-7] */
  waitedMs: number
  /** A mutation that cannot be committed whatever is tried, and what it is refused with. [SYN-7] */
  poison?: Poison
}

/** A mutation that failed in every commit that it was tried in, and why it is refused. [SYN-7] [SYN-58] */
export interface Poison {
  id: number
  why: MutationRefusal['why']
}

/** Who makes a call: a session of a person, to be looked at again under the lock. [IDN-9] */
export interface CallingSession {
  userId: number
  sessionId: number
  /** Address of the network that it came from. */
  address: string
}

/** What a commit must know of a kiosk. */
export interface KioskFacts {
  id: number
  spaceId: number
  session: number
  lastMutationId: number
  hasFork: boolean
  isRevoked: boolean
  /** What it reports is kept and counts nowhere. [CON-4] */
  isSilenced: boolean
}

/** Where a mutation was first made, and its hash there. [SYN-12] */
export interface Origin {
  originKioskId: number
  originMutationId: number
  hash: string
}

/** How a push ended for its kiosk. `done`: settled up to its first gap. */
export type PushVerdict = 'done' | 'forked' | 'superseded' | 'revoked' | 'unknownKiosk' | 'upgrade'

/** The answer to a push. */
export interface PushAnswer {
  verdict: PushVerdict
  lastMutationId: number
  outcomes: RefusedOutcome[]
}

/** The answer to a call; `failed`: a rule threw, and the call changed nothing. */
export type CallAnswer = { decision: Decision<unknown, HttpRefusal> } | { failed: unknown }

/** A leaf's newest report, as it is on its space; all null when never reported. A person's has no kiosk and no number. [OCC-1] */
export interface StoredLeaf {
  id: number
  level: Level | null
  reportedAtMs: number | null
  clock: number | null
  mutationId: number | null
  kioskId: number | null
}

/** The result of a commit. */
export interface CommitResult {
  epoch: string
  /** Clock after the commit: one step on, or where it was when nothing changed. */
  clock: number
  factsClock: number
  isStep: boolean
  nowMs: number
  /** In the order of the batch's items. */
  answers: (PushAnswer | CallAnswer)[]
  /** Leaves with their new values. */
  leaves: readonly StoredLeaf[]
  /** A mail waits to be sent. */
  hasMail: boolean
  /** Changed rows of collections, each once: all of a commit that left facts as they were. [SYN-31] */
  rows: ReadonlyMap<Collection, readonly RowChange[]>
}
