import { commitChange } from '../testing/commit-change.ts'
import { replaceHours } from '../spaces/hour-rows.ts'
import { query, transaction, type Database, type Transaction } from '../platform/postgres/database.ts'

// What an administrator does to a university, as another process beside the hubs does it.

/** A space to be made, under the one at index `parent` of the list; null: a root. */
export interface CampusSpace {
  name: string
  parent: number | null
  capacity: number | null
}

/** Makes a university with a tree; returns the spaces' ids in the order of the list. */
export async function makeUniversity(
  database: Database,
  facts: { name: string; epoch: string; settings: Record<string, unknown> },
  spaces: readonly CampusSpace[],
): Promise<{ universityId: number; spaceIds: number[] }> {
  return transaction(database, 'read committed', async (client) => {
    const [university] = await query<{ id: number }>(
      client,
      `insert into universities (name, email_domains, timezone, epoch, clock, facts_clock, settings)
       values ($1, array[$2], 'Europe/Ljubljana', $3, 1, 1, $4) returning id`,
      [facts.name, `${facts.name}.example`, facts.epoch, facts.settings],
    )
    const universityId = university?.id ?? 0
    const spaceIds: number[] = []
    for (const space of spaces) {
      const parentId = space.parent === null ? null : (spaceIds[space.parent] ?? null)
      spaceIds.push(await insertSpace(client, universityId, parentId, space.name, space.capacity, 1))
    }
    await query(client, 'select rebuild_composites($1, 1)', [universityId])
    return { universityId, spaceIds }
  })
}

/** Runs one change of a tree as a commit of its own; returns its clock. */
export async function commitTree(
  database: Database,
  universityId: number,
  nowMs: number,
  change: (client: Transaction, clock: number) => Promise<void>,
): Promise<number> {
  return commitChange(
    database,
    universityId,
    async (client, { clock }) => {
      await change(client, clock)
      await query(client, 'select rebuild_composites($1, $2)', [universityId, clock])
      return clock
    },
    nowMs,
  )
}

/** One more space. Returns its id. */
export async function insertSpace(
  client: Transaction,
  universityId: number,
  parentId: number | null,
  name: string,
  capacity: number | null,
  clock: number,
): Promise<number> {
  const [space] = await query<{ id: number }>(
    client,
    `insert into spaces (university_id, parent_id, name, kind, capacity, weight, clock, facts_clock)
     values ($1, $2, $3, 'room', $4, coalesce($4, 1), $5, $5) returning id`,
    [universityId, parentId, name, capacity, clock],
  )
  if (space === undefined) throw new Error('an insert gave no row')
  return space.id
}

/** Puts a space under another one. */
export async function moveSpace(
  client: Transaction,
  id: number,
  parentId: number,
  clock: number,
): Promise<void> {
  await query(
    client,
    'update spaces set parent_id = $2, clock = $3, facts_clock = $3, version = version + 1 where id = $1',
    [id, parentId, clock],
  )
}

/** Gives a space other hours, or takes them away; which, follows from the clock. Its facts must be stamped with that, too. */
export async function changeHours(
  client: Transaction,
  universityId: number,
  id: number,
  clock: number,
): Promise<void> {
  const weekly: [number, number, number][] | null =
    clock % 3 === 0 ? null : [[clock % 7, 60, 61 + (clock % 900)]]
  const closures = clock % 2 === 0 ? [] : [{ date: '2026-12-24', spans: [] }]
  await replaceHours(client, universityId, [{ id, hours: { weekly, closures } }])
}

/** Marks a space and all below it as deleted. */
export async function deleteSpaces(client: Transaction, id: number, clock: number): Promise<void> {
  await query(
    client,
    `update spaces set is_deleted = true, clock = $2, facts_clock = $2
      where id = $1 or id in (select id from get_all_descendants($1))`,
    [id, clock],
  )
}

/** Stands a kiosk elsewhere. */
export async function moveKiosk(client: Transaction, kioskId: number, spaceId: number): Promise<void> {
  await query(client, 'update kiosks set space_id = $2 where id = $1', [kioskId, spaceId])
}
