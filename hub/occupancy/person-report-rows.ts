import type { Level } from '#shared/domain/occupancy.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'
import { rowSet } from '../platform/postgres/row-set.ts'

// Reports by people: rows of the same table as those of kiosks, named by user and the key that a phone gave.

/** A report of a person. */
export interface PersonReport {
  id: number
  spaceId: number
  spaceName: string
  level: Level
  reportedAtMs: number
  isWithdrawn: boolean
  userId: number
  /** Clock of the commit that took it. */
  clock: number
}

const REPORT_JSON = `json_build_object('id', r.id, 'spaceId', r.space_id, 'spaceName', s.name, 'level', r.level,
    'reportedAtMs', ms_of_time(r.reported_at), 'userId', r.user_id, 'clock', r.clock,
    'isWithdrawn', exists (select from report_withdrawals w where w.occupancy_report_id = r.id))`

const REPORTS = `select r.id, r.space_id as "spaceId", s.name as "spaceName", r.level,
    ms_of_time(r.reported_at) as "reportedAtMs", r.user_id as "userId", r.clock,
    exists (select from report_withdrawals w where w.occupancy_report_id = r.id) as "isWithdrawn"
  from occupancy_reports r join spaces s on s.id = r.space_id`

/** What is stored of some people's reports, as one batch asks for it. */
export interface StoredPersonReports {
  byKey: { key: string; report: PersonReport }[]
  /** Somebody's newest report on a space that came within a given time and is not withdrawn. [OCC-16] */
  newest: PersonReport[]
  /** When somebody's last reports came, ms since 1970, newest first: corrections left out, so many as count for the limit. [CON-2] */
  times: { userId: number; timesMs: number[] }[]
}

/** More than somebody taps in ten seconds; found by an index, however much they reported before. */
const RECENT_REPORTS = 20

const ASKED = rowSet({ userId: 'bigint', key: 'text', spaceId: 'bigint' })

/** Reads what is known of reports that people are about to make, under their keys, on their spaces. */
export async function loadPersonReportFacts(
  database: Queryable,
  asked: readonly { userId: number; key: string; spaceId: number }[],
  limit: { most: number; sinceMs: number; newestSinceMs: number },
): Promise<StoredPersonReports> {
  const { rows } = await database.query<{
    found: 'key' | 'newest' | 'times'
    key: string | null
    userId: number
    report: PersonReport | null
    timesMs: number[] | null
  }>({
    name: 'load-person-report-facts',
    text: `with asked as (select * from ${ASKED.table(1, 'a')}),
      reports as not materialized (select r.*, ${REPORT_JSON} as report from occupancy_reports r join spaces s on s.id = r.space_id)
     select 'key' as found, a.key, a.user_id as "userId", r.report, null::json as "timesMs"
       from asked a join reports r on r.user_id = a.user_id and r.idempotency_key = a.key
     union all
     select 'newest', null, a.user_id, own.report, null
       from (select distinct user_id, space_id from asked) a cross join lateral (
         select ${REPORT_JSON} as report from (
           select * from occupancy_reports where user_id = a.user_id order by id desc limit ${RECENT_REPORTS}
         ) r join spaces s on s.id = r.space_id
         where r.space_id = a.space_id and r.received_at > time_of_ms($7)
           and not exists (select from report_withdrawals w where w.occupancy_report_id = r.id)
         order by r.id desc limit 1
       ) own
     union all
     select 'times', null, a.user_id, null, (
         select json_agg(ms_of_time(r.received_at) order by r.id desc) from (
           select id, received_at from occupancy_reports
           where user_id = a.user_id and not starts_with(idempotency_key, $4) order by id desc limit $5
         ) r where r.received_at > time_of_ms($6))
       from (select distinct user_id from asked) a`,
    values: [...ASKED.values(asked), CORRECTION_KEY_PREFIX, limit.most, limit.sinceMs, limit.newestSinceMs],
  })
  return {
    byKey: rows.flatMap(({ found, key, report }) =>
      found === 'key' && key !== null && report !== null ? [{ key, report }] : [],
    ),
    newest: rows.flatMap(({ found, report }) => (found === 'newest' && report !== null ? [report] : [])),
    times: rows.flatMap(({ found, userId, timesMs }) =>
      found === 'times' ? [{ userId, timesMs: timesMs ?? [] }] : [],
    ),
  }
}

/** Reports that people of a university made; none for kiosks' and for those of other universities. */
export async function loadPersonReportsById(
  database: Queryable,
  universityId: number,
  ids: readonly number[],
): Promise<PersonReport[]> {
  return query<PersonReport>(
    database,
    `${REPORTS} where r.id = any($2) and r.university_id = $1 and r.user_id is not null`,
    [universityId, ids],
  )
}

/** The report of a person that a leaf counts with now; null: none of theirs, or the space is no leaf. [OCC-16] */
export async function loadCountingReport(
  database: Queryable,
  of: { universityId: number; userId: number; spaceId: number },
): Promise<PersonReport | null> {
  const [row] = await query<PersonReport>(
    database,
    `select own.* from spaces leaf cross join lateral (
       ${REPORTS} where r.space_id = leaf.id and r.generation = leaf.generation and r.reported_at = leaf.occupancy_updated_at
         and r.clock = leaf.report_clock and r.user_id = $2
     ) own
     where leaf.university_id = $1 and leaf.id = $3 and leaf.report_kiosk_id is null and not leaf.is_deleted
       and not own."isWithdrawn"
       and not exists (select from spaces c where c.parent_id = leaf.id and not c.is_deleted and c.on_kiosks)
     order by own.id desc limit 1`,
    [of.universityId, of.userId, of.spaceId],
  )
  return row ?? null
}

/** Somebody's newest 200 reports, newest first. */
export async function loadMyReports(database: Queryable, userId: number): Promise<PersonReport[]> {
  return query(database, `${REPORTS} where r.user_id = $1 order by r.id desc limit 200`, [userId])
}

/** Keys of corrections begin with this, which no phone's key does: they count against no limit. [CON-2] [CON-5] */
export const CORRECTION_KEY_PREFIX = 'level:'

/** A report of a person that is to be written. */
export interface NewPersonReport {
  spaceId: number
  /** The generation of its space that it counts in. */
  generation: number
  level: Level
  reportedAtMs: number
  receivedAtMs: number
  clock: number
  userId: number
  key: string
}

const NEW_REPORTS = rowSet({
  spaceId: 'bigint',
  generation: 'integer',
  level: 'smallint',
  reportedAtMs: 'bigint',
  userId: 'bigint',
  key: 'text',
})

/** Writes reports in their order, and gives their ids by user and key: "17 key". */
export async function insertPersonReports(
  transaction: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  reports: readonly NewPersonReport[],
): Promise<Map<string, number>> {
  const { rows } = await transaction.query<{ id: number; userId: number; key: string }>({
    name: 'insert-person-reports',
    text: `insert into occupancy_reports (university_id, space_id, generation, level, reported_at, received_at, clock, user_id, idempotency_key)
     select $1, n.space_id, n.generation, n.level, time_of_ms(n.reported_at), time_of_ms($2), $3, n.user_id, n.key
     from unnest(${NEW_REPORTS.parameters(4)}) with ordinality n (space_id, generation, level, reported_at, user_id, key, at)
     order by n.at returning id, user_id as "userId", idempotency_key as key`,
    values: [commit.universityId, commit.nowMs, commit.clock, ...NEW_REPORTS.values(reports)],
  })
  return new Map(rows.map(({ id, userId, key }) => [`${userId} ${key}`, id]))
}

const WITHDRAWALS = rowSet({ reportId: 'bigint', userId: 'bigint' })

/** Withdraws reports, by rows of their own. [OCC-2] */
export async function insertPersonWithdrawals(
  transaction: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  withdrawals: readonly { reportId: number; userId: number }[],
): Promise<void> {
  await query(
    transaction,
    `insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, user_id)
     select $1, w.report_id, time_of_ms($2), $3, w.user_id
     from ${WITHDRAWALS.table(4, 'w')}`,
    [commit.universityId, commit.nowMs, commit.clock, ...WITHDRAWALS.values(withdrawals)],
  )
}

/** From this clock on, reports of before do not count on some leaves. [CON-5] */
export async function resetLeaves(
  transaction: Queryable,
  clock: number,
  spaceIds: readonly number[],
): Promise<void> {
  await query(transaction, 'update spaces set counts_after_clock = $1 where id = any($2)', [clock, spaceIds])
}
