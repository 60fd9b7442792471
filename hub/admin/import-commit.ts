import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { spacesByPath } from '#shared/domain/space-tree-diff.ts'
import type { TreeFault } from '#shared/domain/space-tree.ts'
import type { Change } from '../platform/postgres/append-change.ts'
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
import {
  changeCount,
  loadTreeState,
  planSpaceTree,
  writeSpaceTree,
  type ImportOutcome,
  type PlannedTree,
  type TreeState,
} from '../spaces/commit-spaces.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { commitAloneAndNotify } from '../platform/writer/commit-alone.ts'
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

/** All that an import of tables is planned from. */
interface ImportState {
  tree: TreeState
  data: ExistingData
}

interface PlannedTables {
  plan: ImportPlan
  spaces: PlannedTree
}

/** What an import would do now; changes nothing. [IMP-4] */
export function previewTables(
  pool: Database,
  universityId: number,
  tables: OldTables,
  places: RoomPlaces,
): Promise<Decision<TablesOutcome, TreeFault[]>> {
  return transaction(pool, 'snapshot', async (client) => {
    const planned = planTables(await loadImportState(client, universityId), tables, places)
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
  const done = await commitAloneAndNotify(pool, universityId, importTablesCommand, { tables, places })
  if (done.ok) await analyzeImported(pool)
  return done
}

interface TablesInput {
  tables: OldTables
  places: RoomPlaces
}

const importTablesCommand: AloneCommand<TablesInput, ImportState, PlannedTables, TablesOutcome, TreeFault[]> =
  {
    name: 'import tables',
    actor: 'staff',
    isRepeatable: true,
    load: async (client, { universityId }) => {
      await lockGroupNames(client, universityId, '')
      return loadImportState(client, universityId)
    },
    decide: ({ tables, places }, state) => planTables(state, tables, places),
    write: async (client, { universityId, clock }, planned, effects, input) => {
      const outcome = { plan: planned.plan, spaces: planned.spaces.outcome }
      if (changeCount(outcome.spaces.difference) > 0) effects.step()
      await write(client, universityId, clock, { ...input, ...planned })
      effects.log.push(...tablesChange(universityId, outcome))
      return outcome
    },
  }

async function loadImportState(database: Queryable, universityId: number): Promise<ImportState> {
  return {
    tree: await loadTreeState(database, universityId),
    data: await loadExistingData(database, universityId),
  }
}

function planTables(
  { tree, data }: ImportState,
  tables: OldTables,
  places: RoomPlaces,
): Decision<PlannedTables, TreeFault[]> {
  const spaces = planSpaceTree(tree, roomSpecs(tables, places), false)
  if (!spaces.ok) return refuse(spaces.refusal)
  return accept({ plan: planImport(tables, data, places), spaces: spaces.value })
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
  spaces: PlannedTree
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

/** The act for the log; nothing where nothing changed. [AUD-5] */
function tablesChange(universityId: number, { plan: done, spaces }: TablesOutcome): Change[] {
  const isChanged = Object.values(done).some(({ create, change }) => create.length + change.length > 0)
  if (!isChanged && changeCount(spaces.difference) === 0) return []
  const counts = Object.entries(done).map(([what, { create, change, unchangedCount }]) => [
    what,
    { createdCount: create.length, changedCount: change.length, unchangedCount },
  ])
  const { create, update } = spaces.difference
  const log = {
    ...Object.fromEntries(counts),
    createdSpaceCount: create.length,
    updatedSpaceCount: update.length,
  }
  return [{ universityId, actor: 'cli', service: 'import', subject: 'tables', log }]
}
