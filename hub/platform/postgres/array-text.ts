/** An array literal of numbers and checked words (hashes, refusals): the driver's own escaping costs more than the insert. */
export function arrayText(values: readonly (number | string | null)[]): string {
  return `{${values.map((value) => value ?? 'null').join(',')}}`
}

/** One column of rows as such a literal. */
export function column<Item>(items: readonly Item[], value: (item: Item) => number | string | null): string {
  return arrayText(items.map(value))
}
