/** Things that are due at moments, the earliest first: a binary heap. Moments are numbers on any one clock. */
export interface DueList<Item> {
  put(item: Item, dueMs: number): void
  /** Takes out everything that is due at a moment, in the order of their moments. */
  takeDue(nowMs: number): Item[]
  /** Takes out everything. */
  takeAll(): Item[]
  count(): number
}

/** Makes an empty list. */
export function makeDueList<Item>(): DueList<Item> {
  const heap: Due<Item>[] = []
  return {
    put: (item, dueMs) => {
      heap.push({ item, dueMs })
      siftUp(heap, heap.length - 1)
    },
    takeDue: (nowMs) => {
      const due: Item[] = []
      for (let first = heap[0]; first !== undefined && first.dueMs <= nowMs; first = heap[0]) {
        due.push(first.item)
        const last = heap.pop()
        if (last === undefined || heap.length === 0) continue
        heap[0] = last
        siftDown(heap)
      }
      return due
    },
    takeAll: () => heap.splice(0).map(({ item }) => item),
    count: () => heap.length,
  }
}

interface Due<Item> {
  item: Item
  dueMs: number
}

function swap<Item>(heap: Due<Item>[], left: number, right: number): void {
  const [first, second] = [heap[left], heap[right]]
  if (first === undefined || second === undefined) return
  heap[left] = second
  heap[right] = first
}

function dueAt<Item>(heap: readonly Due<Item>[], index: number): number {
  return heap[index]?.dueMs ?? Number.POSITIVE_INFINITY
}

function siftUp<Item>(heap: Due<Item>[], from: number): void {
  let index = from
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (dueAt(heap, parent) <= dueAt(heap, index)) return
    swap(heap, parent, index)
    index = parent
  }
}

function siftDown<Item>(heap: Due<Item>[]): void {
  let index = 0
  for (;;) {
    const [left, right] = [2 * index + 1, 2 * index + 2]
    const least = dueAt(heap, right) < dueAt(heap, left) ? right : left
    if (dueAt(heap, index) <= dueAt(heap, least)) return
    swap(heap, index, least)
    index = least
  }
}
