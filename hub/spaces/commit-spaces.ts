import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { faultsOfTree } from '#shared/domain/space-tree-check.ts'
import {
  diffSpaceTree,
  faultsOfTexts,
  pathsOfSpaces,
  spacesByPath,
  type ExistingSpace,
  type SpaceToCreate,
  type TreeDifference,
} from '#shared/domain/space-tree-diff.ts'
import { pathText, type SpaceSpec, type TreeFault } from '#shared/domain/space-tree.ts'
import { isHiddenBySomebody, MAX_TREE_SPACES } from '#shared/domain/space.ts'
import type { Change } from '../platform/postgres/append-change.ts'
import { type Database, type Queryable, type Transaction } from '../platform/postgres/database.ts'
import { replaceHours } from './hour-rows.ts'
import {
  analyzeSpaces,
  insertSpaces,
  loadKiosksAt,
  loadSpaces,
  markSpacesDeleted,
  rebuildComposites,
  reserveSpaceIds,
  updateSpaces,
  type NewSpace,
} from './space-rows.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { commitAloneAndNotify } from '../platform/writer/commit-alone.ts'

/** After a change of more rows than this the planner's statistics are renewed at once: half speed without. */
const ANALYZE_FROM_ROWS = 500

/** What an import did, or would do. */
export interface ImportOutcome {
  difference: TreeDifference
  /** Live spaces before and after, the university's own included. */
  beforeCount: number
  afterCount: number
  /** Kiosks whose space goes: they are nowhere until they are moved. */
  strandedKiosks: { id: number; name: string; path: string }[]
  /** Clock of the commit; null for a dry run, or when there was nothing to do. */
  clock: number | null
}

/** How an import is made. */
export interface ImportOptions {
  prune: boolean
  /** For the change log: where the tree came from. */
  source: string
  actor: string
  /** What may be deleted, as somebody has confirmed it; without it whatever the tree does not name. [IMP-16] */
  confirmed?: TreeDifference['delete'] | null
}

/** What an import of these spaces would do now; changes nothing. [TRE-5] */
export async function previewSpaceTree(
  database: Queryable,
  universityId: number,
  wanted: readonly SpaceSpec[],
  options: { prune: boolean },
): Promise<Decision<ImportOutcome, TreeFault[]>> {
  const state = await loadTreeState(database, universityId)
  const planned = planSpaceTree(state, wanted, options.prune)
  return planned.ok ? accept(planned.value.outcome) : planned
}

/**
 * Makes a university's spaces what a tree file wants, in one commit under its clock, and writes the act down where it
 * changes something. Every fault refuses the whole. [TRE-2] [TRE-4] [AUD-5]
 */
export async function commitSpaceTree(
  pool: Database,
  universityId: number,
  wanted: readonly SpaceSpec[],
  options: ImportOptions,
): Promise<Decision<ImportOutcome, TreeFault[]>> {
  const preview = await previewSpaceTree(pool, universityId, wanted, options)
  if (!preview.ok) return preview
  if (changeCount(preview.value.difference) === 0) return preview
  const done = await commitAloneAndNotify(pool, universityId, importSpacesCommand, { wanted, options })
  if (done.ok && changeCount(done.value.difference) >= ANALYZE_FROM_ROWS) await analyzeSpaces(pool)
  return done
}

/** Decided under the lock: what was there before it may have changed. */
const importSpacesCommand: AloneCommand<
  { wanted: readonly SpaceSpec[]; options: ImportOptions },
  TreeState,
  PlannedTree,
  ImportOutcome,
  TreeFault[]
> = {
  name: 'import spaces',
  actor: 'staff',
  isRepeatable: true,
  load: (client, { universityId }) => loadTreeState(client, universityId),
  decide: ({ wanted, options }, state) => {
    const planned = planSpaceTree(state, wanted, options.prune)
    if (!planned.ok) return planned
    const faults = faultsOfUnconfirmed(planned.value.outcome.difference, options.confirmed ?? null)
    return faults.length > 0 ? refuse(faults) : planned
  },
  write: async (client, { universityId, clock }, { existing, outcome }, effects, { options }) => {
    if (changeCount(outcome.difference) === 0) return outcome
    effects.step()
    await writeSpaceTree(client, universityId, clock, existing, outcome.difference)
    const settled = { ...outcome, clock }
    effects.log.push(importChange(universityId, settled, options))
    return settled
  },
}

/** Spaces that would be deleted, and were not there, or were called otherwise, when somebody confirmed what is. [IMP-16] */
function faultsOfUnconfirmed(
  difference: TreeDifference,
  confirmed: TreeDifference['delete'] | null,
): TreeFault[] {
  if (confirmed === null) return []
  const pathOf = new Map(confirmed.map(({ id, path }) => [id, pathText(path)]))
  return difference.delete
    .filter(({ id, path }) => pathOf.get(id) !== pathText(path))
    .map(({ path, isHidden }) => ({
      // What was never public is named to nobody. [TRE-13]
      at: isHidden ? 'a space that was never on public screens' : pathText(path),
      why: 'notConfirmed',
      detail: 'it would be deleted too',
    }))
}

/** How many spaces an import would touch. */
export function changeCount(difference: TreeDifference): number {
  return difference.create.length + difference.update.length + difference.delete.length
}

/** What an import is planned from. */
export interface TreeState {
  existing: ExistingSpace[]
  /** Kiosks at live spaces. */
  kiosks: { id: number; name: string; spaceId: number }[]
}

/** What an import would do, with what was there before it. */
export interface PlannedTree {
  existing: ExistingSpace[]
  outcome: ImportOutcome
}

/** Reads the live spaces of a university and the kiosks at them. */
export async function loadTreeState(database: Queryable, universityId: number): Promise<TreeState> {
  const existing = await loadSpaces(database, universityId)
  const ids = existing.map(({ id }) => id)
  return { existing, kiosks: await loadKiosksAt(database, universityId, ids) }
}

/** What an import of these spaces would do. Pure. */
export function planSpaceTree(
  { existing, kiosks }: TreeState,
  wanted: readonly SpaceSpec[],
  prune: boolean,
): Decision<PlannedTree, TreeFault[]> {
  const paths = pathsOfSpaces(existing)
  const faults = faultsOfTree(wanted, new Set(spacesByPath(existing).keys()))
  const difference = diffSpaceTree(existing, wanted, { prune })
  faults.push(...faultsOfTexts(difference, wanted))
  const afterCount = existing.length + difference.create.length - difference.delete.length
  // What people hid takes no room from staff. [TRE-13]
  const deletedIds = new Set(difference.delete.map(({ id }) => id))
  const hiddenCount = existing.filter((one) => isHiddenBySomebody(one) && !deletedIds.has(one.id)).length
  if (afterCount - hiddenCount > MAX_TREE_SPACES + 1)
    faults.push({
      at: 'file',
      why: 'tooLarge',
      detail: `the university would have ${afterCount - hiddenCount - 1} spaces; at most ${MAX_TREE_SPACES} are allowed`,
    })
  if (faults.length > 0) return refuse(faults)
  const strandedKiosks = kiosks
    .filter(({ spaceId }) => deletedIds.has(spaceId))
    .map(({ id, name, spaceId }) => ({ id, name, path: pathText(paths.get(spaceId) ?? []) }))
  const outcome = { difference, beforeCount: existing.length, afterCount, strandedKiosks, clock: null }
  return accept({ existing, outcome })
}

/** Does what was planned under the same lock; stamps it with the clock of the commit. */
export async function writeSpaceTree(
  client: Transaction,
  universityId: number,
  clock: number,
  existing: readonly ExistingSpace[],
  difference: TreeDifference,
): Promise<void> {
  const made = placeNew(existing, difference.create, await reserveSpaceIds(client, difference.create.length))
  const rehoured = difference.update.filter(({ changed }) => changed.includes('hours'))
  const hours = [...rehoured.map(({ id, facts }) => ({ id, hours: facts.hours })), ...made.filter(hasHours)]
  if (made.length > 0) await insertSpaces(client, universityId, clock, made)
  if (difference.update.length > 0) await updateSpaces(client, universityId, clock, difference.update)
  if (hours.length > 0) await replaceHours(client, universityId, hours)
  const gone = difference.delete.map((space) => space.id)
  if (gone.length > 0) await markSpacesDeleted(client, universityId, clock, gone)
  const isReshaped = made.length + gone.length > 0
  const isReweighed = difference.update.some(({ changed }) => changed.includes('capacity'))
  if (isReshaped || isReweighed) await rebuildComposites(client, universityId, clock)
}

function hasHours(space: NewSpace): boolean {
  return space.hours.weekly !== null || space.hours.closures.length > 0
}

/** Gives new spaces their ids and parents; parents come before children. */
function placeNew(
  existing: readonly ExistingSpace[],
  create: readonly SpaceToCreate[],
  ids: readonly number[],
): NewSpace[] {
  const idByPath = new Map([...spacesByPath(existing)].map(([path, { id }]) => [path, id]))
  return create.map(({ path, facts }, index) => {
    const id = ids[index] ?? 0
    idByPath.set(pathText(path), id)
    return { ...facts, id, parentId: idByPath.get(pathText(path.slice(0, -1))) ?? null }
  })
}

function importChange(universityId: number, outcome: ImportOutcome, options: ImportOptions): Change {
  const { difference, beforeCount, afterCount, clock } = outcome
  return {
    universityId,
    actor: options.actor,
    service: 'spaces',
    subject: 'import',
    log: {
      source: options.source,
      prune: options.prune,
      beforeCount,
      afterCount,
      createdCount: difference.create.length,
      updatedCount: difference.update.length,
      deletedCount: difference.delete.length,
      unchangedCount: difference.unchangedCount,
      clock,
    },
  }
}
