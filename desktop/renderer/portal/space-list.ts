import { childrenByParent, pathToRoot, type SpaceDetails, type SpaceKind } from '#shared/domain/space.ts'
import type { CompareNames } from '../common/name-order.ts'
import { withFrozenOrder, type FrozenOrder } from '../common/frozen-list.ts'
import { isLeafIn, isPublic, type PortalMoment, type PortalSpace } from './portal-spaces.ts'
import {
  compareTones,
  OPEN_ALL_UP_TO,
  sectionOrder,
  spaceEntryOf,
  type SpaceEntry,
} from '../common/space-entry.ts'

/** What somebody looks for. Null and false: anything. */
export interface Filter {
  search: string
  branchId: number | null
  kind: SpaceKind | null
  isFreeNow: boolean
  isQuiet: boolean
  hasSockets: boolean
  hasWifi: boolean
  isStepFree: boolean
  sort: Sort
}

/** In which order: free ones first, by name, or the latest reports first. */
export type Sort = 'free' | 'name' | 'latest'

/** A filter that hides nothing, in the usual order. */
export const NO_FILTER: Filter = {
  search: '',
  branchId: null,
  kind: null,
  isFreeNow: false,
  isQuiet: false,
  hasSockets: false,
  hasWifi: false,
  isStepFree: false,
  sort: 'free',
}

/** One space in a list of the portal. */
export interface Entry extends SpaceEntry {
  details: SpaceDetails
  isTracked: boolean
  /** On public screens, with all that it stands in. */
  isPublic: boolean
  /** Names of what it stands in, without the root: "University Library", "Floor 1". */
  within: string[]
  /** The name of the place that it stands in, where that is listed as a place itself and not as a heading. [TRE-13] */
  inPlace: string | null
}

/** A composite with the leaves that stand directly in it; a floor of a building, for example. */
export interface Group {
  entry: Entry
  depth: number
  spaces: Entry[]
}

/** Everything below one child of the root; entry null: leaves that stand directly in the root. */
export interface Branch {
  entry: Entry | null
  isOpen: boolean
  spaces: Entry[]
  groups: Group[]
}

/** The dashboard of a university: what fits a filter, as a tree. */
export interface SpaceList {
  branches: Branch[]
  foundCount: number
  /** Before the filter. */
  leafCount: number
}

/** The kinds of the places that a list has: of what is a heading there, none can be found. */
export function kindsListed(moment: PortalMoment): SpaceKind[] {
  const places = [...moment.listed.values()].filter(
    ({ id, parentId }) => parentId !== null && isLeafIn(moment, id),
  )
  return [...new Set(places.map(({ kind }) => kind))]
}

/** How many parts of a filter are set, beside the order. */
export function filterCount(filter: Filter): number {
  const { search, sort: _sort, branchId, kind, ...flags } = filter
  const set = [search.trim() !== '', branchId !== null, kind !== null, ...Object.values(flags)]
  return set.filter(Boolean).length
}

/** The entry of a space at a moment. [OCC-6] */
export function entryOf(moment: PortalMoment, space: PortalSpace): Entry {
  const parent = space.parentId === null ? undefined : moment.spaces.get(space.parentId)
  return {
    ...spaceEntryOf(moment, space),
    inPlace: parent !== undefined && isLeafIn(moment, parent.id) ? parent.name : null,
    details: space.details,
    isTracked: space.isTracked,
    isPublic: isPublic(moment.spaces, space.id),
    within: pathToRoot(moment.spaces, space.id)
      .slice(1, -1)
      .map((above) => above.name)
      .toReversed(),
  }
}

/** All of a university in one: its root, where it has just one. */
export function universityEntry(moment: PortalMoment): Entry | null {
  const root = rootOf(moment)
  return root === null ? null : entryOf(moment, root)
}

/** How a list is looked at. */
export interface ListView {
  /** Branches that somebody opened or shut against the default. */
  toggled?: ReadonlySet<number>
  /** The branch of a large university that is open by default: it does not shut by itself. Absent: the best one. */
  openId?: number | null
  /** As it stood when somebody began to handle it: the same rows in the same order, with the latest levels. [POR-10] */
  frozen?: FrozenOrder | null
}

/** The dashboard at a moment: what fits the filter, grouped as the tree stands. [TRE-13] */
export function spaceListOf(moment: PortalMoment, filter: Filter, looking: ListView = {}): SpaceList {
  const { frozen = null } = looking
  const children = childrenByParent([...moment.listed.values()])
  const root = rootOf(moment)
  const order = withFrozenOrder(orderOf(filter.sort, moment.byName), frozen)
  const bySection = withFrozenOrder(
    sectionOrder(orderOf(filter.sort, moment.byName), filter.sort === 'free'),
    frozen,
  )
  const fits = frozen === null ? makeFits(moment, filter) : ({ id }: Entry): boolean => frozen.has(id)
  const tally = { found: 0, all: 0 }
  const isLeaf = (space: PortalSpace): boolean => isLeafIn(moment, space.id)
  const below = (space: PortalSpace): readonly PortalSpace[] => children.get(space.id) ?? []
  const byOrder = (spaces: readonly PortalSpace[], compare = order): { space: PortalSpace; entry: Entry }[] =>
    spaces
      .map((space) => ({ space, entry: entryOf(moment, space) }))
      .toSorted((left, right) => compare(left.entry, right.entry))
  /** Leaves among some spaces; what is not public in one of them follows it. */
  const leavesIn = (spaces: readonly PortalSpace[]): Entry[] =>
    byOrder(spaces.filter(isLeaf)).flatMap(({ space, entry }) => {
      tally.all += 1
      const isFound = fits(entry)
      if (isFound) tally.found += 1
      return [...(isFound ? [entry] : []), ...leavesIn(below(space))]
    })
  const groupsIn = (space: PortalSpace, depth: number): Group[] => [
    ...byOrder(
      below(space).filter((child) => !isLeaf(child)),
      bySection,
    ).flatMap(({ space: child, entry }) => {
      const spaces = leavesIn(below(child))
      const deeper = groupsIn(child, depth + 1)
      return spaces.length === 0 && deeper.length === 0 ? [] : [{ entry, depth, spaces }, ...deeper]
    }),
    ...below(space)
      .filter(isLeaf)
      .flatMap((child) => groupsIn(child, depth)),
  ]
  const top = root === null ? (children.get(null) ?? []) : below(root)
  const branches = byOrder(
    top.filter((space) => !isLeaf(space)),
    bySection,
  )
    .map(({ space, entry }) => ({ entry, spaces: leavesIn(below(space)), groups: groupsIn(space, 0) }))
    .filter(({ spaces, groups }) => spaces.length + groups.length > 0)
  const loose = leavesIn(top)
  const looseGroups = top.filter(isLeaf).flatMap((space) => groupsIn(space, 0))
  const isLoose = loose.length + looseGroups.length > 0
  return {
    branches: opened(
      isLoose ? [...branches, { entry: null, spaces: loose, groups: looseGroups }] : branches,
      tally.found,
      filter,
      moment.byName,
      looking,
    ),
    foundCount: tally.found,
    leafCount: tally.all,
  }
}

/** The university's own space; null where there is none, or no single one. It is a heading, never a place. */
function rootOf(moment: PortalMoment): PortalSpace | null {
  const roots = [...moment.spaces.values()].filter(({ parentId }) => parentId === null)
  return roots.length === 1 ? (roots[0] ?? null) : null
}

function opened(
  branches: readonly Omit<Branch, 'isOpen'>[],
  foundCount: number,
  filter: Filter,
  byName: CompareNames,
  { toggled = new Set(), openId = null }: ListView,
): Branch[] {
  const isSmall = foundCount <= OPEN_ALL_UP_TO || filterCount(filter) > 0
  const idOf = ({ entry }: Pick<Branch, 'entry'>): number => entry?.id ?? 0
  const isKept = openId !== null && branches.some((branch) => idOf(branch) === openId)
  const best = branches
    .flatMap(({ entry }) => (entry === null ? [] : [entry]))
    .toSorted(orderOf(filter.sort, byName))[0]
  const open = isKept ? openId : (best?.id ?? 0)
  return branches.map((branch) => {
    const isDefault = isSmall || idOf(branch) === open
    return { ...branch, isOpen: isDefault !== toggled.has(idOf(branch)) }
  })
}

/** Words as they are compared in a search: without case, accents and width. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase()
    .trim()
}

function makeFits(moment: PortalMoment, filter: Filter): (entry: Entry) => boolean {
  const words = folded(filter.search)
    .split(/\s+/)
    .filter((word) => word !== '')
  return (entry) => {
    const { details } = entry
    if (filter.isFreeNow && entry.tone !== 'free') return false
    if (filter.kind !== null && entry.kind !== filter.kind) return false
    if (filter.isQuiet && details.quiet !== true) return false
    if (filter.hasSockets && details.sockets !== true) return false
    if (filter.hasWifi && details.wifi !== true) return false
    if (filter.isStepFree && details.stepFree !== true) return false
    if (filter.branchId !== null && !isBelow(moment, entry.id, filter.branchId)) return false
    if (words.length === 0) return true
    const location = moment.spaces.get(entry.id)?.location ?? ''
    // Signs and other people may call it by its main name. [TXT-2]
    const mainNames = pathToRoot(moment.spaces, entry.id).map(({ mainName = '' }) => mainName)
    const text = folded([entry.name, ...entry.within, location, ...mainNames.slice(0, -1)].join(' '))
    return words.every((word) => text.includes(word))
  }
}

function isBelow(moment: PortalMoment, id: number, aboveId: number): boolean {
  return pathToRoot(moment.spaces, id).some((space) => space.id === aboveId)
}

function orderOf(sort: Sort, byName: CompareNames): (left: Entry, right: Entry) => number {
  if (sort === 'name') return byName
  if (sort === 'latest')
    return (left, right) => (right.reportedAtMs ?? 0) - (left.reportedAtMs ?? 0) || byName(left, right)
  return (left, right) => compareTones(left, right) || right.freeCount - left.freeCount || byName(left, right)
}

/** Everything that stands in a list of places, from top to bottom. */
export function idsOfSpaceList({ branches }: SpaceList): number[] {
  return branches.flatMap(({ entry, spaces, groups }) => [
    ...(entry === null ? [] : [entry.id]),
    ...spaces.map(({ id }) => id),
    ...groups.flatMap((group) => [group.entry.id, ...group.spaces.map(({ id }) => id)]),
  ])
}

/** What somebody put on their own dashboard, and what they made. */
export interface OwnLists {
  tracked: Entry[]
  own: Entry[]
}

/** The same at a moment; `frozen`: in the order in which it stood. */
export function ownListsOf(moment: PortalMoment, frozen: FrozenOrder | null = null): OwnLists {
  const all = [...moment.spaces.values()]
  const entries = (of: (space: PortalSpace) => boolean): Entry[] =>
    all
      .filter(of)
      .map((space) => entryOf(moment, space))
      .toSorted(withFrozenOrder(orderOf('free', moment.byName), frozen))
  return { tracked: entries((space) => space.isTracked), own: entries((space) => space.isMine) }
}

/** The best free leaves of a university, at most `count`: those that were reported last come first. Frozen: the same as then. */
export function bestSpaces(moment: PortalMoment, count: number, frozen: FrozenOrder | null = null): Entry[] {
  if (frozen !== null)
    return [...frozen.keys()].flatMap((id) => {
      const space = moment.listed.get(id)
      return space === undefined ? [] : [entryOf(moment, space)]
    })
  return [...moment.listed.values()]
    .map((space) => entryOf(moment, space))
    .filter((entry) => entry.isLeaf && entry.isPublic && entry.tone === 'free')
    .toSorted((left, right) => (right.reportedAtMs ?? 0) - (left.reportedAtMs ?? 0))
    .slice(0, count)
}
