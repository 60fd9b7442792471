import type { GroupListDifference } from '#shared/domain/group-list.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** Number and description of groups as a list says them; steps their versions on. [IMP-2] */
export async function updateListedGroups(
  transaction: Queryable,
  universityId: number,
  groups: GroupListDifference['update'],
): Promise<void> {
  await query(
    transaction,
    `update groups g set gid_number = n."gidNumber", description = n.description, version = g.version + 1,
       updated_at = now()
     from jsonb_to_recordset($2) n (id bigint, "gidNumber" bigint, description text)
     where g.university_id = $1 and g.id = n.id`,
    [universityId, JSON.stringify(groups)],
  )
}
