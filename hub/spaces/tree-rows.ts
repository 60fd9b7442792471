import { query, type Queryable } from '../platform/postgres/database.ts'

/** A space's place in the tree. */
export interface TreeSpace {
  id: number
  parentId: number | null
  name: string
  isDeleted: boolean
  /** False: it counts in no other space. [TRE-6] */
  onKiosks: boolean
}

/** All spaces of a university, deleted ones too, by name. */
export async function loadTreeSpaces(client: Queryable, universityId: number): Promise<TreeSpace[]> {
  return query(
    client,
    `select id, parent_id as "parentId", name, is_deleted as "isDeleted", on_kiosks as "onKiosks"
     from spaces where university_id = $1 order by name, id`,
    [universityId],
  )
}
