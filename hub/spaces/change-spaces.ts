import { may, type Act, type Actor } from '#shared/domain/access.ts'
import { refuse, type Decision } from '#shared/domain/decision.ts'
import { decideKind } from '#shared/domain/space-kinds.ts'
import { MAX_TREE_DEPTH, MAX_TREE_SPACES, type SpaceKind } from '#shared/domain/space.ts'
import type { HttpRefusal, SignedIn } from '../platform/http/handle.ts'
import { loadLiveSession } from '../accounts/actors.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import type { Database, Transaction } from '../platform/postgres/database.ts'
import {
  countLiveSpaces,
  loadLineage,
  loadSpaceState,
  type Descendant,
  type SpaceState,
} from './person-space-rows.ts'
import { loadSettings } from '../platform/postgres/university-facts.ts'
import { countTryNow } from '../platform/http/rate-limits.ts'
import { hasSibling, isNameTaken } from './sibling-name-rows.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'

/** Changes of the tree that one person outside the super group makes in an hour, at most: each recomputes the whole tree. [TRE-12] */
const MAX_CHANGES = 120
const WINDOW_MS = 3_600_000

/** What changing spaces needs. */
export interface SpaceDependencies {
  pool: Database
  writer: TenantWriter
}

/** A change of spaces, under the lock. */
export interface SpaceChange {
  client: Transaction
  universityId: number
  clock: number
  nowMs: number
  /** With their memberships as they are now. */
  actor: Actor
  userId: number
  address: string
}

/** The result of a change; `isStep` false: nothing had to be changed. */
export type Changed<Value> = Decision<Value, HttpRefusal> & { isStep?: false }

/** Whether somebody is of the super group of their university. */
export function isOfSuperGroup(actor: Actor): boolean {
  return actor.memberships.some(({ isSuper }) => isSuper)
}

/**
 * Runs a person's change of spaces as one commit under the university's clock, with the person's rights as they are then: who
 * signed out or lost a group meanwhile is refused. A refusal leaves the clock where it is. [IDN-9] [TRE-12]
 */
export async function changeSpaces<Value>(
  dependencies: SpaceDependencies,
  caller: SignedIn,
  work: (change: SpaceChange) => Promise<Changed<Value>>,
): Promise<Decision<Value, HttpRefusal>> {
  const { universityId, userId } = caller.actor
  if (universityId === null) return refuse({ why: 'notFound' })
  if (!isOfSuperGroup(caller.actor)) {
    const tries = await countTryNow(dependencies.pool, `spaces:${userId}`, WINDOW_MS)
    if (tries.count > MAX_CHANGES) return refuse({ why: 'tooMany', retryAfterS: tries.resetsInMs / 1000 })
  }
  const done = dependencies.writer.runUnderClock<Changed<Value>>(
    universityId,
    async (client, { clock, nowMs }) => {
      const live = await loadLiveSession(client, caller.sessionId, userId)
      if (live === null) return refuse({ why: 'signInNeeded' })
      const { actor } = live
      return work({ client, universityId, clock, nowMs, actor, userId, address: caller.address })
    },
    (result) => result.ok && result.isStep !== false,
  )
  return done.catch((error: unknown) => {
    if (isNameTaken(error)) return refuse({ why: 'nameTaken' })
    throw error
  })
}

/** The space that somebody wants to change; refused when there is none or they may not. */
export async function findSpace(
  { client, universityId, actor }: SpaceChange,
  id: number,
  act: Act,
): Promise<Decision<SpaceState, HttpRefusal>> {
  const space = await loadSpaceState(client, universityId, id)
  if (space === null) return refuse({ why: 'notFound' })
  const { createdById } = space
  return may(actor, act, { universityId, createdById })
    ? { ok: true, value: space }
    : refuse({ why: 'notAllowed' })
}

/**
 * The spaces below one that matter to the person who changes it: not those that others hid there, nor what is below those.
 * Hidden ones move or go with the space, are not listed, and refuse nothing. The super group sees all. [TRE-13]
 */
export function visibleDescendants(
  { actor, universityId, userId }: SpaceChange,
  below: readonly Descendant[],
): Descendant[] {
  if (may(actor, 'letOnKiosks', { universityId })) return [...below]
  const hidden = new Set<number>()
  // Parents come before children.
  for (const { id, parentId, onKiosks, createdById } of below)
    if (createdById !== userId && (!onKiosks || hidden.has(parentId))) hidden.add(id)
  return below.filter(({ id }) => !hidden.has(id))
}

/**
 * How many levels a space has with what is below it, itself included: of what others hid there only what is public below
 * that, since it may become visible. [TRE-11] [TRE-13]
 */
export function subtreeHeight(change: SpaceChange, below: readonly Descendant[]): number {
  const seen = new Set(visibleDescendants(change, below))
  return below.reduce(
    (height, space) => (space.onKiosks || seen.has(space) ? Math.max(height, 1 + space.depth) : height),
    1,
  )
}

/** Why a space cannot be below a parent, null when it can: for a new, a moved or a restored space of `height` levels, itself included. [TRE-1] [TRE-11] [TRE-12] */
export async function faultOfPosition(
  { client, universityId }: SpaceChange,
  position: { parentId: number; movedId: number | null; height: number },
): Promise<HttpRefusal | null> {
  const parent = await loadSpaceState(client, universityId, position.parentId)
  if (parent === null) return { why: 'notFound' }
  if (parent.isDeleted) return { why: 'spaceDeleted' }
  const lineage = await loadLineage(client, parent.id)
  const isCycle = lineage.some(({ id }) => id === position.movedId)
  if (isCycle || lineage.length + position.height - 1 > MAX_TREE_DEPTH)
    return { why: 'valueRefused', at: '/parentId' }
  return null
}

/**
 * Why a space cannot have a kind below a parent, with these kinds in it; null when it can. The super group, like an import, may
 * ignore the order of sizes; nobody may make a second university. [TRE-14]
 */
export async function faultOfKind(
  { client, actor }: SpaceChange,
  position: { kind: SpaceKind; parentId: number | null; below: readonly { kind: SpaceKind }[] },
): Promise<HttpRefusal | null> {
  if (position.parentId === null) return null
  const lineage = await loadLineage(client, position.parentId)
  // The root is the university's own space, whatever kind it was given.
  const above = lineage.map(({ kind }, index) => (index === lineage.length - 1 ? 'university' : kind))
  const decision = decideKind(position.kind, { above, below: position.below.map(({ kind }) => kind) })
  if (decision.ok || (decision.refusal.why === 'tooLarge' && isOfSuperGroup(actor))) return null
  return { why: 'valueRefused', at: '/kind' }
}

/** A space with the name and parent that it is to have. */
export interface SpaceAfterChange {
  /** Null: it is not made yet. */
  id: number | null
  parentId: number | null
  name: string
  onKiosks: boolean
  createdById: number | null
}

/**
 * Whether the name of a space is taken: by a public sibling, and when somebody renames or moves a hidden one of their own, by
 * one that they hid. A hidden space that stays where it is takes no name. [TRE-3] [TRE-13] [TRE-15]
 */
export async function faultOfSibling(
  { client, universityId, userId }: SpaceChange,
  space: SpaceAfterChange,
  isRenamedOrMoved = false,
): Promise<HttpRefusal | null> {
  const { id, parentId, name, onKiosks, createdById } = space
  if (!onKiosks && !isRenamedOrMoved) return null
  const isTaken = await hasSibling(client, universityId, {
    parentId,
    name,
    exceptId: id,
    hiddenById: !onKiosks && createdById === userId ? userId : null,
  })
  return isTaken ? { why: 'nameTaken' } : null
}

/**
 * Why so many more live spaces are refused, null when they are not: `hiddenCount` of them hidden by people and `mineCount` made
 * by this person. Hidden spaces use up no room of staff. [TRE-12] [TRE-13]
 */
export async function faultOfCount(
  { client, universityId, userId, actor }: SpaceChange,
  more: { count: number; hiddenCount: number; mineCount: number },
): Promise<HttpRefusal | null> {
  const { spacesPerPerson } = await loadSettings(client, universityId)
  const { all, hidden, made } = await countLiveSpaces(client, universityId, userId)
  const shownCount = more.count - more.hiddenCount
  const isTooMany =
    (shownCount > 0 && all - hidden + shownCount > MAX_TREE_SPACES + 1) ||
    (more.hiddenCount > 0 && !isOfSuperGroup(actor) && hidden + more.hiddenCount > MAX_TREE_SPACES)
  const isBeyondMine = more.mineCount > 0 && made + more.mineCount > spacesPerPerson
  return isTooMany || isBeyondMine ? { why: 'quotaReached' } : null
}

/** Appends a change of a space to the log. [AUD-1] */
export async function appendSpaceChange(
  change: SpaceChange,
  subject: string,
  log: Record<string, unknown>,
): Promise<void> {
  const { client, universityId } = change
  await appendChange(client, { ...changedBy(change), universityId, service: 'spaces', subject, log })
}
