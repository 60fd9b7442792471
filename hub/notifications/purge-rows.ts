import { query, type Queryable } from '../platform/postgres/database.ts'
import { rowSet } from '../platform/postgres/row-set.ts'

/** When notices go, days after they were archived, and after they were made whatever became of them. [NTF-9] */
const ARCHIVED_DAYS = 180
const KEPT_DAYS = 400

/** A notice of a person whose time is over. */
export interface DueNotice {
  userId: number
  notificationId: number
  isNew: boolean
}

/** SQL: by the time of parameter `at`, ms since 1970. */
const isArchivedLong = (at: string): string =>
  `n.archived_at < time_of_ms(${at}) - interval '${ARCHIVED_DAYS} days'`
const isOld = (at: string): string => `m.created_at < time_of_ms(${at}) - interval '${KEPT_DAYS} days'`

/** Universities that have something to be dropped. `nowMs` null: by the database's own time. */
export async function loadUniversitiesToPurge(database: Queryable, nowMs: number | null): Promise<number[]> {
  const at = 'coalesce($1, ms_of_time(now()))'
  const rows = await query<{ id: number }>(
    database,
    `select v.id from universities v
     where exists (select from notification_users n where n.university_id = v.id and ${isArchivedLong(at)})
        or exists (select from notifications m where m.university_id = v.id and ${isOld(at)})
     order by v.id`,
    [nowMs],
  )
  return rows.map(({ id }) => id)
}

/** What of a university is to be dropped, at most so many. [NTF-9] */
export async function loadDueNotices(
  client: Queryable,
  universityId: number,
  nowMs: number,
  limit: number,
): Promise<DueNotice[]> {
  const columns = 'n.user_id as "userId", n.notification_id as "notificationId", n.is_new as "isNew"'
  return query<DueNotice>(
    client,
    `(select ${columns} from notification_users n where n.university_id = $1 and ${isArchivedLong('$2')} limit $3)
     union
     (select ${columns} from notifications m
        join notification_users n on n.university_id = m.university_id and n.notification_id = m.id
      where m.university_id = $1 and ${isOld('$2')} limit $3)
     limit $3`,
    [universityId, nowMs, limit],
  )
}

const DUE = rowSet({ userId: 'bigint', notificationId: 'bigint' })

/** Drops them. */
export async function dropDueNotices(transaction: Queryable, due: readonly DueNotice[]): Promise<void> {
  await query(
    transaction,
    `delete from notification_users n using ${DUE.table(1, 'd')}
     where n.user_id = d.user_id and n.notification_id = d.notification_id`,
    DUE.values(due),
  )
}

/** Drops old notices that nobody has any more, at most so many. [NTF-9] */
export async function dropOldNotices(
  transaction: Queryable,
  universityId: number,
  nowMs: number,
  limit: number,
): Promise<void> {
  await query(
    transaction,
    `delete from notifications where id in (
       select m.id from notifications m where m.university_id = $1 and ${isOld('$2')} and not exists
         (select from notification_users n where n.university_id = m.university_id and n.notification_id = m.id) limit $3)`,
    [universityId, nowMs, limit],
  )
}
