import { childrenByParent } from '#shared/domain/space.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import { withFrozenOrder } from '../../common/frozen-list.ts'
import { nameOrder } from '../../common/name-order.ts'
import {
  compareTones,
  OPEN_ALL_UP_TO,
  sectionOrder,
  spaceEntryOf,
  type SpaceEntry,
} from '../../common/space-entry.ts'
import type { TreeMoment } from '../../common/tree-moment.ts'
import type { Section, Tree, TreeChoice } from '../entrance-screen.ts'

/** The tree in one go: everything is worked out and put in order anew. What an entrance's screens are compared with, in results and in time. */
export function plainTree(
  moment: TreeMoment,
  root: SpaceView,
  choice: TreeChoice,
): Omit<Tree, 'panel' | 'connection'> {
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
    nowMs: moment.nowMs,
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
