import { expect, it } from 'vitest'
import { ack, levels, openLiveTestKiosk, LIBRARY } from '../testing/test-engine.ts'

it('[SYN-5] an equal tap within ten seconds is merged into the one before, also after its ack', async () => {
  const kiosk = await openLiveTestKiosk()
  const tap = (): Promise<unknown> => kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
  await tap()
  ack(kiosk, 1, 7)
  expect(await tap()).toMatchObject({ value: { mutationId: 1, isRepeat: true } })
})

it('[SYN-5] an equal tap counts once another kiosk said something else', async () => {
  const kiosk = await openLiveTestKiosk()
  const tap = (): Promise<unknown> => kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
  await tap()
  ack(kiosk, 1, LIBRARY.length + 1)
  kiosk.clock.advance(1_000)
  levels(kiosk, LIBRARY.length, LIBRARY.length + 2, [[3, LIBRARY.length + 2, 0, kiosk.clock.wallMs()]])
  expect(kiosk.screen.get(3)).toMatchObject({ level: 0 })
  expect(await tap()).toMatchObject({ value: { mutationId: 2, isRepeat: false } })
  expect(kiosk.screen.get(3)).toMatchObject({ level: 1 })
})

it('[OCC-14] a tap that repeats a report offers no undo and extends none', async () => {
  const kiosk = await openLiveTestKiosk()
  const tap = (): Promise<unknown> => kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
  await tap()
  kiosk.clock.advance(9_000)
  expect(await tap()).toEqual({ ok: true, value: { mutationId: 1, undoForMs: 0, isRepeat: true } })
  kiosk.clock.advance(1_001)
  expect(await kiosk.engine.call('withdrawReport', { mutationId: 1 })).toEqual({
    ok: false,
    refusal: { why: 'unknownReport' },
  })
  expect(kiosk.screen.get(3)).toMatchObject({ level: 1 })
})

it('[OCC-14] a report that somebody confirmed since is not removed any more, not even by who made it', async () => {
  const kiosk = await openLiveTestKiosk()
  const tap = (spaceId: number): Promise<unknown> =>
    kiosk.engine.call('reportOccupancy', { spaceId, level: 2 })
  await tap(3)
  kiosk.clock.advance(2_000)
  await tap(3)
  expect(await kiosk.engine.call('withdrawReport', { mutationId: 1 })).toEqual({
    ok: false,
    refusal: { why: 'confirmedSince' },
  })
  expect(kiosk.screen.get(3)).toMatchObject({ level: 2 })
  expect(kiosk.engine.readRows().waitingCount).toBe(1)
  // Another report is not touched by that.
  await tap(4)
  expect(await kiosk.engine.call('withdrawReport', { mutationId: 2 })).toMatchObject({ ok: true })
  expect(kiosk.screen.get(4)).toMatchObject({ level: null })
})
