import { query, type Queryable } from '../platform/postgres/database.ts'

/** A live space of some name below a parent. */
export interface Namesake {
  id: number
  onKiosks: boolean
  createdById: number | null
}

/** The live spaces of one name below a parent, public or not. [TRE-15] */
export async function loadNamesakes(
  database: Queryable,
  universityId: number,
  parentId: number | null,
  name: string,
): Promise<Namesake[]> {
  return query<Namesake>(
    database,
    `select id, on_kiosks as "onKiosks", created_by_id as "createdById" from spaces
     where university_id = $1 and parent_id is not distinct from $2 and name = $3 and not is_deleted`,
    [universityId, parentId, name],
  )
}

/** The unique index of the names of public siblings, of migration 0008: the database itself found a name taken. [TRE-15] */
export const PUBLIC_NAMES_INDEX = 'spaces_public_names'
