import type { Queryable } from '../platform/postgres/database.ts'
import { insertSpaces, reserveSpaceIds, updateUniversitySpaceName } from './space-rows.ts'

/** Makes the space of a new university itself, below which all others are; gives its id. `clock` is that of the commit. */
export async function insertUniversitySpace(
  transaction: Queryable,
  university: { id: number; name: string; clock: number },
): Promise<number> {
  const [id = 0] = await reserveSpaceIds(transaction, 1)
  const facts = { location: null, details: {}, capacity: null, hours: { weekly: null, closures: [] } }
  await insertSpaces(transaction, university.id, university.clock, [
    { id, parentId: null, name: university.name, kind: 'university', ...facts },
  ])
  return id
}

/** Gives a university's own space its new name, unless staff called it otherwise than the university. `clock` is that of the commit. */
export async function renameUniversitySpace(
  transaction: Queryable,
  university: { id: number; from: string; to: string; clock: number },
): Promise<void> {
  await updateUniversitySpaceName(transaction, university)
}
