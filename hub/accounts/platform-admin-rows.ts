import { query, type Queryable } from '../platform/postgres/database.ts'

/** A platform administrator, who belongs to no university, as staff see them. */
export interface PlatformAdmin {
  userId: number
  displayname: string | null
  email: string
  hasPassword: boolean
  /** False: blocked by staff. */
  isActive: boolean
  createdAtMs: number
  lastSignInAtMs: number | null
}

/** All platform administrators, in the order in which they came. */
export async function loadPlatformAdmins(database: Queryable): Promise<PlatformAdmin[]> {
  return query<PlatformAdmin>(
    database,
    `select id as "userId", displayname, coalesce(email, '') as email, password_hash is not null as "hasPassword",
       is_active as "isActive", ms_of_time(created_at) as "createdAtMs", ms_of_time(last_login_time) as "lastSignInAtMs"
     from users where is_platform_admin and erased_at is null order by id`,
  )
}
