// While somebody handles a list, nothing in it moves under their finger. Lobby and portal alike. [POR-10]

/** How long a list keeps its order after the last touch or key, ms. */
export const FREEZE_MS = 15_000

/** The place of each row in a list that is kept as it stood, by id. */
export type FrozenOrder = ReadonlyMap<number, number>

/** The order in which these stand now, to keep it; of one that stands there twice the first place counts. */
export function frozenOrder(ids: readonly number[]): FrozenOrder {
  return new Map([...new Set(ids)].map((id, index) => [id, index]))
}

/** An order in which what was there stands as it stood, and what is new comes after it. Null: nothing is kept. */
export function keepingOrder<Item extends { id: number }>(
  compare: (left: Item, right: Item) => number,
  frozen: FrozenOrder | null,
): (left: Item, right: Item) => number {
  if (frozen === null) return compare
  const newest = frozen.size
  return (left, right) =>
    (frozen.get(left.id) ?? newest) - (frozen.get(right.id) ?? newest) || compare(left, right)
}
