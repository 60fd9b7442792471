import { may, type Actor } from '#shared/domain/access.ts'
import type { LiveSpace } from '#shared/wire/live.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { loadLiveSpaces } from './load-feed.ts'
import { loadTies } from './people-spaces.ts'

/** Whether somebody may edit spaces of their university that they made, and those of others. */
export function rightsToEdit(actor: Actor): { editsMine: boolean; editsOthers: boolean } {
  const universityId = actor.universityId ?? 0
  const mayEdit = (createdById: number | null): boolean =>
    may(actor, 'editSpace', { universityId, createdById })
  return { editsMine: mayEdit(actor.userId), editsOthers: mayEdit(null) }
}

/** One live space as somebody of its university sees it; null when there is none. */
export async function loadPeopleSpace(
  database: Queryable,
  actor: Actor,
  id: number,
): Promise<PeopleSpace | null> {
  const { universityId } = actor
  if (universityId === null) return null
  const [space] = await personal(database, actor, await loadLiveSpaces(database, universityId, [id]))
  return space ?? null
}

async function personal(
  database: Queryable,
  actor: Actor,
  rows: readonly LiveSpace[],
): Promise<PeopleSpace[]> {
  const ties = await loadTies(database, actor.userId)
  const [mine, tracked] = [new Set(ties.mine), new Set(ties.tracked)]
  const { editsMine, editsOthers } = rightsToEdit(actor)
  return rows.map((row) => {
    const isMine = mine.has(row.id)
    return { ...row, isMine, isTracked: tracked.has(row.id), isMineToEdit: isMine ? editsMine : editsOthers }
  })
}
