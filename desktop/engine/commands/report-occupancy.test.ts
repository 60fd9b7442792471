import { expect, it } from 'vitest'
import { ack, levels, openLiveBench, LIBRARY } from '../testing-engine.ts'

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
