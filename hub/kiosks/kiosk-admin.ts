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
  /** As it said last: mutations that wait on it. Null: never heard. */
  outboxDepth: number | null
  /** Its wall clock minus hub time, as last heard. [SYN-16] */
  clockOffsetMs: number | null
  lastSeenAtMs: number | null
  lastMutationId: number
  forkedFromId: number | null
  revokedAtMs: number | null
}

const KIOSKS = `select id, university_id as "universityId", name, role, space_id as "spaceId", key_grade as "keyGrade",
    app_version as "appVersion", outbox_depth as "outboxDepth", clock_offset_ms as "clockOffsetMs",
    ms_of_time(last_seen_at) as "lastSeenAtMs", last_mutation_id as "lastMutationId",
    forked_from_id as "forkedFromId", ms_of_time(revoked_at) as "revokedAtMs"
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

/** Puts a kiosk at another space, and into another role when one is given. */
export async function updateKioskPlace(
  transaction: Queryable,
  universityId: number,
  kioskId: number,
  place: { spaceId: number; role: KioskRole | null },
): Promise<void> {
  await query(
    transaction,
    `update kiosks set space_id = $3, role = coalesce($4, role), updated_at = now()
     where university_id = $1 and id = $2`,
    [universityId, kioskId, place.spaceId, place.role],
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

/** Ends a kiosk's right to be heard; one that was revoked already keeps its time. [SYN-28] */
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
