import type { KeyGrade, KioskRole } from '#shared/domain/kiosk.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A kiosk as staff see it. */
export interface AdminKiosk {
  id: number
  universityId: number
  name: string
  role: KioskRole
  spaceId: number
  keyGrade: KeyGrade
  appVersion: string | null
  /** Mutations that wait on it, as last reported. Null: it never connected. */
  outboxDepth: number | null
  /** Its wall clock minus hub time, as last reported. [SYN-16] */
  clockOffsetMs: number | null
  lastSeenAtMs: number | null
  lastMutationId: number
  forkedFromId: number | null
  /** Since when its reports count nowhere; null: they count. [CON-4] */
  silencedAtMs: number | null
  revokedAtMs: number | null
}

const KIOSKS = `select id, university_id as "universityId", name, role, space_id as "spaceId", key_grade as "keyGrade",
    app_version as "appVersion", outbox_depth as "outboxDepth", clock_offset_ms as "clockOffsetMs",
    ms_of_time(last_seen_at) as "lastSeenAtMs", last_mutation_id as "lastMutationId",
    forked_from_id as "forkedFromId", ms_of_time(silenced_at) as "silencedAtMs", ms_of_time(revoked_at) as "revokedAtMs"
  from kiosks where university_id = $1`

/** Kiosks of a university, the revoked ones too. */
export async function loadAdminKiosks(database: Queryable, universityId: number): Promise<AdminKiosk[]> {
  return query<AdminKiosk>(database, `${KIOSKS} order by id`, [universityId])
}

/** One kiosk, locked to the end of the transaction; null when it is not of this university. */
export async function loadAdminKiosk(
  transaction: Queryable,
  universityId: number,
  kioskId: number,
): Promise<AdminKiosk | null> {
  const [row] = await query<AdminKiosk>(transaction, `${KIOSKS} and id = $2 for no key update`, [
    universityId,
    kioskId,
  ])
  return row ?? null
}

/** Moves a kiosk to another space, and into another role when one is given. */
export async function updateKioskAssignment(
  transaction: Queryable,
  universityId: number,
  kioskId: number,
  assignment: { spaceId: number; role: KioskRole | null },
): Promise<void> {
  await query(
    transaction,
    `update kiosks set space_id = $3, role = coalesce($4, role), updated_at = now()
     where university_id = $1 and id = $2`,
    [universityId, kioskId, assignment.spaceId, assignment.role],
  )
}

/** Gives a kiosk another name. */
export async function updateKioskName(
  transaction: Queryable,
  universityId: number,
  kioskId: number,
  name: string,
): Promise<void> {
  await query(
    transaction,
    'update kiosks set name = $3, updated_at = now() where university_id = $1 and id = $2',
    [universityId, kioskId, name],
  )
}

/** Revokes a kiosk; one that was revoked already keeps its time. [SYN-28] */
export async function markKioskRevoked(
  transaction: Queryable,
  universityId: number,
  kioskId: number,
): Promise<void> {
  await query(
    transaction,
    'update kiosks set revoked_at = coalesce(revoked_at, now()), updated_at = now() where university_id = $1 and id = $2',
    [universityId, kioskId],
  )
}

/** A kiosk as the super group sees it. */
export interface PeopleKiosk {
  id: number
  name: string
  role: KioskRole
  spaceId: number
  spaceName: string
  isSilenced: boolean
  lastSeenAtMs: number | null
}

/** Kiosks of a university that are not revoked, or some of them. */
export async function loadPeopleKiosks(
  database: Queryable,
  universityId: number,
  ids: readonly number[] | null = null,
): Promise<PeopleKiosk[]> {
  return query(
    database,
    `select k.id, k.name, k.role, k.space_id as "spaceId", s.name as "spaceName",
       k.silenced_at is not null as "isSilenced", ms_of_time(k.last_seen_at) as "lastSeenAtMs"
     from kiosks k join spaces s on s.id = k.space_id
     where k.university_id = $1 and k.revoked_at is null and ($2::bigint[] is null or k.id = any($2)) order by k.name, k.id`,
    [universityId, ids],
  )
}

/** Silences a kiosk from a moment on, or lets it count again (null). [CON-4] */
export async function updateSilenced(
  transaction: Queryable,
  kioskId: number,
  atMs: number | null,
): Promise<void> {
  await query(
    transaction,
    'update kiosks set silenced_at = time_of_ms($2), updated_at = now() where id = $1',
    [kioskId, atMs],
  )
}
