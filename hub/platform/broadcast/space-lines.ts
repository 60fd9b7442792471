/** Where a space is; `parentId` null: it is the university's own. */
export interface PlacedSpace {
  id: number
  parentId: number | null
}

/**
 * The tree of spaces that an audience sees, for who is above and below whom. The line of a space is itself, all above it and
 * all below it. [SYN-32]
 */
export class SpaceLines {
  private readonly parents = new Map<number, number | null>()
  private readonly children = new Map<number, Set<number>>()

  constructor(spaces: readonly PlacedSpace[] = []) {
    for (const { id, parentId } of spaces) this.put(id, parentId)
  }

  /** Takes changes that belong together; gives the spaces whose lines have other spaces in them than before. */
  change(placed: readonly PlacedSpace[], gone: readonly number[]): Set<number> {
    const moved = placed.filter(({ id, parentId }) => this.parents.get(id) !== parentId)
    const left = gone.filter((id) => this.parents.has(id))
    const touched = [...moved.map(({ id }) => id), ...left]
    const changed = new Set(touched.flatMap((id) => this.lineOf(id)))
    for (const id of left) this.take(id)
    for (const { id, parentId } of moved) this.put(id, parentId)
    // Only now: in the middle of it two spaces may be below each other.
    for (const id of touched) for (const other of this.lineOf(id)) changed.add(other)
    return changed
  }

  /** The line of a space: itself, what is above, what is below. */
  lineOf(id: number): number[] {
    const line = this.pathOf(id)
    const below = [...(this.children.get(id) ?? [])]
    for (let next = below.pop(); next !== undefined; next = below.pop()) {
      line.push(next)
      for (const child of this.children.get(next) ?? []) below.push(child)
    }
    return line
  }

  /** Whether one of two spaces is in the line of the other. */
  areInLine(one: number, other: number): boolean {
    return this.pathOf(one).includes(other) || this.pathOf(other).includes(one)
  }

  /** Itself and what is above it, up to the root. */
  private pathOf(id: number): number[] {
    const path = [id]
    for (let up = this.parents.get(id) ?? null; up !== null; up = this.parents.get(up) ?? null) path.push(up)
    return path
  }

  private put(id: number, parentId: number | null): void {
    this.take(id)
    this.parents.set(id, parentId)
    if (parentId === null) return
    const siblings = this.children.get(parentId) ?? new Set()
    this.children.set(parentId, siblings.add(id))
  }

  private take(id: number): void {
    const parentId = this.parents.get(id) ?? null
    this.parents.delete(id)
    if (parentId === null) return
    const siblings = this.children.get(parentId)
    siblings?.delete(id)
    if (siblings?.size === 0) this.children.delete(parentId)
  }
}
