import { may, type Act, type Actor } from '#shared/domain/access.ts'
import { refuse, type Decision } from '#shared/domain/decision.ts'
import { decideKind } from '#shared/domain/space-kinds.ts'
import { MAX_TREE_DEPTH, MAX_TREE_SPACES, type SpaceKind } from '#shared/domain/space.ts'
import type { CallRefusal, SignedIn } from '../platform/http/handle.ts'
import { loadLiveSession } from '../accounts/actors.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import type { Database, Transaction } from '../platform/postgres/database.ts'
import {
  countLiveSpaces,
  loadLineage,
  loadSettings,
  loadSpaceState,
  type Descendant,
  type SpaceState,
} from './people-spaces.ts'
import { countTryNow } from '../platform/http/rate-limits.ts'
import { hasSibling, isNameTaken } from './sibling-names.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'

/** Changes of the tree that one person outside the super group makes in an hour, at most: each sums the whole tree anew. [TRE-12] */
const MAX_CHANGES = 120
const WINDOW_MS = 3_600_000

/** What people's changes of spaces are made with. */
export interface SpaceParts {
  pool: Database
  writer: TenantWriter
}

/** One change, under the lock. */
export interface SpaceChange {
  client: Transaction
  universityId: number
  clock: number
  nowMs: number
  /** As they are now. */
  actor: Actor
  userId: number
  address: string
}

/** What a change came to; `isStep` false: nothing had to be changed. */
export type Changed<Value> = Decision<Value, CallRefusal> & { isStep?: false }

/** Whether somebody is of the super group of their university. */
export function isOfSuperGroup(actor: Actor): boolean {
  return actor.memberships.some(({ isSuper }) => isSuper)
}

/**
 * Runs a person's change of spaces as one commit under the university's clock, with the person as they are then: who
 * signed out or lost a group meanwhile changes nothing more. A refusal leaves the clock where it is. [IDN-9] [TRE-12]
 */
export async function changeSpaces<Value>(
  parts: SpaceParts,
  caller: SignedIn,
  work: (change: SpaceChange) => Promise<Changed<Value>>,
): Promise<Decision<Value, CallRefusal>> {
  const { universityId, userId } = caller.actor
  if (universityId === null) return refuse({ why: 'notFound' })
  if (!isOfSuperGroup(caller.actor)) {
    const tries = await countTryNow(parts.pool, `spaces:${userId}`, WINDOW_MS)
    if (tries.count > MAX_CHANGES) return refuse({ why: 'tooMany', retryAfterS: tries.resetsInMs / 1000 })
  }
  const done = parts.writer.runUnderClock<Changed<Value>>(
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

/** A space that somebody wants to change: there is one, and they may. */
export async function findSpace(
  { client, universityId, actor }: SpaceChange,
  id: number,
  act: Act,
): Promise<Decision<SpaceState, CallRefusal>> {
  const space = await loadSpaceState(client, universityId, id)
  if (space === null) return refuse({ why: 'notFound' })
  const { createdById } = space
  return may(actor, act, { universityId, createdById })
    ? { ok: true, value: space }
    : refuse({ why: 'notAllowed' })
}

/**
 * What stands below a space as far as whoever changes the space has to do with it: not what others hid there, nor what they
 * have below that. It goes where the space goes, is not told, and speaks against nothing. The super group sees all. [TRE-13]
 */
export function partsSeen(
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
 * How many levels a place takes with what stands below it, itself included: of what others hid there only what is let on
 * public screens below that, for one day it is seen there. [TRE-11] [TRE-13]
 */
export function heightOf(change: SpaceChange, below: readonly Descendant[]): number {
  const seen = new Set(partsSeen(change, below))
  return below.reduce(
    (height, space) => (space.onKiosks || seen.has(space) ? Math.max(height, 1 + space.depth) : height),
    1,
  )
}

/** What speaks against a place below a parent, for a new, a moved or a restored space of `height` levels, itself included. [TRE-1] [TRE-11] [TRE-12] */
export async function faultOfPlace(
  { client, universityId }: SpaceChange,
  place: { parentId: number; movedId: number | null; height: number },
): Promise<CallRefusal | null> {
  const parent = await loadSpaceState(client, universityId, place.parentId)
  if (parent === null) return { why: 'notFound' }
  if (parent.isDeleted) return { why: 'spaceDeleted' }
  const lineage = await loadLineage(client, parent.id)
  const isCycle = lineage.some(({ id }) => id === place.movedId)
  if (isCycle || lineage.length + place.height - 1 > MAX_TREE_DEPTH)
    return { why: 'valueRefused', at: '/parentId' }
  return null
}

/**
 * What speaks against a kind below a parent, with these kinds in it. The super group, like an import, knows its buildings
 * better than a table does; a second university is nobody's. [TRE-14]
 */
export async function faultOfKind(
  { client, actor }: SpaceChange,
  place: { kind: SpaceKind; parentId: number | null; below: readonly { kind: SpaceKind }[] },
): Promise<CallRefusal | null> {
  if (place.parentId === null) return null
  const lineage = await loadLineage(client, place.parentId)
  // The top is the university's own space, whatever kind somebody gave it.
  const above = lineage.map(({ kind }, index) => (index === lineage.length - 1 ? 'university' : kind))
  const decision = decideKind(place.kind, { above, below: place.below.map(({ kind }) => kind) })
  if (decision.ok || (decision.refusal.why === 'tooLarge' && isOfSuperGroup(actor))) return null
  return { why: 'valueRefused', at: '/kind' }
}

/** A space as it is to stand among its siblings. */
export interface StandingSpace {
  /** Null: it is not made yet. */
  id: number | null
  parentId: number | null
  name: string
  onKiosks: boolean
  createdById: number | null
}

/**
 * Whether the name of a space as it is to be is taken: by a public sibling, and for who gives a hidden one of their own that
 * name, or moves it there, by one that they hid. Hidden where it stood, it is in nobody's way. [TRE-3] [TRE-13] [TRE-15]
 */
export async function faultOfSibling(
  { client, universityId, userId }: SpaceChange,
  space: StandingSpace,
  isPlacedAnew = false,
): Promise<CallRefusal | null> {
  const { id, parentId, name, onKiosks, createdById } = space
  if (!onKiosks && !isPlacedAnew) return null
  const isTaken = await hasSibling(client, universityId, {
    parentId,
    name,
    exceptId: id,
    hiddenById: !onKiosks && createdById === userId ? userId : null,
  })
  return isTaken ? { why: 'nameTaken' } : null
}

/**
 * What speaks against so many more live spaces, `hiddenCount` of them kept to themselves by people and `mineCount` of the
 * person's own making. What people hid fills nobody's university but theirs, and is in the way of no staff. [TRE-12] [TRE-13]
 */
export async function faultOfCount(
  { client, universityId, userId, actor }: SpaceChange,
  more: { count: number; hiddenCount: number; mineCount: number },
): Promise<CallRefusal | null> {
  const { spacesPerPerson } = await loadSettings(client, universityId)
  const { all, hidden, made } = await countLiveSpaces(client, universityId, userId)
  const shownCount = more.count - more.hiddenCount
  const isTooMany =
    (shownCount > 0 && all - hidden + shownCount > MAX_TREE_SPACES + 1) ||
    (more.hiddenCount > 0 && !isOfSuperGroup(actor) && hidden + more.hiddenCount > MAX_TREE_SPACES)
  const isBeyondMine = more.mineCount > 0 && made + more.mineCount > spacesPerPerson
  return isTooMany || isBeyondMine ? { why: 'quotaReached' } : null
}

/** Writes a change of a space down. [AUD-1] */
export async function noteChange(
  change: SpaceChange,
  subject: string,
  log: Record<string, unknown>,
): Promise<void> {
  const { client, universityId } = change
  await appendChange(client, { ...changedBy(change), universityId, service: 'spaces', subject, log })
}
