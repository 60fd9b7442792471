import type { EngineClock } from '../../desktop/engine/core/ports.ts'
import type { HubClock } from '../platform/ports.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Hub time at virtual time 0, ms since 1970: an ordinary moment. */
export const START_MS = 1_800_000_000_000

/** How often a sleeping device's timers are looked at again. */
const WAKE_MS = 1_000

/** What a device's clocks depend on. */
export interface DeviceLife {
  isDead: boolean
  isAsleep(): boolean
}

/**
 * The clocks of one boot of one device: elapsed time runs on while it sleeps, timers do not; the wall clock is wrong
 * by whatever `wallErrorMs` says.
 */
export function makeDeviceClock(
  time: VirtualTime,
  life: DeviceLife,
  boot: { id: string; startedMs: number },
  wallErrorMs: () => number,
): EngineClock {
  return {
    wallMs: () => START_MS + time.nowMs + wallErrorMs(),
    elapsedMs: () => time.nowMs - boot.startedMs,
    resolutionMs: 0,
    bootId: boot.id,
    after: (delayMs, run) => {
      const wake: { cancel: () => void } = { cancel: () => undefined }
      const fire = (): void => {
        if (life.isDead) return
        if (life.isAsleep()) wake.cancel = time.after(WAKE_MS, fire)
        else run()
      }
      wake.cancel = time.after(delayMs, fire)
      return () => wake.cancel()
    },
  }
}

/** The clocks of one hub process; the database's time is the simulation's. */
export function makeProcessClock(time: VirtualTime, life: { isDead: boolean }): HubClock {
  const startedMs = time.nowMs
  return {
    elapsedMs: () => time.nowMs - startedMs,
    databaseNowMs: () => Math.floor(START_MS + time.nowMs),
    after: (delayMs, run) =>
      time.after(delayMs, () => {
        if (!life.isDead) run()
      }),
  }
}
