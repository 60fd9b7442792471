/**
 * How much faster or slower a device's clock may run than the hub's: 200 µs in a second. Crystals of computers are within 100
 * ppm each; 200 is also what Spanner's TrueTime allows for (Corbett et al., OSDI 2012, 3). Clocks that are set by slewing run
 * apart faster for a while (Linux allows 500 ppm, chrony more), which then shows as samples that do not meet. [SYN-42]
 */
export const MAX_DRIFT = 200e-6

/** Hub time is written in whole ms, rounded either way. */
const ROUNDING_MS = 1

/**
 * How far a hub's own time may lie behind its database's, by which it dates what it commits: it is told the time by each commit
 * and each poll of the heads, late by their way back.
 */
const BEHIND_DATABASE_MS = 50

/** When the elapsed time was `atMs`, hub time was at least `lowMs` and at most `highMs` (ms since 1970). */
export interface HubTimeBounds {
  atMs: number
  lowMs: number
  highMs: number
}

/** A time that the hub sent, and the device's elapsed time when it sent what the hub had received before, and at the arrival. */
export interface HubTimeSample {
  nowMs: number
  askedMs: number
  arrivedMs: number
}

/**
 * The bounds at a sample's arrival: the hub wrote it after the question and before the arrival, so its time is now within
 * [nowMs, nowMs + round trip]. `resolutionMs`: that of elapsed time. [SYN-40]
 */
export function boundsOfSample(
  { nowMs, askedMs, arrivedMs }: HubTimeSample,
  resolutionMs: number,
): HubTimeBounds {
  // A reading may be too early by the resolution: this one, the question's, and the one by which somebody asks for the time later.
  const roundTripMs = (Math.max(0, arrivedMs - askedMs) + resolutionMs) * (1 + MAX_DRIFT)
  return {
    atMs: arrivedMs,
    lowMs: nowMs - ROUNDING_MS - resolutionMs,
    highMs: nowMs + roundTripMs + ROUNDING_MS + BEHIND_DATABASE_MS + resolutionMs,
  }
}

/** The same at a later elapsed time: wider by the drift of both sides. At an earlier one they stay as they are. [SYN-40] */
export function boundsAt({ atMs, lowMs, highMs }: HubTimeBounds, elapsedMs: number): HubTimeBounds {
  const passedMs = Math.max(0, elapsedMs - atMs)
  return {
    atMs: elapsedMs,
    lowMs: lowMs + passedMs * (1 - MAX_DRIFT),
    highMs: highMs + passedMs * (1 + MAX_DRIFT),
  }
}

/** What both say, of one elapsed time; null where they do not meet. [SYN-40] [SYN-42] */
export function intersectBounds(left: HubTimeBounds, right: HubTimeBounds): HubTimeBounds | null {
  const lowMs = Math.max(left.lowMs, right.lowMs)
  const highMs = Math.min(left.highMs, right.highMs)
  return lowMs <= highMs ? { atMs: right.atMs, lowMs, highMs } : null
}
