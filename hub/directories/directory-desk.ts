import { refuse, type Decision } from '#shared/domain/decision.ts'
import type { Transaction } from '../platform/postgres/database.ts'

/** How old the word of a directory on one of its people may grow. [DIR-13] */
export const DEFAULT_RECHECK_MS = 3_600_000

/** One person of a directory, as the directory answered when it took the password. */
export interface DirectoryEntry {
  /** Name of the directory, as the configuration has it. */
  directory: string
  /** Stable id of the entry in that directory: the same when the person is renamed or moved. */
  directoryId: string
  /** As the directory writes it. */
  username: string
  email: string | null
  displayname: string | null
  /** Groups of the directory that the person is in. */
  gidNumbers: readonly number[]
  /** Whether those are all; of a list that was cut short nothing is concluded but what it holds. [DIR-10] */
  areGroupsWhole: boolean
}

/** Somebody whom a directory has proven before. */
export interface ProvenBefore {
  directory: string
  directoryId: string
  /** As the directory wrote it then; null when another account of the university has it. */
  username: string | null
}

/**
 * Who is meant: by a user name as it was typed, by an address (and `known`, when an account came from a directory under it),
 * or one who was proven before. All directories of the university are asked, a known person's own alone. [DIR-12]
 */
export type Sought =
  | { by: 'name'; username: string; directory?: string }
  | { by: 'mail'; mail: string; known?: ProvenBefore }
  | { by: 'id'; known: ProvenBefore }

/** Whose password is asked for. */
export interface DirectoryQuestion {
  universityId: number
  sought: Sought
  password: string
}

/** `wrong`: no such person, or not that password. `away`: no answer could be had. */
export type DirectoryRefusal = 'wrong' | 'away'

/** The directories of all universities. */
export interface DirectoryDesk {
  /** Whether a university has a directory. */
  has(universityId: number): Promise<boolean>
  /** All universities that have one, in one statement. */
  universities(): Promise<ReadonlySet<number>>
  /** Asks whether a name and a password belong together. Never throws. */
  signIn(question: DirectoryQuestion): Promise<Decision<DirectoryEntry, DirectoryRefusal>>
  /** How old a proof may grow before a directory is asked again; what is usual for one that is not known any more. [DIR-13] */
  recheckMs(universityId: number, directory: string): Promise<number>
  /** Asks without a password whether somebody is still there, and may still sign in. Never throws. [DIR-13] */
  look(universityId: number, known: ProvenBefore): Promise<Decision<DirectoryEntry, 'gone' | 'away'>>
  /** Brings the memberships that come from the directory in step with its groups, in the transaction of the sign-in. */
  matchGroups(
    transaction: Transaction,
    user: { userId: number; universityId: number },
    groups: Pick<DirectoryEntry, 'gidNumbers' | 'areGroupsWhole'>,
  ): Promise<void>
}

/** A desk without any directory. */
export const noDirectories: DirectoryDesk = {
  has: async () => false,
  universities: async () => new Set(),
  signIn: async () => refuse('wrong'),
  recheckMs: async () => DEFAULT_RECHECK_MS,
  look: async () => refuse('away'),
  matchGroups: async () => undefined,
}
