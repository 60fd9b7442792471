import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeHubClock } from '../clock.ts'
import { noLog } from '../log.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { HEADS_CHANNEL } from '../writer/heads.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import { startHeadNotifier, type HeadNotifier } from './head-notifier.ts'

// The second notification, the second outage of the database, and a listener whose connection broke.

let database: TestDatabase
const running: HeadNotifier[] = []

beforeAll(async () => {
  database = await makeTestDatabase('heads_again')
})
afterAll(() => database.drop())
afterEach(async () => {
  Reflect.deleteProperty(database.pool, 'query')
  for (const notifier of running.splice(0)) await notifier.stop()
})

/** A hub as far as notifications go, and what it noticed. */
function startHub() {
  const noticed = { heads: [] as [number, number][], polls: 0, returns: 0, warnings: [] as string[] }
  const notifier = startHeadNotifier({
    pool: database.pool,
    clock: makeHubClock(),
    log: { ...noLog, warn: (code) => void noticed.warnings.push(code) },
    inFlight: makeInFlight(),
    listens: true,
    universityIds: () => [],
    notified: (universityId, head) => void noticed.heads.push([universityId, head]),
    polled: () => void (noticed.polls += 1),
    databaseReturned: async () => void (noticed.returns += 1),
  })
  running.push(notifier)
  return { notifier, noticed }
}

/** The server processes of hubs that listen. */
async function listeners(): Promise<number[]> {
  const rows = await query<{ pid: number }>(
    database.pool,
    `select pid from pg_stat_activity
      where application_name = 'carrel hub listener' and datname = current_database() and query like 'listen%'`,
  )
  return rows.map(({ pid }) => pid)
}

const countListeners = async (): Promise<number> => (await listeners()).length

/** Both hubs listen, and know of each other. */
async function untilConnected(hubs: readonly ReturnType<typeof startHub>[]): Promise<void> {
  await expect.poll(countListeners).toBe(hubs.length)
  const polls = hubs.map(({ noticed }) => noticed.polls)
  for (const [index, { noticed }] of hubs.entries())
    await expect.poll(() => noticed.polls).toBeGreaterThanOrEqual((polls[index] ?? 0) + 2)
}

test('[SYN-27] [SYN-67] each notification names what was committed since the last one, and nothing else', async () => {
  const [here, there] = [startHub(), startHub()]
  await untilConnected([here, there])
  for (let head = 1; head <= 3; head += 1) {
    for (const universityId of [1, 2]) {
      there.noticed.heads.length = 0
      here.notifier.committed(universityId, head)
      here.notifier.committed(universityId, head + 10)
      await expect.poll(() => there.noticed.heads.length).toBe(1)
      expect(there.noticed.heads).toEqual([[universityId, head + 10]])
    }
  }
})

test('[SYN-27] [SYN-67] a payload of another program is passed over, whatever it is, and the next of a hub is not', async () => {
  const there = startHub()
  await expect.poll(countListeners).toBe(1)
  for (const payload of [
    '',
    'text',
    '{}',
    'null',
    '7',
    '[null]',
    '[7, "x", {}]',
    '[{"universityId": "1", "head": 1}]',
    '[{"universityId": 1}]',
    '[{"universityId": 1, "head": 5}, {"universityId": 2}]',
  ])
    await query(database.pool, 'select pg_notify($1, $2)', [HEADS_CHANNEL, payload])
  await expect.poll(() => there.noticed.heads).toEqual([[1, 5]])
  await query(database.pool, 'select pg_notify($1, $2)', [HEADS_CHANNEL, '[{"universityId": 1, "head": 6}]'])
  await expect
    .poll(() => there.noticed.heads)
    .toEqual([
      [1, 5],
      [1, 6],
    ])
})

test('[SYN-27] [SYN-67] a hub whose listening connection broke listens again, each time', async () => {
  const there = startHub()
  for (let head = 1; head <= 2; head += 1) {
    await expect.poll(countListeners).toBe(1)
    const [before] = await listeners()
    await query(database.pool, 'select pg_terminate_backend($1)', [before])
    await expect.poll(async () => (await listeners()).filter((pid) => pid !== before)).toHaveLength(1)
    await query(database.pool, 'select pg_notify($1, $2)', [
      HEADS_CHANNEL,
      JSON.stringify([{ universityId: 1, head }]),
    ])
    await expect.poll(() => there.noticed.heads.at(-1)).toEqual([1, head])
  }
})

test('[SYN-17] [SYN-67] after each outage of the database it is asked who it is, and each outage is told once', async () => {
  const { notifier, noticed } = startHub()
  const { pool } = database
  const state = { isAway: false, refused: 0 }
  const real = pool.query.bind(pool) as unknown as (...args: unknown[]) => Promise<unknown>
  const run = (...args: unknown[]): Promise<unknown> => {
    if (!state.isAway) return real(...args)
    state.refused += 1
    return Promise.reject(new Error('the database does not answer'))
  }
  Object.assign(pool, { query: run })
  for (let outage = 1; outage <= 2; outage += 1) {
    await expect.poll(() => noticed.polls).toBeGreaterThanOrEqual(1)
    state.isAway = true
    state.refused = 0
    await expect.poll(() => state.refused).toBeGreaterThanOrEqual(2)
    expect(noticed.warnings).toEqual(Array.from({ length: outage }, () => 'database-away'))
    state.isAway = false
    const before = noticed.returns
    noticed.polls = 0
    await expect.poll(() => noticed.polls).toBeGreaterThanOrEqual(2)
    expect(noticed.returns).toBeGreaterThan(before)
    // Once it answers it is not asked again with every poll.
    const after = noticed.returns
    noticed.polls = 0
    await expect.poll(() => noticed.polls).toBeGreaterThanOrEqual(2)
    expect(noticed.returns).toBe(after)
    expect(notifier.isLate()).toBe(false)
  }
})
