import type { Openness } from '#shared/domain/week-time.ts'
import { childrenByParent, type SpaceKind } from '#shared/domain/space.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import type { LinkSlice, SpaceView } from '#shared/wire/bridge.ts'
import { factsOf, isLineOff, type DoorPlace } from './door-screen.ts'
import type { KioskModel } from './model.ts'
import { compareNames, isInBuilding, momentOf, toneOf, type Moment, type Tone } from './place.ts'
import { frozenOrder, keepingOrder, type FrozenOrder } from '../ui/frozen-order.ts'
import { setupScreen, type SetupScreen } from './setup-screen.ts'

/** One space in the list: a building, a floor or a room. */
export interface Entry {
  id: number
  name: string
  kind: SpaceKind
  tone: Tone
  level: Level | null
  reportedAtMs: number | null
  knownCount: number
  freeCount: number
  leafCount: number
  /** Not a leaf: only then its counts say anything. */
  hasParts: boolean
  capacity: number | null
  isWaiting: boolean
}

/** A composite with the leaves that stand directly in it; depth 0 stands directly in the entrance's own space. */
export interface Section {
  entry: Entry
  depth: number
  isOpen: boolean
  places: Entry[]
}

/** The place that a visitor opened, with all that a door would say. */
export type PanelPlace = Pick<
  DoorPlace,
  'id' | 'name' | 'within' | 'kind' | 'details' | 'location' | 'openness'
> & { entry: Entry; canReport: boolean }

/** What an entrance shows of its tree. */
export interface Tree {
  entry: Entry
  openness: Openness
  sections: Section[]
  /** The section of a large tree that is open by itself: the best one when nobody handled the list. Null: all are. */
  openSectionId: number | null
  /** Leaves that stand directly in the entrance's space. */
  places: Entry[]
  panel: PanelPlace | null
  nowMs: number | null
  line: { isOffline: boolean; lastContactMs: number | null; reason: LinkSlice['reason'] }
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
  openPlaceId: number | null
  toggledSections: ReadonlySet<number>
  isFreeOnly: boolean
  /** Places in the list while somebody reads it, by id: nothing moves under a finger, and the section that comes first in it stays open. Null: best places first. */
  frozenOrder: FrozenOrder | null
}

/** More places than this at once, and only the best section starts open. */
export const OPEN_ALL_UP_TO = 60

/** What an entrance shows of a model at a moment (hub time; null when unknowable). [OCC-6] */
export function entranceScreen(model: KioskModel, nowMs: number | null, choice: TreeChoice): EntranceScreen {
  const setup = setupScreen(model, nowMs)
  if ('screen' in setup) return setup.screen
  const { assignment } = setup
  const space = model.spaces.get(assignment.spaceId)
  if (space === undefined) return { name: 'spaceGone', kioskName: assignment.kioskName }
  const moment = momentOf(model.spaces, assignment.timezone, assignment.staleMs, nowMs)
  const tree = treeOf(model, moment, space, choice)
  if (!tree.entry.hasParts) return { name: 'treeEmpty', tree }
  if (nowMs === null) return { name: 'treeClockUnknown', tree }
  if (tree.line.isOffline) return { name: 'treeOffline', tree }
  if (tree.entry.tone === 'closed') return { name: 'treeClosed', tree }
  return { name: tree.entry.knownCount === 0 ? 'treeUnknown' : 'tree', tree }
}

function treeOf(model: KioskModel, moment: Moment, root: SpaceView, choice: TreeChoice): Tree {
  const children = childrenByParent([...moment.spaces.values()])
  const order = orderOf(moment, choice)
  const sections: Draft[] = []
  const entries = (id: number): Entry[] => (children.get(id) ?? []).map((child) => entryOf(moment, child))
  const isLeaf = (entry: Entry): boolean => (children.get(entry.id) ?? []).length === 0
  const isShown = (entry: Entry): boolean => !choice.isFreeOnly || entry.freeCount > 0
  const visit = (id: number, depth: number, seen: ReadonlySet<number>): void => {
    for (const entry of entries(id).toSorted(sectionOrder(order))) {
      if (isLeaf(entry) || seen.has(entry.id) || !isShown(entry)) continue
      const leaves = (children.get(entry.id) ?? [])
        .map((child) => entryOf(moment, child))
        .filter((child) => isLeaf(child) && isShown(child))
      sections.push({ entry, depth, leaves })
      visit(entry.id, depth + 1, new Set([...seen, entry.id]))
    }
  }
  visit(root.id, 0, new Set([root.id]))
  const entry = entryOf(moment, root)
  const openSectionId = entry.leafCount <= OPEN_ALL_UP_TO ? null : bestSection(sections, order)
  return {
    entry,
    openness: moment.opennessOf(root.id),
    sections: openSections(sections, openSectionId, choice.toggledSections, order),
    openSectionId,
    places: entries(root.id)
      .filter((child) => isLeaf(child) && isShown(child))
      .toSorted(order),
    panel: panelOf(moment, choice.openPlaceId),
    nowMs: moment.nowMs,
    line: {
      isOffline: isLineOff(model.link, moment.nowMs),
      lastContactMs: model.link.lastContactMs,
      reason: model.link.reason,
    },
  }
}

/** A section before it is known to be open: only then are its places put in order. */
type Draft = Pick<Section, 'entry' | 'depth'> & { leaves: Entry[] }

/** The section with the best places to begin with; while somebody reads, the one that was. Null: none has any. */
function bestSection(
  sections: readonly Draft[],
  order: (left: Entry, right: Entry) => number,
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
  order: (left: Entry, right: Entry) => number,
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
    opened.push({ entry, depth, isOpen, places: isOpen ? leaves.toSorted(order) : [] })
  })
  return opened
}

function isWayTo(sections: readonly Draft[], index: number, target: number): boolean {
  const depth = sections[index]?.depth ?? 0
  if (index >= target) return false
  return sections.slice(index + 1, target + 1).every((section) => section.depth > depth)
}

function entryOf(moment: Moment, space: SpaceView): Entry {
  const state = moment.shown.get(space.id)
  const level = state?.level ?? null
  return {
    id: space.id,
    name: space.name,
    kind: space.kind,
    tone: toneOf(level, moment.opennessOf(space.id).isOpen),
    level,
    reportedAtMs: state?.reportedAtMs ?? null,
    knownCount: state?.knownCount ?? 0,
    freeCount: state?.freeCount ?? 0,
    leafCount: state?.leafCount ?? 1,
    hasParts: state?.isLeaf === false,
    capacity: state?.capacity ?? space.capacity,
    isWaiting: space.isWaiting,
  }
}

const RANK: Record<Tone, number> = { free: 0, busy: 1, full: 2, unknown: 3, closed: 4 }

/**
 * Floors, and the parts of one, stand as the tree has them, so that they are found where they were yesterday; buildings by
 * how full they are, and before them.
 */
function sectionOrder(order: (left: Entry, right: Entry) => number): (left: Entry, right: Entry) => number {
  return (left, right) => {
    const [first, second] = [isInBuilding(left.kind), isInBuilding(right.kind)]
    if (first !== second) return Number(first) - Number(second)
    return first ? left.id - right.id : order(left, right)
  }
}

/** Best places first: by tone, then the mean, then more free places, then by name; frozen while somebody reads. */
function orderOf(moment: Moment, choice: TreeChoice): (left: Entry, right: Entry) => number {
  const mean = (entry: Entry): number => moment.shown.get(entry.id)?.meanMillionths ?? 0
  return keepingOrder<Entry>(
    (left, right) =>
      RANK[left.tone] - RANK[right.tone] ||
      mean(left) - mean(right) ||
      right.freeCount - left.freeCount ||
      compareNames(left, right),
    choice.frozenOrder,
  )
}

/** The order in which a tree stands now, to keep it. */
export function orderNow(tree: Tree): FrozenOrder {
  return frozenOrder([
    ...(tree.openSectionId === null ? [] : [tree.openSectionId]),
    ...tree.places.map((place) => place.id),
    ...tree.sections.flatMap((section) => [section.entry.id, ...section.places.map((place) => place.id)]),
  ])
}

function panelOf(moment: Moment, id: number | null): PanelPlace | null {
  const space = id === null ? undefined : moment.spaces.get(id)
  if (space === undefined) return null
  const open = moment.opennessOf(space.id)
  return {
    ...factsOf(moment, space),
    openness: open,
    entry: entryOf(moment, space),
    canReport: moment.shown.get(space.id)?.isLeaf === true && open.isOpen,
  }
}
