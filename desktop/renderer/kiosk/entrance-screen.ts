import type { Openness } from '#shared/domain/week-time.ts'
import { childrenByParent } from '#shared/domain/space.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { Assignment } from '#shared/domain/kiosk.ts'
import type { LinkSlice } from '#shared/wire/bridge.ts'
import { doorFactsOf, isDisconnected, isSameTree, type DoorSpace, type TreeKey } from './door-screen.ts'
import type { KioskModel } from './model.ts'
import type { ShownSpace } from '../common/shown-spaces.ts'
import { nameOrder } from '../common/name-order.ts'
import {
  compareTones,
  OPEN_ALL_UP_TO,
  sectionOrder,
  spaceEntryOf,
  type SpaceEntry,
} from '../common/space-entry.ts'
import type { TreeMoment } from '../common/tree-moment.ts'
import { watchTree, type TreeWatch } from '../common/tree-watch.ts'
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
export type EntranceScreens = (model: KioskModel, nowMs: number | null, choice: TreeChoice) => EntranceScreen

/** The same for one model and one moment alone. */
export function entranceScreen(model: KioskModel, nowMs: number | null, choice: TreeChoice): EntranceScreen {
  return makeEntranceScreens()(model, nowMs, choice)
}

/**
 * Makes what gives an entrance's screens one after the other, each as if it were the first: what time and choice have not
 * changed since the last one is not worked out again, and is the same object as then.
 */
export function makeEntranceScreens(): EntranceScreens {
  const held: { of: WatchedTree | null } = { of: null }
  return (model, nowMs, choice) => {
    const setup = setupScreen(model, nowMs)
    if ('screen' in setup) return setup.screen
    const { assignment } = setup
    const space = model.spaces.get(assignment.spaceId)
    if (space === undefined) return { name: 'spaceGone', kioskName: assignment.kioskName }
    if (held.of === null || !isSameTree(held.of.key, model.spaces, assignment))
      held.of = new WatchedTree(model.spaces, assignment)
    const tree = held.of.treeAt(model.link, nowMs, choice)
    if (tree.entry.isLeaf) return { name: 'treeEmpty', tree }
    if (nowMs === null) return { name: 'treeClockUnknown', tree }
    if (tree.connection.isOffline) return { name: 'treeOffline', tree }
    if (tree.entry.tone === 'closed') return { name: 'treeClosed', tree }
    return { name: tree.entry.knownCount === 0 ? 'treeUnknown' : 'tree', tree }
  }
}

type Order = (left: SpaceEntry, right: SpaceEntry) => number

/** What is in one composite, in order and as far as it is shown. */
interface Parts {
  composites: SpaceEntry[]
  leaves: SpaceEntry[]
  /** The same, best first: only an open section asks for it. */
  sortedLeaves: SpaceEntry[] | null
}

/** One tree of an entrance as time goes by. */
class WatchedTree {
  readonly key: TreeKey
  private readonly spaces: ReadonlyMap<number, ShownSpace>
  private readonly watch: TreeWatch
  private readonly children: ReadonlyMap<number | null, readonly ShownSpace[]>
  private readonly entries = new Map<number, SpaceEntry>()
  private readonly parts = new Map<number, Parts>()
  private readonly sections = new Map<number, Section>()
  private choice: TreeChoice | null = null
  private order: Order = () => 0
  private list: Pick<Tree, 'sections' | 'openSectionId'> | null = null

  constructor(spaces: ReadonlyMap<number, ShownSpace>, { spaceId, timezone, staleMs }: Assignment) {
    this.spaces = spaces
    this.key = { spaces, spaceId, timezone, staleMs }
    this.watch = watchTree(spaces, timezone, staleMs)
    this.children = childrenByParent([...spaces.values()])
  }

  treeAt(link: LinkSlice, nowMs: number | null, choice: TreeChoice): Tree {
    const { spaceId } = this.key
    const moment = this.watch.at(nowMs)
    this.forgetChanged()
    this.choose(moment, choice)
    this.list ??= this.listOf(moment, choice)
    return {
      entry: this.entryOf(moment, spaceId),
      openness: moment.opennessOf(spaceId),
      ...this.list,
      spaces: this.sortedLeavesIn(moment, spaceId),
      panel: panelOf(moment, choice.openSpaceId),
      nowMs,
      connection: {
        isOffline: isDisconnected(link, nowMs),
        lastContactMs: link.lastContactMs,
        reason: link.reason,
      },
    }
  }

  private forgetChanged(): void {
    for (const id of this.watch.takeChanged()) {
      this.list = null
      this.entries.delete(id)
      this.parts.delete(this.spaces.get(id)?.parentId ?? id)
    }
  }

  private choose(moment: TreeMoment, choice: TreeChoice): void {
    const { choice: last } = this
    this.choice = choice
    const isSameOrder =
      last !== null &&
      last.locale === choice.locale &&
      last.isFreeOnly === choice.isFreeOnly &&
      last.frozenOrder === choice.frozenOrder
    if (!isSameOrder) {
      this.order = orderOf(moment, choice)
      this.parts.clear()
    }
    if (!isSameOrder || last.toggledSections !== choice.toggledSections) this.list = null
  }

  private entryOf(moment: TreeMoment, id: number): SpaceEntry {
    const known = this.entries.get(id)
    if (known !== undefined) return known
    const space = this.spaces.get(id)
    if (space === undefined) throw new Error(`space ${id} is not in the tree`)
    const entry = spaceEntryOf(moment, space)
    this.entries.set(id, entry)
    return entry
  }

  private isLeaf(id: number): boolean {
    return !this.children.has(id)
  }

  private partsOf(moment: TreeMoment, id: number): Parts {
    const known = this.parts.get(id)
    if (known !== undefined) return known
    const isFreeOnly = this.choice?.isFreeOnly === true
    const entries = (this.children.get(id) ?? [])
      .map((child) => this.entryOf(moment, child.id))
      .filter((entry) => !isFreeOnly || entry.freeCount > 0)
    const composites = entries.filter((entry) => !this.isLeaf(entry.id))
    const parts: Parts = {
      composites: composites.toSorted(sectionOrder(this.order, true)),
      leaves: entries.filter((entry) => this.isLeaf(entry.id)),
      sortedLeaves: null,
    }
    this.parts.set(id, parts)
    return parts
  }

  private sortedLeavesIn(moment: TreeMoment, id: number): SpaceEntry[] {
    const parts = this.partsOf(moment, id)
    parts.sortedLeaves ??= parts.leaves.toSorted(this.order)
    return parts.sortedLeaves
  }

  private listOf(moment: TreeMoment, choice: TreeChoice): Pick<Tree, 'sections' | 'openSectionId'> {
    const { spaceId } = this.key
    const drafts: Draft[] = []
    const visit = (id: number, depth: number, above: readonly number[]): void => {
      for (const entry of this.partsOf(moment, id).composites) {
        if (above.includes(entry.id)) continue
        drafts.push({ entry, depth, hasLeaves: this.partsOf(moment, entry.id).leaves.length > 0 })
        visit(entry.id, depth + 1, [...above, entry.id])
      }
    }
    visit(spaceId, 0, [spaceId])
    const isSmall = this.entryOf(moment, spaceId).leafCount <= OPEN_ALL_UP_TO
    const openSectionId = isSmall ? null : bestSection(drafts, this.order)
    const sections = openSections(drafts, openSectionId, choice.toggledSections).map((open) =>
      this.sectionOf(open, open.isOpen ? this.sortedLeavesIn(moment, open.entry.id) : NO_SPACES),
    )
    return { sections, openSectionId }
  }

  /** The section as it was, where nothing in it is different. */
  private sectionOf({ entry, depth, isOpen }: OpenDraft, spaces: SpaceEntry[]): Section {
    const last = this.sections.get(entry.id)
    if (last?.entry === entry && last.depth === depth && last.isOpen === isOpen && last.spaces === spaces)
      return last
    const section = { entry, depth, isOpen, spaces }
    this.sections.set(entry.id, section)
    return section
  }
}

const NO_SPACES: SpaceEntry[] = []

/** A section before it is known to be open: only then are its places put in order. */
interface Draft {
  entry: SpaceEntry
  depth: number
  hasLeaves: boolean
}

type OpenDraft = Draft & { isOpen: boolean }

/** The section with the best places to begin with; while somebody reads, the one that was. Null: none has any. */
function bestSection(sections: readonly Draft[], order: Order): number | null {
  let best: SpaceEntry | null = null
  for (const { entry, hasLeaves } of sections)
    if (hasLeaves && (best === null || order(entry, best) < 0)) best = entry
  return best?.id ?? null
}

/** Small trees stand open (null); of large ones one section, and its way up. A visitor's taps turn that round. */
function openSections(
  sections: readonly Draft[],
  openId: number | null,
  toggled: ReadonlySet<number>,
): OpenDraft[] {
  const best = openId === null ? -1 : sections.findIndex(({ entry }) => entry.id === openId)
  const way = wayTo(sections, best)
  const opened: OpenDraft[] = []
  let hiddenBelow = Number.POSITIVE_INFINITY
  for (const section of sections) {
    if (section.depth > hiddenBelow) continue
    hiddenBelow = Number.POSITIVE_INFINITY
    const isDefault = best < 0 || way.has(section)
    const isOpen = isDefault !== toggled.has(section.entry.id)
    if (!isOpen) hiddenBelow = section.depth
    opened.push({ ...section, isOpen })
  }
  return opened
}

/** A section and those that it stands in; -1: none. */
function wayTo(sections: readonly Draft[], target: number): ReadonlySet<Draft> {
  const way = new Set<Draft>()
  let depth = Number.POSITIVE_INFINITY
  for (const section of sections.slice(0, target + 1).toReversed()) {
    if (section.depth >= depth) continue
    depth = section.depth
    way.add(section)
  }
  return way
}

/** Best places first: by tone, then the mean, then more free places, then by name; frozen while somebody reads. */
function orderOf(moment: TreeMoment, choice: TreeChoice): Order {
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
