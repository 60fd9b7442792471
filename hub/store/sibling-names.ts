import { query, type Queryable } from './database.ts'

/** A name below a parent, and whose it would be in the way of. */
export interface SiblingName {
  parentId: number | null
  name: string
  exceptId: number | null
  /** Whether it is looked for among public siblings. */
  isAmongPublic: boolean
  /** Whose hidden siblings it is looked for among; null: nobody's. */
  hiddenById: number | null
}

/** Whether one of those live siblings has the name. [TRE-15] */
export async function hasSibling(
  database: Queryable,
  universityId: number,
  sibling: SiblingName,
): Promise<boolean> {
  const { parentId, name, exceptId, isAmongPublic, hiddenById } = sibling
  const rows = await query(
    database,
    `select 1 from spaces where university_id = $1 and parent_id is not distinct from $2 and name = $3
       and not is_deleted and id is distinct from $4
       and case when on_kiosks then $5::boolean else created_by_id = $6::bigint end`,
    [universityId, parentId, name, exceptId, isAmongPublic, hiddenById],
  )
  return rows.length > 0
}

/** Unique indexes of the names of siblings: migration 0008. */
const NAME_INDEXES: ReadonlySet<string> = new Set(['spaces_public_names', 'spaces_hidden_names'])

/** Whether an exception says that the database itself found a name taken: somebody wrote it without the university's lock. [TRE-15] */
export function isNameTaken(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string }
  return code === '23505' && NAME_INDEXES.has(constraint ?? '')
}
