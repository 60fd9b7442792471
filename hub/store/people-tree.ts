import { may, type Actor } from '#shared/domain/access.ts'
import type { LiveSpace } from '#shared/wire/live.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import type { Database, Queryable } from './database.ts'
import { loadLiveFeed, loadLiveSpaces } from './feed.ts'
import { loadTies } from './people-spaces.ts'

/** All spaces of somebody's university as that person sees them, with the moment's epoch and head; null without one. */
export async function loadPeopleTree(
  pool: Database,
  actor: Actor,
): Promise<{ epoch: string; head: number; spaces: PeopleSpace[] } | null> {
  const { universityId } = actor
  const feed = universityId === null ? null : await loadLiveFeed(pool, universityId, null, true)
  if (feed === null) return null
  const { epoch, head, rows } = feed
  return { epoch, head, spaces: await personal(pool, actor, rows) }
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
  const universityId = actor.universityId ?? 0
  const mayEdit = (isMine: boolean): boolean =>
    may(actor, 'editSpace', { universityId, createdById: isMine ? actor.userId : null })
  const [editsMine, editsOthers] = [mayEdit(true), mayEdit(false)]
  return rows.map((row) => {
    const isMine = mine.has(row.id)
    return { ...row, isMine, isTracked: tracked.has(row.id), isMineToEdit: isMine ? editsMine : editsOthers }
  })
}
