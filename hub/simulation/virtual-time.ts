/** A thing that happens at a moment of virtual time. */
interface Happening {
  atMs: number
  /** Order among those of one moment. */
  order: number
  run: () => void
}

/**
 * Time that only moves when it is advanced: all clocks, timers and connections of a simulation use it, so one seed gives one
 * order of everything. Times are ms since the simulation began.
 */
export class VirtualTime {
  nowMs = 0
  #order = 0
  readonly #heap: Happening[] = []

  /** Runs once at `nowMs + delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const happening = { atMs: this.nowMs + Math.max(0, delayMs), order: (this.#order += 1), run }
    this.#push(happening)
    return () => {
      happening.run = () => undefined
    }
  }

  /** The moment of what happens next; null when nothing is due at all. */
  nextAtMs(): number | null {
    return this.#heap[0]?.atMs ?? null
  }

  /** Moves to what happens next and runs it. False when nothing is due until `untilMs`; time is then there. */
  step(untilMs: number): boolean {
    const next = this.#heap[0]
    if (next === undefined || next.atMs > untilMs) {
      this.nowMs = Math.max(this.nowMs, untilMs)
      return false
    }
    this.#pop()
    this.nowMs = Math.max(this.nowMs, next.atMs)
    next.run()
    return true
  }

  #push(happening: Happening): void {
    const heap = this.#heap
    let index = heap.push(happening) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(heap[index], heap[parent])) break
      swap(heap, index, parent)
      index = parent
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    for (let index = 0; ;) {
      let least = index
      if (isBefore(heap[2 * index + 1], heap[least])) least = 2 * index + 1
      if (isBefore(heap[2 * index + 2], heap[least])) least = 2 * index + 2
      if (least === index) return
      swap(heap, index, least)
      index = least
    }
  }
}

function isBefore(left: Happening | undefined, right: Happening | undefined): boolean {
  if (left === undefined || right === undefined) return false
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
}

function swap(heap: Happening[], left: number, right: number): void {
  const [a, b] = [heap[left], heap[right]]
  if (a === undefined || b === undefined) return
  heap[left] = b
  heap[right] = a
}
