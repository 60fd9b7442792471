import { NOTICE_KINDS } from '#shared/domain/notice.ts'
import type { Inbox } from '#shared/wire/collections.ts'
import type { ReadNotice } from '#shared/wire/rest-notifications.ts'
import type { FeedRow } from '../platform/broadcast/collection.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'
import { numberList, rowSet } from '../platform/postgres/row-set.ts'
import type { Moment } from '../platform/writer/fact-set.ts'

/** Which of a person's notices. */
export interface NoticeFilter {
  state: 'new' | 'kept' | 'archived'
  /** Null: from the newest on. */
  before: number | null
  limit: number
}

const STATES = {
  new: 'n.is_new',
  kept: 'n.archived_at is null',
  archived: 'n.archived_at is not null',
} as const

/** What one person was told, newest first. Kinds of a newer hub are left out. [NTF-5] */
export async function loadNotices(
  database: Queryable,
  userId: number,
  { state, before, limit }: NoticeFilter,
): Promise<ReadNotice[]> {
  return query<ReadNotice>(
    database,
    `select m.id, m.kind, m.facts, m.text, ms_of_time(m.created_at) as "createdAtMs", g.name as "groupName", n.is_new as "isNew",
       n.archived_at is not null as "isArchived"
     from notification_users n join notifications m on m.id = n.notification_id left join groups g on g.id = n.group_id
     where n.user_id = $1 and ($2::bigint is null or n.notification_id < $2) and ${STATES[state]} and m.kind = any($3)
     order by n.notification_id desc limit $4`,
    [userId, before, NOTICE_KINDS, limit],
  )
}

/** A notice of somebody, or all of somebody's. */
export interface InboxKey {
  userId: number
  /** Null: none in particular. */
  notificationId: number | null
}

/** A notice of a person, as it is stored. */
export interface StoredNotice {
  isNew: boolean
  isArchived: boolean
}

/** What is stored of inboxes that a command asks for. */
export interface StoredInboxes {
  /** The first that is new, by user; of whom nothing is new has no entry. */
  firstNewIds: ReadonlyMap<number, number>
  /** By `inboxKey`; who is not told one has no entry. */
  notices: ReadonlyMap<string, StoredNotice>
}

const KEYS = rowSet({ userId: 'bigint', notificationId: 'bigint' })

/** Names one notice of one person. */
export function inboxKey(userId: number, notificationId: number): string {
  return `${userId} ${notificationId}`
}

/** Reads the notices that are named, and what is new. */
export async function loadInboxes(client: Queryable, keys: readonly InboxKey[]): Promise<StoredInboxes> {
  const rows = await query<{
    userId: number
    notificationId: number | null
    firstNewId: number | null
    isNew: boolean | null
    isArchived: boolean
  }>(
    client,
    `select k.user_id as "userId", n.notification_id as "notificationId", n.is_new as "isNew",
       n.archived_at is not null as "isArchived",
       (select min(o.notification_id) from notification_users o where o.user_id = k.user_id and o.is_new) as "firstNewId"
     from ${KEYS.table(1, 'k')}
     left join notification_users n on n.user_id = k.user_id and n.notification_id = k.notification_id`,
    KEYS.values(keys),
  )
  const firsts = rows.flatMap(({ userId, firstNewId }): [number, number][] =>
    firstNewId === null ? [] : [[userId, firstNewId]],
  )
  const notices = rows.flatMap(({ userId, notificationId, isNew, isArchived }): [string, StoredNotice][] =>
    notificationId === null
      ? []
      : [[inboxKey(userId, notificationId), { isNew: isNew === true, isArchived }]],
  )
  return { firstNewIds: new Map(firsts), notices: new Map(notices) }
}

const READ = rowSet({ userId: 'bigint', upTo: 'bigint' })

/** Marks notices of some people as read, each up to one id. [NTF-6] */
export async function updateRead(
  transaction: Queryable,
  read: readonly { userId: number; upTo: number }[],
): Promise<void> {
  await query(
    transaction,
    `update notification_users n set is_new = false from ${READ.table(1, 'r')}
     where n.user_id = r.user_id and n.is_new and n.notification_id <= r.up_to`,
    READ.values(read),
  )
}

const ARCHIVED = rowSet({ userId: 'bigint', notificationId: 'bigint', isArchived: 'smallint' })

/** Archives notices of some people, or puts them back. What is archived is read. [NTF-6] */
export async function updateArchived(
  transaction: Queryable,
  nowMs: number,
  changes: readonly { userId: number; notificationId: number; isArchived: boolean }[],
): Promise<void> {
  await query(
    transaction,
    `update notification_users n set is_new = false, archived_at = case when a.is_archived = 1 then time_of_ms($1) end
     from ${ARCHIVED.table(2, 'a')} where n.user_id = a.user_id and n.notification_id = a.notification_id`,
    [nowMs, ...ARCHIVED.values(changes.map((one) => ({ ...one, isArchived: one.isArchived ? 1 : 0 })))],
  )
}

/** Somebody's inbox after a commit. */
export interface ChangedInbox extends Inbox {
  userId: number
}

/** Counts the inboxes of some people anew, with the clock of this commit, and gives them. One without any notice is as it was. [NTF-6] */
export async function upsertInboxes(
  transaction: Queryable,
  { universityId, clock }: Pick<Moment, 'universityId' | 'clock'>,
  userIds: readonly number[],
): Promise<ChangedInbox[]> {
  return query<ChangedInbox>(
    transaction,
    `insert into inboxes as i (user_id, university_id, new_count, newest_id, clock)
     select u.id, $1, (select count(*) from notification_users n where n.user_id = u.id and n.is_new),
       coalesce((select max(n.notification_id) from notification_users n where n.user_id = u.id),
         (select o.newest_id from inboxes o where o.user_id = u.id)), $2
     from unnest($3::bigint[]) u (id)
     where exists (select from notification_users n where n.user_id = u.id) or exists (select from inboxes o where o.user_id = u.id)
     on conflict (user_id) do update set new_count = excluded.new_count,
       newest_id = greatest(i.newest_id, excluded.newest_id), clock = excluded.clock
     returning user_id as "userId", new_count as "newCount", newest_id as "newestId"`,
    [universityId, clock, numberList(userIds)],
  )
}

/** Inboxes as pages hold them: all of a university, or those changed since. [LIV-10] */
export async function loadInboxFeed(
  client: Queryable,
  universityId: number,
  from: number | null,
): Promise<FeedRow<Inbox>[]> {
  const rows = await query<ChangedInbox & { clock: number }>(
    client,
    `select user_id as "userId", new_count as "newCount", newest_id as "newestId", clock from inboxes
     where university_id = $1 ${from === null ? '' : 'and clock > $2'} order by user_id`,
    from === null ? [universityId] : [universityId, from],
  )
  return rows.map(({ userId, clock, ...row }) => ({ id: userId, personId: userId, clock, row }))
}
