import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import process from 'node:process'
import type { EngineClock } from '../core/ports.ts'
import { makeElapsedTime } from './elapsed-time.ts'

/** Node fires a timer that is longer at once: 2³¹ − 1 ms, 24 days. */
const MAX_TIMER_MS = 2_147_483_647

/**
 * What the uptime of a system is exact to. Linux writes hundredths of a second into /proc/uptime, which Node reads; Windows
 * counts ticks of 1/64 s, in a suspend too; elsewhere Node subtracts whole seconds of the wall clock, good enough to write programs on.
 */
const UPTIME_RESOLUTION_MS: Partial<Record<NodeJS.Platform, number>> = { linux: 10, win32: 16 }
const OTHER_RESOLUTION_MS = 1_000

/**
 * The device's clocks. Elapsed time is the machine's uptime, made finer by Node's own monotonic clock (which on Linux stops in a
 * suspend): it goes on over a restart of the program. Where the boot has no id, each process counts as a boot of its own.
 * [OCC-7] [SYN-43]
 */
export function makeDeviceClock(): EngineClock {
  return {
    wallMs: () => Date.now(),
    elapsedMs: makeElapsedTime(
      () => uptime() * 1000,
      () => Number(process.hrtime.bigint()) / 1e6,
    ),
    resolutionMs: UPTIME_RESOLUTION_MS[process.platform] ?? OTHER_RESOLUTION_MS,
    bootId: readBootId(),
    after: (delayMs, run) => {
      if (delayMs > 0) {
        const timer = setTimeout(run, Math.min(delayMs, MAX_TIMER_MS))
        return () => clearTimeout(timer)
      }
      const immediate = setImmediate(run)
      return () => clearImmediate(immediate)
    },
  }
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || randomUUID()
  } catch {
    return randomUUID()
  }
}
