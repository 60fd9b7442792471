import { may, type Actor } from '#shared/domain/access.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { loadLiveSpaces, type WholeSpace } from './space-feed-rows.ts'
import { loadOwnAndTracked } from './person-space-rows.ts'

/** Whether somebody may edit spaces of their university that they made, and those that others made. */
export function editRights(actor: Actor): { editsMine: boolean; editsOthers: boolean } {
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
  const [space] = await withPersonalFields(
    database,
    actor,
    await loadLiveSpaces(database, universityId, [id]),
  )
  return space ?? null
}

async function withPersonalFields(
  database: Queryable,
  actor: Actor,
  rows: readonly WholeSpace[],
): Promise<PeopleSpace[]> {
  const own = await loadOwnAndTracked(database, actor.userId)
  const [mine, tracked] = [new Set(own.mine), new Set(own.tracked)]
  const { editsMine, editsOthers } = editRights(actor)
  return rows.map((row) => {
    const isMine = mine.has(row.id)
    return { ...row, isMine, isTracked: tracked.has(row.id), isMineToEdit: isMine ? editsMine : editsOthers }
  })
}
