import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EngineClock } from '../core/ports.ts'
import type { HubContact } from '../store/cache.ts'
import { HUB_MS, makeTestClock, type TestClock } from '../testing/scripted-hub.ts'
import { makeHubTime, type HubTime } from './hub-time.ts'

const TEN_YEARS_MS = 315_576_000_000
const DAY_MS = 86_400_000

function timeAt(clock: EngineClock, stored: HubContact | null = null, logged: string[] = []): HubTime {
  const log = (code: string): void => void logged.push(code)
  return makeHubTime({ clock, log: { info: log, warn: log } }, stored, 0)
}

/** The hub's answer to a question that was just asked. */
function answer(time: HubTime, clock: TestClock, nowMs: number): void {
  time.recordServerTime(nowMs, clock.elapsedMs())
}

function expectNow(time: HubTime, trueMs: number, withinMs = 100): void {
  const now = time.now()
  if (now === null) throw new Error('hub time is not known')
  expect(Math.abs(now.ms - trueMs)).toBeLessThanOrEqual(now.plusMinusMs)
  expect(now.plusMinusMs).toBeLessThanOrEqual(withinMs)
}

describe('hub time at a device', () => {
  it('[SYN-16] is right with a wall clock ten years off', () => {
    const clock = makeTestClock()
    clock.wallErrorMs = -TEN_YEARS_MS
    const time = timeAt(clock)
    expect(time.now()).toBeNull()
    answer(time, clock, HUB_MS)
    clock.advance(60_000)
    expectNow(time, HUB_MS + 60_000)
    expect(Math.abs((time.clockOffsetMs() ?? 0) - (clock.wallMs() - HUB_MS - 60_000))).toBeLessThan(100)
  })

  it('[SYN-16] [SYN-43] runs on through a suspend, and is not moved by a wall clock that jumps', () => {
    const clock = makeTestClock()
    const time = timeAt(clock)
    answer(time, clock, HUB_MS)
    clock.suspend(3_600_000)
    clock.wallErrorMs = TEN_YEARS_MS
    expectNow(time, HUB_MS + 3_600_000, 1_000)
  })

  it('[SYN-15] of a hub that names the last moment there is stays a time that can be shown', () => {
    const clock = makeTestClock()
    const time = timeAt(clock)
    answer(time, clock, 8_640_000_000_000_000)
    clock.advance(60_000)
    time.recordMessage()
    expect(time.now()?.ms).toBe(8_640_000_000_000_000)
    expect(time.lastContactMs()).toBe(8_640_000_000_000_000)
    expect(new Date(time.now()?.ms ?? Number.NaN).getTime()).not.toBeNaN()
    answer(time, clock, HUB_MS)
    expectNow(time, HUB_MS)
    expect(time.lastContactMs()).toBe(HUB_MS - 1)
  })

  it('[SYN-40] is within [nowMs, nowMs + round trip]: a slow answer makes it less certain, not wrong, and never undoes a quick one', () => {
    const clock = makeTestClock()
    const time = timeAt(clock)
    const askedMs = clock.elapsedMs()
    clock.advance(4_000)
    time.recordServerTime(HUB_MS, askedMs)
    expect(time.now()?.plusMinusMs).toBeGreaterThanOrEqual(2_000)
    expectNow(time, HUB_MS + 4_000, 2_100)
    expectNow(time, HUB_MS, 2_100)
    clock.advance(1_000)
    answer(time, clock, HUB_MS + 1_000)
    const quick = time.now()
    // A time that was written long before it arrived, as a welcome is that waited for its commit: it moves nothing back.
    time.recordServerTime(HUB_MS - 2_000, askedMs)
    expect(time.now()).toEqual(quick)
  })

  it('[SYN-40] is known better by each message in itself: none came before the hub wrote it', () => {
    const clock = makeTestClock()
    const time = timeAt(clock)
    const askedMs = clock.elapsedMs()
    clock.advance(10_000)
    time.recordServerTime(HUB_MS, askedMs)
    clock.advance(5_000)
    time.recordServerTime(HUB_MS + 14_900, askedMs)
    expectNow(time, HUB_MS + 15_000, 150)
  })

  it('[SYN-42] follows a hub whose clock was set back, and says so', () => {
    const clock = makeTestClock()
    const logged: string[] = []
    const time = timeAt(clock, null, logged)
    answer(time, clock, HUB_MS)
    const before = time.now()
    clock.advance(1_000)
    answer(time, clock, HUB_MS - 60_000)
    expectNow(time, HUB_MS - 60_000)
    expect(time.lastContactMs()).toBe(HUB_MS - 60_001)
    expect(logged).toEqual(['hub-time-stepped'])
    expect(time.now()?.sinceMs).toBe((before?.sinceMs ?? 0) + 1_000)
  })

  it('[SYN-41] stands still, and says how wrong it may be, while somebody holds it and the hub’s clock was set back', () => {
    const clock = makeTestClock()
    const time = timeAt(clock)
    answer(time, clock, HUB_MS)
    const heldMs = time.now()?.ms
    const [first, second] = [time.hold(), time.hold()]
    answer(time, clock, HUB_MS - 60_000)
    expect(time.now()?.ms).toBe(heldMs)
    expectNow(time, HUB_MS - 60_000, 60_100)
    first()
    first()
    expect(time.now()?.ms).toBe(heldMs)
    const heldSinceMs = time.now()?.sinceMs ?? 0
    second()
    expectNow(time, HUB_MS - 60_000)
    expect(time.now()?.sinceMs).toBeGreaterThan(heldSinceMs)
  })

  it('[OCC-7] [SYN-43] goes on after a restart in the same boot, and is unknown after another boot, whatever the wall clock says', () => {
    const clock = makeTestClock()
    const first = timeAt(clock)
    answer(first, clock, HUB_MS)
    const kept = first.contact()
    clock.advance(5_000)
    clock.wallErrorMs = TEN_YEARS_MS
    expectNow(timeAt(clock, kept), HUB_MS + 5_000)
    clock.wallErrorMs = 0
    clock.bootId = 'boot-2'
    const other = timeAt(clock, kept)
    expect([other.now(), other.clockOffsetMs(), other.contact()]).toEqual([null, null, null])
    expect(other.lastContactMs()).toBe(HUB_MS - 1)
  })

  it('[SYN-43] is unknown where the device’s elapsed time began anew, and where a release before stored no bounds', () => {
    const clock = makeTestClock()
    const first = timeAt(clock)
    clock.advance(60_000)
    answer(first, clock, HUB_MS)
    expect(timeAt(makeTestClock(), first.contact()).now()).toBeNull()
    const old = { contactMs: HUB_MS, offsetMs: HUB_MS, boot: 'boot-1', wallOffsetMs: 0 }
    const time = timeAt(makeTestClock(), old)
    expect([time.now(), time.lastContactMs()]).toEqual([null, HUB_MS])
  })
})

/** A device and its hub; the truth about both is known here only. All times in ms. */
interface TrueWorld {
  /** True hub time, as the database's clock goes. */
  hubMs: number
  elapsedMs: number
  boot: number
}

const delays = fc.double({ min: 0, max: 20_000, noNaN: true })
const happenings = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), there: delays, back: delays }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), back: delays }) },
  {
    weight: 4,
    arbitrary: fc.record({
      // A suspend that the device's clock counts is for it as any other time.
      kind: fc.constant('pass' as const),
      ms: fc.double({ min: 0, max: 100_000_000, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('step' as const, 'sleepUnseen' as const),
      days: fc.integer({ min: 30, max: 3_000 }),
      isBack: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('restart' as const, 'boot' as const, 'hold' as const, 'release' as const),
    }),
  },
)
const runs = fc.record({
  driftPpm: fc.double({ min: -199, max: 199, noNaN: true }),
  resolutionMs: fc.constantFrom(0, 10, 16),
  /** How far the hub's own time is behind the database's. */
  behindMs: fc.double({ min: 0, max: 48, noNaN: true }),
  // Without a size fast-check makes ten or so, too few for a hold, a step, an answer and a release among others.
  happenings: fc.array(happenings, { minLength: 1, maxLength: 60, size: 'max' }),
})

describe('hub time against the truth', () => {
  it('[SYN-40] [SYN-41] [SYN-42] [SYN-43] is always within its bounds, and never goes back', () => {
    fc.assert(
      fc.property(runs, ({ driftPpm, resolutionMs, behindMs, happenings: all }) => {
        const world: TrueWorld = { hubMs: HUB_MS, elapsedMs: 1_000, boot: 1 }
        const clock: EngineClock = {
          wallMs: () => 0,
          elapsedMs: () =>
            resolutionMs === 0 ? world.elapsedMs : Math.floor(world.elapsedMs / resolutionMs) * resolutionMs,
          resolutionMs,
          get bootId() {
            return String(world.boot)
          },
          after: () => () => undefined,
        }
        const pass = (ms: number): void => {
          world.hubMs += ms
          world.elapsedMs += ms * (1 + driftPpm / 1e6)
        }
        const hubWrites = (): number => Math.round(world.hubMs - behindMs)
        const device = {
          time: timeAt(clock),
          answeredMs: null as number | null,
          /** Since then the hub stepped, or a suspend was not seen: until a question is answered nothing is promised. */
          isMisled: false,
          read: null as { ms: number; sinceMs: number } | null,
          heldMs: null as number | null,
          release: null as (() => void) | null,
        }
        const restart = (stored = device.time.contact()): void => {
          const kept = JSON.parse(JSON.stringify(stored)) as HubContact | null
          Object.assign(device, {
            time: timeAt(clock, kept),
            answeredMs: null,
            read: null,
            heldMs: null,
            release: null,
          })
        }
        for (const what of all) {
          switch (what.kind) {
            case 'answer': {
              const askedMs = clock.elapsedMs()
              pass(what.there)
              const nowMs = hubWrites()
              pass(what.back)
              device.answeredMs = askedMs
              device.time.recordServerTime(nowMs, askedMs)
              device.isMisled = false
              break
            }
            case 'heartbeat': {
              const nowMs = hubWrites()
              pass(what.back)
              if (device.answeredMs !== null) device.time.recordServerTime(nowMs, device.answeredMs)
              break
            }
            case 'pass':
              pass(what.ms)
              break
            case 'step':
              world.hubMs += (what.isBack ? -1 : 1) * what.days * DAY_MS
              device.isMisled = true
              break
            case 'sleepUnseen':
              world.hubMs += what.days * DAY_MS
              device.isMisled = true
              break
            case 'boot': {
              const stored = device.time.contact()
              world.boot += 1
              world.elapsedMs = 0
              restart(stored)
              expect(device.time.now()).toBeNull()
              device.isMisled = false
              break
            }
            case 'restart':
              restart()
              break
            case 'hold':
              device.release ??= device.time.hold()
              break
            case 'release':
              device.release?.()
              device.release = null
              device.heldMs = null
          }
          const now = device.time.now()
          if (now === null) continue
          if (!device.isMisled)
            expect(Math.abs(now.ms - world.hubMs)).toBeLessThanOrEqual(now.plusMinusMs + 1e-3)
          if (device.read?.sinceMs === now.sinceMs) expect(now.ms).toBeGreaterThanOrEqual(device.read.ms)
          if (device.heldMs !== null) expect(now.ms).toBeGreaterThanOrEqual(device.heldMs)
          device.read = now
          if (device.release !== null) device.heldMs = now.ms
        }
      }),
      { numRuns: 500 },
    )
  })

  it('[SYN-40] is as certain as the round trip was short and the sample is new', () => {
    fc.assert(
      fc.property(
        delays,
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.constantFrom(0, 10, 16),
        (roundTripMs, passedMs, resolutionMs) => {
          const clock = { ...makeTestClock(), resolutionMs }
          const time = timeAt(clock)
          const askedMs = clock.elapsedMs()
          clock.advance(roundTripMs)
          time.recordServerTime(HUB_MS, askedMs)
          clock.advance(passedMs)
          const atMost = roundTripMs / 2 + 30 + 2 * resolutionMs + 200e-6 * (passedMs + roundTripMs)
          expect(time.now()?.plusMinusMs).toBeLessThanOrEqual(atMost)
        },
      ),
    )
  })
})
