import type { EndedAs } from '#shared/domain/booking.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A booking, with the names of whose it is. */
export interface RegistrationRow {
  id: number
  version: number
  classroomId: number
  startMs: number
  endMs: number
  groupId: number | null
  groupName: string | null
  userId: number | null
  userName: string | null
  longtermId: number | null
  description: string | null
  importance: number | null
  isPending: boolean
  isCheckedIn: boolean
  freesMs: number | null
  freesAs: EndedAs | null
  canBeRestored: boolean
  endedAs: EndedAs | null
}

const SELECT = `select r.id, r.version, r.classroom_id as "classroomId", ms_of_time(r.start_time) as "startMs",
    ms_of_time(r.end_time) as "endMs", r.group_id as "groupId", g.name as "groupName", r.user_id as "userId",
    coalesce(u.displayname, u.username) as "userName", r.longterm_id as "longtermId", r.description, r.importance,
    r.is_pending as "isPending", r.checked_in_at is not null as "isCheckedIn", ms_of_time(r.frees_at) as "freesMs",
    r.frees_as as "freesAs", r.freed_at is not null and r.ended_as is null and r.frees_at > clock_timestamp() as "canBeRestored", r.ended_as as "endedAs"
  from registrations r left join groups g on g.id = r.group_id left join users u on u.id = r.user_id`

/** One booking of a university; null: none, or a deleted one. */
export async function loadRegistration(
  database: Queryable,
  universityId: number,
  id: number,
): Promise<RegistrationRow | null> {
  const [row] = await query<RegistrationRow>(
    database,
    `${SELECT} where r.university_id = $1 and r.id = $2 and not r.is_deleted`,
    [universityId, id],
  )
  return row ?? null
}

/** Of which bookings; what is null does not matter. */
export interface RegistrationFilter {
  classroomId: number | null
  groupId: number | null
  /** Made by this person. */
  userId: number | null
  /** Of these groups, or made by `seenBy.userId` in nobody's name; null: all. */
  seenBy: { userId: number; groupIds: readonly number[] } | null
  fromMs: number
  toMs: number
}

/** The most bookings that one answer lists. */
export const MAX_LISTED = 2_000

/** Bookings that touch a span, by start; those that were moved elsewhere are left out. */
export async function loadRegistrations(
  database: Queryable,
  universityId: number,
  { classroomId, groupId, userId, seenBy, fromMs, toMs }: RegistrationFilter,
): Promise<RegistrationRow[]> {
  return query(
    database,
    `${SELECT} where r.university_id = $1 and not r.is_deleted and (r.ended_as is null or r.ended_as <> 'moved')
       and r.end_time > time_of_ms($2) and r.start_time < time_of_ms($3)
       and ($4::bigint is null or r.classroom_id = $4) and ($5::bigint is null or r.group_id = $5)
       and ($6::bigint is null or r.user_id = $6)
       and ($7::bigint is null or r.group_id = any($8) or (r.group_id is null and r.user_id = $7))
     order by r.start_time, r.id limit ${MAX_LISTED}`,
    [
      universityId,
      fromMs,
      toMs,
      classroomId,
      groupId,
      userId,
      seenBy?.userId ?? null,
      seenBy?.groupIds ?? null,
    ],
  )
}
