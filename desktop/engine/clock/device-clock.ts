import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { EngineClock } from '../core/ports.ts'

/** Node fires a timer that is longer at once: 2³¹ − 1 ms, 24 days. */
const MAX_TIMER_MS = 2_147_483_647

/**
 * The device's clocks. Elapsed time is the machine's uptime, which on Linux runs on through a suspend (Node's own
 * monotonic clock stops there) and goes on over a restart of the program. Where the boot has no id, each process
 * counts as a boot of its own. [OCC-7]
 */
export function makeDeviceClock(): EngineClock {
  return {
    wallMs: () => Date.now(),
    elapsedMs: () => uptime() * 1000,
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
