import { describe, expect, it } from 'vitest'
import { HUB_MS } from '../testing/scripted-hub.ts'
import {
  beat,
  digestOf,
  openLiveTestKiosk,
  openTestKiosk,
  snapshot,
  LIBRARY,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'

/** Heartbeats, each after five seconds; a ping that was sent on the way is answered a tenth of a second later. */
function pass(kiosk: TestKiosk, beats: number): void {
  for (let count = 0; count < beats; count += 1) {
    kiosk.clock.advance(4_600)
    kiosk.hub.pong()
    kiosk.clock.advance(400)
    beat(kiosk, 6)
  }
}

describe('what bounds hub time', () => {
  it('[SYN-43] [SYN-40] after a boot nothing is known until the hub is heard, and then what its round trip says', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.engine.stop()
    kiosk.clock.bootId = 'boot-2'
    const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
    again.engine.start()
    expect(again.seen.link).toMatchObject({ hubNowMs: null, hubNowPlusMinusMs: null })
    again.hub.say({ type: 'challenge', nonce: 'nonce', protocols: [2, 1] })
    again.clock.advance(3_000)
    welcome(again)
    snapshot(again, LIBRARY)
    expect(again.seen.link?.hubNowPlusMinusMs).toBeGreaterThan(1_500)
    expect(again.seen.link?.hubNowPlusMinusMs).toBeLessThan(1_600)
    again.engine.stop()
  })

  it('[SYN-44] a kiosk asks once a minute, shortly before a heartbeat, and stays certain to a second however long it is connected', async () => {
    const kiosk = await openLiveTestKiosk()
    pass(kiosk, 12)
    expect(kiosk.hub.pings()).toBe(0)
    pass(kiosk, 12 * 60 * 2)
    expect(kiosk.hub.connectionCount()).toBe(1)
    expect(kiosk.hub.pings()).toBeGreaterThanOrEqual(60 * 2 - 20)
    expect(kiosk.hub.pings()).toBeLessThanOrEqual(60 * 2)
    expect(kiosk.seen.link?.hubNowPlusMinusMs).toBeLessThan(500)
    kiosk.engine.stop()
  })

  it('[SYN-40] [SYN-44] counts from the sending of a ping, not from its answer', async () => {
    const kiosk = await openLiveTestKiosk()
    pass(kiosk, 12)
    kiosk.clock.advance(4_500)
    expect(kiosk.hub.pings()).toBe(1)
    kiosk.clock.advance(2_000)
    // The hub wrote this as soon as it had the ping; answer and heartbeat were on their way for 1.9 s.
    kiosk.hub.pong()
    const nowMs = HUB_MS + kiosk.clock.elapsedMs() - 1_900
    kiosk.hub.say({
      type: 'heartbeat',
      epoch: 'epoch-1',
      head: 6,
      mac: 'mac-6',
      nowMs,
      digest: digestOf(LIBRARY),
    })
    const { hubNowMs, hubNowPlusMinusMs } = kiosk.seen.link ?? {}
    expect(Math.abs((hubNowMs ?? 0) - nowMs - 1_900)).toBeLessThanOrEqual(hubNowPlusMinusMs ?? 0)
    expect(kiosk.logged.filter((line) => line.startsWith('hub-time-stepped'))).toEqual([])
    kiosk.engine.stop()
  })

  it('[SYN-42] [SYN-44] a hub’s clock that was set back is followed once a question was answered, and logged', async () => {
    const kiosk = await openLiveTestKiosk()
    pass(kiosk, 24)
    const setBack = (): void =>
      kiosk.hub.say({
        type: 'heartbeat',
        epoch: 'epoch-1',
        head: 6,
        mac: 'mac-6',
        nowMs: HUB_MS + kiosk.clock.elapsedMs() - 3_600_000,
        digest: 'x',
      })
    for (let count = 0; count < 13; count += 1) {
      kiosk.clock.advance(4_600)
      kiosk.hub.pong()
      kiosk.clock.advance(400)
      setBack()
    }
    const wrongMs = (kiosk.seen.link?.hubNowMs ?? 0) - (HUB_MS + kiosk.clock.elapsedMs() - 3_600_000)
    expect(Math.abs(wrongMs)).toBeLessThan(1_000)
    expect(kiosk.logged.filter((line) => line.startsWith('hub-time-stepped'))).toHaveLength(1)
    kiosk.engine.stop()
  })

  it('[KSK-12] [SYN-44] a pong to an earlier ping is no answer to the one that follows a standstill', async () => {
    const kiosk = await openLiveTestKiosk()
    const early: string[] = []
    for (let count = 0; count < 13; count += 1) {
      kiosk.clock.advance(4_900)
      early.push(String(kiosk.hub.pings()))
      kiosk.clock.advance(100)
      beat(kiosk, 6)
    }
    expect(early.at(-1)).toBe('1')
    kiosk.clock.suspend(9_000)
    kiosk.clock.advance(1_000)
    expect(kiosk.seen.link?.status).toBe('connecting')
    kiosk.hub.pong('1')
    expect(kiosk.seen.link?.status).toBe('connecting')
    kiosk.hub.pong()
    expect(kiosk.seen.link?.status).toBe('online')
    kiosk.engine.stop()
  })
})
