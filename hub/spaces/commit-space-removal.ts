import { may } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { isHiddenBySomebody } from '#shared/domain/space.ts'
import type { HttpRefusal, SignedIn } from '../platform/http/handle.ts'
import {
  loadDeletedWith,
  loadDescendants,
  markSpacesRestored,
  markUpdatedBy,
  updateOnKiosks,
  type Descendant,
  type SpaceState,
} from './person-space-rows.ts'
import { loadKiosksAt, markSpacesDeleted, rebuildComposites } from './space-rows.ts'
import {
  changeSpaces,
  faultOfCount,
  faultOfKind,
  faultOfPosition,
  faultOfSibling,
  findSpace,
  subtreeHeight,
  isOfSuperGroup,
  appendSpaceChange,
  visibleDescendants,
  type SpaceChange,
  type SpaceDependencies,
} from './change-spaces.ts'

interface Named {
  id: number
  name: string
}

/** What was deleted, and the kiosks whose space is gone. */
export interface Removed {
  deleted: Named[]
  strandedKiosks: Named[]
}

/**
 * Deletes a space that was at `version`; one with children is refused with their names unless `withChildren`, and then
 * only whoever may delete each of them deletes all. What others hid in it goes with it and is not listed. The university's own space
 * stays. [TRE-9] [TRE-10] [TRE-13]
 */
export async function commitSpaceRemoval(
  dependencies: SpaceDependencies,
  caller: SignedIn,
  input: { id: number; version: number; withChildren: boolean },
): Promise<Decision<Removed, HttpRefusal>> {
  return changeSpaces(dependencies, caller, async (change) => {
    const { client, universityId, clock, actor, userId } = change
    const found = await findSpace(change, input.id, 'deleteSpace')
    if (!found.ok) return found
    const space = found.value
    if (space.isDeleted) return refuse({ why: 'spaceDeleted' })
    if (space.version !== input.version) return refuse({ why: 'stale' })
    if (space.parentId === null) return refuse({ why: 'notAllowed' })
    const below = await loadDescendants(client, space.id)
    const seen = visibleDescendants(change, below)
    const children = topsOf(seen)
    if (children.length > 0 && !input.withChildren)
      return refuse({ why: 'hasChildren', spaces: children.map(named) })
    const mayAll = seen.every(({ createdById }) => may(actor, 'deleteSpace', { universityId, createdById }))
    if (!mayAll) return refuse({ why: 'notAllowed' })
    const deleted = [space, ...below].map(named)
    const ids = deleted.map(({ id }) => id)
    const strandedKiosks = (await loadKiosksAt(client, universityId, ids)).map(named)
    await markSpacesDeleted(client, universityId, clock, ids)
    await markUpdatedBy(client, ids, userId)
    // Off kiosks it counts in no other: nothing else has to be summed anew. [TRE-6]
    if (space.onKiosks) await rebuildComposites(client, universityId, clock)
    await appendSpaceChange(change, 'delete', { spaceId: space.id, deleted, strandedKiosks })
    const seesKiosks = may(actor, 'seeKiosks', { universityId })
    return accept({
      deleted: [space, ...seen].map(named),
      strandedKiosks: seesKiosks ? strandedKiosks : [],
    })
  })
}

/**
 * Restores a deleted space with what was deleted in the same commit. Its parent must be live, and its name free
 * there if it returns to public screens. Restored from outside the super group, it is off kiosks until it is allowed there again. [TRE-8] [TRE-10] [TRE-12]
 */
export async function commitSpaceRestore(
  dependencies: SpaceDependencies,
  caller: SignedIn,
  id: number,
): Promise<Decision<number, HttpRefusal>> {
  return changeSpaces(dependencies, caller, async (change) => {
    const { client, universityId, clock, actor, userId } = change
    const found = await findSpace(change, id, 'editSpace')
    if (!found.ok) return found
    const space = found.value
    if (!space.isDeleted) return { ...accept(id), isStep: false }
    const below = await loadDeletedWith(client, universityId, space)
    const fault = await faultOfRestore(change, space, below)
    if (fault !== null) return refuse(fault)
    const ids = [id, ...below.map((one) => one.id)]
    // Hidden before it lives: its name may be a public sibling's meanwhile. [TRE-15]
    if (space.onKiosks && !isOfSuperGroup(actor)) await updateOnKiosks(client, universityId, clock, id, false)
    await markSpacesRestored(client, universityId, clock, ids)
    await markUpdatedBy(client, ids, userId)
    await rebuildComposites(client, universityId, clock)
    await appendSpaceChange(change, 'restore', { spaceId: id, name: space.name, restoredIds: ids })
    return accept(id)
  })
}

async function faultOfRestore(
  change: SpaceChange,
  space: SpaceState,
  below: readonly Descendant[],
): Promise<HttpRefusal | null> {
  const { parentId, kind, id } = space
  const { actor, userId } = change
  const onKiosks = space.onKiosks && isOfSuperGroup(actor)
  const isMine = ({ createdById }: { createdById: number | null }): boolean => createdById === userId
  const mineCount = isOfSuperGroup(actor) ? 0 : [space, ...below].filter(isMine).length
  const hiddenCount = [{ ...space, onKiosks }, ...below].filter(isHiddenBySomebody).length
  const seen = visibleDescendants(change, below)
  const height = subtreeHeight(change, below)
  return (
    (parentId === null ? null : await faultOfPosition(change, { parentId, movedId: id, height })) ??
    (await faultOfKind(change, { parentId, kind, below: seen })) ??
    (await faultOfCount(change, { count: 1 + below.length, hiddenCount, mineCount })) ??
    (await faultOfSibling(change, { ...space, onKiosks }))
  )
}

/**
 * Puts a space on public screens with what is allowed there below it, when its name is free and the tree not too deep, or takes
 * it off. The university's own space stays on. [TRE-6] [TRE-7] [TRE-8] [TRE-15]
 */
export async function commitOnKiosks(
  dependencies: SpaceDependencies,
  caller: SignedIn,
  input: { id: number; isOnKiosks: boolean },
): Promise<Decision<number, HttpRefusal>> {
  return changeSpaces(dependencies, caller, async (change) => {
    const { client, universityId, clock, userId } = change
    const { id, isOnKiosks } = input
    const found = await findSpace(change, id, 'letOnKiosks')
    if (!found.ok) return found
    const { isDeleted, onKiosks, parentId, name } = found.value
    if (isDeleted) return refuse({ why: 'spaceDeleted' })
    if (onKiosks === isOnKiosks) return { ...accept(id), isStep: false }
    if (parentId === null) return refuse({ why: 'valueRefused', at: '/isOnKiosks' })
    const fault = isOnKiosks ? await faultOfLettingOn(change, found.value, parentId) : null
    if (fault !== null) return refuse(fault)
    await updateOnKiosks(client, universityId, clock, id, isOnKiosks)
    await markUpdatedBy(client, [id], userId)
    await rebuildComposites(client, universityId, clock)
    await appendSpaceChange(change, isOnKiosks ? 'letOnKiosks' : 'takeOffKiosks', { spaceId: id, name })
    return accept(id)
  })
}

/** It may be too deep by now, with what is public below it: somebody who did not see it moved an ancestor. [TRE-11] [TRE-13] */
async function faultOfLettingOn(
  change: SpaceChange,
  space: SpaceState,
  parentId: number,
): Promise<HttpRefusal | null> {
  const below = await loadDescendants(change.client, space.id)
  const height = subtreeHeight(
    change,
    below.filter(({ onKiosks }) => onKiosks),
  )
  return (
    (await faultOfSibling(change, { ...space, onKiosks: true })) ??
    (await faultOfPosition(change, { parentId, movedId: null, height })) ??
    (isHiddenBySomebody(space)
      ? await faultOfCount(change, { count: 1, hiddenCount: 0, mineCount: 0 })
      : null)
  )
}

/** Those that are below none of the others. */
function topsOf(spaces: readonly Descendant[]): Descendant[] {
  const ids = new Set(spaces.map(({ id }) => id))
  return spaces.filter(({ parentId }) => !ids.has(parentId))
}

function named({ id, name }: Named): Named {
  return { id, name }
}
