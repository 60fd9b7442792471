import { expect, test } from 'vitest'
import { Changes, MAX_PART_BYTES, Snapshot, type LevelRow, type SpaceRow } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import { addRows, makeFrameChunks } from './frame-chunks.ts'
import { formOfProtocol, FULL_FORM } from './row-form.ts'

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
  expect(rowsIn(frame.inForm(FULL_FORM))).toEqual([plain, texted])
  const without = frame.inForm(formOfProtocol(2))
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
  const old = formOfProtocol(2)
  expect(frame.inForm(old)).not.toBe(frame.buffers)
  expect(frame.inForm(old)).toBe(frame.inForm(old))
  const none = makeFrameChunks('epoch', 3, 7, { rows: [plain], levels: [], gone: [] })
  expect(none.inForm(old)).toBe(none.buffers)
})

test('[SYN-31] since protocol 3 facts come without hours; while only levels move, frames of all forms are the same bytes', () => {
  const frame = makeFrameChunks('epoch', 3, 7, { rows: [plain, texted], levels: [], gone: [] })
  const { hours: _hours, ...facts } = texted.facts
  expect(rowsIn(frame.inForm(formOfProtocol(3)))[1]?.facts).toEqual(facts)
  const levels = makeFrameChunks('epoch', 3, 7, { rows: [], levels: [[1, 7, 2, 5]], gone: [[3, 6]] })
  for (const protocol of [2, 3]) expect(levels.inForm(formOfProtocol(protocol))).toBe(levels.buffers)
})

const rowTexts = (
  name: string,
  from: number,
  count: number,
  length = 10,
): { name: string; texts: string[] } => ({
  name,
  texts: Array.from({ length: count }, (_, index) =>
    JSON.stringify({ id: from + index, clock: 7, body: { text: 'x'.repeat(length) } }),
  ),
})

test('[SYN-31] [SYN-9] rows of collections are added where there is room, then in parts of their own, each once', () => {
  const levels = Array.from({ length: 9_000 }, (_, id): LevelRow => [id + 1, 7, 1, 1_700_000_000_000])
  const { buffers } = makeFrameChunks('epo","parts":9', 3, 7, { rows: [], levels, gone: [] })
  const added = addRows({ buffers, hasRows: false }, [
    rowTexts('hours', 1, 900, 300),
    rowTexts('other', 1, 2),
  ])
  const whole = addRows(added, [rowTexts('more', 5, 300, 300), rowTexts('none', 1, 0)])
  const parsed = whole.buffers.map((buffer) => parseChanges(buffer.toString()))
  const parts = parsed.flatMap((one) => (one.ok ? [one.value] : []))
  expect(parts.map(({ part, parts: count }) => [part, count])).toEqual(
    whole.buffers.map((_, index) => [index + 1, whole.buffers.length]),
  )
  expect(Math.max(...whole.buffers.map(({ length }) => length))).toBeLessThanOrEqual(MAX_PART_BYTES)
  expect(parts.flatMap(({ changes }) => changes.levels)).toEqual(levels)
  const idsOf = (name: string): number[] =>
    parts.flatMap(({ collections }) => collections?.[name]?.map(({ id }) => id) ?? [])
  expect(idsOf('hours')).toEqual(Array.from({ length: 900 }, (_, index) => index + 1))
  expect([idsOf('other'), idsOf('more').length, idsOf('none')]).toEqual([[1, 2], 300, []])
})

test('[SYN-31] a few rows are added to the last part, and those before are not copied', () => {
  const levels = Array.from({ length: 9_000 }, (_, id): LevelRow => [id + 1, 7, 1, 1_700_000_000_000])
  const { buffers } = makeFrameChunks('epoch', null, 7, { rows: [], levels, gone: [] })
  const added = addRows({ buffers, hasRows: false }, [rowTexts('hours', 1, 2)])
  expect(added.buffers.slice(0, -1).every((buffer, index) => buffer === buffers[index])).toBe(true)
  const last = parseSnapshot(added.buffers.at(-1)?.toString() ?? '')
  expect(last).toMatchObject({
    ok: true,
    value: { parts: buffers.length, collections: { hours: [{ id: 1 }, { id: 2 }] } },
  })
})
