import { describe, expect, it } from 'vitest'
import {
  ack,
  levels,
  openBench,
  openLiveBench,
  reopen,
  welcome,
  LIBRARY,
  beat,
  digestOf,
} from '../testing/test-engine.ts'

describe('a kiosk from its code to its first report', () => {
  it('[SYN-20] becomes a kiosk, says hello and is live', async () => {
    const bench = await openLiveBench()
    expect(bench.seen.kiosk).toMatchObject({ state: 'enrolled' })
    expect(bench.seen.link?.status).toBe('online')
    expect(bench.screen.size).toBe(6)
    expect(bench.hub.last('applied')).toMatchObject({ cursor: 6, ticket: 'ticket-1' })
  })

  it('tells its screen how to start, as the configuration says', () => {
    const screen = { language: 'sl', theme: 'dark', pxPerMm: 5.9 } as const
    const config = { name: 'Floor', hub: { url: 'http://127.0.0.1:4710' }, screen }
    expect(openBench({ options: { config } }).seen.kiosk).toMatchObject({ state: 'notEnrolled', screen })
  })

  it('[SYN-1] [SYN-4] [SYN-19] a tap is on the screen at once, goes up, and stays until the row is here', async () => {
    const bench = await openLiveBench()
    const answer = await bench.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
    expect(answer).toEqual({ ok: true, value: { mutationId: 1, undoForMs: 5000, isRepeat: false } })
    expect(bench.screen.get(3)).toMatchObject({ level: 1, isWaiting: true })
    expect(bench.hub.last('push')?.mutations).toMatchObject([{ id: 1, kind: 'report', ageMs: 0 }])
    ack(bench, 1, 7)
    expect(bench.screen.get(3)).toMatchObject({ level: 1, isWaiting: false })
    levels(bench, 6, 7, [[3, 7, 1, bench.clock.wallMs()]])
    expect(bench.screen.get(3)).toMatchObject({ level: 1, isWaiting: false })
    expect(bench.engine.readRows()).toMatchObject({ cursor: 7, waitingCount: 0 })
    const rows = LIBRARY.map(({ id, clock }) => ({ id, clock: id === 3 ? 7 : clock }))
    expect(bench.engine.readRows().digest).toBe(digestOf(rows))
    beat(bench, 7, digestOf(rows))
    expect(bench.hub.last('applied')?.cursor).toBe(7)
  })

  it('[SYN-1] shows the tap again after a restart without a line', async () => {
    const bench = await openLiveBench()
    bench.hub.cut()
    await bench.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
    const again = reopen(bench)
    expect(again.screen.get(3)).toMatchObject({ level: 2, isWaiting: true })
    welcome(again)
    expect(again.hub.last('push')?.mutations).toMatchObject([{ id: 1, ageMs: 0 }])
  })
})
