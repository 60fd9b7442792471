import type { EngineClock } from '../core/ports.ts'
import type { EngineLog } from '../log/engine-log.ts'
import type { HubContact } from '../store/cache.ts'
import { boundsAt, boundsOfSample, intersectBounds, type HubTimeBounds } from './hub-time-bounds.ts'

/** The greatest date in ms (ECMA-262, 21.4.1.1), which is also the greatest that a message may carry. [SYN-15] */
const MAX_DATE_MS = 8_640_000_000_000_000

/** What time it is at the hub, and how certain that is. */
export interface HubMoment {
  /** Ms since 1970. Never less than an earlier moment's of the same `sinceMs`. [SYN-41] */
  ms: number
  /** The hub's time is within `ms` ± this. [SYN-40] */
  plusMinusMs: number
  /**
   * The elapsed time of this boot from which on all that the hub said fits together, and the time read goes forward. Another
   * one, always greater, whenever that begins anew. [SYN-42]
   */
  sinceMs: number
}

/** What time it is at the hub, as well as a device with a wrong clock can tell. [SYN-16] */
export interface HubTime {
  /**
   * Records a time that the hub sent and that arrives now. `askedMs`: the elapsed time at which this device sent something that
   * the hub had received before it wrote that time. [SYN-40]
   */
  recordServerTime(nowMs: number, askedMs: number): void
  /** Records that a message of the hub came, with or without a time in it. */
  recordMessage(): void
  /** Null when unknowable: the hub sent no time in this boot. [SYN-43] */
  now(): HubMoment | null
  /** Hub time of the hub's last message, or a little before it, but never after it; null: none ever came. [OCC-7] */
  lastContactMs(): number | null
  /** The wall clock minus hub time, whole ms; null when unknowable. Only shown. */
  clockOffsetMs(): number | null
  /**
   * For whoever depends on time that never goes back: until the returned function is called it does not, not even when the
   * hub's own clock was set back; it stands still then, and says how uncertain that is. [SYN-41]
   */
  hold(): () => void
  /** What to store; null: no time of the hub is known in this boot. */
  contact(): HubContact | null
}

/**
 * Starts from what was stored: the last contact, and within the same boot the bounds of hub time. After another boot nothing is
 * known until the hub is heard: the wall clock says nothing that can be relied on. `welcomedMs`: hub time of the last welcome,
 * 0 for none. [OCC-7] [SYN-43]
 */
export function makeHubTime(
  { clock, log }: { clock: EngineClock; log: EngineLog },
  stored: HubContact | null,
  welcomedMs: number,
): HubTime {
  const kept = storedBounds(clock, stored)
  const state = {
    bounds: kept as HubTimeBounds | null,
    sinceMs: kept?.sinceMs ?? 0,
    contactMs: Math.max(stored?.contactMs ?? 0, welcomedMs),
    /** The greatest time that was read, before which none is read. */
    readMs: 0,
    holderCount: 0,
    /** The hub's clock was another one since somebody holds the time. */
    isOutdated: false,
  }

  const boundsNow = (): HubTimeBounds | null =>
    state.bounds === null ? null : boundsAt(state.bounds, clock.elapsedMs())

  /** The clock may stand at one value for a while: what begins anew within it is told apart all the same. */
  const renewSince = (elapsedMs: number): void => {
    state.sinceMs = Math.max(elapsedMs, state.sinceMs + 1)
  }

  const startAnew = (sample: HubTimeBounds, before: HubTimeBounds | null): void => {
    state.bounds = sample
    renewSince(sample.atMs)
    if (before === null) return
    log.warn(
      'hub-time-stepped',
      'The hub’s time does not fit what it said before: its clock was set, or the clock of this device stood still. It is followed.',
      { byMs: Math.round(middleOf(sample) - middleOf(before)), wasWithinMs: widthOf(before) },
    )
    if (state.holderCount === 0) state.readMs = 0
    else state.isOutdated = true
  }

  const recordMessage = (): void => {
    const bounds = boundsNow()
    if (bounds !== null) state.contactMs = toDate(bounds.lowMs)
  }

  const now = (): HubMoment | null => {
    const bounds = boundsNow()
    if (bounds === null) return null
    state.readMs = Math.max(state.readMs, toDate(middleOf(bounds)))
    return {
      ms: state.readMs,
      plusMinusMs: Math.max(0, state.readMs - bounds.lowMs, bounds.highMs - state.readMs),
      sinceMs: state.sinceMs,
    }
  }

  return {
    recordServerTime: (nowMs, askedMs) => {
      const sample = boundsOfSample({ nowMs, askedMs, arrivedMs: clock.elapsedMs() }, clock.resolutionMs)
      const before = state.bounds === null ? null : boundsAt(state.bounds, sample.atMs)
      const both = before === null ? null : intersectBounds(before, sample)
      if (both === null) startAnew(sample, before)
      else state.bounds = both
      recordMessage()
    },
    recordMessage,
    now,
    lastContactMs: () => (state.contactMs === 0 ? null : state.contactMs),
    clockOffsetMs: () => {
      const moment = now()
      return moment === null ? null : Math.round(clock.wallMs() - moment.ms)
    },
    hold: () => {
      const holder = { isHolding: true }
      state.holderCount += 1
      return () => {
        if (!holder.isHolding) return
        holder.isHolding = false
        state.holderCount -= 1
        if (state.holderCount > 0 || !state.isOutdated) return
        state.isOutdated = false
        state.readMs = 0
        renewSince(clock.elapsedMs())
      }
    },
    contact: () =>
      state.bounds === null
        ? null
        : {
            contactMs: state.contactMs,
            bounds: { ...state.bounds, sinceMs: state.sinceMs, boot: clock.bootId },
          },
  }
}

/** Of this boot. A boot may go on under a machine whose uptime began anew, as in a container: then they are of no use. */
function storedBounds(clock: EngineClock, stored: HubContact | null): HubContact['bounds'] | null {
  const bounds = stored?.bounds
  if (bounds === undefined || bounds.boot !== clock.bootId) return null
  return bounds.atMs <= clock.elapsedMs() + clock.resolutionMs ? bounds : null
}

function middleOf({ lowMs, highMs }: HubTimeBounds): number {
  return (lowMs + highMs) / 2
}

function widthOf({ lowMs, highMs }: HubTimeBounds): number {
  return Math.round(highMs - lowMs)
}

function toDate(ms: number): number {
  return Math.min(Math.max(ms, 0), MAX_DATE_MS)
}
