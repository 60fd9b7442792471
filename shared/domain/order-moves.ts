import { overlaps, type Span } from './booking.ts'
import { type DatedSpan } from './weekly-pattern.ts'

/** A booking that gets another span. */
export interface Move extends DatedSpan {
  id: number
}

/** Moves that can be made one after the other, and those that cannot since each waits for the others. */
export interface OrderedMoves {
  move: Move[]
  /** To be dropped before all moves, and added again after them. */
  inCircle: Move[]
}

/**
 * Puts moves in an order in which none meets a booking that is still to be moved, and takes out those that stand in each other's
 * way in a circle. `wasAt` is where each is now; neither those spans nor the new ones may overlap among themselves. [BOK-55]
 */
export function orderMoves(moves: readonly Move[], wasAt: ReadonlyMap<number, Span>): OrderedMoves {
  const ordered: OrderedMoves = { move: [], inCircle: [] }
  let waiting = [...moves]
  while (waiting.length > 0) {
    const stuck: Move[] = []
    for (const [index, one] of waiting.entries()) {
      // Those before it in this round and still here, and those whose turn comes.
      const others = [...stuck, ...waiting.slice(index + 1)]
      const isFree = others.every((other) => !overlaps(one, wasAt.get(other.id) ?? other))
      if (isFree) ordered.move.push(one)
      else stuck.push(one)
    }
    // Nothing moved: only a circle is left, or what waits for one. It opens when one of it is taken out.
    if (stuck.length === waiting.length) ordered.inCircle.push(...stuck.splice(0, 1))
    waiting = stuck
  }
  return ordered
}
