import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { COMMANDS } from '../../commands.ts'
import { countStatements } from '../../testing/count-statements.ts'
import { makeTestCampus, makeTestCore } from '../../testing/testing-campus.ts'
import {
  insertTestKiosk,
  openTestSession,
  TestConnection,
  type TestKiosk,
} from '../../testing/testing-kiosk.ts'
import { makeHubClock } from '../clock.ts'
import { noLog } from '../log.ts'
import { noMetrics } from '../metrics.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { makeSemaphore } from '../semaphore.ts'
import { TestClock } from '../testing-clock.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import { makeTenantWriter } from '../writer/tenant-writer.ts'
import { makeMember } from './audience-member.ts'
import { Audiences, UNHEARD_MS } from './audiences.ts'
import type { SpaceChanges } from './feed-rows.ts'
import { PAGE_FORM } from './row-form.ts'
import { makeTaker } from './taker.ts'

let database: TestDatabase
let heardId: number

beforeAll(async () => {
  database = await makeTestDatabase('audiences')
  heardId = (await makeTestCampus(database.pool, 'Heard')).universityId
})
afterAll(() => database.drop())

const NO_ROWS: SpaceChanges = { rows: [], levels: [], gone: [] }
const TAKER = makeTaker(PAGE_FORM, [], null)

/** Audiences on a test's time, whose rows come when the test says so. */
function makeAudiences(load: () => Promise<SpaceChanges>): { audiences: Audiences; clock: TestClock } {
  const clock = new TestClock()
  const audiences = new Audiences({
    pool: database.pool,
    clock: { ...makeHubClock(), elapsedMs: clock.elapsedMs, after: clock.after },
    log: noLog,
    metrics: noMetrics,
    inFlight: makeInFlight(),
    readSemaphore: makeSemaphore(1),
    view: {
      tickMs: 50,
      heartbeatMs: 5000,
      spaces: load,
      collections: [],
      heartbeat:
        (_universityId, { epoch }) =>
        () =>
          Buffer.from(JSON.stringify({ type: 'heartbeat', epoch })),
    },
    factsChanged: () => undefined,
  })
  return { audiences, clock }
}

const newMember = (connection = new TestConnection()): ReturnType<typeof makeMember> =>
  makeMember(connection, {
    taker: TAKER,
    sentClock: 0,
    nowMs: 0,
    end: () => undefined,
  })

test('[SYN-37] an audience is dropped a minute after its last member left, and its head is polled no more', async () => {
  const { audiences, clock } = makeAudiences(() => Promise.resolve(NO_ROWS))
  const audience = audiences.of(heardId)
  const answer = await audience.readMissed(null, TAKER, 0)
  if (answer === null) throw new Error('no rows')
  const member = newMember()
  audience.join(member, answer, answer.to)
  audiences.dropUnheard()
  clock.advance(10 * UNHEARD_MS)
  audiences.dropUnheard()
  expect(audiences.of(heardId)).toBe(audience)
  audience.leave(member)
  audiences.dropUnheard()
  clock.advance(UNHEARD_MS - 1)
  audiences.dropUnheard()
  expect(audiences.universityIds()).toEqual([heardId])
  clock.advance(1)
  audiences.dropUnheard()
  expect(audiences.universityIds()).toEqual([])
  expect(audiences.of(heardId)).not.toBe(audience)
})

test('[SYN-37] who came back within the minute, and who still waits for rows, keeps it', async () => {
  const read = Promise.withResolvers<SpaceChanges>()
  const { audiences, clock } = makeAudiences(() => read.promise)
  const audience = audiences.of(heardId)
  audiences.dropUnheard()
  clock.advance(UNHEARD_MS - 1)
  const waiting = audiences.of(heardId).readMissed(null, TAKER, 0)
  for (let minute = 0; minute < 3; minute += 1) {
    audiences.dropUnheard()
    clock.advance(UNHEARD_MS)
  }
  expect(audiences.of(heardId)).toBe(audience)
  read.resolve(NO_ROWS)
  await waiting
  audiences.dropUnheard()
  clock.advance(UNHEARD_MS)
  audiences.dropUnheard()
  expect(audiences.universityIds()).toEqual([])
})

test('[SYN-37] the writer forgets the tree of a university that nobody hears a minute after its last commit, and reads it anew', async () => {
  const campus = await makeTestCampus(database.pool, 'Writer')
  const { universityId, root, rooms } = campus
  const kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
  const time = new TestClock()
  const { pool, counts } = countStatements(database.pool)
  const writer = makeTenantWriter({
    pool,
    clock: { ...makeHubClock(), elapsedMs: time.elapsedMs },
    log: noLog,
    metrics: noMetrics,
    inFlight: makeInFlight(),
    registry: COMMANDS,
    committed: () => undefined,
  })
  const statementsOf = async (push: ReturnType<TestKiosk['report']>): Promise<number> => {
    counts.statements = 0
    await new Promise((resolve) => {
      const mutations = [push]
      writer.push(universityId, { kioskId: kiosk.id, session: 0, mutations, arrivedMs: 0, answer: resolve })
    })
    return counts.statements
  }
  const first = await statementsOf(kiosk.report(rooms[0], 1))
  const second = await statementsOf(kiosk.report(rooms[0], 2))
  expect(second).toBeLessThan(first)
  time.advance(59_999)
  writer.dropUnused(() => false)
  expect(await statementsOf(kiosk.report(rooms[0], 1))).toBe(second)
  time.advance(60_001)
  writer.dropUnused((id) => id === universityId)
  expect(await statementsOf(kiosk.report(rooms[0], 2))).toBe(second)
  time.advance(60_001)
  writer.dropUnused(() => false)
  expect(await statementsOf(kiosk.report(rooms[0], 1))).toBe(first)
})

test('[SYN-37] a hub polls no head of a university whose last kiosk left a minute ago', async () => {
  const campus = await makeTestCampus(database.pool, 'Polled')
  const { universityId, root } = campus
  const kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
  const polled: number[][] = []
  const pool = new Proxy(database.pool, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'query') return typeof value === 'function' ? value.bind(target) : value
      return (sql: unknown, values: unknown[]) => {
        if (typeof sql === 'string' && sql.includes('left join universities u'))
          polled.push(values[0] as number[])
        return (target.query as (...input: unknown[]) => unknown)(sql, values)
      }
    },
  })
  const skipped = { ms: 0 }
  const real = makeHubClock()
  const core = makeTestCore(pool, { clock: { ...real, elapsedMs: () => real.elapsedMs() + skipped.ms } })
  const untilPolled = async (ids: number[]): Promise<void> => {
    await expect.poll(() => polled.at(-1), { timeout: 20_000 }).toEqual(ids)
  }
  try {
    const open = await openTestSession(core, kiosk)
    await untilPolled([universityId])
    open.hangUp()
    // The sweep of each second must have seen that it is gone.
    const { length } = polled
    await expect.poll(() => polled.length, { timeout: 20_000 }).toBeGreaterThan(length + 2)
    expect(polled.at(-1)).toEqual([universityId])
    skipped.ms += UNHEARD_MS
    await untilPolled([])
    const again = await openTestSession(core, kiosk)
    await again.connection.next('snapshot')
    await untilPolled([universityId])
  } finally {
    await core.stop()
  }
})

test.each(['ends', 'fails'] as const)(
  '[SYN-17] [SYN-67] who comes while a reading of the epoch before is under way gets heartbeats like all others, also where it %s',
  async (how) => {
    const { universityId } = await makeTestCampus(database.pool, `Rolled ${how}`)
    await query(database.pool, 'update universities set clock = 5 where id = $1', [universityId])
    const held = Promise.withResolvers<SpaceChanges>()
    const state = { isHolding: false, reads: 0 }
    const { audiences, clock } = makeAudiences(() => {
      state.reads += 1
      return state.isHolding ? held.promise : Promise.resolve(NO_ROWS)
    })
    onTestFinished(() => audiences.stop())
    const audience = audiences.of(universityId)
    await audience.readMissed(null, TAKER, 0)
    state.isHolding = true
    audience.noticeHead(6, null)
    await expect.poll(() => state.reads).toBe(3)
    state.isHolding = false
    await query(database.pool, "update universities set epoch = 'epoch-2', clock = 1 where id = $1", [
      universityId,
    ])
    audience.noticeHead(1, 'epoch-2')
    const waiting = audience.readMissed(null, TAKER, 0)
    if (how === 'ends') held.resolve(NO_ROWS)
    else held.reject(new Error('the database does not answer'))
    const answer = await waiting
    if (answer === null) throw new Error('no rows')
    const connection = new TestConnection()
    audience.join(newMember(connection), answer, answer.to)
    clock.advance(5_000)
    expect(connection.received.at(-1)).toEqual({ type: 'heartbeat', epoch: 'epoch-2' })
    // Of the old epoch's head nothing is left that would have to be reached.
    expect(state.reads).toBe(5)
  },
)
