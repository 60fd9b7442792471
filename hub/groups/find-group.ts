import { may, type Act } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { Group } from '#shared/domain/group.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { loadGroup } from './group-rows.ts'
import type { HttpRefusal, SignedIn } from '../platform/http/handle.ts'

/** A group of the caller's university. */
export interface FoundGroup {
  universityId: number
  group: Group
}

/** A group that the caller may do this to. One of another university is not there at all. [ACC-2] */
export async function findGroup(
  database: Queryable,
  id: number,
  act: Act,
  { actor }: SignedIn,
  load: typeof loadGroup = loadGroup,
): Promise<Decision<FoundGroup, HttpRefusal>> {
  const { universityId } = actor
  const group = universityId === null ? null : await load(database, universityId, id)
  if (universityId === null || group === null) return refuse({ why: 'notFound' })
  return may(actor, act, { universityId, group })
    ? accept({ universityId, group })
    : refuse({ why: 'notAllowed' })
}
