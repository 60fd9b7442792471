import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { spacesByPath } from '#shared/domain/space-tree-diff.ts'
import type { TreeFault } from '#shared/domain/space-tree.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import {
  transaction,
  type Database,
  type Queryable,
  type Transaction,
} from '../platform/postgres/database.ts'
import { insertGroup, loadGroups, lockGroupNames, updateListedGroups } from '../groups/group-rows.ts'
import {
  analyzeImported,
  fillImportedUsers,
  insertImportedUsers,
  loadKeptRows,
  loadMemberships,
  loadNamedUsers,
  raiseMemberships,
  upsertKeptRows,
} from './import-rows.ts'
import { loadSpaces } from '../spaces/space-rows.ts'
import { changeCount, planSpaceTree, writeSpaceTree, type ImportOutcome } from '../spaces/commit-spaces.ts'
import { commitUnderClock } from '../platform/writer/commit-under-clock.ts'
import type { OldTables } from './import-columns.ts'
import {
  keyOf,
  planImport,
  roomSpecs,
  type ImportPlan,
  type ExistingData,
  type RoomPlaces,
} from './import-plan.ts'

/** What an import did, or would do. */
export interface TablesOutcome {
  plan: ImportPlan
  spaces: ImportOutcome
}

type Planned =
  Awaited<ReturnType<typeof planSpaceTree>> extends Decision<infer Value, unknown> ? Value : never

/** What an import would do now; changes nothing. [IMP-4] */
export function previewTables(
  pool: Database,
  universityId: number,
  tables: OldTables,
  places: RoomPlaces,
): Promise<Decision<TablesOutcome, TreeFault[]>> {
  return transaction(pool, 'snapshot', async (client) => {
    const planned = await plan(client, universityId, tables, places)
    return planned.ok ? accept({ plan: planned.value.plan, spaces: planned.value.spaces.outcome }) : planned
  })
}

/** Imports tables in one transaction, decided under the university's lock; a fault or a crash leaves nothing. [IMP-4] */
export async function commitTables(
  pool: Database,
  universityId: number,
  tables: OldTables,
  places: RoomPlaces,
): Promise<Decision<TablesOutcome, TreeFault[]>> {
  const done = await commitUnderClock(
    pool,
    universityId,
    async (client, { clock }) => {
      await lockGroupNames(client, universityId, '')
      const planned = await plan(client, universityId, tables, places)
      if (!planned.ok) return planned
      const outcome = { plan: planned.value.plan, spaces: planned.value.spaces.outcome }
      await write(client, universityId, clock, { tables, places, ...planned.value })
      await log(client, universityId, outcome)
      return accept(outcome)
    },
    null,
    (result) => result.ok && changeCount(result.value.spaces.difference) > 0,
  )
  if (done.ok) await analyzeImported(pool)
  return done
}

async function plan(
  database: Queryable,
  universityId: number,
  tables: OldTables,
  places: RoomPlaces,
): Promise<Decision<{ plan: ImportPlan; spaces: Planned }, TreeFault[]>> {
  const spaces = await planSpaceTree(database, universityId, roomSpecs(tables, places), false)
  if (!spaces.ok) return refuse(spaces.refusal)
  const existing = await loadExistingData(database, universityId)
  return accept({ plan: planImport(tables, existing, places), spaces: spaces.value })
}

async function loadExistingData(database: Queryable, universityId: number): Promise<ExistingData> {
  const spaces = spacesByPath(await loadSpaces(database, universityId))
  return {
    users: await loadNamedUsers(database, universityId),
    groups: await loadGroups(database, universityId),
    memberships: await loadMemberships(database, universityId),
    kept: await loadKeptRows(database, universityId),
    spaceIds: new Map([...spaces].map(([path, { id }]) => [path, id])),
  }
}

interface Work {
  tables: OldTables
  places: RoomPlaces
  plan: ImportPlan
  spaces: Planned
}

async function write(client: Transaction, universityId: number, clock: number, work: Work): Promise<void> {
  const { users, groups } = work.plan
  if (users.create.length > 0) await insertImportedUsers(client, universityId, users.create)
  if (users.change.length > 0) await fillImportedUsers(client, universityId, users.change)
  for (const group of groups.create) await insertGroup(client, universityId, { ...group, gidNumber: null })
  const { existing, outcome } = work.spaces
  if (changeCount(outcome.difference) > 0)
    await writeSpaceTree(client, universityId, clock, existing, outcome.difference)
  // People, groups and rooms have their ids now.
  const stored = await loadExistingData(client, universityId)
  const named = new Map(stored.groups.map((group) => [keyOf(group.name), group]))
  const described = groups.change.flatMap(({ name, description }) => {
    const group = named.get(keyOf(name))
    return group === undefined ? [] : [{ ...group, description, changed: ['description'] }]
  })
  if (described.length > 0) await updateListedGroups(client, universityId, described)
  await writeMemberships(client, universityId, work.plan, stored)
  const kept = planImport(work.tables, stored, work.places).kept
  await upsertKeptRows(client, universityId, [...kept.create, ...kept.change])
}

async function writeMemberships(
  client: Transaction,
  universityId: number,
  { memberships }: ImportPlan,
  existing: ExistingData,
): Promise<void> {
  const userIds = new Map(existing.users.map(({ id, username }) => [keyOf(username), id]))
  const groupIds = new Map(existing.groups.map(({ id, name }) => [keyOf(name), id]))
  const rows = [...memberships.create, ...memberships.change].map(({ username, group, permission }) => ({
    userId: userIds.get(keyOf(username)) ?? 0,
    groupId: groupIds.get(keyOf(group)) ?? 0,
    permission,
  }))
  if (rows.length > 0) await raiseMemberships(client, universityId, rows)
}

/** Writes the act down; nothing where nothing changed. [AUD-5] */
async function log(
  client: Queryable,
  universityId: number,
  { plan: done, spaces }: TablesOutcome,
): Promise<void> {
  const isChanged = Object.values(done).some(({ create, change }) => create.length + change.length > 0)
  if (!isChanged && changeCount(spaces.difference) === 0) return
  const counts = Object.entries(done).map(([what, { create, change, unchangedCount }]) => [
    what,
    { createdCount: create.length, changedCount: change.length, unchangedCount },
  ])
  const { create, update } = spaces.difference
  await appendChange(client, {
    universityId,
    actor: 'cli',
    service: 'import',
    subject: 'tables',
    log: {
      ...Object.fromEntries(counts),
      createdSpaceCount: create.length,
      updatedSpaceCount: update.length,
    },
  })
}
