import type { Openness } from '#shared/domain/week-time.ts'
import { childrenByParent } from '#shared/domain/space.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { LinkSlice, SpaceView } from '#shared/wire/bridge.ts'
import { doorFactsOf, isDisconnected, type DoorSpace } from './door-screen.ts'
import type { KioskModel } from './model.ts'
import { nameOrder } from '../common/name-order.ts'
import {
  compareTones,
  OPEN_ALL_UP_TO,
  sectionOrder,
  spaceEntryOf,
  type SpaceEntry,
} from '../common/space-entry.ts'
import { treeMomentOf, type TreeMoment } from '../common/tree-moment.ts'
import { frozenOrder, withFrozenOrder, type FrozenOrder } from '../common/frozen-list.ts'
import { setupScreen, type SetupScreen } from './setup-screen.ts'

/** A composite with the leaves that stand directly in it; depth 0 stands directly in the entrance's own space. */
export interface Section {
  entry: SpaceEntry
  depth: number
  isOpen: boolean
  spaces: SpaceEntry[]
}

/** The place that a visitor opened, with all that a door would say. */
export type PanelSpace = Pick<
  DoorSpace,
  'id' | 'name' | 'within' | 'kind' | 'details' | 'location' | 'openness'
> & { entry: SpaceEntry; canReport: boolean }

/** What an entrance shows of its tree. */
export interface Tree {
  entry: SpaceEntry
  openness: Openness
  sections: Section[]
  /** The section of a large tree that is open by itself: the best one when nobody handled the list. Null: all are. */
  openSectionId: number | null
  /** Leaves that stand directly in the entrance's space. */
  spaces: SpaceEntry[]
  panel: PanelSpace | null
  nowMs: number | null
  connection: { isOffline: boolean; lastContactMs: number | null; reason: LinkSlice['reason'] }
}

/** An entrance's screen: a closed union, one picture each. */
export type EntranceScreen =
  | SetupScreen
  | { name: 'tree'; tree: Tree }
  | { name: 'treeUnknown'; tree: Tree }
  | { name: 'treeOffline'; tree: Tree }
  | { name: 'treeClosed'; tree: Tree }
  | { name: 'treeClockUnknown'; tree: Tree }
  | { name: 'treeEmpty'; tree: Tree }

/** What a visitor chose at an entrance. */
export interface TreeChoice {
  /** The language in whose order names stand. */
  locale: Locale
  openSpaceId: number | null
  toggledSections: ReadonlySet<number>
  isFreeOnly: boolean
  /** Places in the list while somebody reads it, by id: nothing moves under a finger, and the section that comes first in it stays open. Null: best places first. */
  frozenOrder: FrozenOrder | null
}

/** What an entrance shows of a model at a moment (hub time; null when unknowable). [OCC-6] */
export function entranceScreen(model: KioskModel, nowMs: number | null, choice: TreeChoice): EntranceScreen {
  const setup = setupScreen(model, nowMs)
  if ('screen' in setup) return setup.screen
  const { assignment } = setup
  const space = model.spaces.get(assignment.spaceId)
  if (space === undefined) return { name: 'spaceGone', kioskName: assignment.kioskName }
  const moment = treeMomentOf(model.spaces, assignment.timezone, assignment.staleMs, nowMs)
  const tree = treeOf(model, moment, space, choice)
  if (tree.entry.isLeaf) return { name: 'treeEmpty', tree }
  if (nowMs === null) return { name: 'treeClockUnknown', tree }
  if (tree.connection.isOffline) return { name: 'treeOffline', tree }
  if (tree.entry.tone === 'closed') return { name: 'treeClosed', tree }
  return { name: tree.entry.knownCount === 0 ? 'treeUnknown' : 'tree', tree }
}

function treeOf(model: KioskModel, moment: TreeMoment, root: SpaceView, choice: TreeChoice): Tree {
  const children = childrenByParent([...moment.spaces.values()])
  const order = orderOf(moment, choice)
  const sections: Draft[] = []
  const entries = (id: number): SpaceEntry[] =>
    (children.get(id) ?? []).map((child) => spaceEntryOf(moment, child))
  const isLeaf = (entry: SpaceEntry): boolean => (children.get(entry.id) ?? []).length === 0
  const isShown = (entry: SpaceEntry): boolean => !choice.isFreeOnly || entry.freeCount > 0
  const visit = (id: number, depth: number, seen: ReadonlySet<number>): void => {
    for (const entry of entries(id).toSorted(sectionOrder(order, true))) {
      if (isLeaf(entry) || seen.has(entry.id) || !isShown(entry)) continue
      const leaves = (children.get(entry.id) ?? [])
        .map((child) => spaceEntryOf(moment, child))
        .filter((child) => isLeaf(child) && isShown(child))
      sections.push({ entry, depth, leaves })
      visit(entry.id, depth + 1, new Set([...seen, entry.id]))
    }
  }
  visit(root.id, 0, new Set([root.id]))
  const entry = spaceEntryOf(moment, root)
  const openSectionId = entry.leafCount <= OPEN_ALL_UP_TO ? null : bestSection(sections, order)
  return {
    entry,
    openness: moment.opennessOf(root.id),
    sections: openSections(sections, openSectionId, choice.toggledSections, order),
    openSectionId,
    spaces: entries(root.id)
      .filter((child) => isLeaf(child) && isShown(child))
      .toSorted(order),
    panel: panelOf(moment, choice.openSpaceId),
    nowMs: moment.nowMs,
    connection: {
      isOffline: isDisconnected(model.link, moment.nowMs),
      lastContactMs: model.link.lastContactMs,
      reason: model.link.reason,
    },
  }
}

/** A section before it is known to be open: only then are its places put in order. */
type Draft = Pick<Section, 'entry' | 'depth'> & { leaves: SpaceEntry[] }

/** The section with the best places to begin with; while somebody reads, the one that was. Null: none has any. */
function bestSection(
  sections: readonly Draft[],
  order: (left: SpaceEntry, right: SpaceEntry) => number,
): number | null {
  const best = sections
    .filter(({ leaves }) => leaves.length > 0)
    .toSorted((left, right) => order(left.entry, right.entry))[0]
  return best?.entry.id ?? null
}

/** Small trees stand open (null); of large ones one section, and its way up. A visitor's taps turn that round. */
function openSections(
  sections: readonly Draft[],
  openId: number | null,
  toggled: ReadonlySet<number>,
  order: (left: SpaceEntry, right: SpaceEntry) => number,
): Section[] {
  const best = openId === null ? -1 : sections.findIndex(({ entry }) => entry.id === openId)
  const opened: Section[] = []
  let hiddenBelow = Number.POSITIVE_INFINITY
  sections.forEach(({ entry, depth, leaves }, index) => {
    if (depth > hiddenBelow) return
    hiddenBelow = Number.POSITIVE_INFINITY
    const isDefault = best < 0 || index === best || isWayTo(sections, index, best)
    const isOpen = isDefault !== toggled.has(entry.id)
    if (!isOpen) hiddenBelow = depth
    opened.push({ entry, depth, isOpen, spaces: isOpen ? leaves.toSorted(order) : [] })
  })
  return opened
}

function isWayTo(sections: readonly Draft[], index: number, target: number): boolean {
  const depth = sections[index]?.depth ?? 0
  if (index >= target) return false
  return sections.slice(index + 1, target + 1).every((section) => section.depth > depth)
}

/** Best places first: by tone, then the mean, then more free places, then by name; frozen while somebody reads. */
function orderOf(moment: TreeMoment, choice: TreeChoice): (left: SpaceEntry, right: SpaceEntry) => number {
  const byName = nameOrder(choice.locale)
  const mean = (entry: SpaceEntry): number => moment.shown.get(entry.id)?.meanMillionths ?? 0
  return withFrozenOrder<SpaceEntry>(
    (left, right) =>
      compareTones(left, right) ||
      mean(left) - mean(right) ||
      right.freeCount - left.freeCount ||
      byName(left, right),
    choice.frozenOrder,
  )
}

/** The order in which a tree stands now, to keep it. */
export function orderNow(tree: Tree): FrozenOrder {
  return frozenOrder([
    ...(tree.openSectionId === null ? [] : [tree.openSectionId]),
    ...tree.spaces.map((space) => space.id),
    ...tree.sections.flatMap((section) => [section.entry.id, ...section.spaces.map((space) => space.id)]),
  ])
}

function panelOf(moment: TreeMoment, id: number | null): PanelSpace | null {
  const space = id === null ? undefined : moment.spaces.get(id)
  if (space === undefined) return null
  const open = moment.opennessOf(space.id)
  return {
    ...doorFactsOf(moment, space),
    openness: open,
    entry: spaceEntryOf(moment, space),
    canReport: moment.shown.get(space.id)?.isLeaf === true && open.isOpen,
  }
}
