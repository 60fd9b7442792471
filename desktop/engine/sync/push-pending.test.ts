import { describe, expect, it } from 'vitest'
import {
  ack,
  beat,
  levels,
  openLiveBench,
  reopen,
  report,
  untilDialled,
  welcome,
} from '../testing/test-engine.ts'

describe('pushing', () => {
  it('[SYN-4] sends oldest first, one push at a time, cut by number', async () => {
    const bench = await openLiveBench({})
    bench.hub.cut()
    for (let turn = 0; turn < 70; turn += 1) {
      bench.clock.advance(500)
      await report(bench, 3 + (turn % 3), turn % 2)
    }
    untilDialled(bench)
    welcome(bench)
    expect(bench.hub.last('push')?.mutations.map(({ id }) => id)).toEqual(
      Array.from({ length: 64 }, (_, index) => index + 1),
    )
    await report(bench, 3, 2)
    expect(bench.hub.all('push')).toHaveLength(1)
    ack(bench, 40, 7)
    expect(bench.hub.all('push')).toHaveLength(1)
    ack(bench, 64, 8)
    expect(bench.hub.last('push')?.mutations.map(({ id }) => id)).toEqual([65, 66, 67, 68, 69, 70, 71])
    ack(bench, 71, 9)
    expect(bench.seen.outbox?.waitingCount).toBe(0)
    expect(bench.hub.all('push')).toHaveLength(2)
  })

  it('[OCC-7] says how old a tap is through a suspend, and nothing of its age after a reboot', async () => {
    const bench = await openLiveBench()
    bench.clock.advance(3_000)
    bench.hub.cut()
    await report(bench, 3, 1)
    bench.clock.suspend(3_600_000)
    bench.clock.wallErrorMs = -315_576_000_000
    untilDialled(bench)
    welcome(bench)
    const [sent] = bench.hub.last('push')?.mutations ?? []
    expect(sent?.ageMs).toBeGreaterThanOrEqual(3_600_000)
    bench.clock.bootId = 'boot-2'
    const again = reopen(bench)
    expect(again.screen.get(3)?.reportedAtMs).toBe(sent?.contactMs)
    welcome(again)
    expect(again.hub.last('push')?.mutations).toMatchObject([{ ageMs: null, contactMs: sent?.contactMs }])
  })

  it('[SYN-2] sends a push again that nobody acknowledged, more and more patiently', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    const beatFor = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        bench.clock.advance(5_000)
        beat(bench, 6)
      }
    }
    beatFor(15_000)
    expect(bench.hub.all('push')).toHaveLength(2)
    beatFor(25_000)
    expect(bench.hub.all('push')).toHaveLength(2)
    beatFor(10_000)
    expect(bench.hub.all('push')).toHaveLength(3)
  })

  it('[SYN-7] shows what the hub refused, for a minute', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    const outcomes = [{ id: 1, why: 'composite' as const }]
    bench.hub.say({ type: 'ack', lastMutationId: 1, head: 7, mac: 'm', outcomes })
    expect(bench.seen.outbox?.refused).toEqual([{ mutationId: 1, spaceId: 3, why: 'composite' }])
    levels(bench, 6, 7, [])
    expect(bench.screen.get(3)).toMatchObject({ level: null, isWaiting: false })
    bench.clock.advance(60_000)
    expect(bench.seen.outbox?.refused).toEqual([])
  })
})
