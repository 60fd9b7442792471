import { refuse, type Decision } from '#shared/domain/decision.ts'
import type { Transaction } from '../store/database.ts'

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
}

/** Whose password is asked for. `directory` names the one to ask; without it all directories of the university are asked. */
export interface DirectoryQuestion {
  universityId: number
  username: string
  password: string
  directory?: string
}

/** `wrong`: no such person, or not that password. `away`: no answer could be had. */
export type DirectoryRefusal = 'wrong' | 'away'

/** The directories of all universities. */
export interface DirectoryDesk {
  /** Whether a university has a directory. */
  has(universityId: number): Promise<boolean>
  /** Asks whether a name and a password belong together. Never throws. */
  signIn(question: DirectoryQuestion): Promise<Decision<DirectoryEntry, DirectoryRefusal>>
  /** Brings the memberships that come from the directory in step with its groups, in the transaction of the sign-in. */
  matchGroups(
    transaction: Transaction,
    user: { userId: number; universityId: number },
    gidNumbers: readonly number[],
  ): Promise<void>
}

/** A desk without any directory. */
export const noDirectories: DirectoryDesk = {
  has: async () => false,
  signIn: async () => refuse('wrong'),
  matchGroups: async () => undefined,
}
