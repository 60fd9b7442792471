import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { commitChange } from '../../testing/commit-change.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, openTestSession, TestSession, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { makeHubClock } from '../clock.ts'
import { noLog } from '../log.ts'
import { query, type Database, type Transaction } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { TestClock } from '../testing-clock.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import { makeAssignmentRefresh } from './assignment-refresh.ts'
import type { SyncCore } from './sync-core.ts'

// What staff change of a kiosk, at the moments at which it could be missed.

let database: TestDatabase
let campus: TestCampus
let core: SyncCore
let kiosk: TestKiosk

beforeAll(async () => {
  database = await makeTestDatabase('assignments')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  kiosk = await insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root })
  core = makeTestCore(database.pool)
})
afterEach(async () => {
  Reflect.deleteProperty(database.pool, 'query')
  Reflect.deleteProperty(database.pool, 'connect')
  await core.stop()
})

type Run = (...input: unknown[]) => Promise<unknown>

const change = (sql: string, ...values: unknown[]): Promise<number> =>
  commitChange(database.pool, campus.universityId, async (client, { clock }) => {
    await query(client, sql, values)
    return clock
  })

const move = (spaceId: number): Promise<number> =>
  change('update kiosks set space_id = $2 where id = $1', kiosk.id, spaceId)

/** What reads assignments outside of hellos goes through `run`. */
function intercept(run: (real: () => Promise<unknown>) => Promise<unknown>): void {
  const real = database.pool.query.bind(database.pool) as unknown as Run
  const answer: Run = (...input) =>
    String(input[0]).includes('from kiosks k join universities u')
      ? run(() => real(...input))
      : real(...input)
  Object.assign(database.pool, { query: answer })
}

/** The first reading of rows waits until what is returned is called; `reached` resolves when it is about to begin. */
function holdFirstReading(): { reached: Promise<void>; release: () => void } {
  const { pool } = database
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const real = pool.connect.bind(pool) as unknown as (...callback: unknown[]) => Promise<Transaction>
  const connect = async (...callback: unknown[]): Promise<Transaction> => {
    const client = await real(...callback)
    // Of statements outside of a transaction, which the pool itself sends.
    if (callback.length > 0) return client
    const realQuery = client.query.bind(client) as unknown as Run
    const held: Run = async (...input) => {
      if (String(input[0]).endsWith('read only')) {
        Reflect.deleteProperty(client, 'query')
        Reflect.deleteProperty(pool, 'connect')
        reached.resolve()
        await released.promise
      }
      return realQuery(...input)
    }
    return Object.assign(client, { query: held })
  }
  Object.assign(pool, { connect })
  return { reached: reached.promise, release: released.resolve }
}

/** A kiosk that has said hello, and whose university’s rows are about to be read for the first time. */
async function helloBeforeRows(): Promise<{ session: TestSession; release: () => void }> {
  const { reached, release } = holdFirstReading()
  const session = new TestSession(core, kiosk)
  const { nonce } = await session.connection.next('challenge')
  session.send(kiosk.hello(nonce))
  await reached
  return { session, release }
}

test('[SYN-28] a kiosk that is revoked between its hello and the first reading of rows is disconnected', async () => {
  const { session, release } = await helloBeforeRows()
  await change('update kiosks set revoked_at = now() where id = $1', kiosk.id)
  release()
  expect(await session.connection.closed()).toBe('revoked')
})

test('[SYN-28] one that is moved and renamed then is told so, with its welcome or after it', async () => {
  const { session, release } = await helloBeforeRows()
  await change('update kiosks set name = $2, space_id = $3 where id = $1', kiosk.id, 'Moved', campus.rooms[1])
  release()
  const told = (): unknown =>
    session.connection.received.flatMap((message) =>
      message.type === 'welcome' || message.type === 'assignment' ? [message.assignment] : [],
    )
  await expect
    .poll(told)
    .toContainEqual(expect.objectContaining({ kioskName: 'Moved', spaceId: campus.rooms[1] }))
})

test('[SYN-28] of two changes the newer is told last, however long the reading of the older takes', async () => {
  const open = await openTestSession(core, kiosk)
  await core.settled()
  const slow = Promise.withResolvers<void>()
  const read = { count: 0 }
  intercept(async (real) => {
    read.count += 1
    const isFirst = read.count === 1
    const rows = await real()
    if (isFirst) await slow.promise
    return rows
  })
  await move(campus.floors[0])
  await expect.poll(() => read.count).toBe(1)
  const head = await move(campus.floors[1])
  await open.connection.until(() =>
    open.connection.received.some((message) => message.type === 'changes' && message.to >= head),
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  slow.resolve()
  await core.settled()
  const told = open.connection.received.flatMap((message) =>
    message.type === 'assignment' ? [message.assignment.spaceId] : [],
  )
  expect(told.at(-1)).toBe(campus.floors[1])
  // However many changes came meanwhile, they are read once.
  expect(read.count).toBe(2)
})

test('[SYN-68] a hub that stopped does not go on reading assignments that could not be read', async () => {
  await openTestSession(core, kiosk)
  await core.settled()
  const failed = { count: 0 }
  intercept(() => {
    failed.count += 1
    return Promise.reject(new Error('the database does not answer'))
  })
  await move(campus.floors[0])
  await expect.poll(() => failed.count).toBe(1)
  await core.stop()
  const { count } = failed
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(failed.count).toBe(count)
})

test.each(['while it waits for the next try', 'while the reading fails'])(
  '[SYN-68] a reading that failed leaves no timer behind where the hub stops %s',
  async (when) => {
    const clock = new TestClock()
    const inFlight = makeInFlight()
    const assignments = makeAssignmentRefresh({
      pool: { query: () => Promise.reject(new Error('the pool is closed')) } as unknown as Database,
      clock: { ...makeHubClock(), after: clock.after },
      log: noLog,
      inFlight,
      sessionsOf: () => [{ kioskId: 1, updateAssignment: () => undefined }],
    })
    assignments.refresh(1)
    if (when === 'while it waits for the next try') {
      await inFlight.settled()
      expect(clock.timerCount).toBe(1)
    }
    assignments.stop()
    await inFlight.settled()
    expect(clock.timerCount).toBe(0)
    assignments.refresh(1)
    await inFlight.settled()
    expect(clock.timerCount).toBe(0)
  },
)
