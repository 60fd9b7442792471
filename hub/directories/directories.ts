import { refuse, type Decision } from '#shared/domain/decision.ts'
import type { Transaction } from '../platform/postgres/database.ts'

/** After how long a directory is asked again about somebody who stays signed in, ms. [DIR-13] */
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
  /** Numbers of the directory's groups that the person is in. */
  gidNumbers: readonly number[]
  /** Whether those are all; from an incomplete list nobody loses a membership. [DIR-10] */
  areGroupsWhole: boolean
}

/** Somebody who signed in by a directory before. */
export interface DirectoryIdentity {
  directory: string
  directoryId: string
  /** As the directory wrote it then; null when another account of the university has that name. */
  username: string | null
}

/**
 * Whom to look up: a username as it was typed, an address (with `known`, when a directory's account has it), or somebody who
 * signed in before. All directories of the university are asked, for a known person only their own. [DIR-12]
 */
export type DirectoryLookup =
  | { by: 'name'; username: string; directory?: string }
  | { by: 'mail'; mail: string; known?: DirectoryIdentity }
  | { by: 'id'; known: DirectoryIdentity }

/** A password to be verified by the directories of a university. */
export interface DirectorySignIn {
  universityId: number
  lookup: DirectoryLookup
  password: string
}

/** `wrong`: no such person, or another password. `away`: no directory answered. */
export type DirectoryRefusal = 'wrong' | 'away'

/** The directories of all universities. */
export interface Directories {
  /** Whether a university has a directory. */
  hasDirectory(universityId: number): Promise<boolean>
  /** All universities that have one, in one statement. */
  universitiesWithDirectory(): Promise<ReadonlySet<number>>
  /** Looks the person up and verifies the password. Never throws. */
  signIn(question: DirectorySignIn): Promise<Decision<DirectoryEntry, DirectoryRefusal>>
  /** After how long this directory is asked again about its people, ms; the default for a directory that is not configured any more. [DIR-13] */
  recheckMs(universityId: number, directory: string): Promise<number>
  /** Checks without a password whether somebody is still in the directory and may sign in. Never throws. [DIR-13] */
  recheck(universityId: number, known: DirectoryIdentity): Promise<Decision<DirectoryEntry, 'gone' | 'away'>>
  /** Updates the memberships that come from the directory to its groups, in the transaction of the sign-in. */
  syncGroups(
    transaction: Transaction,
    user: { userId: number; universityId: number },
    groups: Pick<DirectoryEntry, 'gidNumbers' | 'areGroupsWhole'>,
  ): Promise<void>
}

/** For a hub without LDAP_CONFIG: no university has a directory. */
export const noDirectories: Directories = {
  hasDirectory: async () => false,
  universitiesWithDirectory: async () => new Set(),
  signIn: async () => refuse('wrong'),
  recheckMs: async () => DEFAULT_RECHECK_MS,
  recheck: async () => refuse('away'),
  syncGroups: async () => undefined,
}
