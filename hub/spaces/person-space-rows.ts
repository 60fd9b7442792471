import type { SpaceDetails, SpaceKind, SpaceTexts } from '#shared/domain/space.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

// What people's changes of spaces read and write. All of it runs under the university's lock, unless it says otherwise.

/** A space with what a change of it needs. */
export interface SpaceState {
  id: number
  parentId: number | null
  name: string
  kind: SpaceKind
  location: string | null
  details: SpaceDetails
  texts: SpaceTexts
  capacity: number | null
  onKiosks: boolean
  isDeleted: boolean
  deletedClock: number | null
  version: number
  createdById: number | null
}

/** A space of a university, a deleted one too; null when it is not of this university. */
export async function loadSpaceState(
  database: Queryable,
  universityId: number,
  id: number,
): Promise<SpaceState | null> {
  const [row] = await query<SpaceState>(
    database,
    `select id, parent_id as "parentId", name, kind, location, details, texts, capacity, on_kiosks as "onKiosks",
       is_deleted as "isDeleted", coalesce(deleted_clock, clock) as "deletedClock", version, created_by_id as "createdById"
     from spaces where university_id = $1 and id = $2`,
    [universityId, id],
  )
  return row ?? null
}

/** A space and everything above it, nearest first. */
export async function loadLineage(
  database: Queryable,
  id: number,
): Promise<{ id: number; kind: SpaceKind }[]> {
  return query(
    database,
    `with recursive up as (
       select id, parent_id, kind, 0 as steps from spaces where id = $1
       union all
       select p.id, p.parent_id, p.kind, u.steps + 1 from up u join spaces p on p.id = u.parent_id where u.steps < 100
     ) select id, kind from up order by steps`,
    [id],
  )
}

/** One space below another. */
export interface Descendant {
  id: number
  parentId: number
  name: string
  kind: SpaceKind
  /** 1 for a child. */
  depth: number
  onKiosks: boolean
  createdById: number | null
}

/** Live spaces below one, parents before children, also those that are not public. */
export async function loadDescendants(database: Queryable, id: number): Promise<Descendant[]> {
  return query(
    database,
    `select s.id, s.parent_id as "parentId", s.name, s.kind, d.depth, s.on_kiosks as "onKiosks",
       s.created_by_id as "createdById"
     from get_all_descendants($1) d join spaces s on s.id = d.id order by d.depth, s.name, s.id`,
    [id],
  )
}

/** What was deleted in the same commit as a space, below it; parents before children. [TRE-10] */
export async function loadDeletedWith(
  database: Queryable,
  universityId: number,
  space: { id: number; deletedClock: number | null },
): Promise<Descendant[]> {
  return query(
    database,
    `with recursive down as (
       select id, parent_id, name, kind, 0 as depth, on_kiosks, created_by_id
       from spaces where university_id = $1 and id = $2
       union all
       select s.id, s.parent_id, s.name, s.kind, d.depth + 1, s.on_kiosks, s.created_by_id
       from down d join spaces s on s.parent_id = d.id
       where s.university_id = $1 and s.is_deleted and coalesce(s.deleted_clock, s.clock) = $3
     ) select id, parent_id as "parentId", name, kind, depth, on_kiosks as "onKiosks", created_by_id as "createdById"
     from down where depth > 0 order by depth, id`,
    [universityId, space.id, space.deletedClock],
  )
}

/** How many live spaces a university has, how many of these people keep to themselves, and how many somebody made. [TRE-13] */
export async function countLiveSpaces(
  database: Queryable,
  universityId: number,
  userId: number,
): Promise<{ all: number; hidden: number; made: number }> {
  const [row] = await query<{ all: number; hidden: number; made: number }>(
    database,
    `select count(*)::int as all, count(*) filter (where not on_kiosks and created_by_id is not null)::int as hidden,
       count(*) filter (where created_by_id = $2)::int as made
     from spaces where university_id = $1 and not is_deleted`,
    [universityId, userId],
  )
  return row ?? { all: 0, hidden: 0, made: 0 }
}

/** All values of a space that people can set. */
export interface SpaceValues {
  parentId: number | null
  name: string
  kind: SpaceKind
  location: string | null
  details: SpaceDetails
  texts: SpaceTexts
  capacity: number | null
  onKiosks: boolean
}

/** Makes a space of a person and gives its id; `rebuild_composites` comes after it when it is on kiosks. */
export async function insertPersonSpace(
  transaction: Queryable,
  commit: { universityId: number; clock: number; userId: number },
  values: SpaceValues,
): Promise<number> {
  const [row] = await query<{ id: number }>(
    transaction,
    `insert into spaces (university_id, clock, facts_clock, created_by_id, last_updated_by_id,
       parent_id, name, kind, location, details, texts, capacity, on_kiosks, is_public, weight)
     values ($1, $2, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10::integer, $11, $11, coalesce($10, 1)) returning id`,
    [commit.universityId, commit.clock, commit.userId, ...columnsOf(values)],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row.id
}

/**
 * Changes a space; `rebuild_composites` comes after it when parent, seats or visibility of one on kiosks changed. `isUnknown`: with
 * its new values it was on no public screen yet.
 */
export async function updatePersonSpace(
  transaction: Queryable,
  commit: { universityId: number; clock: number; userId: number },
  id: number,
  values: SpaceValues,
  isUnknown: boolean,
): Promise<void> {
  await query(
    transaction,
    `update spaces set clock = $2, facts_clock = $2, last_updated_by_id = $3, version = version + 1, updated_at = now(),
       parent_id = $4, name = $5, kind = $6, location = $7, details = $8, texts = $9, capacity = $10::integer,
       on_kiosks = $11, weight = case when child_count = 0 then coalesce($10, 1) else weight end,
       was_on_kiosks = was_on_kiosks and not $13::boolean
     where university_id = $1 and id = $12`,
    [commit.universityId, commit.clock, commit.userId, ...columnsOf(values), id, isUnknown],
  )
}

function columnsOf(values: SpaceValues): unknown[] {
  const { parentId, name, kind, location, details, texts, capacity, onKiosks } = values
  const [detailsJson, textsJson] = [JSON.stringify(details), JSON.stringify(texts)]
  return [parentId, name, kind, location, detailsJson, textsJson, capacity, onKiosks]
}

/** Sets who deleted or restored spaces last. */
export async function markUpdatedBy(
  transaction: Queryable,
  ids: readonly number[],
  userId: number,
): Promise<void> {
  await query(transaction, 'update spaces set last_updated_by_id = $2 where id = any($1)', [ids, userId])
}

/** Restores deleted spaces; call `rebuild_composites` after it. [TRE-10] */
export async function markSpacesRestored(
  transaction: Queryable,
  universityId: number,
  clock: number,
  ids: readonly number[],
): Promise<void> {
  await query(
    transaction,
    `update spaces set is_deleted = false, deleted_clock = null, version = version + 1, clock = $2, facts_clock = $2,
       updated_at = now()
     where university_id = $1 and id = any($3)`,
    [universityId, clock, ids],
  )
}

/** Puts a space on public screens, or takes it off; call `rebuild_composites` after it. [TRE-7] */
export async function updateOnKiosks(
  transaction: Queryable,
  universityId: number,
  clock: number,
  id: number,
  isOnKiosks: boolean,
): Promise<void> {
  await query(
    transaction,
    `update spaces set on_kiosks = $4, version = version + 1, clock = $2, facts_clock = $2, updated_at = now()
     where university_id = $1 and id = $3`,
    [universityId, clock, id, isOnKiosks],
  )
}

/** A deleted space whose parent lives. */
export interface DeletedSpace {
  id: number
  name: string
  parentName: string | null
  /** Names of what it was in, from below the university's own space down to its parent. */
  within: string[]
  deletedAtMs: number
  version: number
}

/** Deleted spaces whose parent lives, of one maker or of all (null), the newest 200. Needs no lock. [TRE-10] */
export async function loadDeletedSpaces(
  database: Queryable,
  universityId: number,
  makerId: number | null,
): Promise<DeletedSpace[]> {
  return query(
    database,
    `select s.id, s.name, p.name as "parentName", ms_of_time(s.updated_at) as "deletedAtMs", s.version,
       array(
         with recursive up as (
           select p.name, p.parent_id, 0 as steps
           union all
           select a.name, a.parent_id, u.steps + 1 from up u join spaces a on a.id = u.parent_id where u.steps < 100
         ) select name from up where parent_id is not null order by steps desc
       ) as within
     from spaces s left join spaces p on p.id = s.parent_id
     where s.university_id = $1 and s.is_deleted and ($2::bigint is null or s.created_by_id = $2)
       and (s.parent_id is null or not p.is_deleted)
     order by coalesce(s.deleted_clock, s.clock) desc, s.id limit 200`,
    [universityId, makerId],
  )
}

/** Ids of live spaces that somebody made, and of those that they track. Needs no lock. */
export async function loadOwnAndTracked(
  database: Queryable,
  userId: number,
): Promise<{ mine: number[]; tracked: number[] }> {
  const [row] = await query<{ mine: number[]; tracked: number[] }>(
    database,
    `select array(select id from spaces where created_by_id = $1 and not is_deleted order by id) as mine,
       array(select space_id from users_tracked_spaces where user_id = $1 order by space_id) as tracked`,
    [userId],
  )
  return row ?? { mine: [], tracked: [] }
}
