import type { Level } from '#shared/domain/occupancy.ts'
import type { StoredLeaf } from '../platform/writer/batch.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

// Reports by people: rows of the same table as those of kiosks, named by user and the key that a phone gave.

/** A space with what a report on it needs. */
export interface ReportTarget {
  id: number
  name: string
  isDeleted: boolean
  /** Live children that count in it: with any, it is a composite. [OCC-9] [TRE-6] */
  children: { id: number; name: string }[]
  /** Its newest report, as stored. */
  leaf: StoredLeaf
}

/** A space of a university, a deleted one too; null when it is not of this university. */
export async function loadReportTarget(
  database: Queryable,
  universityId: number,
  spaceId: number,
): Promise<ReportTarget | null> {
  const [row] = await query<Omit<ReportTarget, 'leaf'> & Omit<StoredLeaf, 'id'>>(
    database,
    `select s.id, s.name, s.is_deleted as "isDeleted", s.occupancy as level,
       ms_of_time(s.occupancy_updated_at) as "reportedAtMs", s.report_clock as clock,
       s.report_mutation_id as "mutationId", s.report_kiosk_id as "kioskId",
       coalesce((select json_agg(json_build_object('id', c.id, 'name', c.name) order by c.name, c.id) from spaces c
         where c.parent_id = s.id and not c.is_deleted and c.on_kiosks), '[]') as children
     from spaces s where s.university_id = $1 and s.id = $2`,
    [universityId, spaceId],
  )
  if (row === undefined) return null
  const { id, name, isDeleted, children, ...leaf } = row
  return { id, name, isDeleted, children, leaf: { id, ...leaf } }
}

/** A report of a person. */
export interface PersonReport {
  id: number
  spaceId: number
  spaceName: string
  level: Level
  reportedAtMs: number
  isWithdrawn: boolean
  userId: number
  /** Clock of the commit that took it, which took nothing else. */
  clock: number
}

const REPORTS = `select r.id, r.space_id as "spaceId", s.name as "spaceName", r.level,
    ms_of_time(r.reported_at) as "reportedAtMs", r.user_id as "userId", r.clock,
    exists (select from report_withdrawals w where w.occupancy_report_id = r.id) as "isWithdrawn"
  from occupancy_reports r join spaces s on s.id = r.space_id`

/** The report that somebody made under a key; null: none yet. [CON-3] */
export async function loadReportByKey(
  database: Queryable,
  userId: number,
  key: string,
): Promise<PersonReport | null> {
  const [row] = await query<PersonReport>(
    database,
    `${REPORTS} where r.user_id = $1 and r.idempotency_key = $2`,
    [userId, key],
  )
  return row ?? null
}

/** A report that a person of a university made; null for kiosks' and for those of other universities. */
export async function loadPersonReport(
  database: Queryable,
  universityId: number,
  id: number,
): Promise<PersonReport | null> {
  const [row] = await query<PersonReport>(
    database,
    `${REPORTS} where r.id = $2 and r.university_id = $1 and r.user_id is not null`,
    [universityId, id],
  )
  return row ?? null
}

/** Somebody's newest report on a space that is not withdrawn, and how old it is at `nowMs` (null: now), ms. [OCC-16] */
export async function loadNewestOwnReport(
  database: Queryable,
  userId: number,
  spaceId: number,
  nowMs: number | null,
): Promise<(PersonReport & { ageMs: number }) | null> {
  const [row] = await query<PersonReport & { ageMs: number }>(
    database,
    `select own.*, ms_of_time(coalesce(time_of_ms($3), clock_timestamp())) - own."reportedAtMs" as "ageMs"
     from (${REPORTS} where r.user_id = $1 and r.space_id = $2 order by r.id desc limit 20) own
     where not own."isWithdrawn" order by own.id desc limit 1`,
    [userId, spaceId, nowMs],
  )
  return row ?? null
}

/** Somebody's newest 200 reports, newest first. */
export async function loadMyReports(database: Queryable, userId: number): Promise<PersonReport[]> {
  return query(database, `${REPORTS} where r.user_id = $1 order by r.id desc limit 200`, [userId])
}

/** Keys of corrections begin with this, which no phone's key does: they count against no limit. [CON-2] [CON-5] */
export const CORRECTION_KEY_PREFIX = 'level:'

/** How long somebody who made `most` reports within the last hour has to wait for the next one, ms; null: no wait. [CON-2] */
export async function loadReportWaitMs(
  database: Queryable,
  userId: number,
  most: number,
  nowMs: number | null,
): Promise<number | null> {
  const [row] = await query<{ waitMs: number }>(
    database,
    `select ms_of_time(received_at) + 3600000 - ms_of_time(coalesce(time_of_ms($3), clock_timestamp())) as "waitMs"
     from occupancy_reports where user_id = $1 and not starts_with(idempotency_key, $4)
     order by id desc offset $2 limit 1`,
    [userId, most - 1, nowMs, CORRECTION_KEY_PREFIX],
  )
  return row !== undefined && row.waitMs > 0 ? row.waitMs : null
}

/** A report of a person that is to be written. */
export interface NewPersonReport {
  universityId: number
  spaceId: number
  level: Level
  reportedAtMs: number
  receivedAtMs: number
  clock: number
  userId: number
  key: string
}

/** Writes a report and gives its id. */
export async function insertPersonReport(transaction: Queryable, report: NewPersonReport): Promise<number> {
  const [row] = await query<{ id: number }>(
    transaction,
    `insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock, user_id, idempotency_key)
     values ($1, $2, $3, time_of_ms($4), time_of_ms($5), $6, $7, $8) returning id`,
    [
      report.universityId,
      report.spaceId,
      report.level,
      report.reportedAtMs,
      report.receivedAtMs,
      report.clock,
      report.userId,
      report.key,
    ],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row.id
}

/** Withdraws a report, by a row of its own. [OCC-2] */
export async function insertPersonWithdrawal(
  transaction: Queryable,
  commit: { universityId: number; clock: number; nowMs: number; userId: number },
  reportId: number,
): Promise<void> {
  await query(
    transaction,
    `insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, user_id)
     values ($1, $2, time_of_ms($3), $4, $5)`,
    [commit.universityId, reportId, commit.nowMs, commit.clock, commit.userId],
  )
}

/** From this clock on, reports of before do not count on a leaf. [CON-5] */
export async function resetLeaf(transaction: Queryable, spaceId: number, clock: number): Promise<void> {
  await query(transaction, 'update spaces set counts_after_clock = $2 where id = $1', [spaceId, clock])
}
