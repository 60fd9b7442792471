import type { NewNotice } from '#shared/domain/notice.ts'
import type { Collection, RowChange } from '../broadcast/collection.ts'
import type { Change } from '../postgres/append-change.ts'
import type { StoredLeaf } from './batch.ts'
import type { NewOutcome } from './outcomes.ts'

/** What people are told by a commit. A feature writes it, as part of the commit: platform knows how to carry it alone. */
class Notices {
  private waiting: NewNotice[] = []
  private readonly step: () => void

  constructor(step: () => void) {
    this.step = step
  }

  /** Somebody is to be told something: pages of all who are told see it with this commit. */
  push(...notices: readonly NewNotice[]): void {
    if (notices.length === 0) return
    this.waiting.push(...notices)
    this.step()
  }

  /** Takes all that were said, to write them. */
  take(): NewNotice[] {
    const taken = this.waiting
    this.waiting = []
    return taken
  }

  /** Throws where something was said that nobody wrote: a commit that loses what people are told must not be. */
  checkWritten(): void {
    if (this.waiting.length > 0) throw new Error(`nobody writes notices here: ${this.waiting[0]?.kind}`)
  }
}

/** What a batch does beside the rows of its fact sets. */
export class Effects {
  /** Last ids of kiosks whose mutations were settled. */
  readonly lastIds = new Map<number, number>()
  /** How mutations ended that no row of their own records. */
  readonly outcomes: NewOutcome[] = []
  /** Acts for the log. */
  readonly log: Change[] = []
  /** What people are told; said before anything is written. [NTF-1] */
  readonly notices = new Notices(() => this.step())
  /** A mail was queued: it can be sent once this is committed. */
  hasMail = false
  /** Leaves with their new values, each once. */
  leaves: readonly StoredLeaf[] = []
  /** Changed rows of collections by their ids. */
  private readonly changed = new Map<Collection, Map<number, RowChange>>()
  /** Something is to be written. */
  hasWrites = false
  /** How often something was said to change so far. */
  changeCount = 0
  /** The clock takes a step: kiosks or pages hold something of what changed, or a kiosk's last id rose. */
  isStep = false

  /** Something is written that nobody mirrors. */
  willWrite(): void {
    this.hasWrites = true
    this.changeCount += 1
  }

  /**
   * A row of a collection changed, or is gone; the last word on each counts. Kiosks and pages at this hub are sent it from here, those
   * at others from what was written: with this commit's clock. [SYN-31]
   */
  change<Row extends object>(collection: Collection<Row>, row: RowChange<Row>): void {
    const rows = this.changed.get(collection) ?? new Map<number, RowChange>()
    this.changed.set(collection, rows.set(row.id, row))
    this.step()
  }

  /** All changed rows of collections. */
  rows(): ReadonlyMap<Collection, readonly RowChange[]> {
    return new Map([...this.changed].map(([collection, rows]) => [collection, [...rows.values()]]))
  }

  /** Something is written in the university's order. */
  step(): void {
    this.willWrite()
    this.isStep = true
  }
}
