/** Something that waits for a commit. */
export interface LaneItem {
  /** Whose it is, such as "kiosk 7": those who wait take turns. */
  key: string
  /** How much of a batch it takes: its mutations. */
  cost: number
  /** In a commit of its own. */
  isAlone: boolean
  /** Elapsed ms of the hub's clock when it came. */
  sinceMs: number
}

/** What happened to an item that was to wait; `tooMany`: this key has too many already; `full`: all together are too many. */
export type Queued = 'queued' | 'tooMany' | 'full'

/** Limits of a lane's queue. */
export interface LaneLimits {
  /** Items of one key that may wait. */
  perKey: number
  /** Items that may wait in all. */
  all: number
}

/** What a key may put into batches each time it is its turn, and save up, in cost. */
const CREDIT = 256
const MAX_CREDIT = 512

interface Waiting<Item> {
  items: Item[]
  credit: number
}

/**
 * What waits for commits of one university. Those who wait take turns, each in its own order, so that nobody with much to say
 * makes others wait; an item is never cut. [SYN-30]
 */
export class LaneQueue<Item extends LaneItem> {
  private readonly limits: LaneLimits
  /** Keys that wait, the next one first. */
  private readonly byKey = new Map<string, Waiting<Item>>()
  private count = 0

  constructor(limits: LaneLimits) {
    this.limits = limits
  }

  get size(): number {
    return this.count
  }

  /** When that came which has waited longest, elapsed ms; null: nothing waits. */
  oldestMs(): number | null {
    let oldest: number | null = null
    for (const { items } of this.byKey.values())
      for (const { sinceMs } of items) oldest = Math.min(oldest ?? sinceMs, sinceMs)
    return oldest
  }

  /** Lets an item wait, or says why not. */
  put(item: Item): Queued {
    if (this.count >= this.limits.all) return 'full'
    const waiting = this.byKey.get(item.key)
    if (waiting === undefined) this.byKey.set(item.key, { items: [item], credit: 0 })
    else if (waiting.items.length >= this.limits.perKey) return 'tooMany'
    else waiting.items.push(item)
    this.count += 1
    return 'queued'
  }

  /** Takes an item out that nobody waits for any more. False: it was taken already. */
  drop(item: Item): boolean {
    const waiting = this.byKey.get(item.key)
    const index = waiting?.items.indexOf(item) ?? -1
    if (waiting === undefined || index === -1) return false
    waiting.items.splice(index, 1)
    this.count -= 1
    if (waiting.items.length === 0) this.byKey.delete(item.key)
    return true
  }

  /** The next batch of at most this cost, or one dearer item; empty when nothing waits. An item that wants a commit of its own is a batch. */
  take(maxCost: number): Item[] {
    const batch: Item[] = []
    let cost = 0
    // A key whose next item is dearer than its credit waits for a later turn, and has more then.
    while (this.count > 0 && cost < maxCost) {
      const takenBefore = batch.length
      for (const [key, waiting] of Array.from(this.byKey)) {
        waiting.credit = Math.min(MAX_CREDIT, waiting.credit + CREDIT)
        for (let next = waiting.items[0]; next !== undefined; next = waiting.items[0]) {
          if (next.isAlone && batch.length > 0) return batch
          if (batch.length > 0 && cost + next.cost > maxCost) return batch
          if (next.cost > waiting.credit && waiting.credit < MAX_CREDIT) break
          waiting.items.shift()
          this.count -= 1
          waiting.credit = Math.max(0, waiting.credit - next.cost)
          batch.push(next)
          cost += next.cost
          if (next.isAlone) return this.turn(key, waiting, batch)
        }
        this.turn(key, waiting, batch)
      }
      if (batch.length === takenBefore && batch.length > 0) return batch
    }
    return batch
  }

  /** After its turn a key stands behind all others; one with nothing left has no turn and no credit. */
  private turn(key: string, waiting: Waiting<Item>, batch: Item[]): Item[] {
    this.byKey.delete(key)
    if (waiting.items.length > 0) this.byKey.set(key, waiting)
    return batch
  }
}
