import { may, type Act, type Actor } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { decideKind } from '#shared/domain/space-kinds.ts'
import { MAX_TREE_DEPTH, MAX_TREE_SPACES, type SpaceKind } from '#shared/domain/space.ts'
import { loadLiveSession } from '../accounts/actors.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { loadSettings } from '../platform/postgres/university-facts.ts'
import type { CallingSession } from '../platform/writer/batch.ts'
import {
  countLiveSpaces,
  loadLineage,
  loadSpaceState,
  type Descendant,
  type SpaceState,
} from './person-space-rows.ts'
import type { Namesake } from './sibling-name-rows.ts'

/** Who changes spaces, and of which university. */
export interface SpaceChanger {
  universityId: number
  /** With their memberships as they are under the lock. */
  actor: Actor
}

/** Where a space is to be: its parent, and what is above that, the parent itself first. */
export interface SpacePosition {
  parent: SpaceState | null
  lineage: readonly { id: number; kind: SpaceKind }[]
}

/** How many live spaces there are, and how many a person may make. */
export interface SpaceCounts {
  all: number
  /** Those that people keep to themselves. */
  hidden: number
  /** Made by the person who asks. */
  made: number
  spacesPerPerson: number
}

/** The person who changes, as they are under the lock; null: their session has ended. [IDN-9] */
export async function loadChanger(
  client: Queryable,
  universityId: number,
  by: CallingSession,
): Promise<SpaceChanger | null> {
  const live = await loadLiveSession(client, by.sessionId, by.userId)
  return live === null ? null : { universityId, actor: live.actor }
}

/** Where a space would be below a parent. */
export async function loadPosition(
  client: Queryable,
  universityId: number,
  parentId: number | null,
): Promise<SpacePosition> {
  const parent = parentId === null ? null : await loadSpaceState(client, universityId, parentId)
  return { parent, lineage: parent === null ? [] : await loadLineage(client, parent.id) }
}

/** The counts that limit what a person makes. */
export async function loadCounts(
  client: Queryable,
  universityId: number,
  userId: number,
): Promise<SpaceCounts> {
  const { spacesPerPerson } = await loadSettings(client, universityId)
  return { ...(await countLiveSpaces(client, universityId, userId)), spacesPerPerson }
}

/** Whether somebody is of the super group of their university. */
export function isOfSuperGroup(actor: Actor): boolean {
  return actor.memberships.some(({ isSuper }) => isSuper)
}

/** The space that somebody wants to change; refused when there is none or they may not. */
export function decideSpace(
  { universityId, actor }: SpaceChanger,
  space: SpaceState | null,
  act: Act,
): Decision<SpaceState, HttpRefusal> {
  if (space === null) return refuse({ why: 'notFound' })
  const { createdById } = space
  return may(actor, act, { universityId, createdById }) ? accept(space) : refuse({ why: 'notAllowed' })
}

/**
 * The spaces below one that matter to the person who changes it: not those that others hid there, nor what is below those.
 * Hidden ones move or go with the space, are not listed, and refuse nothing. The super group sees all. [TRE-13]
 */
export function visibleDescendants(
  { actor, universityId }: SpaceChanger,
  below: readonly Descendant[],
): Descendant[] {
  if (may(actor, 'letOnKiosks', { universityId })) return [...below]
  const hidden = new Set<number>()
  // Parents come before children.
  for (const { id, parentId, onKiosks, createdById } of below)
    if (createdById !== actor.userId && (!onKiosks || hidden.has(parentId))) hidden.add(id)
  return below.filter(({ id }) => !hidden.has(id))
}

/**
 * How many levels a space has with what is below it, itself included: of what others hid there only what is public below
 * that, since it may become visible. [TRE-11] [TRE-13]
 */
export function subtreeHeight(changer: SpaceChanger, below: readonly Descendant[]): number {
  const seen = new Set(visibleDescendants(changer, below))
  return below.reduce(
    (height, space) => (space.onKiosks || seen.has(space) ? Math.max(height, 1 + space.depth) : height),
    1,
  )
}

/** Why a space cannot be at a position, null when it can: a new, a moved or a restored space of `height` levels, itself included. [TRE-1] [TRE-11] [TRE-12] */
export function faultOfPosition(
  { parent, lineage }: SpacePosition,
  space: { movedId: number | null; height: number },
): HttpRefusal | null {
  if (parent === null) return { why: 'notFound' }
  if (parent.isDeleted) return { why: 'spaceDeleted' }
  const isCycle = lineage.some(({ id }) => id === space.movedId)
  if (isCycle || lineage.length + space.height - 1 > MAX_TREE_DEPTH)
    return { why: 'valueRefused', at: '/parentId' }
  return null
}

/**
 * Why a space cannot have a kind at a position, with these kinds in it; null when it can. The super group, like an import, may
 * ignore the order of sizes; nobody may make a second university. [TRE-14]
 */
export function faultOfKind(
  { actor }: SpaceChanger,
  { parent, lineage }: SpacePosition,
  space: { kind: SpaceKind; below: readonly { kind: SpaceKind }[] },
): HttpRefusal | null {
  if (parent === null) return null
  // The root is the university's own space, whatever kind it was given.
  const above = lineage.map(({ kind }, index) => (index === lineage.length - 1 ? 'university' : kind))
  const decision = decideKind(space.kind, { above, below: space.below.map(({ kind }) => kind) })
  if (decision.ok || (decision.refusal.why === 'tooLarge' && isOfSuperGroup(actor))) return null
  return { why: 'valueRefused', at: '/kind' }
}

/** A space as it is to be, among those of the same name below its parent. */
export interface NamedSpace {
  /** Null: it is not made yet. */
  id: number | null
  onKiosks: boolean
  createdById: number | null
}

/**
 * Whether the name of a space is taken: by a public sibling, and when somebody renames or moves a hidden one of their own, by
 * one that they hid. A hidden space that stays where it is takes no name. [TRE-3] [TRE-13] [TRE-15]
 */
export function faultOfSibling(
  { actor }: SpaceChanger,
  namesakes: readonly Namesake[],
  { id, onKiosks, createdById }: NamedSpace,
  isRenamedOrMoved = false,
): HttpRefusal | null {
  if (!onKiosks && !isRenamedOrMoved) return null
  const isMineHidden = !onKiosks && createdById === actor.userId
  const isTaken = namesakes.some(
    (other) => other.id !== id && (other.onKiosks || (isMineHidden && other.createdById === actor.userId)),
  )
  return isTaken ? { why: 'nameTaken' } : null
}

/**
 * Why so many more live spaces are refused, null when they are not: `hiddenCount` of them hidden by people and `mineCount` made
 * by this person. Hidden spaces use up no room of staff. [TRE-12] [TRE-13]
 */
export function faultOfCount(
  { actor }: SpaceChanger,
  { all, hidden, made, spacesPerPerson }: SpaceCounts,
  more: { count: number; hiddenCount: number; mineCount: number },
): HttpRefusal | null {
  const shownCount = more.count - more.hiddenCount
  const isTooMany =
    (shownCount > 0 && all - hidden + shownCount > MAX_TREE_SPACES + 1) ||
    (more.hiddenCount > 0 && !isOfSuperGroup(actor) && hidden + more.hiddenCount > MAX_TREE_SPACES)
  const isBeyondMine = more.mineCount > 0 && made + more.mineCount > spacesPerPerson
  return isTooMany || isBeyondMine ? { why: 'quotaReached' } : null
}
