import { may } from '#shared/domain/access.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { isHiddenBySomebody } from '#shared/domain/space.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { NAME_REFUSALS, spaceChange, type SpaceCommand } from './change-spaces.ts'
import {
  loadDeletedWith,
  loadDescendants,
  loadSpaceState,
  markSpacesRestored,
  markUpdatedBy,
  updateOnKiosks,
  type Descendant,
  type SpaceState,
} from './person-space-rows.ts'
import { loadNamesakes, type Namesake } from './sibling-name-rows.ts'
import {
  decideSpace,
  faultOfCount,
  faultOfKind,
  faultOfPosition,
  faultOfSibling,
  isOfSuperGroup,
  loadChanger,
  loadCounts,
  loadPosition,
  subtreeHeight,
  visibleDescendants,
  type SpaceChanger,
  type SpaceCounts,
  type SpacePosition,
} from './space-change-facts.ts'
import { loadKiosksAt, markSpacesDeleted, rebuildComposites } from './space-rows.ts'

interface Named {
  id: number
  name: string
}

/** What was deleted, and the kiosks whose space is gone. */
export interface Removed {
  deleted: Named[]
  strandedKiosks: Named[]
}

/** A space that somebody wants to delete, as it was at `version`. */
export interface SpaceRemoval {
  id: number
  version: number
  withChildren: boolean
}

interface AcceptedRemoval {
  space: SpaceState
  below: Descendant[]
  /** Those that are named to who deletes. */
  seen: Descendant[]
  strandedKiosks: Named[]
  seesKiosks: boolean
}

/**
 * Deletes a space that was at `version`; one with children is refused with their names unless `withChildren`, and then
 * only whoever may delete each of them deletes all. What others hid in it goes with it and is not listed. The university's own space
 * stays. [TRE-9] [TRE-10] [TRE-13]
 */
export const removeSpaceCommand: SpaceCommand<
  SpaceRemoval,
  { space: SpaceState | null; below: Descendant[]; kiosks: Named[] },
  AcceptedRemoval,
  Removed
> = {
  name: 'delete a space',
  actor: 'person',
  actorId: ({ by }) => by.userId,
  load: async (client, { universityId }, { by, input: { id } }) => {
    const changer = await loadChanger(client, universityId, by)
    const space = await loadSpaceState(client, universityId, id)
    if (space === null) return { changer, space, below: [], kiosks: [] }
    const below = await loadDescendants(client, id)
    const kiosks = await loadKiosksAt(client, universityId, [id, ...below.map((one) => one.id)])
    return { changer, space, below, kiosks }
  },
  decide: ({ input }, { changer, space: found, below, kiosks }) => {
    if (changer === null) return refuse({ why: 'signInNeeded' })
    const decision = decideSpace(changer, found, 'deleteSpace')
    if (!decision.ok) return decision
    const space = decision.value
    if (space.isDeleted) return refuse({ why: 'spaceDeleted' })
    if (space.version !== input.version) return refuse({ why: 'stale' })
    if (space.parentId === null) return refuse({ why: 'notAllowed' })
    const { actor, universityId } = changer
    const seen = visibleDescendants(changer, below)
    const children = topsOf(seen)
    if (children.length > 0 && !input.withChildren)
      return refuse({ why: 'hasChildren', spaces: children.map(named) })
    const mayAll = seen.every(({ createdById }) => may(actor, 'deleteSpace', { universityId, createdById }))
    if (!mayAll) return refuse({ why: 'notAllowed' })
    const seesKiosks = may(actor, 'seeKiosks', { universityId })
    return accept({ space, below, seen, strandedKiosks: kiosks.map(named), seesKiosks })
  },
  write: async (client, { universityId, clock }, removal, effects, wish) => {
    effects.step()
    const { space, below, seen, strandedKiosks, seesKiosks } = removal
    const deleted = [space, ...below].map(named)
    const ids = deleted.map(({ id }) => id)
    await markSpacesDeleted(client, universityId, clock, ids)
    await markUpdatedBy(client, ids, wish.by.userId)
    // Off kiosks it counts in no other: nothing else has to be summed anew. [TRE-6]
    if (space.onKiosks) await rebuildComposites(client, universityId, clock)
    const log = { spaceId: space.id, deleted, strandedKiosks }
    effects.log.push(spaceChange(universityId, wish, 'delete', log))
    return { deleted: [space, ...seen].map(named), strandedKiosks: seesKiosks ? strandedKiosks : [] }
  },
}

interface RestoreFacts {
  space: SpaceState | null
  /** What was deleted in the same commit, below it. */
  below: Descendant[]
  position: SpacePosition
  counts: SpaceCounts
  namesakes: Namesake[]
}

/** Null: it lives already. */
type AcceptedRestore = { space: SpaceState; ids: number[]; isHidden: boolean } | null

/**
 * Restores a deleted space with what was deleted in the same commit. Its parent must be live, and its name free
 * there if it returns to public screens. Restored from outside the super group, it is off kiosks until it is allowed there again. [TRE-8] [TRE-10] [TRE-12]
 */
export const restoreSpaceCommand: SpaceCommand<{ id: number }, RestoreFacts, AcceptedRestore, number> = {
  name: 'restore a space',
  actor: 'person',
  actorId: ({ by }) => by.userId,
  refusals: NAME_REFUSALS,
  load: async (client, { universityId }, { by, input: { id } }) => {
    const changer = await loadChanger(client, universityId, by)
    const space = await loadSpaceState(client, universityId, id)
    const parentId = space?.parentId ?? null
    return {
      changer,
      space,
      below: space === null ? [] : await loadDeletedWith(client, universityId, space),
      position: await loadPosition(client, universityId, parentId),
      counts: await loadCounts(client, universityId, by.userId),
      namesakes: await loadNamesakes(client, universityId, parentId, space?.name ?? ''),
    }
  },
  decide: (_wish, { changer, space: found, ...facts }) => {
    if (changer === null) return refuse({ why: 'signInNeeded' })
    const decision = decideSpace(changer, found, 'editSpace')
    if (!decision.ok) return decision
    const space = decision.value
    if (!space.isDeleted) return accept(null)
    const fault = faultOfRestore(changer, space, facts)
    if (fault !== null) return refuse(fault)
    const ids = [space.id, ...facts.below.map((one) => one.id)]
    return accept({ space, ids, isHidden: space.onKiosks && !isOfSuperGroup(changer.actor) })
  },
  write: async (client, { universityId, clock }, restore, effects, wish) => {
    const { id } = wish.input
    if (restore === null) return id
    effects.step()
    const { space, ids, isHidden } = restore
    // Hidden before it lives: its name may be a public sibling's meanwhile. [TRE-15]
    if (isHidden) await updateOnKiosks(client, universityId, clock, id, false)
    await markSpacesRestored(client, universityId, clock, ids)
    await markUpdatedBy(client, ids, wish.by.userId)
    await rebuildComposites(client, universityId, clock)
    const log = { spaceId: id, name: space.name, restoredIds: ids }
    effects.log.push(spaceChange(universityId, wish, 'restore', log))
    return id
  },
}

function faultOfRestore(
  changer: SpaceChanger,
  space: SpaceState,
  { below, position, counts, namesakes }: Omit<RestoreFacts, 'space'>,
): HttpRefusal | null {
  const { parentId, kind, id, createdById } = space
  const { actor } = changer
  const onKiosks = space.onKiosks && isOfSuperGroup(actor)
  const isMine = (one: { createdById: number | null }): boolean => one.createdById === actor.userId
  const mineCount = isOfSuperGroup(actor) ? 0 : [space, ...below].filter(isMine).length
  const hiddenCount = [{ ...space, onKiosks }, ...below].filter(isHiddenBySomebody).length
  const seen = visibleDescendants(changer, below)
  const height = subtreeHeight(changer, below)
  return (
    (parentId === null ? null : faultOfPosition(position, { movedId: id, height })) ??
    faultOfKind(changer, position, { kind, below: seen }) ??
    faultOfCount(changer, counts, { count: 1 + below.length, hiddenCount, mineCount }) ??
    faultOfSibling(changer, namesakes, { id, onKiosks, createdById })
  )
}

interface OnKiosksFacts {
  space: SpaceState | null
  below: Descendant[]
  position: SpacePosition
  counts: SpaceCounts
  namesakes: Namesake[]
}

/**
 * Puts a space on public screens with what is allowed there below it, when its name is free and the tree not too deep, or takes
 * it off. The university's own space stays on. [TRE-6] [TRE-7] [TRE-8] [TRE-15]
 */
export const onKiosksCommand: SpaceCommand<
  { id: number; isOnKiosks: boolean },
  OnKiosksFacts,
  SpaceState | null,
  number
> = {
  name: 'let a space on kiosks',
  actor: 'person',
  actorId: ({ by }) => by.userId,
  refusals: NAME_REFUSALS,
  load: async (client, { universityId }, { by, input: { id } }) => {
    const changer = await loadChanger(client, universityId, by)
    const space = await loadSpaceState(client, universityId, id)
    const parentId = space?.parentId ?? null
    return {
      changer,
      space,
      below: space === null ? [] : await loadDescendants(client, id),
      position: await loadPosition(client, universityId, parentId),
      counts: await loadCounts(client, universityId, by.userId),
      namesakes: await loadNamesakes(client, universityId, parentId, space?.name ?? ''),
    }
  },
  decide: ({ input: { isOnKiosks } }, { changer, space: found, ...facts }) => {
    if (changer === null) return refuse({ why: 'signInNeeded' })
    const decision = decideSpace(changer, found, 'letOnKiosks')
    if (!decision.ok) return decision
    const space = decision.value
    if (space.isDeleted) return refuse({ why: 'spaceDeleted' })
    if (space.onKiosks === isOnKiosks) return accept(null)
    if (space.parentId === null) return refuse({ why: 'valueRefused', at: '/isOnKiosks' })
    const fault = isOnKiosks ? faultOfLettingOn(changer, space, facts) : null
    return fault === null ? accept(space) : refuse(fault)
  },
  write: async (client, { universityId, clock }, space, effects, wish) => {
    const { id, isOnKiosks } = wish.input
    if (space === null) return id
    effects.step()
    await updateOnKiosks(client, universityId, clock, id, isOnKiosks)
    await markUpdatedBy(client, [id], wish.by.userId)
    await rebuildComposites(client, universityId, clock)
    const subject = isOnKiosks ? 'letOnKiosks' : 'takeOffKiosks'
    effects.log.push(spaceChange(universityId, wish, subject, { spaceId: id, name: space.name }))
    return id
  },
}

/** It may be too deep by now, with what is public below it: somebody who did not see it moved an ancestor. [TRE-11] [TRE-13] */
function faultOfLettingOn(
  changer: SpaceChanger,
  space: SpaceState,
  { below, position, counts, namesakes }: Omit<OnKiosksFacts, 'space'>,
): HttpRefusal | null {
  const height = subtreeHeight(
    changer,
    below.filter(({ onKiosks }) => onKiosks),
  )
  return (
    faultOfSibling(changer, namesakes, { ...space, onKiosks: true }) ??
    faultOfPosition(position, { movedId: null, height }) ??
    (isHiddenBySomebody(space)
      ? faultOfCount(changer, counts, { count: 1, hiddenCount: 0, mineCount: 0 })
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
