import { performance } from 'node:perf_hooks'
import {
  correctionCommand,
  personReportCommand,
  personWithdrawCommand,
} from '../occupancy/person-commands.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import { startScratchServer } from '../platform/postgres/testing.ts'
import type { CallingSession, PushAnswer } from '../platform/writer/batch.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import { makeTestWriter } from '../testing/testing-app.ts'
import { insertTestKiosk, type TestKiosk } from '../testing/testing-kiosk.ts'
import { makeTestTenant, type TestTenant } from '../testing/testing-spaces.ts'
import { limitFigure, median, type Benchmark, type BenchOptions, type Figure } from './figure.ts'
import { DURABLE } from './world.ts'

const REPORTS = 1_000_000
/** The longest that the university's lock may be held by one of them, ms. */
const MOST_MS = 20
/** How often each is done in a room. */
const TIMES_A_ROUND = 10

/** What became of the million before. */
const PASTS = ['that count', 'ended by a reset', 'withdrawn'] as const
const ACTS = ['tap', 'undo', 'correction', 'reset'] as const

type Act = (typeof ACTS)[number]

/** For how long the university's lock is held by a commit in a room with a million reports. */
export const millionReports: Benchmark = {
  name: 'million-reports',
  about: 'commits in a room with a million reports: that count, ended by a reset, or withdrawn',
  run: async (options) => {
    const server = await startScratchServer(DURABLE)
    const { pool } = await server.makeDatabase('bench')
    try {
      return await measure(pool, options)
    } finally {
      await pool.end()
      await server.stop()
    }
  },
}

/** One university with a room of each past. */
interface Scene {
  tenant: TestTenant
  writer: TenantWriter
  /** How long the lock was held by each commit since this was emptied, ms. */
  heldMs: number[]
  student: CallingSession
  chief: CallingSession
  kiosk: TestKiosk
}

async function measure(pool: Database, options: BenchOptions): Promise<Figure[]> {
  const tenant = await makeTestTenant(pool, 'Bench')
  const { universityId, root, rooms } = tenant.campus
  await query(pool, `update universities set settings = '{"reportsPerPersonAndHour": 10000}' where id = $1`, [
    universityId,
  ])
  const heldMs: number[] = []
  const scene: Scene = {
    tenant,
    heldMs,
    writer: makeTestWriter(timingPool(pool, heldMs)),
    student: { ...tenant.student, address: '127.0.0.1' },
    chief: { ...tenant.chief, address: '127.0.0.1' },
    kiosk: await insertTestKiosk(pool, { universityId, spaceId: root }),
  }
  for (const [index, past] of PASTS.entries()) {
    options.log(`  a million reports ${past} …`)
    await insertPast(pool, scene, rooms[index] ?? 0, past)
  }
  await query(pool, 'vacuum analyze')
  const held = new Map<string, number[]>()
  for (const [index, past] of PASTS.entries()) {
    const room = rooms[index] ?? 0
    const times = options.rounds * TIMES_A_ROUND
    for (const act of ACTS) held.set(`${act} ${past}`, await measureAct(scene, room, act, times))
  }
  return ACTS.map((act) => toFigure(act, held, options))
}

/** A pool that notes how long each transaction held the university's lock, from the answer of its statement to that of COMMIT. */
function timingPool(real: Database, heldMs: number[]): Database {
  const connect = async (): Promise<unknown> => {
    const client = await real.connect()
    const run = client.query.bind(client) as (...input: unknown[]) => Promise<unknown>
    let lockedMs = 0
    return new Proxy(client, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'query') return typeof value === 'function' ? value.bind(target) : value
        return async (...input: unknown[]) => {
          const result = await run(...input)
          if (JSON.stringify(input[0]).includes('lock_university')) lockedMs = performance.now()
          if (input[0] === 'commit') heldMs.push(performance.now() - lockedMs)
          return result
        }
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

/** A report a second by a kiosk that is gone, and what became of them. */
async function insertPast(
  pool: Database,
  scene: Scene,
  room: number,
  past: (typeof PASTS)[number],
): Promise<void> {
  const { universityId } = scene.tenant.campus
  await query(
    pool,
    `insert into occupancy_reports (university_id, space_id, generation, level, reported_at, received_at, clock, kiosk_id,
       mutation_id, hash, origin_kiosk_id, origin_mutation_id)
     select $1, $2::bigint, 0, n % 3, at, at, n, 1000000, $2::bigint * 10000000 + n, 'h', 1000000, $2::bigint * 10000000 + n
     from generate_series(1, $3::int) n, lateral (select now() - make_interval(secs => 3600 + $3::int - n) as at) t`,
    [universityId, room, REPORTS],
  )
  await query(pool, 'update universities set clock = $2 where id = $1', [universityId, REPORTS + 1])
  if (past === 'withdrawn')
    await query(
      pool,
      `insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, kiosk_id, mutation_id, hash,
         origin_kiosk_id, origin_mutation_id)
       select $1, id, received_at, clock, kiosk_id, mutation_id, 'w', kiosk_id, mutation_id from occupancy_reports
       where space_id = $2 and clock > 1`,
      [universityId, room],
    )
  if (past === 'ended by a reset') {
    await tap(scene, room)
    await correct(scene, room, null)
  }
}

/** Times of one act, ms. Taps and undos are a person's and a kiosk's in turn. */
async function measureAct(scene: Scene, room: number, act: Act, times: number): Promise<number[]> {
  const { heldMs } = scene
  const taken: number[] = []
  for (let time = 0; time < times; time += 1) {
    const isKiosk = time % 2 === 0
    if (act === 'reset') await tap(scene, room)
    const undo = act === 'undo' ? await (isKiosk ? tapAtKiosk(scene, room) : tap(scene, room)) : null
    heldMs.length = 0
    if (undo !== null) await undo()
    else if (act === 'tap') await (isKiosk ? tapAtKiosk(scene, room) : tap(scene, room))
    else await correct(scene, room, act === 'reset' ? null : ((time % 3) as 0 | 1 | 2))
    if (heldMs.length !== 1) throw new Error(`${act}: ${heldMs.length} commits`)
    taken.push(...heldMs)
  }
  return taken
}

/** Somebody's tap; answers what undoes it. */
async function tap({ writer, tenant, student }: Scene, spaceId: number): Promise<() => Promise<unknown>> {
  const { universityId } = tenant.campus
  const body = { spaceId, level: 1 as const, key: `key-${performance.now()}-0123456789` }
  const done = await writer.run(universityId, personReportCommand, student, body)
  if (!done.ok) throw new Error(done.refusal.why)
  const { id: reportId } = done.value.report
  return async () => {
    const undone = await writer.run(universityId, personWithdrawCommand, student, { reportId, spaceId })
    if (!undone.ok) throw new Error(undone.refusal.why)
  }
}

async function tapAtKiosk(scene: Scene, spaceId: number): Promise<() => Promise<unknown>> {
  const { kiosk } = scene
  const report = kiosk.report(spaceId, 2)
  await push(scene, report)
  return () => push(scene, kiosk.withdraw(spaceId, report.id))
}

async function push(
  { writer, tenant, kiosk }: Scene,
  mutation: ReturnType<TestKiosk['report']>,
): Promise<void> {
  const answer = await new Promise<PushAnswer | null>((resolve) => {
    writer.push(tenant.campus.universityId, {
      kioskId: kiosk.id,
      session: 0,
      mutations: [mutation],
      arrivedMs: performance.now(),
      answer: resolve,
    })
  })
  if (answer?.verdict !== 'done' || answer.outcomes.length > 0) throw new Error(JSON.stringify(answer))
}

async function correct(
  { writer, tenant, chief }: Scene,
  spaceId: number,
  level: 0 | 1 | 2 | null,
): Promise<void> {
  const body = { spaceId, level, key: `level:${performance.now()}` }
  const done = await writer.run(tenant.campus.universityId, correctionCommand, chief, body)
  if (!done.ok) throw new Error(done.refusal.why)
}

function toFigure(act: Act, held: ReadonlyMap<string, number[]>, { log }: BenchOptions): Figure {
  const byPast = PASTS.map((past) => held.get(`${act} ${past}`) ?? [])
  const texts = byPast.map(
    (ms, index) => `${PASTS[index]} ${median(ms).toFixed(1)} (at most ${Math.max(...ms).toFixed(1)})`,
  )
  log(`  ${act}: ${texts.join(', ')} ms`)
  return limitFigure({
    name: `million-reports-${act}`,
    value: Math.max(...byPast.map((ms) => median(ms))),
    unit: 'ms',
    atMost: MOST_MS,
    note: `the university's lock, from its statement to COMMIT, in a room with a million reports; medians: ${texts.join(', ')}`,
  })
}
