import { describe, expect, it } from 'vitest'
import {
  ack,
  beat,
  levels,
  openLiveTestKiosk,
  reopen,
  report,
  untilReconnected,
  welcome,
} from '../testing/test-engine.ts'

describe('pushing', () => {
  it('[SYN-4] sends oldest first, one push at a time, cut by number', async () => {
    const kiosk = await openLiveTestKiosk({})
    kiosk.hub.cut()
    for (let turn = 0; turn < 70; turn += 1) {
      kiosk.clock.advance(500)
      await report(kiosk, 3 + (turn % 3), turn % 2)
    }
    untilReconnected(kiosk)
    welcome(kiosk)
    expect(kiosk.hub.last('push')?.mutations.map(({ id }) => id)).toEqual(
      Array.from({ length: 64 }, (_, index) => index + 1),
    )
    await report(kiosk, 3, 2)
    expect(kiosk.hub.all('push')).toHaveLength(1)
    ack(kiosk, 40, 7)
    expect(kiosk.hub.all('push')).toHaveLength(1)
    ack(kiosk, 64, 8)
    expect(kiosk.hub.last('push')?.mutations.map(({ id }) => id)).toEqual([65, 66, 67, 68, 69, 70, 71])
    ack(kiosk, 71, 9)
    expect(kiosk.seen.outbox?.waitingCount).toBe(0)
    expect(kiosk.hub.all('push')).toHaveLength(2)
  })

  it('[OCC-7] says how old a tap is through a suspend, and nothing of its age after a reboot', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.clock.advance(3_000)
    kiosk.hub.cut()
    await report(kiosk, 3, 1)
    kiosk.clock.suspend(3_600_000)
    kiosk.clock.wallErrorMs = -315_576_000_000
    untilReconnected(kiosk)
    welcome(kiosk)
    const [sent] = kiosk.hub.last('push')?.mutations ?? []
    expect(sent?.ageMs).toBeGreaterThanOrEqual(3_600_000)
    kiosk.clock.bootId = 'boot-2'
    const again = reopen(kiosk)
    expect(again.screen.get(3)?.reportedAtMs).toBe(sent?.contactMs)
    welcome(again)
    expect(again.hub.last('push')?.mutations).toMatchObject([{ ageMs: null, contactMs: sent?.contactMs }])
  })

  it('[SYN-2] sends a push again that nobody acknowledged, more and more patiently', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    const beatFor = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        kiosk.clock.advance(5_000)
        beat(kiosk, 6)
      }
    }
    beatFor(15_000)
    expect(kiosk.hub.all('push')).toHaveLength(2)
    beatFor(25_000)
    expect(kiosk.hub.all('push')).toHaveLength(2)
    beatFor(10_000)
    expect(kiosk.hub.all('push')).toHaveLength(3)
  })

  it('[SYN-7] shows what the hub refused, for a minute', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    const outcomes = [{ id: 1, why: 'composite' as const }]
    kiosk.hub.say({ type: 'ack', lastMutationId: 1, head: 7, mac: 'm', outcomes })
    expect(kiosk.seen.outbox?.refused).toEqual([{ mutationId: 1, kind: 'report', why: 'composite' }])
    levels(kiosk, 6, 7, [])
    expect(kiosk.screen.get(3)).toMatchObject({ level: null, isWaiting: false })
    kiosk.clock.advance(60_000)
    expect(kiosk.seen.outbox?.refused).toEqual([])
  })
})
