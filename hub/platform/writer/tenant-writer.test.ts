import { COMMANDS } from '../../commands.ts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accept } from '#shared/domain/decision.ts'
import { makeHubClock } from '../clock.ts'
import { noLog } from '../log.ts'
import { noMetrics } from '../metrics.ts'
import { query, transaction, type Database } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import type { PushAnswer } from './batch.ts'
import { commandOf } from '../../testing/commit-change.ts'
import { makeInFlight } from './in-flight.ts'
import { makeTenantWriter, type TenantWriter } from './tenant-writer.ts'
import { loadOccupancy, makeTestCampus, type TestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, type TestKiosk } from '../../testing/testing-kiosk.ts'

let database: TestDatabase
let campus: TestCampus
let kiosks: TestKiosk[]

beforeAll(async () => {
  database = await makeTestDatabase('tenant_writer')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  kiosks = []
  for (let count = 0; count < 4; count += 1)
    kiosks.push(
      await insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root }),
    )
})

function makeWriter(pool: Database, sizes: number[] = []): TenantWriter {
  return makeTenantWriter({
    pool,
    clock: makeHubClock(),
    log: noLog,
    metrics: { ...noMetrics, batch: (size) => sizes.push(size) },
    inFlight: makeInFlight(),
    registry: COMMANDS,
    committed: () => undefined,
  })
}

function pushTo(
  writer: TenantWriter,
  kiosk: TestKiosk,
  mutations: ReturnType<TestKiosk['report']>[],
): Promise<{ answer: PushAnswer | null; head: number | undefined }> {
  return new Promise((resolve) => {
    writer.push(campus.universityId, {
      kioskId: kiosk.id,
      session: 0,
      mutations,
      arrivedMs: performance.now(),
      answer: (answer, committed) => resolve({ answer, head: committed?.clock }),
    })
  })
}

/** A pool whose every COMMIT goes through `meddle`. */
function meddlingPool(meddle: (commit: () => Promise<unknown>) => Promise<unknown>): Database {
  const connect = async () => {
    const client = await database.pool.connect()
    const real = client.query.bind(client) as (...input: unknown[]) => Promise<unknown>
    return new Proxy(client, {
      get: (target, name) => {
        if (name === 'query')
          return (...input: unknown[]) =>
            input[0] === 'commit' ? meddle(() => real(...input)) : real(...input)
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
  return new Proxy(database.pool, {
    get: (target, name) => (name === 'connect' ? connect : Reflect.get(target, name)),
  })
}

async function countReports(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.pool,
    'select count(*) from occupancy_reports where university_id = $1',
    [campus.universityId],
  )
  return row?.count ?? 0
}

test('[SYN-2] one commit is in flight, and what arrives meanwhile is the next batch', async () => {
  const sizes: number[] = []
  const writer = makeWriter(database.pool, sizes)
  const answers: Promise<unknown>[] = []
  await transaction(database.pool, 'read committed', async (client) => {
    await query(client, 'select * from lock_university($1)', [campus.universityId])
    for (const kiosk of kiosks) {
      answers.push(pushTo(writer, kiosk, [kiosk.report(campus.rooms[0], 1)]))
      await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
    }
  })
  await Promise.all(answers)
  expect(sizes).toEqual([1, 3])
})

test('[SYN-6] an answer comes only after COMMIT has returned', async () => {
  const order: string[] = []
  const pool = meddlingPool(async (commit) => {
    await new Promise<void>((resolve) => setImmediate(resolve))
    order.push('before commit')
    await commit()
    order.push('committed')
  })
  const [kiosk] = kiosks
  if (kiosk === undefined) throw new Error('no kiosk')
  await pushTo(makeWriter(pool), kiosk, [kiosk.report(campus.rooms[0], 1)]).then(() => order.push('answered'))
  expect(order).toEqual(['before commit', 'committed', 'answered'])
})

test.each(['before', 'after'])(
  '[SYN-6] a connection to the database that breaks %s the commit leaves no doubt: it is read again under the lock',
  async (when) => {
    let isBroken = false
    const pool = meddlingPool(async (commit) => {
      if (isBroken) return commit()
      isBroken = true
      if (when === 'after') await commit()
      throw new Error('Connection terminated unexpectedly')
    })
    const [kiosk] = kiosks
    if (kiosk === undefined) throw new Error('no kiosk')
    const mutations = [kiosk.report(campus.rooms[0], 2), kiosk.report(999_999, 1)]
    const { answer, head } = await pushTo(makeWriter(pool), kiosk, mutations)
    expect(answer).toEqual({ verdict: 'done', lastMutationId: 2, outcomes: [{ id: 2, why: 'unknownSpace' }] })
    expect(head).toBe(2)
    expect(await countReports()).toBe(1)
    expect(await loadOccupancy(database.pool, campus.root)).toMatchObject({ level: 2 })
  },
)

test('[SYN-7] a mutation that the database never takes is refused alone, and all others of its batch count', async () => {
  await query(
    database.pool,
    `create or replace function spit() returns trigger language plpgsql as $$ begin
       if new.space_id = ${campus.rooms[3]} then raise exception 'poison'; end if; return new; end $$`,
  )
  await query(
    database.pool,
    'create or replace trigger spit before insert on occupancy_reports for each row execute function spit()',
  )
  try {
    const writer = makeWriter(database.pool)
    const answers = await Promise.all(
      kiosks.map((kiosk, index) =>
        pushTo(writer, kiosk, [
          kiosk.report(campus.rooms[0], 1),
          kiosk.report(campus.rooms[index === 2 ? 3 : 1], 1),
          kiosk.report(campus.rooms[2], 1),
        ]),
      ),
    )
    expect(answers.map(({ answer }) => answer)).toEqual(
      [0, 1, 2, 3].map((index) => ({
        verdict: 'done',
        lastMutationId: 3,
        outcomes: index === 2 ? [{ id: 2, why: 'internal' }] : [],
      })),
    )
    expect(await countReports()).toBe(11)
    const [kept] = await query<{ why: string }>(
      database.pool,
      'select why from outcomes where kiosk_id = $1',
      [kiosks[2]?.id],
    )
    expect(kept).toEqual({ why: 'malformed' })
  } finally {
    await query(database.pool, 'drop trigger spit on occupancy_reports')
  }
})

test('administrative work waits its turn in the same queue and takes one step of the clock', async () => {
  const writer = makeWriter(database.pool)
  const [kiosk, other] = kiosks
  if (kiosk === undefined || other === undefined) throw new Error('no kiosks')
  const [first, clock, second] = await Promise.all([
    pushTo(writer, kiosk, [kiosk.report(campus.rooms[0], 1)]),
    writer.runAlone(
      campus.universityId,
      commandOf(async (_client, moment) => moment.clock),
      null,
    ),
    pushTo(writer, other, [other.report(campus.rooms[0], 2)]),
  ])
  expect([first.head, clock, second.head]).toEqual([2, accept(3), 4])
})

test('a writer that stops commits what was queued and takes nothing more', async () => {
  const writer = makeWriter(database.pool)
  const [kiosk] = kiosks
  if (kiosk === undefined) throw new Error('no kiosk')
  const taken = pushTo(writer, kiosk, [kiosk.report(campus.rooms[0], 1)])
  await writer.stop(5_000)
  expect((await taken).answer?.lastMutationId).toBe(1)
  expect((await pushTo(writer, kiosk, [kiosk.report(campus.rooms[0], 1)])).answer).toBeNull()
})

test('[SYN-6] an answer that throws holds back no answer of a later commit', async () => {
  const { universityId, root, rooms } = campus
  const many: TestKiosk[] = []
  // More than are answered in one turn.
  for (let count = 0; count < 70; count += 1)
    many.push(await insertTestKiosk(database.pool, { universityId, spaceId: root }))
  const writer = makeWriter(database.pool)
  const push = (kiosk: TestKiosk, answer: () => void): void =>
    writer.push(universityId, {
      kioskId: kiosk.id,
      session: 0,
      mutations: [kiosk.report(rooms[0], 1)],
      arrivedMs: performance.now(),
      answer,
    })
  const broken = new Promise<void>((resolve) => {
    for (const kiosk of many)
      push(kiosk, () => {
        resolve()
        throw new Error('a broken answer')
      })
  })
  await broken
  const answers = await Promise.all(many.map((kiosk) => pushTo(writer, kiosk, [kiosk.report(rooms[0], 2)])))
  expect(answers.map(({ answer }) => answer?.verdict)).toEqual(Array.from({ length: 70 }, () => 'done'))
  await writer.stop(1_000)
})
