/** A mutation of this kiosk that is not yet part of the confirmed rows. */
export interface PendingMutation<Body = unknown, Before = unknown> {
  id: number
  kind: string
  collection: string
  /** The rows of the collection that are shown differently for it. */
  rowIds: readonly number[]
  body: Body
  /** When it was made, in hub time, ms since 1970, as well as the device can tell. [OCC-7] */
  atMs: number
  /** The hub's clock at the commit that acknowledged it; null while it waits. */
  ackedHead: number | null
  /** What its rows showed when it was made, as its kind keeps it. */
  before: Before | null
  /** The mutation that this one, an undo, takes back; null for any other, and when that one is held no more. */
  target: PendingMutation | null
}

/** How far the confirmed rows are: what was acknowledged beyond `cursor`, or in another epoch, is not in them yet. */
export interface AppliedPosition {
  cursor: number
  /** False while the rows are of an older epoch than the acknowledgements: then no head can be compared. */
  isSameEpoch: boolean
}

/** Whether a mutation is not yet part of the confirmed rows. [SYN-19] */
export function isOverlaid(mutation: Pick<PendingMutation, 'ackedHead'>, position: AppliedPosition): boolean {
  return mutation.ackedHead === null || !position.isSameEpoch || mutation.ackedHead > position.cursor
}
