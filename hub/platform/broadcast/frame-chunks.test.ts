import { expect, test } from 'vitest'
import { Changes, MAX_PART_BYTES, Snapshot, type LevelRow, type SpaceRow } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import { buffersFor, makeFrameChunks } from './frame-chunks.ts'

const parseChanges = makeParse(Changes)
const parseSnapshot = makeParse(Snapshot)

test('[SYN-9] chunks are messages of the protocol, none is too large, and together they hold every row once', () => {
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

const plain: SpaceRow = {
  id: 1,
  clock: 7,
  level: 1,
  reportedAtMs: 1_700_000_000_000,
  facts: {
    parentId: null,
    name: 'Room "101"',
    kind: 'room',
    location: null,
    details: { equipment: ['Screen'] },
    capacity: 4,
    hours: { weekly: null, closures: [] },
  },
}
const texted: SpaceRow = { ...plain, id: 2, facts: { ...plain.facts, texts: { sl: { name: 'Soba 101' } } } }
const rowsIn = (buffers: readonly Buffer[]): SpaceRow[] =>
  buffers.flatMap((buffer) => {
    const parsed = parseChanges(buffer.toString())
    return parsed.ok ? parsed.value.changes.rows : []
  })

test('[TXT-5] who takes no texts gets the same frame without them', () => {
  const frame = makeFrameChunks('epoch', 3, 7, { rows: [plain, texted], levels: [], gone: [[3, 6]] })
  expect(rowsIn(buffersFor(frame, { takesTexts: true }))).toEqual([plain, texted])
  const without = buffersFor(frame, { takesTexts: false })
  expect(rowsIn(without)).toEqual([plain, { ...plain, id: 2 }])
  const nothing = makeFrameChunks('epoch', 3, 7, {
    rows: [plain, { ...plain, id: 2 }],
    levels: [],
    gone: [[3, 6]],
  })
  expect(without.map(String)).toEqual(nothing.buffers.map(String))
})

test('[TXT-5] that frame is made once, and only where a row has texts', () => {
  const frame = makeFrameChunks('epoch', 3, 7, { rows: [texted], levels: [], gone: [] })
  expect(frame.buffersWithoutTexts()).not.toBe(frame.buffers)
  expect(frame.buffersWithoutTexts()).toBe(frame.buffersWithoutTexts())
  const none = makeFrameChunks('epoch', 3, 7, { rows: [plain], levels: [], gone: [] })
  expect(none.buffersWithoutTexts()).toBe(none.buffers)
})
