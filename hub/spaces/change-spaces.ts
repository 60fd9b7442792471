import { refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal, SignedIn } from '../platform/http/handle.ts'
import { countTryNow } from '../platform/http/rate-limits.ts'
import { changedBy, type Change } from '../platform/postgres/append-change.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import type { CallingSession } from '../platform/writer/batch.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import { isOfSuperGroup, type SpaceChanger } from './space-change-facts.ts'
import { PUBLIC_NAMES_INDEX } from './sibling-name-rows.ts'

/** Changes of the tree that one person outside the super group makes in an hour, at most: each recomputes the whole tree. [TRE-12] */
const MAX_CHANGES = 120
const WINDOW_MS = 3_600_000

/** What changing spaces needs. */
export interface SpaceDependencies {
  pool: Database
  writer: TenantWriter
}

/** A change that somebody wants, and who that is. */
export interface SpaceWish<Input> {
  by: CallingSession
  input: Input
}

/** A change of spaces by a person, as a commit by itself. */
export type SpaceCommand<Input, Facts, Value, Result> = AloneCommand<
  SpaceWish<Input>,
  { changer: SpaceChanger | null } & Facts,
  Value,
  Result,
  HttpRefusal
>

/** Somebody else may have written the name without the university's lock. [TRE-15] */
export const NAME_REFUSALS: Readonly<Record<string, HttpRefusal>> = {
  [PUBLIC_NAMES_INDEX]: { why: 'nameTaken' },
}

/**
 * Runs a person's change of spaces in the lane of their university, at most 120 in an hour for whoever is not of the super
 * group. A refusal leaves the clock where it is. [IDN-9] [TRE-12]
 */
export async function changeSpaces<Input, Facts, Value, Result>(
  dependencies: SpaceDependencies,
  caller: SignedIn,
  command: SpaceCommand<Input, Facts, Value, Result>,
  input: Input,
): Promise<Decision<Result, HttpRefusal>> {
  const { universityId, userId } = caller.actor
  if (universityId === null) return refuse({ why: 'notFound' })
  if (!isOfSuperGroup(caller.actor)) {
    const tries = await countTryNow(dependencies.pool, `spaces:${userId}`, WINDOW_MS)
    if (tries.count > MAX_CHANGES) return refuse({ why: 'tooMany', retryAfterS: tries.resetsInMs / 1000 })
  }
  const by = { userId, sessionId: caller.sessionId, address: caller.address }
  return dependencies.writer.runAlone(universityId, command, { by, input }, caller.callName)
}

/** A change of a space for the log. [AUD-1] */
export function spaceChange(
  universityId: number,
  { by }: SpaceWish<unknown>,
  subject: string,
  log: Record<string, unknown>,
): Change {
  return {
    ...changedBy({ actor: { userId: by.userId }, address: by.address }),
    universityId,
    service: 'spaces',
    subject,
    log,
  }
}
