/**
 * Makes a clock that runs on while the machine is suspended, out of two that Node has: `monotonicMs` is fine and may stand still
 * in a suspend, as it does on Linux (nodejs/node#47724); `uptimeMs` runs on and is coarse. Whatever uptime is ahead by, the
 * machine has slept: uptime only ever says too little, by its resolution, so the most that it was ahead by is right.
 *
 * Ms since the machine's boot, at most `uptime`'s resolution too little and never too much; never goes back. Within one process
 * differences become as fine as `monotonicMs` after some readings.
 */
export function makeElapsedTime(uptimeMs: () => number, monotonicMs: () => number): () => number {
  const slept = { ms: Number.NEGATIVE_INFINITY }
  return () => {
    // Uptime first: whatever happens between the two readings makes the difference too small, which the next reading mends.
    const upMs = uptimeMs()
    const fineMs = monotonicMs()
    slept.ms = Math.max(slept.ms, upMs - fineMs)
    return fineMs + slept.ms
  }
}
