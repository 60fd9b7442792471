import type { KioskRole } from '#shared/domain/kiosk.ts'
import type { EnrolRequest } from '#shared/wire/rest.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A one-time code as it is stored. [SYN-20] */
export interface Enrolment {
  id: number
  universityId: number
  spaceId: number
  role: KioskRole
  replacesKioskId: number | null
  isExpired: boolean
  kioskId: number | null
}

/** Who an enrolled device became. */
export interface EnrolledKiosk {
  kioskId: number
  universityId: number
  spaceId: number
  role: KioskRole
}

/** Space and role of a kiosk, with name and settings that a new one takes over from the one it replaces. */
export interface KioskAssignment {
  spaceId: number
  role: KioskRole
  name: string
  settings: Record<string, unknown>
}

/** Stores the hash of a new code, which expires after `minutes`. */
export async function insertEnrolment(
  transaction: Queryable,
  input: {
    universityId: number
    codeHash: string
    spaceId: number
    role: KioskRole
    minutes: number
    replacesKioskId: number | null
  },
): Promise<{ id: number; expiresAt: Date }> {
  const [row] = await query<{ id: number; expiresAt: Date }>(
    transaction,
    `insert into enrolments (university_id, code_hash, space_id, role, replaces_kiosk_id, expires_at)
     values ($1, $2, $3, $4, $5, now() + $6 * interval '1 minute')
     returning id, expires_at as "expiresAt"`,
    [input.universityId, input.codeHash, input.spaceId, input.role, input.replacesKioskId, input.minutes],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row
}

/** The university of a code; null: no such code. */
export async function findUniversityOfCode(database: Queryable, codeHash: string): Promise<number | null> {
  const [row] = await query<{ universityId: number }>(
    database,
    'select university_id as "universityId" from enrolments where code_hash = $1',
    [codeHash],
  )
  return row?.universityId ?? null
}

/** Finds a code by its hash and locks it to the end of the transaction: two devices cannot both use it. */
export async function loadEnrolment(transaction: Queryable, codeHash: string): Promise<Enrolment | null> {
  const [row] = await query<Enrolment>(
    transaction,
    `select id, university_id as "universityId", space_id as "spaceId", role, replaces_kiosk_id as "replacesKioskId",
            expires_at <= now() as "isExpired", kiosk_id as "kioskId"
       from enrolments where code_hash = $1 for update`,
    [codeHash],
  )
  return row ?? null
}

/** The kiosk that a used code made, if it has this key and is not revoked. */
export async function loadEnrolledKiosk(
  transaction: Queryable,
  kioskId: number,
  publicKey: string,
): Promise<EnrolledKiosk | null> {
  const [row] = await query<EnrolledKiosk>(
    transaction,
    `select id as "kioskId", university_id as "universityId", space_id as "spaceId", role
       from kiosks where id = $1 and public_key = $2 and revoked_at is null`,
    [kioskId, publicKey],
  )
  return row ?? null
}

/** Whether the space of a code is live. */
export async function isLiveSpace(
  transaction: Queryable,
  universityId: number,
  spaceId: number,
): Promise<boolean> {
  const rows = await query(
    transaction,
    'select 1 from spaces where university_id = $1 and id = $2 and not is_deleted for key share',
    [universityId, spaceId],
  )
  return rows.length === 1
}

/** What the successor of a kiosk takes over; locks the kiosk. */
export async function loadKioskAssignment(
  transaction: Queryable,
  universityId: number,
  kioskId: number,
): Promise<KioskAssignment | null> {
  const [row] = await query<KioskAssignment>(
    transaction,
    `select space_id as "spaceId", role, name, settings
       from kiosks where university_id = $1 and id = $2 for no key update`,
    [universityId, kioskId],
  )
  return row ?? null
}

/** Inserts a kiosk for a device. */
export async function insertKiosk(
  transaction: Queryable,
  universityId: number,
  assignment: KioskAssignment,
  request: EnrolRequest,
): Promise<EnrolledKiosk> {
  const [row] = await query<EnrolledKiosk>(
    transaction,
    `insert into kiosks (university_id, space_id, role, name, settings, public_key, key_grade, app_version)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     returning id as "kioskId", university_id as "universityId", space_id as "spaceId", role`,
    [
      universityId,
      assignment.spaceId,
      assignment.role,
      assignment.name,
      JSON.stringify(assignment.settings),
      request.publicKey,
      request.keyGrade,
      request.appVersion,
    ],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row
}

/** Marks a code as used by the kiosk that it made. */
export async function markEnrolmentUsed(transaction: Queryable, id: number, kioskId: number): Promise<void> {
  await query(transaction, 'update enrolments set used_at = now(), kiosk_id = $2 where id = $1', [
    id,
    kioskId,
  ])
}

/** Drops codes that expired a day ago, used ones too: the kiosk and the change log say what came of them. */
export async function dropExpiredEnrolments(database: Queryable): Promise<void> {
  await query(database, "delete from enrolments where expires_at < now() - interval '1 day'")
}

/** Voids the codes of a university that made no kiosk yet. [IMP-23] */
export async function dropUnusedEnrolments(transaction: Queryable, universityId: number): Promise<void> {
  await query(transaction, 'delete from enrolments where university_id = $1 and used_at is null', [
    universityId,
  ])
}
