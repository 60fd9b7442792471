import { query, type Queryable } from '../platform/postgres/database.ts'
import { numberList } from '../platform/postgres/row-set.ts'

/** People of whom something waits for a digest, by rising id after one. */
export async function loadWaitingUsers(
  database: Queryable,
  afterId: number,
  limit: number,
): Promise<number[]> {
  const rows = await query<{ userId: number }>(
    database,
    `select distinct user_id as "userId" from notification_users where mail_state = 'waits' and user_id > $1
     order by 1 limit $2`,
    [afterId, limit],
  )
  return rows.map(({ userId }) => userId)
}

/** A mail names so many; of the others it says how many there are. */
const MAX_LISTED = 20
const QUARTER_S = 900

/**
 * Queues one mail for each of these people about all that waits, and notes with the same statement what it told of. Of two hubs one
 * takes a row, and the mail's key is the person and the quarter of an hour, so that there is one in each: what comes after it waits for the
 * next. What was read meanwhile or is older than a day (it came back with a backup), and whoever cannot be reached any more, waits no longer. `nowMs` null: the database's own time. Answers how
 * many mails were queued. [NTF-8]
 */
export async function queueDigests(
  transaction: Queryable,
  userIds: readonly number[],
  nowMs: number | null,
): Promise<number> {
  const [row] = await query<{ count: number }>(
    transaction,
    `with due as (
       select n.user_id, n.notification_id,
         n.is_new and m.created_at > coalesce(time_of_ms($2), now()) - interval '1 day' as is_new
       from notification_users n join notifications m on m.id = n.notification_id
       where n.mail_state = 'waits' and n.user_id = any($1)
       order by n.user_id, n.notification_id for update of n
     ), listed as (
       select d.user_id, count(*)::int as count,
         to_jsonb((array_agg(jsonb_build_object('kind', m.kind, 'facts', m.facts) order by m.id desc))[1:${MAX_LISTED}]) as notices
       from due d join notifications m on m.id = d.notification_id where d.is_new group by d.user_id
     ), reached as (
       select l.*, u.email, coalesce(u.locale, v.locale) as locale, v.name as university, v.timezone
       from listed l join users u on u.id = l.user_id join universities v on v.id = u.associated_university_id
       where u.is_active and u.erased_at is null and u.email is not null and (u.verified_at is not null or u.directory is not null)
     ), queued as (
       insert into mail_outbox (key, to_address, template, locale, facts)
       select format('digest %s %s', r.user_id,
           floor(extract(epoch from coalesce(time_of_ms($2), now())) / ${QUARTER_S})::bigint),
         r.email, 'requestsWait', r.locale, jsonb_build_object('count', r.count, 'notices', r.notices,
           'university', r.university, 'timezone', r.timezone)
       from reached r on conflict (key) do nothing returning key
     ), sent as (
       select split_part(key, ' ', 2)::bigint as user_id from queued
     ), noted as (
       update notification_users n set mail_state = case when d.is_new and s.user_id is not null then 'told' else 'none' end
       from due d left join sent s on s.user_id = d.user_id left join reached r on r.user_id = d.user_id
       where n.user_id = d.user_id and n.notification_id = d.notification_id
         and (s.user_id is not null or r.user_id is null or not d.is_new)
     )
     select count(*)::int as count from queued`,
    [numberList(userIds), nowMs],
  )
  return row?.count ?? 0
}
