import type { Frame } from './frame.ts'
import type { SpaceLines } from './space-lines.ts'
import type { Taker } from './taker.ts'

/** Two seconds of frames: a catch-up of a few thousand rows takes less. */
const MAX_FRAMES = 40
/** Per university; with more, reading the database again is no dearer. */
const MAX_BYTES = 1_048_576

/** The last frames, kept for those who finish a catch-up while the others went on. */
export class FrameRing {
  private frames: Frame[] = []
  private byteCount = 0

  keep(frame: Frame): void {
    this.frames.push(frame)
    this.byteCount += frame.byteCount
    while (this.frames.length > MAX_FRAMES || this.byteCount > MAX_BYTES) {
      const dropped = this.frames.shift()
      if (dropped === undefined) return
      this.byteCount -= dropped.byteCount
    }
  }

  /** Everything that a member misses, without a gap; null when the frames do not reach back that far, or do not say everything. [SYN-8] [SYN-32] */
  since(
    { sentClock, taker }: { sentClock: number; taker: Taker },
    lines: SpaceLines | null,
  ): Buffer[] | null {
    const missed = this.frames.filter(({ to }) => to > sentClock)
    const [first] = missed
    if (first === undefined || (first.from ?? 0) > sentClock) return null
    if (missed.some((frame) => frame.reshapes(taker))) return null
    return missed.flatMap((frame) => {
      const buffers = frame.buffersFor(taker, lines)
      frame.forgetOwn()
      return buffers
    })
  }

  clear(): void {
    this.frames = []
    this.byteCount = 0
  }
}
