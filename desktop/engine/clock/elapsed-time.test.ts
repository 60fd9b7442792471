import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeElapsedTime } from './elapsed-time.ts'

const RESOLUTION_MS = 10

/** A machine that was up for a while when its clock was made; ten tenths of a second stand for its suspends. */
const machines = fc.record({
  bootedMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  sleptMs: fc.double({ min: 0, max: 1e8, noNaN: true }),
  steps: fc.array(
    fc.record({
      isAsleep: fc.boolean(),
      ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
      /** Time after each of the two readings, in which a process may also wait for its turn. */
      gapMs: fc.double({ min: 0, max: 50, noNaN: true }),
    }),
    { minLength: 1, maxLength: 50, size: 'max' },
  ),
})

describe('elapsed time', () => {
  it('[SYN-43] is never too late, at most a resolution and the wait within its reading too early, and never goes back', () => {
    fc.assert(
      fc.property(machines, ({ bootedMs, sleptMs, steps }) => {
        const machine = { awakeMs: bootedMs, asleepMs: sleptMs, gapMs: 0 }
        const trueMs = (): number => machine.awakeMs + machine.asleepMs
        const elapsedMs = makeElapsedTime(
          () => {
            const saidMs = Math.floor(trueMs() / RESOLUTION_MS) * RESOLUTION_MS
            machine.awakeMs += machine.gapMs
            return saidMs
          },
          () => {
            const saidMs = machine.awakeMs
            machine.awakeMs += machine.gapMs
            return saidMs
          },
        )
        let beforeMs = Number.NEGATIVE_INFINITY
        for (const { isAsleep, ms, gapMs } of steps) {
          machine[isAsleep ? 'asleepMs' : 'awakeMs'] += ms
          machine.gapMs = gapMs
          const atMs = elapsedMs()
          expect(atMs).toBeLessThanOrEqual(trueMs() + 1e-3)
          expect(atMs).toBeGreaterThanOrEqual(trueMs() - RESOLUTION_MS - 2 * gapMs - 1e-3)
          expect(atMs).toBeGreaterThanOrEqual(beforeMs)
          beforeMs = atMs
        }
      }),
    )
  })

  it('[SYN-43] tells short times apart that uptime does not', () => {
    const machine = { ms: 1_000_009 }
    const elapsedMs = makeElapsedTime(
      () => Math.floor(machine.ms / RESOLUTION_MS) * RESOLUTION_MS,
      () => machine.ms,
    )
    for (let turn = 0; turn < 20; turn += 1) {
      machine.ms += 1
      elapsedMs()
    }
    const beforeMs = elapsedMs()
    machine.ms += 0.25
    expect(elapsedMs() - beforeMs).toBeCloseTo(0.25, 6)
  })
})
