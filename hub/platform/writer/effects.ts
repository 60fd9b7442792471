import type { Change } from '../postgres/append-change.ts'
import type { StoredLeaf } from './batch.ts'
import type { NewOutcome } from './outcomes.ts'

/** What a batch does beside the rows of its fact sets. */
export class Effects {
  /** Last ids of kiosks whose mutations were settled. */
  readonly lastIds = new Map<number, number>()
  /** How mutations ended that no row of their own records. */
  readonly outcomes: NewOutcome[] = []
  /** Acts for the log. */
  readonly log: Change[] = []
  /** Leaves with their new values, each once. */
  leaves: readonly StoredLeaf[] = []
  /** Something is to be written. */
  hasWrites = false
  /** The clock takes a step: kiosks or pages hold something of what changed, or a kiosk's last id rose. */
  isStep = false

  /** Something is written that nobody mirrors. */
  willWrite(): void {
    this.hasWrites = true
  }

  /** Something is written in the university's order. */
  step(): void {
    this.hasWrites = true
    this.isStep = true
  }
}
