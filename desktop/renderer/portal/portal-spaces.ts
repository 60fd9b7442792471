import type { SpaceView } from '#shared/wire/bridge.ts'
import { cutFromKiosks } from '#shared/domain/occupancy.ts'
import { childrenByParent, pathToRoot } from '#shared/domain/space.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import { nameOrder, type CompareNames } from '../common/name-order.ts'
import { shownSpaces, type ShownSpace } from '../common/shown-spaces.ts'
import type { TreeMoment } from '../common/tree-moment.ts'
import { watchTree } from '../common/tree-watch.ts'

/** A space as the portal's screens read it: the kiosks' view, and what only people see. */
export type PortalSpace = SpaceView &
  Pick<ShownSpace, 'mainName'> &
  Pick<PeopleSpace, 'clock' | 'version' | 'isOnKiosks' | 'isMine' | 'isTracked' | 'isMineToEdit'> & {
    /** The clock up to which its hours are known: they travel as rows of their own. [SYN-31] */
    hoursClock: number
  }

/** The view of a row as the hub sends it. */
export function portalSpace(row: PeopleSpace): PortalSpace {
  const { facts, ...rest } = row
  return { ...facts, ...rest, hoursClock: row.clock, isWaiting: false }
}

/** Spaces by number. */
export function spaceMap(rows: readonly PeopleSpace[]): Map<number, PortalSpace> {
  return new Map(rows.map((row) => [row.id, portalSpace(row)]))
}

/** A moment over the spaces that people see. */
export interface PortalMoment extends TreeMoment {
  /** All that the hub sent; whoever has the address of one may open it. */
  spaces: ReadonlyMap<number, PortalSpace>
  /** Those that lists, filters and searches of this person go through. [TRE-13] */
  listed: ReadonlyMap<number, PortalSpace>
  /** Names in the order of the reader's language. */
  byName: CompareNames
}

/**
 * The tree at a moment, as people see it. What is not approved for public screens is cut from its parent: it counts in nothing
 * above, and has a sum of its own – the same cut as in the database. All of it
 * is said in the reader's language. [OCC-6] [TRE-6] [TXT-2]
 */
export function portalMoment(
  stored: ReadonlyMap<number, PortalSpace>,
  timezone: string,
  staleMs: number,
  nowMs: number,
  locale: Locale,
): PortalMoment {
  return watchPortalTree(stored, timezone, staleMs, locale)(nowMs)
}

/**
 * The same for one tree as time goes by: gives each moment as `portalMoment` does, and works out anew only what time has changed. One
 * is to be read before the next is asked for.
 */
export function watchPortalTree(
  stored: ReadonlyMap<number, PortalSpace>,
  timezone: string,
  staleMs: number,
  locale: Locale,
): (nowMs: number) => PortalMoment {
  const spaces = shownSpaces(stored, locale)
  const watch = watchTree(spaces, timezone, staleMs, cutFromKiosks)
  const [listed, byName] = [listedOf(spaces), nameOrder(locale)]
  return (nowMs) => {
    const moment = watch.at(nowMs)
    // Nobody here keeps what was made of an earlier moment.
    watch.takeChanged()
    return { ...moment, spaces, listed, byName }
  }
}

/**
 * What is not public stands in no list but that of whoever made it, tracks it, or may approve it – with all that it stands
 * in. What everybody else finds is the same as without it. [TRE-13]
 */
function listedOf(spaces: ReadonlyMap<number, PortalSpace>): ReadonlyMap<number, PortalSpace> {
  const ids = new Set<number>()
  for (const space of spaces.values()) {
    const path = pathToRoot(spaces, space.id)
    const isTheirs = space.isMine || space.isTracked || space.isMineToEdit
    if (isTheirs || path.every((one) => one.isOnKiosks)) for (const { id } of path) ids.add(id)
  }
  return ids.size === spaces.size ? spaces : new Map([...spaces].filter(([id]) => ids.has(id)))
}

/** Whether a space has no parts that count in it: those that are not public make no composite of it. [TRE-6] */
export function isLeafIn(moment: PortalMoment, id: number): boolean {
  return moment.shown.get(id)?.isLeaf ?? true
}

/** Whether a space is on public screens: it and everything that it stands in was approved for them. */
export function isPublic(spaces: ReadonlyMap<number, PortalSpace>, id: number): boolean {
  return pathToRoot(spaces, id).every((space) => space.isOnKiosks)
}

/** Spaces after some changed, got another level, or were deleted. Older updates never overwrite newer. */
export function withRows(
  spaces: ReadonlyMap<number, PortalSpace>,
  rows: readonly PortalSpace[],
  gone: readonly number[] = [],
): ReadonlyMap<number, PortalSpace> {
  const next = new Map(spaces)
  for (const row of rows) if ((next.get(row.id)?.clock ?? 0) <= row.clock) next.set(row.id, row)
  for (const id of gone) next.delete(id)
  return next
}

/**
 * Listed spaces in tree order, for a choice: each with its depth below the root. Composites, unless `takes` says
 * otherwise; a place whose parts are not public is none. [TRE-13]
 */
export function branchesOf(
  moment: PortalMoment,
  takes: (space: PortalSpace, isLeaf: boolean) => boolean = (_space, isLeaf) => !isLeaf,
): BranchChoice[] {
  const children = childrenByParent([...moment.listed.values()])
  const found: BranchChoice[] = []
  const visit = (parent: PortalSpace | null, depth: number): void => {
    for (const space of (children.get(parent?.id ?? null) ?? []).toSorted(moment.byName)) {
      if (takes(space, isLeafIn(moment, space.id)))
        found.push({ id: space.id, name: space.name, within: parent?.name ?? null, depth })
      if (depth < 20) visit(space, depth + 1)
    }
  }
  visit(null, 0)
  const counts = new Map<string, number>()
  for (const { name } of found) counts.set(name, (counts.get(name) ?? 0) + 1)
  return found.map((one) => (counts.get(one.name) === 1 ? { ...one, within: null } : one))
}

/** A space to choose; `within`: what it stands in, where others have the same name. */
export interface BranchChoice {
  id: number
  name: string
  within: string | null
  depth: number
}
