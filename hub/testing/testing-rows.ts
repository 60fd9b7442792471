import { query, type Queryable } from '../platform/postgres/database.ts'

/** Inserts a university for a test, with its super group; answers its id. */
export async function insertTestUniversity(
  database: Queryable,
  name = 'Test',
  epoch = 'epoch-1',
): Promise<number> {
  const [row] = await query<{ id: number }>(
    database,
    `with made as (
       insert into universities (name, email_domains, timezone, epoch)
       values ($1, array[lower($1) || '.example'], 'Europe/Ljubljana', $2) returning id
     ), grouped as (insert into groups (university_id, name, is_super) select id, 'cspace', true from made)
     select id from made`,
    [name, epoch],
  )
  return row?.id ?? 0
}

/** Inserts a space for a test; answers its id. */
export async function insertTestSpace(
  database: Queryable,
  space: { universityId: number; parentId?: number | null; name: string; isDeleted?: boolean },
): Promise<number> {
  const [row] = await query<{ id: number }>(
    database,
    `insert into spaces (university_id, parent_id, name, kind, is_deleted, clock, facts_clock)
     values ($1, $2, $3, 'room', $4, 1, 1) returning id`,
    [space.universityId, space.parentId ?? null, space.name, space.isDeleted ?? false],
  )
  return row?.id ?? 0
}
