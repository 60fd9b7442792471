import { emptyDigest, toggleDigest, toggleRow, type Digest } from '#shared/wire/digest.ts'
import type { SeenCollection, SeenRow } from './collection.ts'
import type { SpaceLines } from './space-lines.ts'

interface HeldRow {
  clock: number
  subject: number | null
}

/**
 * What members of an audience hold of one collection: the clock of each row, and a digest for each space or person that rows
 * are of, so that a changed row costs the same however many members there are. [SYN-14] [SYN-33]
 */
export class CollectionMirror {
  private readonly seen: SeenCollection
  private readonly held = new Map<number, HeldRow>()
  private readonly digests = new Map<number | null, Digest>()
  private pending = new Map<number, SeenRow>()

  constructor(seen: SeenCollection, rows: readonly SeenRow[]) {
    this.seen = seen
    for (const row of rows) this.hold(row)
  }

  get hasPending(): boolean {
    return this.pending.size > 0
  }

  /** A row changed, or is gone. One that nobody held and nobody may see is nobody's news. */
  set(row: SeenRow): void {
    const before = this.held.get(row.id) ?? this.pending.get(row.id)
    if (row.body === null && before === undefined) return
    this.release(row.id)
    if (row.body !== null) this.hold(row)
    // Who held it is who hears that it is gone.
    this.pending.set(
      row.id,
      row.body === null && before !== undefined ? { ...row, subject: before.subject } : row,
    )
  }

  /** Takes what waits for the next frame. */
  takePending(): SeenRow[] {
    const rows = [...this.pending.values()]
    this.pending = new Map()
    return rows
  }

  /** Adds the digest of the rows that a member with this space or person holds. */
  addDigest(sum: Digest, subject: number | null, lines: SpaceLines | null): void {
    const subjects = this.seen.scope === 'university' ? [null] : subject === null ? [] : [subject]
    const all =
      this.seen.scope === 'line' && subject !== null && lines !== null ? lines.lineOf(subject) : subjects
    for (const one of all) {
      const digest = this.digests.get(one)
      if (digest !== undefined) toggleDigest(sum, digest)
    }
  }

  private hold({ id, clock, subject }: SeenRow): void {
    this.held.set(id, { clock, subject })
    this.toggle(id, clock, subject)
  }

  private release(id: number): void {
    const before = this.held.get(id)
    if (before === undefined) return
    this.held.delete(id)
    this.toggle(id, before.clock, before.subject)
  }

  private toggle(id: number, clock: number, subject: number | null): void {
    const digest = this.digests.get(subject) ?? emptyDigest()
    this.digests.set(subject, digest)
    toggleRow(digest, id, clock, this.seen.salt)
  }
}
