import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeSyncFeatures } from '../../make-sync-features.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, openTestSession, TestSession, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { makeHubClock } from '../clock.ts'
import { HEARTBEAT_MS, type SyncCore } from '../connections/sync-core.ts'
import { noMetrics } from '../metrics.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import type { FrameChunks } from './frame-chunks.ts'
import { Frame } from './frame.ts'
import { FrameRing } from './frame-ring.ts'
import { PAGE_FORM } from './row-form.ts'
import { makeTaker } from './taker.ts'

// What is sent to who comes after all had left, what is read again after it failed, and who stands still a second time.

let database: TestDatabase
let campus: TestCampus
let tapper: TestKiosk
let watcher: TestKiosk
let core: SyncCore
let aheadMs = 0
let sweepCount = 0
let swept: () => void = () => undefined

beforeAll(async () => {
  database = await makeTestDatabase('broadcast_again')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  const place = { universityId: campus.universityId, spaceId: campus.root }
  tapper = await insertTestKiosk(database.pool, place)
  watcher = await insertTestKiosk(database.pool, place)
  aheadMs = 0
})
afterEach(() => core.stop())

/** So long that nobody is silent whatever the test moves the time on by. */
const HARDLY_EVER_MS = 10_000_000

/** A core whose elapsed time a test moves on, and whose reading of rows fails as often as it says. */
function start(heartbeatMs: number): { failing: { count: number; failed: number } } {
  const real = makeHubClock()
  const failing = { count: 0, failed: 0 }
  const features = makeSyncFeatures(database.pool)
  core = makeTestCore(database.pool, {
    clock: { ...real, elapsedMs: () => real.elapsedMs() + aheadMs },
    metrics: {
      ...noMetrics,
      socketsBehind: (count) => {
        sweepCount += 1
        if (count > 0) swept()
      },
    },
    limits: { heartbeatMs },
    features: {
      ...features,
      spacesOfKiosks: async (...args) => {
        if (failing.count === 0) return features.spacesOfKiosks(...args)
        failing.count -= 1
        failing.failed += 1
        throw new Error('the database does not answer')
      },
    },
  })
  return { failing }
}

/** Waits for the next look at sockets that are behind. */
async function nextSweep(): Promise<void> {
  await new Promise<void>((resolve) => {
    swept = resolve
  })
}

/** Waits until all connections were looked at, whatever their state. */
async function pastSweep(): Promise<void> {
  const before = sweepCount
  await expect.poll(() => sweepCount, { timeout: 20_000 }).toBeGreaterThan(before + 1)
}

test('[SYN-14] [SYN-67] heartbeats come to a kiosk that connects after all others had left, as to the first', async () => {
  start(200)
  for (let round = 0; round < 3; round += 1) {
    const open = await openTestSession(core, watcher)
    for (let beat = 0; beat < 2; beat += 1)
      expect(await open.connection.next('heartbeat')).toMatchObject({ epoch: open.epoch, head: open.cursor })
    open.hangUp()
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
})

test('[SYN-8] [SYN-67] rows that a kiosk asked for and that could not be read are read again until they can be', async () => {
  const { failing } = start(HARDLY_EVER_MS)
  const open = await openTestSession(core, watcher)
  await open.connection.next('snapshot')
  failing.count = 3
  open.send({ type: 'pull', cursor: 0 })
  expect((await open.connection.next('changes')).to).toBe(open.cursor)
  expect(failing.failed).toBe(3)
})

test('[SYN-24] a socket that takes bytes is not ended however slowly, and one that stands still a second time is', async () => {
  start(HARDLY_EVER_MS)
  const here = await openTestSession(core, tapper)
  const there = await openTestSession(core, watcher)
  await there.connection.next('snapshot')
  // What came before it fell behind does not count.
  aheadMs += 3_600_000
  there.connection.unsent = 300_000
  await here.push(tapper.report(campus.rooms[0], 1))
  await nextSweep()
  expect(there.connection.isClosed).toBe(false)
  for (let round = 0; round < 3; round += 1) {
    aheadMs += 20_000
    there.connection.unsent -= 1_000
    await nextSweep()
    await nextSweep()
    expect(there.connection.isClosed).toBe(false)
  }
  aheadMs += 20_000
  await nextSweep()
  expect(there.connection.isClosed).toBe(false)
  aheadMs += 11_000
  expect(await there.connection.closed()).toBe('stalled')
  expect(here.connection.isClosed).toBe(false)
})

test.each(['is still being sent its rows', 'fell behind', 'has been handed all of them'])(
  '[SYN-24] [SYN-66] a kiosk that %s takes its bytes slowly for a minute, says nothing meanwhile, and is not ended before they stop',
  async (state) => {
    start(HEARTBEAT_MS)
    const there = new TestSession(core, watcher)
    if (state === 'is still being sent its rows') there.connection.unsent = 300_000
    await there.hello()
    if (state === 'fell behind') {
      await there.connection.next('snapshot')
      there.connection.unsent = 300_000
      const here = await openTestSession(core, tapper)
      await here.push(tapper.report(campus.rooms[0], 1))
      await nextSweep()
    }
    if (state === 'has been handed all of them') {
      await there.connection.next('snapshot')
      there.connection.unsent = 200_000
      await pastSweep()
    }
    for (let round = 0; round < 4; round += 1) {
      aheadMs += 20_000
      there.connection.unsent -= 1_000
      await pastSweep()
      expect(there.connection.isClosed).toBe(false)
    }
    aheadMs += 31_000
    expect(await there.connection.closed()).toBe('stalled')
  },
)

test('[SYN-66] how long a kiosk has been silent counts from when it had been sent all that it missed', async () => {
  start(HEARTBEAT_MS)
  const there = new TestSession(core, watcher)
  there.connection.unsent = 300_000
  await there.hello()
  await pastSweep()
  aheadMs += 25_000
  await pastSweep()
  expect(there.connection.isClosed).toBe(false)
  there.connection.unsent = 0
  await there.connection.next('snapshot')
  await pastSweep()
  aheadMs += 2 * HEARTBEAT_MS
  await pastSweep()
  expect(there.connection.isClosed).toBe(false)
  aheadMs += 2 * HEARTBEAT_MS + 2_000
  expect(await there.connection.closed()).toBe('stalled')
})

test('[SYN-8] [SYN-24] a socket that falls behind a second time is skipped and caught up like the first', async () => {
  start(HARDLY_EVER_MS)
  const here = await openTestSession(core, tapper)
  const there = await openTestSession(core, watcher)
  await there.connection.next('snapshot')
  let cursor = there.cursor
  for (let round = 0; round < 3; round += 1) {
    there.connection.unsent = 300_000
    let head = 0
    for (const level of [0, 1, 2] as const) {
      head = (await here.push(tapper.report(campus.rooms[round] ?? 0, level))).head
      await here.connection.until(() =>
        here.connection.received.some((message) => message.type === 'changes' && message.to >= head),
      )
    }
    expect(there.connection.received).toEqual([])
    there.connection.unsent = 0
    await there.connection.until(() =>
      there.connection.received.some((message) => message.type === 'changes' && message.to >= head),
    )
    for (const frame of there.connection.received.splice(0)) {
      if (frame.type !== 'changes') continue
      expect(frame.from).toBeLessThanOrEqual(cursor)
      cursor = Math.max(cursor, frame.to)
    }
    expect(cursor).toBe(head)
  }
})

test('[SYN-8] frames that are kept for who finishes a catch-up have no gap, are bounded, and are those of one epoch', () => {
  const ring = new FrameRing()
  const taker = makeTaker(PAGE_FORM, [], null)
  const frame = (from: number, bytes = 10) => {
    const buffers = [Buffer.from(String(from))]
    const chunks: FrameChunks = { from, to: from + 1, buffers, byteCount: bytes, inForm: () => buffers }
    return new Frame(chunks, { collections: new Map(), reshaped: new Set() })
  }
  const since = (sentClock: number): string[] | null =>
    ring.since({ sentClock, taker }, null)?.map(String) ?? null
  for (let clock = 1; clock <= 60; clock += 1) ring.keep(frame(clock))
  expect(since(58)).toEqual(['58', '59', '60'])
  expect(since(21)).toHaveLength(40)
  expect(since(20)).toBeNull()
  ring.keep(frame(61, 1_048_570))
  expect(since(60)).toBeNull()
  expect(since(61)).toEqual(['61'])
  for (let clock = 62; clock <= 70; clock += 1) ring.keep(frame(clock))
  expect(since(62)).toHaveLength(9)
  ring.clear()
  expect(since(70)).toBeNull()
  expect(since(62)).toBeNull()
})
