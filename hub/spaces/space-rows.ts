import type { ShownOccupancy } from '#shared/domain/occupancy.ts'
import type { ExistingSpace, SpaceToUpdate } from '#shared/domain/space-tree-diff.ts'
import type { SpaceFacts } from '#shared/domain/space.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'
import { HOURS_BY_SPACE } from './hour-rows.ts'

/** Live spaces of a university, public or not, with all their facts, hours included. The university's own space is the one without a parent. */
export async function loadSpaces(database: Queryable, universityId: number): Promise<ExistingSpace[]> {
  return query<ExistingSpace>(
    database,
    `with ${HOURS_BY_SPACE}
     select s.id, s.parent_id as "parentId", s.name, s.kind, s.location, s.details, s.capacity, s.texts,
       s.on_kiosks as "onKiosks", s.was_on_kiosks as "wasOnKiosks",
       s.created_by_id as "createdById",
       coalesce(h.hours, '{"weekly":null,"closures":[]}') as hours
     from spaces s left join hours_by_space h on h.space_id = s.id
     where s.university_id = $1 and not s.is_deleted order by s.id`,
    [universityId],
  )
}

/** A space that is to be inserted under a reserved id. */
export interface NewSpace extends SpaceFacts {
  id: number
}

/** Reserves ids for spaces that are to be made, in rising order. */
export async function reserveSpaceIds(transaction: Queryable, count: number): Promise<number[]> {
  const rows = await query<{ id: number }>(
    transaction,
    `select nextval(pg_get_serial_sequence('spaces', 'id')) as id from generate_series(1, $1) order by 1`,
    [count],
  )
  return rows.map((row) => row.id)
}

/** Makes spaces, without their hours. */
export async function insertSpaces(
  transaction: Queryable,
  universityId: number,
  clock: number,
  spaces: readonly NewSpace[],
): Promise<void> {
  await query(
    transaction,
    `insert into spaces (id, university_id, parent_id, name, kind, location, details, capacity, texts, clock, facts_clock)
     overriding system value
     select n.id, $1, n."parentId", n.name, n.kind, n.location, n.details, n.capacity, coalesce(n.texts, '{}'), $2, $2
     from jsonb_to_recordset($3) n
       (id bigint, "parentId" bigint, name text, kind text, location text, details jsonb, capacity integer, texts jsonb)`,
    [universityId, clock, JSON.stringify(spaces)],
  )
}

/** Changes facts of spaces, without their hours. */
export async function updateSpaces(
  transaction: Queryable,
  universityId: number,
  clock: number,
  updates: readonly SpaceToUpdate[],
): Promise<void> {
  await query(
    transaction,
    `update spaces s set kind = n.kind, location = n.location, details = n.details, capacity = n.capacity,
       texts = coalesce(n.texts, '{}'),
       version = s.version + 1, clock = $2, facts_clock = $2, updated_at = now()
     from jsonb_to_recordset($3) n (id bigint, kind text, location text, details jsonb, capacity integer, texts jsonb)
     where s.university_id = $1 and s.id = n.id`,
    [universityId, clock, JSON.stringify(updates.map(({ id, facts }) => ({ id, ...facts })))],
  )
}

/** Gives the space of a university itself another name, where it has this one. */
export async function updateUniversitySpaceName(
  transaction: Queryable,
  { id, from, to, clock }: { id: number; from: string; to: string; clock: number },
): Promise<void> {
  await query(
    transaction,
    `update spaces set name = $3, version = version + 1, clock = $4, facts_clock = $4, updated_at = now()
     where university_id = $1 and parent_id is null and name = $2 and not is_deleted`,
    [id, from, to, clock],
  )
}

/** Marks spaces as deleted: tombstones travel to kiosks like any change. [SYN-8] */
export async function markSpacesDeleted(
  transaction: Queryable,
  universityId: number,
  clock: number,
  ids: readonly number[],
): Promise<void> {
  await query(
    transaction,
    `update spaces set is_deleted = true, deleted_clock = $2, version = version + 1, clock = $2, facts_clock = $2,
       updated_at = now()
     where university_id = $1 and id = any($3)`,
    [universityId, clock, ids],
  )
}

/** Recomputes all that follows from the tree's shape: child counts, weights, composites. [OCC-9] [OCC-11] [OCC-12] */
export async function rebuildComposites(
  transaction: Queryable,
  universityId: number,
  clock: number,
): Promise<void> {
  await query(transaction, 'select rebuild_composites($1, $2)', [universityId, clock])
}

/** Kiosks that are at one of these spaces. */
export async function loadKiosksAt(
  transaction: Queryable,
  universityId: number,
  spaceIds: readonly number[],
): Promise<{ id: number; name: string; spaceId: number }[]> {
  return query(
    transaction,
    `select id, name, space_id as "spaceId" from kiosks
     where university_id = $1 and revoked_at is null and space_id = any($2) order by id`,
    [universityId, spaceIds],
  )
}

/** Renews the planner's statistics after a large change; queries take twice as long without. */
export async function analyzeSpaces(database: Queryable): Promise<void> {
  await query(database, 'analyze spaces, opening_hours, closures')
}

/** What is shown of one space at a moment, and its place: a row of the database's `shown_tree`. [OCC-13] */
export interface ShownRow extends ShownOccupancy {
  parentId: number | null
  depth: number
  name: string
  kind: string
}

/** The tree with levels, ages and coverage, now by the database's clock; and that moment. [OCC-13] */
export async function loadShownTree(
  database: Queryable,
  universityId: number,
  staleMs: number,
): Promise<{ nowMs: number; rows: ShownRow[] }> {
  const rows = await query<ShownRow & { nowMs: number }>(
    database,
    `select t.id, t.parent_id as "parentId", t.depth, t.name, t.kind, t.level, t.mean as "meanMillionths",
       ms_of_time(t.reported_at) as "reportedAtMs", t.known_count as "knownCount", t.leaf_count as "leafCount",
       t.free_count as "freeCount", t.capacity, t.is_leaf as "isLeaf", ms_of_time(now()) as "nowMs"
     from shown_tree($1, now(), $2 * interval '1 millisecond') t order by t.name, t.id`,
    [universityId, staleMs],
  )
  return { nowMs: rows[0]?.nowMs ?? 0, rows: rows.map(({ nowMs: _nowMs, ...row }) => row) }
}
