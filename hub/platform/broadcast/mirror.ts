import type { ChangedRows, LevelRow, SpaceRow } from '#shared/wire/messages.ts'
import { digestText, emptyDigest, toggleRow, type Digest } from '#shared/wire/digest.ts'
import type { CommitResult, StoredLeaf } from '../writer/batch.ts'
import { CollectionMirror } from './collection-mirror.ts'
import type { SeenCollection, SeenRow } from './collection.ts'
import type { WholeFeed } from './feed-rows.ts'
import type { FrameRows } from './frame.ts'
import { SpaceLines } from './space-lines.ts'
import type { Taker } from './taker.ts'

/**
 * What kiosks of one university hold, as far as the hub must know it: the clock of each row, digests over them, and
 * the conflated changes since the last frame. [SYN-14] [SYN-21]
 */
export class Mirror {
  epoch: string
  head: number
  factsClock: number
  /** Null: no collection asks who is in whose line. */
  readonly lines: SpaceLines | null
  private readonly clocks = new Map<number, number>()
  private readonly digest: Digest = emptyDigest()
  private readonly collections: ReadonlyMap<SeenCollection, CollectionMirror>
  private rows = new Map<number, SpaceRow>()
  private levels = new Map<number, LevelRow>()
  private gone = new Map<number, number>()
  private reshaped = new Set<number>()

  /** From a whole snapshot. */
  constructor(whole: WholeFeed) {
    this.epoch = whole.epoch
    this.head = whole.head
    this.factsClock = whole.factsClock
    for (const { id, clock } of whole.rows) this.setClock(id, clock)
    this.collections = new Map(
      [...whole.collections].map(([seen, rows]) => [seen, new CollectionMirror(seen, rows)]),
    )
    this.lines = [...whole.collections.keys()].some(({ scope }) => scope === 'line')
      ? new SpaceLines(whole.rows.map(placeOf))
      : null
  }

  /** The digest of what somebody is sent: of spaces, and of each of their collections. [SYN-33] */
  digestText({ collections, subject }: Taker): string {
    if (collections.length === 0) return digestText(this.digest)
    const sum = { ...this.digest }
    for (const seen of collections) this.collections.get(seen)?.addDigest(sum, subject, this.lines)
    return digestText(sum)
  }

  /** Leaves and rows of the very next commit of this hub. Spaces that kiosks do not hold are left out. */
  applyCommit(clock: number, leaves: readonly StoredLeaf[], rows: CommitResult['rows']): void {
    this.head = clock
    for (const { id, level, reportedAtMs } of leaves)
      if (this.clocks.has(id)) this.setLevel([id, clock, level, reportedAtMs])
    if (rows.size === 0) return
    for (const [seen, mirror] of this.collections)
      for (const row of rows.get(seen.of) ?? []) mirror.set(seen.see({ ...row, clock }))
  }

  /** Rows read from the database since `head`. */
  applyFeed(feed: WholeFeed): void {
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
    for (const [seen, rows] of feed.collections) for (const row of rows) this.collections.get(seen)?.set(row)
    const goneIds = feed.gone.map(([id]) => id)
    for (const id of this.lines?.change(feed.rows.map(placeOf), goneIds) ?? []) this.reshaped.add(id)
  }

  /** Takes what waits for the next frame: each row once, however often it changed. */
  takePending(): ChangedRows & FrameRows {
    const collections = new Map<SeenCollection, readonly SeenRow[]>()
    for (const [seen, mirror] of this.collections)
      if (mirror.hasPending) collections.set(seen, mirror.takePending())
    const pending = {
      rows: [...this.rows.values()],
      levels: [...this.levels.values()],
      gone: [...this.gone],
      collections,
      reshaped: this.reshaped,
    }
    if (this.rows.size > 0) this.rows = new Map()
    if (this.levels.size > 0) this.levels = new Map()
    if (this.gone.size > 0) this.gone = new Map()
    if (this.reshaped.size > 0) this.reshaped = new Set()
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

function placeOf({ id, facts }: SpaceRow): { id: number; parentId: number | null } {
  return { id, parentId: facts.parentId }
}
