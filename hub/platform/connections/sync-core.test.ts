import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { HeadRow } from '../writer/heads.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import type { SyncCore } from './sync-core.ts'
import { loadOccupancy, makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, openTestSession } from '../../testing/testing-kiosk.ts'

let database: TestDatabase
let campus: TestCampus
let core: SyncCore

beforeAll(async () => {
  database = await makeTestDatabase('sync_core')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool, `U${Math.random()}`)
  core = makeTestCore(database.pool)
})
afterEach(() => core.stop())

test('[SYN-6] [SYN-8] [OCC-12] a tap at one kiosk is acknowledged, is at the other, and in every parent', async () => {
  const { universityId, root, rooms } = campus
  const door = await insertTestKiosk(database.pool, { universityId, spaceId: rooms[0], role: 'door' })
  const entrance = await insertTestKiosk(database.pool, { universityId, spaceId: root })
  const here = await openTestSession(core, door)
  const there = await openTestSession(core, entrance)
  const snapshot = await there.connection.next('snapshot')
  expect(snapshot.changes.rows.map(({ id }) => id)).toEqual([root, ...campus.floors, ...rooms])

  const ack = await here.push(door.report(rooms[0], 2))
  expect(ack).toMatchObject({ lastMutationId: 1, head: 2, outcomes: [] })
  const frame = await there.connection.next('changes')
  expect(frame).toMatchObject({ from: 1, to: 2, part: 1, parts: 1, epoch: there.epoch })
  expect(frame.changes.levels).toEqual([[rooms[0], 2, 2, expect.any(Number)]])
  expect(await loadOccupancy(database.pool, root)).toMatchObject({ level: 2, mean: 2_000_000 })
  expect(await loadOccupancy(database.pool, campus.floors[1])).toMatchObject({ level: null, mean: null })
})

test('[SYN-45] kiosks are told the time of a database whose clock was set back by an hour', async () => {
  const { pool } = database
  const real = pool.query.bind(pool) as unknown as (...input: unknown[]) => Promise<{ rows: unknown[] }>
  const state = { backMs: 0 }
  const run = async (...input: unknown[]): Promise<unknown> => {
    const result = await real(...input)
    if (!String(input[0]).includes('left join universities u')) return result
    const rows = result.rows as (HeadRow & { nowMs: number })[]
    return { rows: rows.map((row) => ({ ...row, nowMs: row.nowMs - state.backMs })) }
  }
  const quick = makeTestCore(
    new Proxy(pool, {
      get: (target, name) => {
        const value: unknown = name === 'query' ? run : Reflect.get(target, name)
        return name !== 'query' && typeof value === 'function' ? value.bind(target) : value
      },
    }),
    { limits: { heartbeatMs: 1_000 } },
  )
  try {
    const { universityId, root } = campus
    const kiosk = await insertTestKiosk(pool, { universityId, spaceId: root })
    const { connection } = await openTestSession(quick, kiosk)
    const beforeMs = (await connection.next('heartbeat')).nowMs
    state.backMs = 3_600_000
    await expect
      .poll(async () => (await connection.next('heartbeat')).nowMs, { timeout: 20_000 })
      .toBeLessThan(beforeMs - 3_500_000)
  } finally {
    await quick.stop()
  }
})
