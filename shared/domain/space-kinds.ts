import { accept, refuse, type Decision } from './decision.ts'
import type { SpaceKind } from './space.ts'

/**
 * How large a kind is. A space is in one that is as large or larger: a room in a room, a seat in a room, no library in a
 * room. Null: anything from a bench to a garden, so it says nothing, and what it is in is asked instead. [TRE-14]
 */
const SIZE: Record<SpaceKind, number | null> = {
  university: 5,
  campus: 4,
  library: 3,
  building: 3,
  floor: 2,
  area: 1,
  room: 1,
  computers: 1,
  canteen: 1,
  carrel: 0,
  other: null,
}

/** Why a kind is not taken where it is to stand. */
export type KindRefusal = { why: 'secondUniversity' } | { why: 'tooLarge' }

/** What must be known to decide on a kind at a place. */
export interface KindFacts {
  /** Kinds of what it is in, nearest first. */
  above: readonly SpaceKind[]
  /** Kinds of all that is in it. */
  below: readonly SpaceKind[]
}

/** Whether a space of a kind may be below these, with these in it. A university is in nothing. [TRE-14] */
export function decideKind(kind: SpaceKind, { above, below }: KindFacts): Decision<null, KindRefusal> {
  if (kind === 'university' || below.includes('university')) return refuse({ why: 'secondUniversity' })
  const room = sizeOf(above)
  const own = SIZE[kind] ?? room
  if (own > room || below.some((one) => (SIZE[one] ?? 0) > own)) return refuse({ why: 'tooLarge' })
  return accept(null)
}

/** The size of the nearest one that has one. */
function sizeOf(above: readonly SpaceKind[]): number {
  return above.map((kind) => SIZE[kind]).find((size) => size !== null) ?? Number.POSITIVE_INFINITY
}
