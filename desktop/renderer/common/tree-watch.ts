import {
  isFreshAt,
  shown,
  shownComposite,
  shownLeaf,
  type IsOpen,
  type OccupancyNode,
  type ShownOccupancy,
} from '#shared/domain/occupancy.ts'
import { childrenByParent } from '#shared/domain/space.ts'
import type { LocalTime, Openness } from '#shared/domain/week-time.ts'
import type { ShownSpace } from './shown-spaces.ts'
import { localClockOf } from './local-clock.ts'
import { ALWAYS_OPEN, inheritsHours, opennessAt, type TreeMoment } from './tree-moment.ts'

/**
 * One tree as time goes by. At each moment it gives what `treeMomentOf` gives, but works out anew only what the time since
 * the last moment has changed: a tick costs what it changes, not what the tree holds. Made anew when the tree itself changes.
 */
export interface TreeWatch {
  /**
   * The tree at a moment, which may be earlier than the last; null: unknowable. It is to be read before another one is asked
   * for, since both share what has not changed. [OCC-6] [HRS-1] [SCR-24]
   */
  at(nowMs: number | null): TreeMoment
  /** Ids of the spaces whose level, counts or being open may have changed since this was last called. */
  takeChanged(): ReadonlySet<number>
}

/** Watches a tree. `nodeOf`: a space as the sums see it; for people some are cut from their parent. [TRE-6] */
export function watchTree<Space extends ShownSpace>(
  spaces: ReadonlyMap<number, Space>,
  timezone: string,
  staleMs: number,
  nodeOf: (space: Space) => OccupancyNode = (space) => space,
): TreeWatch {
  const clock = localClockOf(timezone)
  const changed = { ids: new Set<number>() }
  const hours = new HoursWatch(spaces)
  const levels = new LevelWatch(
    [...spaces.values()].map(nodeOf),
    staleMs,
    (id) => hours.opennessOf(id).isOpen,
    (id) => void changed.ids.add(id),
  )
  return {
    at: (nowMs) => {
      const local = clock === null || nowMs === null ? null : clock(nowMs)
      const turned = hours.goTo(local)
      for (const id of turned) changed.ids.add(id)
      levels.goTo(nowMs ?? Number.MAX_SAFE_INTEGER, turned)
      return { nowMs, local, spaces, shown: levels.shown, opennessOf: (id) => hours.opennessOf(id) }
    },
    takeChanged: () => {
      const { ids } = changed
      changed.ids = new Set()
      return ids
    },
  }
}

/** A leaf that was reported, and when. */
interface ReportedLeaf {
  node: OccupancyNode
  reportedAtMs: number
}

/**
 * Levels and counts: leaves become stale in the order of their reports, and nothing else changes by age; and those that open
 * or close count, or no longer. [OCC-6] [SCR-7]
 */
class LevelWatch {
  readonly shown: Map<number, ShownOccupancy>
  private readonly staleMs: number
  private readonly isOpen: IsOpen
  private readonly onChange: (id: number) => void
  private readonly leaves = new Map<number, OccupancyNode>()
  private readonly children: ReadonlyMap<number | null, readonly OccupancyNode[]>
  /** Of each space that is in the tree, how far below a root it stands; those on a circle are in none. */
  private readonly depths = new Map<number, number>()
  private readonly parents = new Map<number, number>()
  /** Oldest report first: those before `freshFrom` are stale. */
  private readonly reported: ReportedLeaf[]
  private freshFrom = 0

  constructor(
    nodes: readonly OccupancyNode[],
    staleMs: number,
    isOpen: IsOpen,
    onChange: (id: number) => void,
  ) {
    this.staleMs = staleMs
    this.isOpen = isOpen
    this.onChange = onChange
    this.children = childrenByParent(nodes)
    // Nothing is stale before the oldest report.
    this.shown = shown(nodes, Number.NEGATIVE_INFINITY, staleMs, isOpen)
    let row: readonly OccupancyNode[] = this.children.get(null) ?? []
    for (let depth = 0; row.length > 0; depth += 1) {
      for (const { id } of row) this.depths.set(id, depth)
      row = row.flatMap(({ id }) => this.childrenOf(id))
    }
    for (const { id } of nodes) for (const child of this.childrenOf(id)) this.parents.set(child.id, id)
    for (const node of nodes)
      if (this.depths.has(node.id) && this.childrenOf(node.id).length === 0) this.leaves.set(node.id, node)
    this.reported = [...this.leaves.values()]
      .flatMap((node) => (node.reportedAtMs === null ? [] : [{ node, reportedAtMs: node.reportedAtMs }]))
      .toSorted((left, right) => left.reportedAtMs - right.reportedAtMs)
  }

  /** Forward past the leaves that became stale, or back past those that are fresh again; `turned`: they opened or closed. */
  goTo(nowMs: number, turned: ReadonlySet<number>): void {
    const above = new Set<number>()
    const isFresh = ({ reportedAtMs }: ReportedLeaf): boolean => isFreshAt(reportedAtMs, nowMs, this.staleMs)
    const turn = ({ node }: Pick<ReportedLeaf, 'node'>): void => {
      this.put(shownLeaf(node, nowMs, this.staleMs, this.isOpen(node.id)))
      for (let id = this.parents.get(node.id); id !== undefined && !above.has(id); id = this.parents.get(id))
        above.add(id)
    }
    let next = this.reported[this.freshFrom]
    while (next !== undefined && !isFresh(next)) {
      turn(next)
      this.freshFrom += 1
      next = this.reported[this.freshFrom]
    }
    let last = this.reported[this.freshFrom - 1]
    while (last !== undefined && isFresh(last)) {
      turn(last)
      this.freshFrom -= 1
      last = this.reported[this.freshFrom - 1]
    }
    for (const id of turned) {
      const node = this.leaves.get(id)
      if (node !== undefined) turn({ node })
    }
    const depthOf = (id: number): number => this.depths.get(id) ?? 0
    for (const id of [...above].toSorted((left, right) => depthOf(right) - depthOf(left)))
      this.put(
        shownComposite(
          id,
          this.childrenOf(id).flatMap((child) => this.shown.get(child.id) ?? []),
        ),
      )
  }

  private childrenOf(id: number): readonly OccupancyNode[] {
    return this.children.get(id) ?? []
  }

  private put(state: ShownOccupancy): void {
    this.shown.set(state.id, state)
    this.onChange(state.id)
  }
}

/** A space with opening hours of its own, or the top of some without: all that inherit from it are open when it is. */
interface HoursOwner {
  openness: Openness
  /** Minutes of the local day within which that holds: from the one at which it was worked out. */
  from: number
  until: number
  inheritors: number[]
}

const MINUTES_OF_DAY = 1_440

/** Who is open: changes at the edges of hours and at midnight, and is asked only once a minute. [HRS-1] [HRS-2] [HRS-3] */
class HoursWatch {
  private readonly spaces: ReadonlyMap<number, ShownSpace>
  /** By the id of the owner; only of those that somebody asked for. */
  private readonly owners = new Map<number, HoursOwner>()
  /** The owner of each space that somebody asked for; null: it stands below something unknown, and counts as open. */
  private readonly ownerIds = new Map<number, number | null>()
  private local: LocalTime | null = null

  constructor(spaces: ReadonlyMap<number, ShownSpace>) {
    this.spaces = spaces
  }

  /** Those, of all that somebody asked for, that opened or closed since the last moment. */
  goTo(local: LocalTime | null): ReadonlySet<number> {
    const turned = new Set<number>()
    const before = this.local
    this.local = local
    if (before?.date === local?.date && before?.minute === local?.minute) return turned
    const isSameDay = before?.date === local?.date
    for (const [id, owner] of this.owners) {
      if (isSameDay && local !== null && owner.from <= local.minute && local.minute < owner.until) continue
      const wasOpen = owner.openness.isOpen
      Object.assign(owner, this.workOut(id))
      if (owner.openness.isOpen !== wasOpen) for (const inheritor of owner.inheritors) turned.add(inheritor)
    }
    return turned
  }

  opennessOf(id: number): Openness {
    const known = this.ownerIds.get(id)
    if (known !== undefined)
      return known === null ? ALWAYS_OPEN : (this.owners.get(known)?.openness ?? ALWAYS_OPEN)
    const ownerId = this.ownerOf(id)
    this.ownerIds.set(id, ownerId)
    if (ownerId === null) return ALWAYS_OPEN
    const owner = this.owners.get(ownerId) ?? { ...this.workOut(ownerId), inheritors: [] }
    this.owners.set(ownerId, owner)
    owner.inheritors.push(id)
    return owner.openness
  }

  private ownerOf(id: number): number | null {
    let space = this.spaces.get(id)
    while (space !== undefined && inheritsHours(space)) space = this.spaces.get(space.parentId)
    return space?.id ?? null
  }

  private workOut(id: number): Omit<HoursOwner, 'inheritors'> {
    const { local } = this
    if (local === null) return { openness: ALWAYS_OPEN, from: 0, until: MINUTES_OF_DAY }
    const openness = opennessAt(this.spaces, id, local)
    const until = openness.changes?.isToday === true ? openness.changes.minute : MINUTES_OF_DAY
    return { openness, from: local.minute, until }
  }
}
