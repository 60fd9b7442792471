import type { ChangedRows, LevelRow, SpaceRow } from '#shared/wire/messages.ts'
import { digestText, emptyDigest, toggleRow, type Digest } from '#shared/wire/digest.ts'
import type { FeedRows } from './feed-rows.ts'
import type { StoredLeaf } from '../writer/batch.ts'

/**
 * What kiosks of one university hold, as far as the hub must know it: the clock of each row, the digest over them, and
 * the conflated changes since the last frame. [SYN-14] [SYN-21]
 */
export class Mirror {
  epoch: string
  head: number
  factsClock: number
  private readonly clocks = new Map<number, number>()
  private readonly digest: Digest = emptyDigest()
  private rows = new Map<number, SpaceRow>()
  private levels = new Map<number, LevelRow>()
  private gone = new Map<number, number>()

  /** From a whole snapshot. */
  constructor(whole: FeedRows) {
    this.epoch = whole.epoch
    this.head = whole.head
    this.factsClock = whole.factsClock
    for (const { id, clock } of whole.rows) this.setClock(id, clock)
  }

  digestText(): string {
    return digestText(this.digest)
  }

  /** Leaves of the very next commit of this hub. Spaces that kiosks do not hold are left out. */
  applyCommit(clock: number, leaves: readonly StoredLeaf[]): void {
    this.head = clock
    for (const { id, level, reportedAtMs } of leaves)
      if (this.clocks.has(id)) this.setLevel([id, clock, level, reportedAtMs])
  }

  /** Rows read from the database since `head`. */
  applyFeed(feed: FeedRows): void {
    this.head = feed.head
    this.factsClock = feed.factsClock
    for (const row of feed.rows) {
      this.setClock(row.id, row.clock)
      this.levels.delete(row.id)
      this.gone.delete(row.id)
      this.rows.set(row.id, row)
    }
    for (const level of feed.levels) this.setLevel(level)
    for (const [id, clock] of feed.gone) {
      this.removeClock(id)
      this.levels.delete(id)
      this.rows.delete(id)
      this.gone.set(id, clock)
    }
  }

  /** Takes what waits for the next frame: each space once, however often it changed. */
  takePending(): ChangedRows {
    const pending = {
      rows: [...this.rows.values()],
      levels: [...this.levels.values()],
      gone: [...this.gone],
    }
    if (this.rows.size > 0) this.rows = new Map()
    if (this.levels.size > 0) this.levels = new Map()
    if (this.gone.size > 0) this.gone = new Map()
    return pending
  }

  private setLevel(row: LevelRow): void {
    const [id, clock, level, reportedAtMs] = row
    this.setClock(id, clock)
    const whole = this.rows.get(id)
    if (whole === undefined) this.levels.set(id, row)
    else this.rows.set(id, { ...whole, clock, level, reportedAtMs })
  }

  private setClock(id: number, clock: number): void {
    this.removeClock(id)
    this.clocks.set(id, clock)
    toggleRow(this.digest, id, clock)
  }

  private removeClock(id: number): void {
    const before = this.clocks.get(id)
    if (before === undefined) return
    toggleRow(this.digest, id, before)
    this.clocks.delete(id)
  }
}
