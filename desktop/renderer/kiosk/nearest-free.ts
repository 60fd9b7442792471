import { pathToRoot } from '#shared/domain/space.ts'
import { nameOrder } from '../common/name-order.ts'
import type { ShownSpace } from '../common/shown-spaces.ts'
import type { TreeMoment } from '../common/tree-moment.ts'

/** A free place to go to instead of another one, and how to get there. */
export interface NearbyFree {
  id: number
  name: string
  /** What both share: the floor, the building, or only the campus. */
  nearness: 'sameFloor' | 'sameBuilding' | 'elsewhere'
  /** Names from below what both share down to the place's own parent: "Floor 2". Empty on the same floor. */
  way: string[]
  location: string | null
  capacity: number | null
}

/** How well a free leaf stands in for a place; less is better, in the order of the fields. */
interface Fit {
  space: ShownSpace
  isOtherKind: boolean
  /** Seats that it has too few; 0 where nobody knows how many are wanted. */
  missingSeats: number
  /** Steps up to what both share count a hundredfold, steps down from there once. */
  steps: number
  reportedAtMs: number
  shared: ShownSpace
  way: ShownSpace[]
}

/**
 * The open leaf, freshly reported free, that stands in best for a place: of the same kind (a group is not sent to a quiet
 * hall), then with enough seats or else the fewest too few, then the nearest, then the newest report, then by name.
 * Null when there is none. [OCC-6] [OCC-15]
 */
export function nearestFree(moment: TreeMoment, fromId: number): NearbyFree | null {
  const from = moment.spaces.get(fromId)
  if (from === undefined) return null
  const above = pathToRoot(moment.spaces, fromId)
  let best: Fit | null = null
  for (const space of moment.spaces.values()) {
    const fit = fitOf(moment, from, above, space)
    if (fit !== null && (best === null || compareFits(fit, best) < 0)) best = fit
  }
  if (best === null) return null
  const { space, shared, way } = best
  return {
    id: space.id,
    name: space.name,
    nearness: nearnessOf(shared),
    way: way.map((step) => step.name),
    location: space.location,
    capacity: space.capacity,
  }
}

function fitOf(
  moment: TreeMoment,
  from: ShownSpace,
  above: readonly ShownSpace[],
  space: ShownSpace,
): Fit | null {
  const state = moment.shown.get(space.id)
  if (space.id === from.id || state?.isLeaf !== true || state.level !== 0) return null
  if (!moment.opennessOf(space.id).isOpen) return null
  const path = pathToRoot(moment.spaces, space.id)
  const sharedAt = path.findIndex((step) => above.includes(step))
  const shared = path[sharedAt]
  if (shared === undefined) return null
  // Of a whole floor nobody wants as many seats as it has in all.
  const wanted = moment.shown.get(from.id)?.isLeaf === true ? (from.capacity ?? 0) : 0
  return {
    space,
    isOtherKind: space.kind !== from.kind,
    missingSeats: Math.max(0, wanted - (space.capacity ?? 0)),
    steps: above.indexOf(shared) * 100 + sharedAt,
    reportedAtMs: state.reportedAtMs ?? 0,
    shared,
    way: path.slice(1, sharedAt).toReversed(),
  }
}

/** One order for all languages, and by the main names: every screen points to the same place. */
const byName = nameOrder('en')

function compareFits(left: Fit, right: Fit): number {
  return (
    Number(left.isOtherKind) - Number(right.isOtherKind) ||
    left.missingSeats - right.missingSeats ||
    left.steps - right.steps ||
    right.reportedAtMs - left.reportedAtMs ||
    byName(mainName(left.space), mainName(right.space)) ||
    left.space.id - right.space.id
  )
}

function mainName({ name, mainName: main = name }: ShownSpace): { name: string } {
  return { name: main }
}

function nearnessOf({ kind }: ShownSpace): NearbyFree['nearness'] {
  if (kind === 'floor' || kind === 'area') return 'sameFloor'
  return kind === 'library' || kind === 'building' ? 'sameBuilding' : 'elsewhere'
}
