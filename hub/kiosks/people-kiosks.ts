import type { KioskRole } from '#shared/domain/kiosk.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

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

/** Kiosks of a university that are not revoked, or one of them. */
export async function loadPeopleKiosks(
  database: Queryable,
  universityId: number,
  id: number | null = null,
): Promise<PeopleKiosk[]> {
  return query(
    database,
    `select k.id, k.name, k.role, k.space_id as "spaceId", s.name as "spaceName",
       k.silenced_at is not null as "isSilenced", ms_of_time(k.last_seen_at) as "lastSeenAtMs"
     from kiosks k join spaces s on s.id = k.space_id
     where k.university_id = $1 and k.revoked_at is null and ($2::bigint is null or k.id = $2) order by k.name, k.id`,
    [universityId, id],
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
