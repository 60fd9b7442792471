/**
 * Makes a failing list of operations shorter by leaving parts out (Zeller's ddmin), asking `fails` each time. Ends
 * when nothing more can be left out, or at the deadline; what it returns has failed.
 */
export async function shrink<Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => Promise<boolean>,
  isTimeUp: () => boolean,
): Promise<Item[]> {
  let current = [...items]
  let pieces = 2
  while (current.length >= 2 && !isTimeUp()) {
    const size = Math.ceil(current.length / pieces)
    let isShorter = false
    for (let start = 0; start < current.length && !isTimeUp(); start += size) {
      const rest = [...current.slice(0, start), ...current.slice(start + size)]
      if (!(await fails(rest))) continue
      current = rest
      pieces = Math.max(2, pieces - 1)
      isShorter = true
      break
    }
    if (isShorter) continue
    if (size === 1) break
    pieces = Math.min(current.length, pieces * 2)
  }
  return current
}
