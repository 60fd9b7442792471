import { query, type Queryable } from '../platform/postgres/database.ts'

/** A name below a parent, and where it is looked for. */
export interface SiblingName {
  parentId: number | null
  name: string
  exceptId: number | null
  /** Whose hidden siblings it is looked for among too, beside the public ones; null: nobody's. */
  hiddenById: number | null
}

/** Whether one of those live siblings has the name. [TRE-15] */
export async function hasSibling(
  database: Queryable,
  universityId: number,
  sibling: SiblingName,
): Promise<boolean> {
  const { parentId, name, exceptId, hiddenById } = sibling
  const rows = await query(
    database,
    `select 1 from spaces where university_id = $1 and parent_id is not distinct from $2 and name = $3
       and not is_deleted and id is distinct from $4
       and (on_kiosks or created_by_id = $5::bigint)`,
    [universityId, parentId, name, exceptId, hiddenById],
  )
  return rows.length > 0
}

/** The unique index of the names of public siblings: migration 0008. */
const NAME_INDEX = 'spaces_public_names'

/** Whether an exception says that the database itself found a name taken: somebody wrote it without the university's lock. [TRE-15] */
export function isNameTaken(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string }
  return code === '23505' && constraint === NAME_INDEX
}
