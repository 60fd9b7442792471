import { expect, it } from 'vitest'
import { ack, levels, openLiveBench, LIBRARY } from '../testing/test-engine.ts'

it('[SYN-5] an equal tap within ten seconds falls into the one before, also after its ack', async () => {
  const bench = await openLiveBench()
  const tap = (): Promise<unknown> => bench.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
  await tap()
  ack(bench, 1, 7)
  expect(await tap()).toMatchObject({ value: { mutationId: 1, isRepeat: true } })
})

it('[SYN-5] an equal tap is news once another kiosk said something else', async () => {
  const bench = await openLiveBench()
  const tap = (): Promise<unknown> => bench.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
  await tap()
  ack(bench, 1, LIBRARY.length + 1)
  bench.clock.advance(1_000)
  levels(bench, LIBRARY.length, LIBRARY.length + 2, [[3, LIBRARY.length + 2, 0, bench.clock.wallMs()]])
  expect(bench.screen.get(3)).toMatchObject({ level: 0 })
  expect(await tap()).toMatchObject({ value: { mutationId: 2, isRepeat: false } })
  expect(bench.screen.get(3)).toMatchObject({ level: 1 })
})

it('[OCC-14] a tap that was noted already offers no undo and prolongs none', async () => {
  const bench = await openLiveBench()
  const tap = (): Promise<unknown> => bench.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
  await tap()
  bench.clock.advance(9_000)
  expect(await tap()).toEqual({ ok: true, value: { mutationId: 1, undoForMs: 0, isRepeat: true } })
  bench.clock.advance(1_001)
  expect(await bench.engine.call('withdrawReport', { mutationId: 1 })).toEqual({
    ok: false,
    refusal: { why: 'unknownReport' },
  })
  expect(bench.screen.get(3)).toMatchObject({ level: 1 })
})

it('[OCC-14] a report that somebody confirmed since is not taken back any more, not even by who made it', async () => {
  const bench = await openLiveBench()
  const tap = (spaceId: number): Promise<unknown> =>
    bench.engine.call('reportOccupancy', { spaceId, level: 2 })
  await tap(3)
  bench.clock.advance(2_000)
  await tap(3)
  expect(await bench.engine.call('withdrawReport', { mutationId: 1 })).toEqual({
    ok: false,
    refusal: { why: 'confirmedSince' },
  })
  expect(bench.screen.get(3)).toMatchObject({ level: 2 })
  expect(bench.engine.readRows().waitingCount).toBe(1)
  // Another report is not touched by that.
  await tap(4)
  expect(await bench.engine.call('withdrawReport', { mutationId: 2 })).toMatchObject({ ok: true })
  expect(bench.screen.get(4)).toMatchObject({ level: null })
})
