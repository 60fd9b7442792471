import { expect, test } from 'vitest'
import { Changes, MAX_PART_BYTES, Snapshot, type LevelRow } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import { makeFrameChunks } from './frame-chunks.ts'

const parseChanges = makeParse(Changes)
const parseSnapshot = makeParse(Snapshot)

test('[SYN-9] parts are messages of the line, none is too large, and together they hold every row once', () => {
  const levels = Array.from({ length: 20_000 }, (_, id): LevelRow => [id + 1, 7, 1, 1_700_000_000_000])
  const { buffers, byteCount } = makeFrameChunks('epoch', 3, 7, { rows: [], levels, gone: [[99_999, 5]] })
  expect(buffers.length).toBeGreaterThan(2)
  expect(Math.max(...buffers.map(({ length }) => length))).toBeLessThanOrEqual(MAX_PART_BYTES)
  expect(byteCount).toBe(buffers.reduce((sum, { length }) => sum + length, 0))
  const parsed = buffers.map((buffer) => parseChanges(buffer.toString()))
  const parts = parsed.flatMap((one) => (one.ok ? [one.value] : []))
  expect(parts.map(({ part, parts: count }) => [part, count])).toEqual(
    buffers.map((_, index) => [index + 1, buffers.length]),
  )
  expect(parts.flatMap(({ changes }) => changes.levels)).toEqual(levels)
  expect(parts.flatMap(({ changes }) => changes.gone)).toEqual([[99_999, 5]])
})

test('[SYN-8] nothing changed is one empty part, of changes as of a snapshot', () => {
  const nothing = { rows: [], levels: [], gone: [] }
  expect(
    makeFrameChunks('e"p', 3, 4, nothing).buffers.map((buffer) => parseChanges(buffer.toString()).ok),
  ).toEqual([true])
  expect(
    makeFrameChunks('e"p', null, 4, nothing).buffers.map((buffer) => parseSnapshot(buffer.toString()).ok),
  ).toEqual([true])
})
