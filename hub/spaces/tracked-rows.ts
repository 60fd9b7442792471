import { query, type Queryable } from '../platform/postgres/database.ts'
import { numberList, rowSet } from '../platform/postgres/row-set.ts'

/** A space on somebody's dashboard. */
export interface TrackedRow {
  userId: number
  spaceId: number
}

/** The spaces that some people track. */
export async function loadTracked(client: Queryable, userIds: readonly number[]): Promise<TrackedRow[]> {
  return query(
    client,
    'select user_id as "userId", space_id as "spaceId" from users_tracked_spaces where user_id = any($1)',
    [numberList(userIds)],
  )
}

const TRACKED = rowSet({ userId: 'bigint', spaceId: 'bigint' })

/** Adds tracked spaces; what is tracked already stays. */
export async function insertTracked(
  transaction: Queryable,
  universityId: number,
  tracked: readonly TrackedRow[],
): Promise<void> {
  await query(
    transaction,
    `insert into users_tracked_spaces (user_id, university_id, space_id)
     select t.user_id, $1, t.space_id from ${TRACKED.table(2, 't')} on conflict do nothing`,
    [universityId, ...TRACKED.values(tracked)],
  )
}

/** Removes tracked spaces. */
export async function dropTracked(transaction: Queryable, tracked: readonly TrackedRow[]): Promise<void> {
  await query(
    transaction,
    `delete from users_tracked_spaces u using ${TRACKED.table(1, 't')}
     where u.user_id = t.user_id and u.space_id = t.space_id`,
    TRACKED.values(tracked),
  )
}
