import { mailOf, type NewNotice } from '#shared/domain/notice.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'
import { rowSet } from '../platform/postgres/row-set.ts'
import type { Moment } from '../platform/writer/fact-set.ts'

const NOTICES = rowSet({
  n: 'bigint',
  kind: 'text',
  facts: 'text',
  body: 'text',
  madeById: 'bigint',
  isForAll: 'smallint',
  mail: 'text',
})
const PERSONS = rowSet({ n: 'bigint', userId: 'bigint' })
const GROUPS = rowSet({ n: 'bigint', groupId: 'bigint' })

const FIRST = 4
const PERSONS_AT = FIRST + NOTICES.width
const GROUPS_AT = PERSONS_AT + PERSONS.width

/** What comes of telling: who was told anything, and how many mails wait since. */
export interface ToldPeople {
  userIds: number[]
  mailCount: number
}

/**
 * Writes notices, who is told them, and the mails of those that are mailed at once: one statement, however many there are. Each person
 * is told each of them once, the one who did it never. Those who are told are locked against being erased meanwhile. One that
 * nobody is told is not kept. [NTF-1] [NTF-2] [NTF-3] [NTF-4] [NTF-7]
 */
export async function insertNotices(
  transaction: Queryable,
  { universityId, nowMs }: Pick<Moment, 'universityId' | 'nowMs'>,
  notices: readonly NewNotice[],
): Promise<ToldPeople> {
  const rows = notices.map((notice, n) => ({
    n,
    kind: notice.kind,
    facts: JSON.stringify(notice.facts),
    body: notice.text ?? null,
    madeById: notice.madeById ?? null,
    isForAll: notice.to.isForAll === true ? 1 : 0,
    mail: mailOf(notice),
  }))
  const persons = notices.flatMap(({ to }, n) => (to.userIds ?? []).map((userId) => ({ n, userId })))
  const groups = notices.flatMap(({ to }, n) => (to.groupIds ?? []).map((groupId) => ({ n, groupId })))
  const [told] = await query<ToldPeople>(transaction, INSERT, [
    universityId,
    nowMs,
    TEMPLATE,
    ...NOTICES.values(rows),
    ...PERSONS.values(persons),
    ...GROUPS.values(groups),
  ])
  return told ?? { userIds: [], mailCount: 0 }
}

/** Template of the mail about one notice. */
const TEMPLATE = 'notice'

const INSERT = `with told as materialized (
    select t.*, nextval(pg_get_serial_sequence('notifications', 'id')) as id
    from (select * from ${NOTICES.table(FIRST, 'o')} order by o.n) t
  ), reached as (
    select p.n, p.user_id, null::bigint as group_id from ${PERSONS.table(PERSONS_AT, 'p')}
    union all
    select g.n, m.user_id, m.group_id from ${GROUPS.table(GROUPS_AT, 'g')}
      join user_group m on m.group_id = g.group_id and m.university_id = $1
    union all
    select t.n, u.id, null from told t join users u on u.associated_university_id = $1 where t.is_for_all = 1
  ), people as materialized (
    select u.id, u.email, coalesce(u.locale, v.locale) as locale, v.name as university, v.timezone,
      u.is_active and u.email is not null as is_reached
    from users u join universities v on v.id = u.associated_university_id
    where u.id in (select r.user_id from reached r) and u.associated_university_id = $1 and u.erased_at is null
      and (u.verified_at is not null or u.directory is not null)
    for share of u
  ), recipients as materialized (
    select distinct on (t.id, r.user_id) t.id as notification_id, t.kind, t.facts, t.body, r.user_id, r.group_id, p.email, p.locale,
      p.university, p.timezone,
      case when not p.is_reached or t.mail = 'none' then 'none' when t.mail = 'digest' then 'waits' else 'queued' end as mail_state
    from told t join reached r on r.n = t.n join people p on p.id = r.user_id
    where r.user_id is distinct from t.made_by_id
    order by t.id, r.user_id, r.group_id nulls first
  ), made as (
    insert into notifications (id, university_id, kind, facts, text, made_by_id, created_at) overriding system value
    select t.id, $1, t.kind, t.facts::jsonb, t.body, t.made_by_id, time_of_ms($2) from told t
    where t.id in (select r.notification_id from recipients r)
  ), given as (
    insert into notification_users (university_id, notification_id, user_id, group_id, mail_state)
    select $1, r.notification_id, r.user_id, r.group_id, r.mail_state from recipients r
  ), queued as (
    insert into mail_outbox (key, to_address, template, locale, facts)
    select format('notice %s %s', r.notification_id, r.user_id), r.email, $3, r.locale,
      jsonb_build_object('kind', r.kind, 'facts', r.facts::jsonb, 'text', r.body, 'group', g.name,
        'university', r.university, 'timezone', r.timezone)
    from recipients r left join groups g on g.id = r.group_id where r.mail_state = 'queued'
    on conflict (key) do nothing returning 1
  )
  select coalesce((select array_agg(distinct r.user_id) from recipients r), '{}')::bigint[] as "userIds",
    (select count(*)::int from queued) as "mailCount"`

/** Groups of a university out of some ids. */
export async function loadGroupIds(
  client: Queryable,
  universityId: number,
  groupIds: readonly number[],
): Promise<number[]> {
  const rows = await query<{ id: number }>(
    client,
    'select id from groups where university_id = $1 and id = any($2)',
    [universityId, groupIds],
  )
  return rows.map(({ id }) => id)
}

/** When a university's staff wrote notices within the hour before, newest first, ms since 1970; at most `limit`. [NTF-12] */
export async function loadWrittenAt(
  client: Queryable,
  { universityId, nowMs }: Pick<Moment, 'universityId' | 'nowMs'>,
  limit: number,
): Promise<number[]> {
  const rows = await query<{ atMs: number }>(
    client,
    `select ms_of_time(created_at) as "atMs" from notifications
     where university_id = $1 and created_at > time_of_ms($2) - interval '1 hour' and kind = 'announcement'
     order by created_at desc limit $3`,
    [universityId, nowMs, limit],
  )
  return rows.map(({ atMs }) => atMs)
}
