import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { query, type Database, type Queryable } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import { makeTestApp, makeTestWriter } from '../testing/testing-app.ts'
import { loadOccupancy } from '../testing/testing-campus.ts'
import { insertTestKiosk, type TestKiosk } from '../testing/testing-kiosk.ts'
import { makeTestTenant, SpaceCalls, type TestTenant } from '../testing/testing-spaces.ts'
import { loadNewestRemaining } from './leaf-rows.ts'

// What a commit reads does not grow with what was ever reported on a room.

/** Enough for a planner to choose as with a million: reading all of them costs it a thousand times what the index does. */
const REPORTS = 20_000
/** Rows of reports and withdrawals that one commit may read: its own, and a few before them. */
const FEW = 40

let database: TestDatabase
let app: FastifyInstance
let writer: TenantWriter
let calls: SpaceCalls
const read: Reads[] = []

/** What one commit read: scans of all reports, and rows of reports and withdrawals. */
interface Reads {
  seqScans: number
  rows: number
}

beforeAll(async () => {
  database = await makeTestDatabase('many_reports')
  const pool = countingPool(database.pool)
  writer = makeTestWriter(pool)
  app = await makeTestApp(pool, { writer })
  calls = new SpaceCalls(app)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

/** A pool that notes what each transaction read before it ends, also in functions and triggers. */
function countingPool(real: Database): Database {
  const connect = async () => {
    const client = await real.connect()
    const run = client.query.bind(client) as (...input: unknown[]) => Promise<unknown>
    let before: Reads = { seqScans: 0, rows: 0 }
    return new Proxy(client, {
      get: (target, name) => {
        if (name === 'query')
          return async (...input: unknown[]) => {
            if (input[0] === 'commit') {
              const after = await loadReads(client)
              read.push({ seqScans: after.seqScans - before.seqScans, rows: after.rows - before.rows })
            }
            const result = await run(...input)
            if (typeof input[0] === 'string' && input[0].startsWith('begin')) before = await loadReads(client)
            return result
          }
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
  return new Proxy(real, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (name === 'connect') return connect
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function loadReads(client: Queryable): Promise<Reads> {
  const [row] = await query<Reads>(
    client,
    `select (sum(seq_scan) filter (where relname = 'occupancy_reports'))::int as "seqScans", sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows
     from pg_stat_xact_user_tables where relname in ('occupancy_reports', 'report_withdrawals')`,
  )
  return row ?? { seqScans: 0, rows: 0 }
}

/** Full by reports of a kiosk that is gone, one a second until an hour ago. */
async function insertMany({ campus }: TestTenant, spaceId: number): Promise<void> {
  const { universityId } = campus
  await query(
    database.pool,
    `insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock, kiosk_id, mutation_id,
       hash, origin_kiosk_id, origin_mutation_id)
     select $1, $2::bigint, 2, at, at, n, 1000000, $2::bigint * 1000000 + n, 'h', 1000000, $2::bigint * 1000000 + n
     from generate_series(1, $3::int) n, lateral (select now() - make_interval(secs => 3600 + $3::int - n) as at) t`,
    [universityId, spaceId, REPORTS],
  )
  await query(database.pool, 'update universities set clock = $2 where id = $1', [universityId, REPORTS + 1])
}

/** Withdraws all reports of a room but its oldest. */
async function withdrawMany({ campus }: TestTenant, spaceId: number): Promise<void> {
  await query(
    database.pool,
    `insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, kiosk_id, mutation_id, hash,
       origin_kiosk_id, origin_mutation_id)
     select $1, id, now(), clock, kiosk_id, mutation_id, 'w', kiosk_id, mutation_id from occupancy_reports
     where space_id = $2 and clock > 1`,
    [campus.universityId, spaceId],
  )
}

const setLevel = (tenant: TestTenant, id: number, level: number | null) =>
  calls.call(tenant.chief, 'PUT /spaces/:id/level', { params: { id }, body: { level } })

const push = (
  kiosk: TestKiosk,
  universityId: number,
  mutation: ReturnType<TestKiosk['report']>,
): Promise<unknown> =>
  new Promise((resolve) => {
    writer.push(universityId, {
      kioskId: kiosk.id,
      session: 0,
      mutations: [mutation],
      arrivedMs: performance.now(),
      answer: resolve,
    })
  })

/** Does one thing, and answers what its commits read together. */
async function readsOf(act: () => Promise<unknown>): Promise<Reads> {
  read.length = 0
  await act()
  expect(read.length).toBeGreaterThan(0)
  return {
    seqScans: read.reduce((sum, one) => sum + one.seqScans, 0),
    rows: read.reduce((sum, one) => sum + one.rows, 0),
  }
}

const PASTS: Record<
  string,
  { before(tenant: TestTenant, room: number): Promise<void>; left: number | null }
> = {
  'that count': { before: insertMany, left: 2 },
  'that a reset ended': {
    before: async (tenant, room) => {
      await insertMany(tenant, room)
      await calls.report(tenant.other, room, 0)
      await setLevel(tenant, room, null)
    },
    left: null,
  },
  'that are withdrawn': {
    before: async (tenant, room) => {
      await insertMany(tenant, room)
      await withdrawMany(tenant, room)
    },
    left: 2,
  },
}

test.each(Object.keys(PASTS))(
  '[OCC-17] in a room of many reports %s, each commit reads a few of them by their indexes',
  async (past) => {
    const tenant = await makeTestTenant(database.pool, past)
    const { campus, student } = tenant
    const [room] = campus.rooms
    const { before, left } = PASTS[past] ?? { before: insertMany, left: null }
    await before(tenant, room)
    await query(database.pool, 'vacuum analyze occupancy_reports, report_withdrawals')
    const { universityId, root } = campus
    const kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
    const level = async (): Promise<number | null | undefined> =>
      (await loadOccupancy(database.pool, room))?.level
    const reads: Record<string, Reads> = {}

    let reportId = 0
    reads['tap'] = await readsOf(async () => {
      reportId = (await calls.report(student, room, 1)).report.id
    })
    expect(await level()).toBe(1)
    reads['undo'] = await readsOf(() =>
      calls.call(student, 'POST /reports/:id/withdraw', { params: { id: reportId } }),
    )
    expect(await level()).toBe(left)
    const tap = kiosk.report(room, 1)
    reads['tap at a kiosk'] = await readsOf(() => push(kiosk, universityId, tap))
    expect(await level()).toBe(1)
    reads['undo at a kiosk'] = await readsOf(() => push(kiosk, universityId, kiosk.withdraw(room, tap.id)))
    expect(await level()).toBe(left)
    reads['correction'] = await readsOf(() => setLevel(tenant, room, 0))
    expect(await level()).toBe(0)
    reads['reset'] = await readsOf(() => setLevel(tenant, room, null))
    expect(await level()).toBe(null)
    for (const [name, { seqScans, rows }] of Object.entries(reads)) {
      expect.soft(seqScans, `a ${name} scans no table`).toBe(0)
      expect.soft(rows, `rows that a ${name} reads`).toBeLessThan(FEW)
    }
  },
)

test('[OCC-17] however much somebody reported on one space, a commit reads little of it for another, also where it refuses', async () => {
  const tenant = await makeTestTenant(database.pool, 'one reports much')
  const { campus, student } = tenant
  const [much, other, third] = campus.rooms
  const { universityId } = campus
  await query(
    database.pool,
    `insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock, user_id, idempotency_key)
     select $1, $2, 2, at, at, n, $4, 'key-of-long-ago-' || n
     from generate_series(1, $3::int) n, lateral (select now() - make_interval(secs => 7200 + $3::int - n) as at) t`,
    [universityId, much, REPORTS, student.userId],
  )
  await query(database.pool, 'update universities set clock = $2 where id = $1', [universityId, REPORTS + 1])
  await query(database.pool, 'vacuum analyze occupancy_reports')
  const reads = await readsOf(() => calls.report(student, other, 1))
  expect.soft(reads.seqScans).toBe(0)
  // The last sixty are read for the limit of an hour.
  expect.soft(reads.rows).toBeLessThan(60 + FEW)
  await query(
    database.pool,
    `update universities set settings = '{"reportsPerPersonAndHour": 1}', facts_clock = clock`,
  )
  const refused = await readsOf(async () => {
    const input = { params: { id: third }, body: { level: 1, key: 'one-report-too-many' } }
    expect((await calls.call(student, 'POST /spaces/:id/reports', input)).status).toBe(429)
  })
  expect.soft(refused.seqScans).toBe(0)
  expect.soft(refused.rows).toBeLessThan(FEW)
})

test('[OCC-17] the newest report that counts is the first that its index gives', async () => {
  const tenant = await makeTestTenant(database.pool, 'plans')
  const [room] = tenant.campus.rooms
  await insertMany(tenant, room)
  await query(database.pool, 'vacuum analyze occupancy_reports')
  const plans: string[] = []
  const explaining = {
    query: async (statement: { text: string; values: unknown[] }) => {
      const rows = await query<{ 'QUERY PLAN': string }>(
        database.pool,
        `explain (analyze, timing off) ${statement.text}`,
        statement.values,
      )
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
      return { rows: [] }
    },
  } as unknown as Queryable
  await loadNewestRemaining(explaining, [room], [1])
  expect(plans.join()).toMatch(/Index Scan Backward using occupancy_reports_counting/)
  expect(plans.join()).not.toContain('Seq Scan on occupancy_reports')
})

test('[REL-5] [OCC-17] what a hub of the release before writes counts in the generation of now, and leaves it when it is withdrawn', async () => {
  const tenant = await makeTestTenant(database.pool, 'before')
  const { campus, student } = tenant
  const { universityId } = campus
  const [room, second] = campus.rooms
  const { pool } = database
  const generations = async (): Promise<number[]> => {
    const sql = 'select generation from occupancy_reports where university_id = $1 order by id'
    return (await query<{ generation: number }>(pool, sql, [universityId])).map(
      ({ generation }) => generation,
    )
  }
  // As its own statements are.
  await query(pool, 'update spaces set counts_after_clock = 1 where id = $1', [room])
  await query(
    pool,
    `select write_batch($1, 2, 1000, array[7]::bigint[], array[2]::bigint[], array[$2, $3]::bigint[], array[1, 2]::smallint[],
       array[900, 900]::bigint[], array[7, 7]::bigint[], array[1, 2]::bigint[], array['h', 'h'], array[7, 7]::bigint[], array[1, 2]::bigint[],
       array[$2, $3]::bigint[], array[1, 2]::smallint[], array[900, 900]::bigint[], array[2, 2]::bigint[], array[1, 2]::bigint[],
       array[7, 7]::bigint[])`,
    [universityId, room, second],
  )
  await query(
    pool,
    `insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock, user_id, idempotency_key)
     values ($1, $2, 0, now(), now(), 3, $3, 'a key')`,
    [universityId, room, student.userId],
  )
  expect(await generations()).toEqual([1, 0, 1])
  await query(
    pool,
    `insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, user_id)
     select $1, id, now(), 4, $2 from occupancy_reports where university_id = $1 and clock = 3`,
    [universityId, student.userId],
  )
  expect(await generations()).toEqual([1, 0, -1])
  const newest = await loadNewestRemaining(pool, [room, second], [])
  const levels = newest.map(({ id, level, clock }) => ({ id, level, clock }))
  expect(levels.toSorted((left, right) => left.id - right.id)).toEqual([
    { id: room, level: 1, clock: 2 },
    { id: second, level: 2, clock: 2 },
  ])
  // The table refuses every other change, also in the same transaction.
  const client = await pool.connect()
  await client.query('begin')
  await client.query(
    'insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, user_id) select university_id, id, now(), 5, $2 from occupancy_reports where university_id = $1 and clock = 2 limit 1',
    [universityId, student.userId],
  )
  await expect(client.query('update occupancy_reports set level = 0')).rejects.toMatchObject({
    code: '23001',
  })
  await client.query('rollback')
  client.release()
})
