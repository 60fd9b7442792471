import type { Changes, Snapshot } from '#shared/wire/messages.ts'
import type { FrameRows } from './incoming-rows.ts'

/** The parts of one snapshot or catch-up that came so far. */
export interface StagedRows {
  isWhole: boolean
  to: number
  parts: FrameRows[]
}

/** What to do with a frame of rows. */
export type FrameStep =
  | { step: 'ignore' }
  | { step: 'pull' }
  | { step: 'stage'; staged: StagedRows }
  | { step: 'apply'; rows: StagedRows }

/**
 * What to do with a frame of rows, given how far this kiosk is and what is staged: `from <= cursor < to` counts,
 * `to <= cursor` is old, `from > cursor` shows a gap; parts count only complete and in order, and while they come
 * no live frame does. A snapshot starts from nothing, so it counts wherever the cursor is. [SYN-8] [SYN-9]
 */
export function decideFrame(frame: Snapshot | Changes, cursor: number, staged: StagedRows | null): FrameStep {
  const isWhole = frame.type === 'snapshot'
  if (frame.part === 1) {
    if (frame.parts === 1 && staged !== null && !isWhole) return { step: 'ignore' }
    if (!isWhole && frame.to <= cursor) return { step: 'ignore' }
    if (!isWhole && frame.from > cursor) return { step: 'pull' }
    return stage(frame, { isWhole, to: frame.to, parts: [frame] })
  }
  if (staged === null) return { step: 'ignore' }
  const isNext =
    staged.parts.length === frame.part - 1 && staged.to === frame.to && staged.isWhole === isWhole
  if (!isNext) return { step: 'pull' }
  // Appended in place: hundreds of parts would be copied again and again.
  staged.parts.push(frame)
  return stage(frame, staged)
}

function stage(frame: Snapshot | Changes, staged: StagedRows): FrameStep {
  return frame.part < frame.parts ? { step: 'stage', staged } : { step: 'apply', rows: staged }
}
