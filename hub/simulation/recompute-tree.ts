import { query, type Queryable } from '../platform/postgres/database.ts'

// Written anew from RULES.md, on purpose with none of the hub's or the shared layer's sums: it checks them.

/** A space's stored row as the oracle reads it. Times in ms since 1970. */
export interface StoredSpace {
  id: number
  parentId: number | null
  name: string
  capacity: number | null
  isDeleted: boolean
  onKiosks: boolean
  childCount: number
  weight: number
  occupancy: number | null
  mean: number | null
  updatedAtMs: number | null
  knownWeight: number
  knownSum: number
  clock: number
}

/** A stored report. `isWithdrawn` is taken from the withdrawals. */
export interface StoredReport {
  spaceId: number
  level: number
  reportedAtMs: number
  clock: number
  /** 0 and empty: a person's. */
  kioskId: number
  mutationId: number
  hash: string
  originKioskId: number
  originMutationId: number
  isWithdrawn: boolean
}

/** Every space of a university, deleted ones too. */
export function loadStoredSpaces(database: Queryable, universityId: number): Promise<StoredSpace[]> {
  return query(
    database,
    `select id, parent_id as "parentId", name, capacity, is_deleted as "isDeleted", on_kiosks as "onKiosks",
            child_count as "childCount", weight, occupancy, occupancy_mean as mean,
            (extract(epoch from occupancy_updated_at) * 1000)::float8 as "updatedAtMs",
            known_weight as "knownWeight", known_sum as "knownSum", clock
     from spaces where university_id = $1 order by id`,
    [universityId],
  )
}

/** Hours as the oracle reads them: of each space that has any, its weekly spans and closed dates in one text. */
export async function loadStoredHours(
  database: Queryable,
  universityId: number,
): Promise<Map<number, string>> {
  const weekly = await query<{ id: number; span: [number, number, number] }>(
    database,
    `select space_id as id, array[day_of_week, opens_minute, closes_minute] as span from opening_hours
     where university_id = $1 order by day_of_week, opens_minute`,
    [universityId],
  )
  const closed = await query<{ id: number; date: string }>(
    database,
    `select space_id as id, on_date::text as date from closures where university_id = $1 order by on_date`,
    [universityId],
  )
  const [spans, dates] = [Map.groupBy(weekly, ({ id }) => id), Map.groupBy(closed, ({ id }) => id)]
  const ids = [...new Set([...spans.keys(), ...dates.keys()])]
  return new Map(
    ids.map((id) => [
      id,
      textOfHours({
        weekly: spans.get(id)?.map(({ span }) => span) ?? null,
        closures: dates.get(id) ?? [],
      }),
    ]),
  )
}

/** The same text of what somebody holds. */
export function textOfHours(hours: {
  weekly: readonly (readonly number[])[] | null
  closures: readonly { date: string }[]
}): string {
  return JSON.stringify([hours.weekly, hours.closures.map(({ date }) => date)])
}

/** Every report of a university. */
export function loadStoredReports(database: Queryable, universityId: number): Promise<StoredReport[]> {
  return query(
    database,
    `select r.space_id as "spaceId", r.level, (extract(epoch from r.reported_at) * 1000)::float8 as "reportedAtMs",
            r.clock, coalesce(r.kiosk_id, 0) as "kioskId", coalesce(r.mutation_id, 0) as "mutationId",
            coalesce(r.hash, '') as hash,
            coalesce(r.origin_kiosk_id, 0) as "originKioskId",
            coalesce(r.origin_mutation_id, 0) as "originMutationId",
            w.id is not null as "isWithdrawn"
     from occupancy_reports r left join report_withdrawals w on w.occupancy_report_id = r.id
     where r.university_id = $1 order by r.id`,
    [universityId],
  )
}

interface Sum {
  level: number | null
  mean: number | null
  atMs: number | null
  weight: number
  seats: number
}

/**
 * What is wrong with the stored tree: every leaf must carry its newest report that is not withdrawn and is younger than
 * the commit at which it lost its last child (`resetAt`, by space), every composite the weighted mean of its reported
 * children; a space that is not on kiosks counts in no other. One sentence per fault. [OCC-1] [OCC-2] [OCC-3] [OCC-4]
 * [OCC-11] [OCC-12] [TRE-6]
 */
export function checkTree(
  spaces: readonly StoredSpace[],
  reports: readonly StoredReport[],
  resetAt: ReadonlyMap<number, number>,
): string[] {
  const faults: string[] = []
  const newest = newestBySpace(reports, resetAt)
  const living = spaces.filter((space) => !space.isDeleted)
  const childrenOf = (id: number): StoredSpace[] =>
    living.filter((space) => space.parentId === id && space.onKiosks)
  const checkSpace = (space: StoredSpace): Sum => {
    const children = childrenOf(space.id)
    const sums = children.map(checkSpace)
    const sum = children.length === 0 ? leafSum(space, newest.get(space.id)) : compositeSum(sums)
    const say = (what: string, stored: unknown, right: unknown): void => {
      if (stored !== right)
        faults.push(
          `space ${space.id} (${space.name}): stored ${what} ${String(stored)}, right is ${String(right)}`,
        )
    }
    say('child_count', space.childCount, children.length)
    say('occupancy', space.occupancy, sum.level)
    say('occupancy_mean', space.mean, sum.mean)
    if (children.length === 0) say('occupancy_updated_at', space.updatedAtMs, sum.atMs)
    else {
      const known = sums.filter((child) => child.mean !== null)
      say(
        'known_weight',
        space.knownWeight,
        total(known, (child) => child.weight),
      )
      say(
        'known_sum',
        space.knownSum,
        total(known, (child) => child.weight * (child.mean ?? 0)),
      )
    }
    say('weight', space.weight, sum.weight)
    return sum
  }
  for (const space of living) if (space.parentId === null || !space.onKiosks) checkSpace(space)
  return faults
}

/** Spaces that kiosks must hold: they live and are on kiosks, and so is everything above them. [TRE-7] */
export function publicSpaces(spaces: readonly StoredSpace[]): StoredSpace[] {
  const byId = new Map(spaces.map((space) => [space.id, space]))
  const isPublic = ({ isDeleted, onKiosks, parentId }: StoredSpace): boolean => {
    const parent = parentId === null ? undefined : byId.get(parentId)
    return !isDeleted && onKiosks && (parent === undefined || isPublic(parent))
  }
  return spaces.filter(isPublic)
}

function newestBySpace(
  reports: readonly StoredReport[],
  resetAt: ReadonlyMap<number, number>,
): Map<number, StoredReport> {
  const newest = new Map<number, StoredReport>()
  for (const report of reports) {
    if (report.isWithdrawn || report.clock <= (resetAt.get(report.spaceId) ?? -1)) continue
    const other = newest.get(report.spaceId)
    if (other === undefined || isNewer(report, other)) newest.set(report.spaceId, report)
  }
  return newest
}

function isNewer(left: StoredReport, right: StoredReport): boolean {
  if (left.reportedAtMs !== right.reportedAtMs) return left.reportedAtMs > right.reportedAtMs
  if (left.clock !== right.clock) return left.clock > right.clock
  if (left.mutationId !== right.mutationId) return left.mutationId > right.mutationId
  // People's have no kiosk; the later one comes later in the list.
  return left.kioskId >= right.kioskId
}

function leafSum(space: StoredSpace, report: StoredReport | undefined): Sum {
  const seats = space.capacity ?? 0
  return report === undefined
    ? { level: null, mean: null, atMs: null, weight: Math.max(1, seats), seats }
    : {
        level: report.level,
        mean: report.level * 1_000_000,
        atMs: report.reportedAtMs,
        weight: Math.max(1, seats),
        seats,
      }
}

function compositeSum(children: readonly Sum[]): Sum {
  const known = children.filter((child) => child.mean !== null)
  const weight = total(known, (child) => child.weight)
  const seats = total(children, (child) => child.seats)
  const exact = total(known, (child) => child.weight * (child.mean ?? 0))
  const mean = weight === 0 ? null : Number((2n * BigInt(exact) + BigInt(weight)) / (2n * BigInt(weight)))
  return {
    level: mean === null ? null : mean < 500_000 ? 0 : mean < 1_500_000 ? 1 : 2,
    mean,
    atMs: null,
    weight: Math.max(1, seats),
    seats,
  }
}

function total(children: readonly Sum[], count: (child: Sum) => number): number {
  return children.reduce((sum, child) => sum + count(child), 0)
}
