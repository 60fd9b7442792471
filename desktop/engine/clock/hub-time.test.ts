import { describe, expect, it } from 'vitest'
import { makeHubTime } from './hub-time.ts'
import { HUB_MS, makeTestClock } from '../testing/scripted-hub.ts'

const TEN_YEARS_MS = 315_576_000_000

describe('hub time at a device', () => {
  it('[SYN-16] is right with a wall clock ten years off', () => {
    const clock = makeTestClock()
    clock.wallErrorMs = -TEN_YEARS_MS
    const time = makeHubTime(clock, null, 0)
    expect(time.nowMs()).toBeNull()
    time.recordServerTime(HUB_MS, true)
    clock.advance(60_000)
    expect(time.nowMs()).toBe(HUB_MS + 60_000)
    expect(time.clockOffsetMs()).toBe(clock.wallMs() - HUB_MS - 60_000)
  })

  it('[SYN-16] runs on through a suspend, and is not moved by a wall clock that jumps', () => {
    const clock = makeTestClock()
    const time = makeHubTime(clock, null, 0)
    time.recordServerTime(HUB_MS, true)
    clock.suspend(3_600_000)
    clock.wallErrorMs = TEN_YEARS_MS
    expect(time.nowMs()).toBe(HUB_MS + 3_600_000)
  })

  it('[SYN-15] of a hub that names the last moment there is stays a time that can be shown', () => {
    const clock = makeTestClock()
    const time = makeHubTime(clock, null, 0)
    time.recordServerTime(8_640_000_000_000_000, true)
    clock.advance(60_000)
    time.recordMessage()
    expect(time.nowMs()).toBe(8_640_000_000_000_000)
    expect(time.lastContactMs()).toBe(8_640_000_000_000_000)
    expect(new Date(time.nowMs() ?? Number.NaN).getTime()).not.toBeNaN()
    time.recordServerTime(HUB_MS, false)
    expect(time.lastContactMs()).toBe(HUB_MS)
  })

  it('keeps the quickest message of a connection, and follows a hub whose clock was set back', () => {
    const clock = makeTestClock()
    const time = makeHubTime(clock, null, 0)
    time.recordServerTime(HUB_MS, true)
    time.recordServerTime(HUB_MS - 2_000, false)
    expect(time.nowMs()).toBe(HUB_MS)
    time.recordServerTime(HUB_MS - 60_000, false)
    expect(time.nowMs()).toBe(HUB_MS - 60_000)
  })

  it('[OCC-7] goes on exactly after a restart in the same boot, and by the wall clock after another', () => {
    const clock = makeTestClock()
    const first = makeHubTime(clock, null, 0)
    first.recordServerTime(HUB_MS, true)
    const kept = first.contact()
    clock.advance(5_000)
    clock.wallErrorMs = TEN_YEARS_MS
    expect(makeHubTime(clock, kept, 0).nowMs()).toBe(HUB_MS + 5_000)
    clock.wallErrorMs = 0
    clock.bootId = 'boot-2'
    expect(makeHubTime(clock, kept, 0).nowMs()).toBe(HUB_MS + 5_000)
    clock.wallErrorMs = -TEN_YEARS_MS
    expect(makeHubTime(clock, kept, 0).nowMs()).toBeNull()
    expect(makeHubTime(clock, kept, 0).lastContactMs()).toBe(HUB_MS)
  })
})
