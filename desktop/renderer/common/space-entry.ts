import type { SpaceKind } from '#shared/domain/space.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import type { Tone } from '../ui/shapes.tsx'
import { toneOf } from './tone.ts'
import type { TreeMoment } from './tree-moment.ts'

/** A space as any list shows it: a building, a floor or a room. */
export interface SpaceEntry {
  id: number
  name: string
  kind: SpaceKind
  tone: Tone
  reportedAtMs: number | null
  knownCount: number
  freeCount: number
  leafCount: number
  closedCount: number
  /** It has no parts: its counts say nothing. */
  isLeaf: boolean
  capacity: number | null
}

/** The tone of a space at a moment: closed by its hours, or since all that is in it is; then its level. [OCC-6] [SCR-7] */
export function spaceToneOf(moment: TreeMoment, id: number): Tone {
  const state = moment.shown.get(id)
  const isAllClosed = state !== undefined && state.closedCount === state.leafCount
  return toneOf(state?.level ?? null, moment.opennessOf(id).isOpen && !isAllClosed)
}

/** The entry of a space at a moment. [OCC-6] */
export function spaceEntryOf(moment: TreeMoment, space: SpaceView): SpaceEntry {
  const state = moment.shown.get(space.id)
  return {
    id: space.id,
    name: space.name,
    kind: space.kind,
    tone: spaceToneOf(moment, space.id),
    reportedAtMs: state?.reportedAtMs ?? null,
    knownCount: state?.knownCount ?? 0,
    freeCount: state?.freeCount ?? 0,
    leafCount: state?.leafCount ?? 1,
    closedCount: state?.closedCount ?? 0,
    isLeaf: state?.isLeaf ?? true,
    capacity: state?.capacity ?? space.capacity,
  }
}

/** More spaces than this in a list, and it does not start with all its sections open. */
export const OPEN_ALL_UP_TO = 60

const RANK: Record<Tone, number> = { free: 0, busy: 1, full: 2, unknown: 3, closed: 4 }

/** Which tone stands first: free, busy, full, unknown, closed. For `toSorted`. */
export function compareTones(left: { tone: Tone }, right: { tone: Tone }): number {
  return RANK[left.tone] - RANK[right.tone]
}

type Compare<Entry> = (left: Entry, right: Entry) => number

/** Composites that contain buildings, or are one; all others stand in a building: floors, areas, rooms with parts. */
const BUILDINGS: ReadonlySet<SpaceKind> = new Set(['university', 'campus', 'library', 'building'])

/**
 * The order of sections: buildings first, by `order`; then floors and the parts of one, as the tree has them, so that they are
 * found where they were yesterday – or by `order` too, where somebody asked for that (`isTreeKept` false). [SCR-15]
 */
export function sectionOrder<Entry extends SpaceEntry>(
  order: Compare<Entry>,
  isTreeKept: boolean,
): Compare<Entry> {
  return (left, right) => {
    const [first, second] = [BUILDINGS.has(left.kind), BUILDINGS.has(right.kind)]
    if (first !== second) return first ? -1 : 1
    return first || !isTreeKept ? order(left, right) : left.id - right.id
  }
}
