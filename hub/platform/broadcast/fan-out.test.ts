import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { digestText, emptyDigest, toggleRow } from '#shared/wire/digest.ts'
import { MAX_PART_BYTES, type Changes, type HubMessage } from '#shared/wire/messages.ts'
import { makeHubClock } from '../clock.ts'
import { noMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { commitChange } from '../../testing/commit-change.ts'
import type { SyncCore } from '../connections/sync-core.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, TestSession, openTestSession, type TestKiosk } from '../../testing/testing-kiosk.ts'

let database: TestDatabase
let campus: TestCampus
let core: SyncCore
let tapper: TestKiosk
let watcher: TestKiosk

beforeAll(async () => {
  database = await makeTestDatabase('fan_out')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  const place = { universityId: campus.universityId, spaceId: campus.root }
  tapper = await insertTestKiosk(database.pool, place)
  watcher = await insertTestKiosk(database.pool, place)
  core = makeTestCore(database.pool)
})
afterEach(() => core.stop())

function changesOf(received: readonly HubMessage[]): Changes[] {
  return received.filter((message) => message.type === 'changes')
}

/** Applies frames as a kiosk does: in order, without a gap. */
function follow(
  from: number,
  received: readonly HubMessage[],
): { cursor: number; levels: Map<number, unknown> } {
  let cursor = from
  const levels = new Map<number, unknown>()
  for (const frame of changesOf(received)) {
    if (frame.to <= cursor) continue
    expect(frame.from).toBeLessThanOrEqual(cursor)
    for (const [id, , level] of frame.changes.levels) levels.set(id, level)
    for (const { id, level } of frame.changes.rows) levels.set(id, level)
    if (frame.part === frame.parts) cursor = frame.to
  }
  return { cursor, levels }
}

async function reach(guest: TestSession, head: number): Promise<void> {
  await guest.connection.until(() => changesOf(guest.connection.received).some(({ to }) => to >= head))
}

test('[SYN-8] a row that changes often within a tick travels once, and every frame begins where the last one ended', async () => {
  const here = await openTestSession(core, tapper)
  const there = await openTestSession(core, watcher)
  let head = 0
  for (let count = 0; count < 30; count += 1)
    head = (await here.push(tapper.report(campus.rooms[0], (count % 3) as 0 | 1 | 2))).head
  await reach(there, head)
  const frames = changesOf(there.connection.received)
  expect(frames.length).toBeLessThan(30)
  expect(frames.every(({ changes }) => changes.levels.length === 1)).toBe(true)
  expect(follow(there.cursor, there.connection.received)).toEqual({
    cursor: head,
    levels: new Map([[campus.rooms[0], 2]]),
  })
})

test('[SYN-21] a frame goes to one university only', async () => {
  const other = await makeTestCampus(database.pool, 'Other')
  const stranger = await insertTestKiosk(database.pool, {
    universityId: other.universityId,
    spaceId: other.root,
  })
  const here = await openTestSession(core, tapper)
  const there = await openTestSession(core, watcher)
  const foreign = await openTestSession(core, stranger)
  await foreign.connection.next('snapshot')
  const { head } = await here.push(tapper.report(campus.rooms[0], 1))
  await reach(there, head)
  await core.settled()
  expect(foreign.connection.received).toEqual([])
})

test('[SYN-27] [SYN-8] what another hub and an administrator commit arrives too, with tombstones and facts', async () => {
  const elsewhere = makeTestCore(database.pool)
  try {
    const there = await openTestSession(core, watcher)
    const here = await openTestSession(elsewhere, tapper)
    await here.push(tapper.report(campus.rooms[0], 2))
    const head = await commitChange(database.pool, campus.universityId, async (client, { clock }) => {
      await query(client, 'update spaces set is_deleted = true, clock = $2 where id = $1', [
        campus.rooms[1],
        clock,
      ])
      await query(client, "update spaces set name = 'New', clock = $2, facts_clock = $2 where id = $1", [
        campus.rooms[2],
        clock,
      ])
      await query(client, 'select rebuild_composites($1, $2)', [campus.universityId, clock])
      return clock
    })
    await reach(there, head)
    const frames = changesOf(there.connection.received)
    expect(follow(there.cursor, there.connection.received)).toMatchObject({ cursor: head })
    expect(frames.flatMap(({ changes }) => changes.gone)).toEqual([[campus.rooms[1], head]])
    expect(frames.flatMap(({ changes }) => changes.rows)).toMatchObject([
      { id: campus.rooms[2], facts: { name: 'New' } },
    ])
    expect(frames.flatMap(({ changes }) => changes.levels)).toMatchObject([
      [campus.rooms[0], 2, 2, expect.any(Number)],
    ])
  } finally {
    await elsewhere.stop()
  }
})

test('[SYN-27] a lost wake-up is made up for by the poll', async () => {
  const there = await openTestSession(core, watcher)
  await query(database.pool, 'update spaces set occupancy = 1, clock = 2 where id = $1', [campus.rooms[0]])
  await query(database.pool, 'update universities set clock = 2 where id = $1', [campus.universityId])
  await reach(there, 2)
  expect(follow(there.cursor, there.connection.received)).toEqual({
    cursor: 2,
    levels: new Map([[campus.rooms[0], 1]]),
  })
})

test('[SYN-8] a kiosk that was away gets what changed since, and a space off kiosks is gone', async () => {
  const first = await openTestSession(core, watcher)
  first.hangUp()
  const here = await openTestSession(core, tapper)
  await here.push(tapper.report(campus.rooms[0], 1))
  await commitChange(database.pool, campus.universityId, async (client, { clock }) => {
    await query(client, 'update spaces set on_kiosks = false where id = $1', [campus.rooms[3]])
    await query(client, 'select rebuild_composites($1, $2)', [campus.universityId, clock])
  })
  const back = await openTestSession(core, watcher, { epoch: first.epoch, cursor: first.cursor })
  const frame = await back.connection.next('changes')
  expect(frame).toMatchObject({ from: 1, to: 3, changes: { rows: [], gone: [[campus.rooms[3], 3]] } })
  expect(frame.changes.levels).toEqual([[campus.rooms[0], 2, 1, expect.any(Number)]])
  const again = await openTestSession(core, watcher, { epoch: first.epoch, cursor: 3 })
  await core.settled()
  expect(again.connection.received).toEqual([])
})

test('[SYN-13] a kiosk of the protocol before gets whole rows', async () => {
  const here = await openTestSession(core, tapper)
  const old = await openTestSession(core, watcher, { protocol: 1 })
  const { head } = await here.push(tapper.report(campus.rooms[0], 2))
  await reach(old, head)
  const [frame] = changesOf(old.connection.received)
  expect(frame?.changes.levels).toEqual([])
  expect(frame?.changes.rows).toMatchObject([{ id: campus.rooms[0], level: 2, facts: { name: 'Room 11' } }])
})

test('[TXT-5] texts in other languages go to kiosks of protocol 3 alone, in a snapshot, a frame, a catch-up and the frames kept for it', async () => {
  const [room] = campus.rooms
  const say = async (name: string): Promise<number> =>
    commitChange(database.pool, campus.universityId, async (client, { clock }) => {
      await query(
        client,
        `update spaces set texts = jsonb_build_object('sl', jsonb_build_object('name', $2::text)), clock = $3, facts_clock = $3
         where id = $1`,
        [room, name, clock],
      )
      return clock
    })
  const textsIn = (frame: { changes: Changes['changes'] }): unknown =>
    frame.changes.rows.find(({ id }) => id === room)?.facts.texts
  const first = await say('Soba 11')
  const here = await openTestSession(core, tapper)
  for (const protocol of [3, 2, 1]) {
    const expected = (name: string): unknown => (protocol === 3 ? { sl: { name } } : undefined)
    const open = await openTestSession(core, watcher, { protocol })
    expect(textsIn(await open.connection.next('snapshot'))).toEqual(expected('Soba 11'))
    await say('Velika soba')
    expect(textsIn(await open.connection.next('changes'))).toEqual(expected('Velika soba'))
    open.hangUp()
    const back = await openTestSession(core, watcher, { protocol, epoch: open.epoch, cursor: first })
    expect(textsIn(await back.connection.next('changes'))).toEqual(expected('Velika soba'))
    // Behind for a moment: served from the frames that were kept.
    back.connection.unsent = 300_000
    const last = await say('Soba 11')
    await reach(here, last)
    back.connection.unsent = 0
    await reach(back, last)
    expect(
      textsIn(changesOf(back.connection.received).at(-1) ?? { changes: { rows: [], levels: [], gone: [] } }),
    ).toEqual(expected('Soba 11'))
    back.hangUp()
  }
})

test('[SYN-14] the digest of a heartbeat is that of the rows at its head', async () => {
  await core.stop()
  core = makeTestCore(database.pool, { limits: { heartbeatMs: 200 } })
  const here = await openTestSession(core, tapper)
  const there = await openTestSession(core, watcher)
  const { changes } = await there.connection.next('snapshot')
  await here.push(tapper.report(campus.rooms[0], 2))
  const clocks = new Map(changes.rows.map(({ id, clock }) => [id, clock]))
  clocks.set(campus.rooms[0], 2)
  const digest = emptyDigest()
  for (const [id, clock] of clocks) toggleRow(digest, id, clock)
  for (;;) {
    const beat = await there.connection.next('heartbeat')
    if (beat.head < 2) continue
    expect(beat).toMatchObject({ epoch: there.epoch, head: 2, digest: digestText(digest) })
    break
  }
})

test('[SYN-24] a socket that is behind is skipped, and caught up without a gap when it has drained', async () => {
  const here = await openTestSession(core, tapper)
  const there = await openTestSession(core, watcher)
  await there.connection.next('snapshot')
  there.connection.unsent = 300_000
  let head = 0
  for (const level of [0, 1, 2, 0, 1] as const) {
    head = (await here.push(tapper.report(campus.rooms[0], level))).head
    await reach(here, head)
  }
  expect(there.connection.received).toEqual([])
  there.connection.unsent = 0
  await reach(there, head)
  expect(follow(there.cursor, there.connection.received)).toEqual({
    cursor: head,
    levels: new Map([[campus.rooms[0], 1]]),
  })
})

test('[SYN-24] a socket that stands still for 30 s is ended', async () => {
  await core.stop()
  let aheadMs = 0
  const real = makeHubClock()
  const clock: HubClock = { ...real, elapsedMs: () => real.elapsedMs() + aheadMs }
  let swept = (): void => undefined
  const metrics = { ...noMetrics, socketsBehind: (count: number) => (count > 0 ? swept() : undefined) }
  core = makeTestCore(database.pool, { clock, metrics, limits: { heartbeatMs: 60_000 } })
  const here = await openTestSession(core, tapper)
  const there = await openTestSession(core, watcher)
  there.connection.unsent = 300_000
  const { head } = await here.push(tapper.report(campus.rooms[0], 1))
  await reach(here, head)
  aheadMs = 20_000
  await new Promise<void>((resolve) => {
    swept = resolve
  })
  expect(there.connection.isClosed).toBe(false)
  aheadMs = 31_000
  expect(await there.connection.closed()).toBe('stalled')
  expect(there.connection.isTerminated).toBe(true)
  expect(here.connection.isClosed).toBe(false)
})

test('[SYN-9] a snapshot travels in parts of at most 128 KiB, the next when the socket has drained, and nothing between', async () => {
  await query(
    database.pool,
    `insert into spaces (university_id, parent_id, name, kind, clock, facts_clock)
     select $1, $2, 'Desk ' || i, 'carrel', 1, 1 from generate_series(1, 4000) i`,
    [campus.universityId, campus.floors[0]],
  )
  await query(database.pool, 'select rebuild_composites($1, 1)', [campus.universityId])
  const here = await openTestSession(core, tapper)
  const there = await openTestSession(core, watcher)
  const sizes = there.connection.received.map((message) => JSON.stringify(message).length)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_PART_BYTES)
  const slow = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  const late = new TestSession(core, slow)
  late.connection.unsent = 300_000
  await late.hello()
  const { head } = await here.push(tapper.report(campus.rooms[0], 1))
  await reach(here, head)
  expect(late.connection.received.filter(({ type }) => type === 'changes')).toEqual([])
  late.connection.unsent = 0
  await reach(late, head)
  const types = late.connection.received.map(({ type }) => type)
  expect(types).toEqual([...types.filter((type) => type === 'snapshot'), 'changes'])
  expect(types.length).toBeGreaterThan(4)
  const rows = late.connection.received.flatMap((message) =>
    message.type === 'snapshot' ? message.changes.rows : [],
  )
  expect(new Set(rows.map(({ id }) => id)).size).toBe(4007)
})

test('[SYN-8] a pull is answered from the cursor that it names, or with everything', async () => {
  const here = await openTestSession(core, tapper)
  const { head } = await here.push(tapper.report(campus.rooms[0], 1))
  await reach(here, head)
  here.connection.received.length = 0
  here.send({ type: 'pull', cursor: 1 })
  expect(await here.connection.next('changes')).toMatchObject({ from: 1, to: head })
  await core.settled()
  here.send({ type: 'pull', cursor: 0, isLost: true })
  expect((await here.connection.next('snapshot')).changes.rows).toHaveLength(7)
})
