import type { BookingRules, CheckInPolicy, Trust } from '#shared/domain/booking.ts'
import type { SpaceDetails } from '#shared/domain/space.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A room that can be booked, with all that its rules are made of. */
export interface RoomRow {
  id: number
  spaceId: number
  /** It, or its space, was deleted. */
  isDeleted: boolean
  isValid: boolean
  requirePermission: boolean
  checkIn: CheckInPolicy
  version: number
  /** Its own space first, then what that is in. */
  chain: { spaceId: number; rules: BookingRules }[]
  trust: { groupId: number | null; trust: Trust }[]
  approverIds: number[]
}

/** All rooms of a university that can be booked, deleted ones too. */
export async function loadRooms(client: Queryable, universityId: number): Promise<RoomRow[]> {
  return query(
    client,
    `with recursive up as (
       select c.id as classroom_id, s.id as space_id, s.parent_id, 0 as steps
       from classrooms c join spaces s on s.id = c.space_id where c.university_id = $1
       union all
       select u.classroom_id, p.id, p.parent_id, u.steps + 1
       from up u join spaces p on p.id = u.parent_id where u.steps < 100
     ), chains as (
       select u.classroom_id, json_agg(json_build_object('spaceId', u.space_id, 'rules', coalesce(b.rules, '{}'))
         order by u.steps) as chain
       from up u left join booking_rules b on b.space_id = u.space_id
       group by u.classroom_id
     )
     select c.id, c.space_id as "spaceId", c.is_deleted or s.is_deleted as "isDeleted", c.is_valid as "isValid",
       c.require_permission as "requirePermission", c.check_in as "checkIn", c.version, chains.chain,
       coalesce((select json_agg(json_build_object('groupId', t.group_id, 'trust', t.trust)) from room_trust t
         where t.classroom_id = c.id), '[]') as trust,
       coalesce((select json_agg(a.group_id) from room_approvers a where a.classroom_id = c.id), '[]') as "approverIds"
     from classrooms c join spaces s on s.id = c.space_id join chains on chains.classroom_id = c.id
     where c.university_id = $1 order by c.id`,
    [universityId],
  )
}

/** A space that is to be a room. */
export interface RoomSpaceRow {
  id: number
  name: string
  isDeleted: boolean
  childCount: number
  /** How many of the groups that were named are of this university. */
  knownGroupCount: number
}

/** The space that settings are for; null: none in this university. */
export async function loadRoomSpace(
  client: Queryable,
  universityId: number,
  settings: { spaceId: number },
  groupIds: readonly number[],
): Promise<RoomSpaceRow | null> {
  const [row] = await query<RoomSpaceRow>(
    client,
    `select s.id, s.name, s.is_deleted as "isDeleted",
       (select count(*)::int from spaces c where c.parent_id = s.id and not c.is_deleted) as "childCount",
       (select count(*)::int from groups g where g.university_id = $1 and g.id = any($3)) as "knownGroupCount"
     from spaces s where s.university_id = $1 and s.id = $2`,
    [universityId, settings.spaceId, groupIds],
  )
  return row ?? null
}

/** Writes a room, a new one or a version on, and gives its id. One that was deleted is there again. */
export async function saveRoom(
  client: Queryable,
  { universityId, clock }: { universityId: number; clock: number },
  room: { spaceId: number; isValid: boolean; requirePermission: boolean; checkIn: CheckInPolicy },
): Promise<number> {
  const [row] = await query<{ id: number }>(
    client,
    `insert into classrooms (university_id, space_id, is_valid, require_permission, check_in, clock)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (space_id) do update set is_valid = excluded.is_valid, require_permission = excluded.require_permission,
       check_in = excluded.check_in, clock = excluded.clock, is_deleted = false, version = classrooms.version + 1, updated_at = now()
     returning id`,
    [universityId, room.spaceId, room.isValid, room.requirePermission, room.checkIn, clock],
  )
  if (row === undefined) throw new Error('a room was not written')
  return row.id
}

/** Writes the rules of a space. */
export async function saveRules(
  client: Queryable,
  universityId: number,
  spaceId: number,
  rules: BookingRules,
): Promise<void> {
  await query(
    client,
    `insert into booking_rules (space_id, university_id, rules) values ($1, $2, $3)
     on conflict (space_id) do update set rules = excluded.rules, version = booking_rules.version + 1, updated_at = now()`,
    [spaceId, universityId, JSON.stringify(rules)],
  )
}

/** Puts trust and approvers in the place of a room's; what is undefined stays. */
export async function replaceRoomGroups(
  client: Queryable,
  classroomId: number,
  groups: {
    trust: readonly { groupId: number | null; trust: Trust }[] | undefined
    approverIds: readonly number[] | undefined
  },
): Promise<void> {
  if (groups.trust !== undefined) {
    await query(client, 'delete from room_trust where classroom_id = $1', [classroomId])
    await query(
      client,
      `insert into room_trust (classroom_id, group_id, trust)
       select $1, t.group_id, t.trust from jsonb_to_recordset($2) t (group_id bigint, trust text)`,
      [classroomId, JSON.stringify(groups.trust.map(({ groupId, trust }) => ({ group_id: groupId, trust })))],
    )
  }
  if (groups.approverIds === undefined) return
  await query(client, 'delete from room_approvers where classroom_id = $1', [classroomId])
  await query(client, 'insert into room_approvers (classroom_id, group_id) select $1, unnest($2::bigint[])', [
    classroomId,
    groups.approverIds,
  ])
}

/** A room as people see it, before what it is to them. */
export interface ShownRoom {
  id: number
  spaceId: number
  name: string
  within: string[]
  capacity: number | null
  details: SpaceDetails
  version: number
}

/** The rooms of a university that can be booked, by name. */
export async function loadShownRooms(database: Queryable, universityId: number): Promise<ShownRoom[]> {
  return query(
    database,
    `with recursive up as (
       select c.id as classroom_id, s.parent_id, 1 as steps from classrooms c join spaces s on s.id = c.space_id
       where c.university_id = $1 and not c.is_deleted and not s.is_deleted
       union all
       select u.classroom_id, p.parent_id, u.steps + 1 from up u join spaces p on p.id = u.parent_id where u.steps < 100
     )
     select c.id, s.id as "spaceId", s.name, s.capacity, s.details, c.version,
       coalesce((select json_agg(p.name order by u.steps desc) from up u join spaces p on p.id = u.parent_id
         where u.classroom_id = c.id and p.parent_id is not null), '[]') as within
     from classrooms c join spaces s on s.id = c.space_id
     where c.university_id = $1 and not c.is_deleted and not s.is_deleted order by s.name, c.id`,
    [universityId],
  )
}

/** The super group of a university; null: it has none. */
export async function loadSuperGroupId(client: Queryable, universityId: number): Promise<number | null> {
  const text = 'select id from groups where university_id = $1 and is_super'
  const [row] = await query<{ id: number }>(client, text, [universityId])
  return row?.id ?? null
}
