import type { Level } from '#shared/domain/occupancy.ts'
import type { PushedMutation, RefusedOutcome } from '#shared/wire/messages.ts'
import type { Transaction } from '../postgres/database.ts'
import type { CommitMoment } from './commit-under-clock.ts'

// What goes into one commit and comes out of it.

/** One kiosk's push, waiting for its commit. */
export interface Push {
  kioskId: number
  /** Number of the session that it came on. [SYN-12] */
  session: number
  mutations: readonly PushedMutation[]
  /** Ms that it waited in this hub: they are part of each report's age. [OCC-7] */
  waitedMs: number
  /** Number of a mutation that the database cannot take whatever is tried; refused `malformed`. [SYN-7] */
  poisonId?: number
}

/** How a push ended for its kiosk. `done`: settled up to its first gap. */
export type PushVerdict = 'done' | 'forked' | 'superseded' | 'revoked' | 'unknownKiosk' | 'upgrade'

/** The answer to a push. */
export interface PushAnswer {
  verdict: PushVerdict
  lastMutationId: number
  outcomes: RefusedOutcome[]
}

/** A leaf's newest report, as it is on its space; all null when never reported. [OCC-1] */
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
  /** Clock after the commit: one step on, or where it was when everything was known already. */
  clock: number
  factsClock: number
  isStep: boolean
  nowMs: number
  /** In the order of the pushes. */
  answers: PushAnswer[]
  /** Leaves with their new values. */
  leaves: StoredLeaf[]
}

/** The result of work on levels. */
export interface LevelWork<Result> {
  result: Result
  /** Leaves with their new values, each once; null: nothing changed at all, and the clock stays where it is. */
  leaves: readonly StoredLeaf[] | null
}

/** How batches are committed: what is read, decided and written is up to a feature. */
export interface BatchCommits {
  /**
   * Commits a batch in one transaction. Throws what the database threw; then nothing was settled, or the commit's fate is
   * unknown and the same call finds out. Null: no such university.
   */
  commitPushes(
    universityId: number,
    pushes: readonly Push[],
    nowMs: number | null,
  ): Promise<CommitResult | null>
  /** Runs work that changes levels and nothing else that kiosks hold. Throws RangeError for an unknown university. */
  commitLevels<Result>(
    universityId: number,
    work: (client: Transaction, moment: CommitMoment) => Promise<LevelWork<Result>>,
    nowMs: number | null,
  ): Promise<{ result: Result; committed: CommitResult }>
}
