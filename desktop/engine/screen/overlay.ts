import { appliedPositionOf, type Core } from '../core/core.ts'
import type { Fold } from '../kinds/kind.ts'

/**
 * What is shown of a row: the confirmed one folded with this kiosk's own mutations on it. Computed anew each time, so every
 * order of crashes, acks and rows gives the same result. [SYN-19]
 */
export function shownRow<Row, Shown>(
  core: Core,
  fold: Fold<Row, Shown>,
  row: Row & { id: number },
  position = appliedPositionOf(core),
): Shown {
  const { pending } = core
  const { collection } = fold
  return fold.fold(row, pending.ofRow(collection, row.id), position, pending.settledOf(collection, row.id))
}
