import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestPerson, type TestPerson } from '../../accounts/testing-people.ts'
import { parseConfig } from '../../config.ts'
import { startHub, type Hub } from '../../hub.ts'
import { makeTestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, openTestSession, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { dialHub } from '../../testing/testing-socket.ts'
import { query, transaction, type Database } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'

let database: TestDatabase
let home: string
let hub: Hub

beforeAll(async () => {
  database = await makeTestDatabase('reserved_connections')
  home = mkdtempSync(join(tmpdir(), 'carrel-reserved-'))
  const config = parseConfig({
    CARREL_HOME: home,
    CARREL_PORT: '0',
    CARREL_METRICS_PORT: '0',
    CARREL_LOG: 'silent',
    DATABASE_URL: database.url,
  })
  if (!config.ok) throw new Error(config.refusal.problems.join())
  hub = await startHub(config.value)
})
afterAll(async () => {
  await hub.stop()
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

/** Connects a kiosk over a real socket and pushes one report; gives the number that was acknowledged. */
async function reportOnce(kiosk: TestKiosk, spaceId: number): Promise<number> {
  const session = await openTestSession(dialHub(hub.url), kiosk)
  const { lastMutationId } = await session.push(kiosk.report(spaceId, 1))
  session.hangUp()
  return lastMutationId
}

/** Statements of the hub that wait for a lock, each on a connection of its own. */
async function countStuck(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.pool,
    `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%from sessions s join users u%'`,
  )
  return row?.count ?? 0
}

test('[EDG-24] while calls hold every connection that calls may have, a kiosk connects and is acknowledged, and the hub is ready', async () => {
  const campus = await makeTestCampus(database.pool)
  const kiosk = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  const people: TestPerson[] = []
  for (let number = 0; number < 10; number += 1)
    people.push(await makeTestPerson(database.pool, campus.universityId))
  await transaction(database.pool, 'read committed', async (client) => {
    // Every call of somebody who is signed in reads this table first.
    await query(client, 'lock table sessions in access exclusive mode')
    const calls = people.flatMap(({ headers }) =>
      [1, 2].map(() => fetch(`${hub.url}/api/v1/me`, { headers, signal: AbortSignal.timeout(50_000) })),
    )
    await expect.poll(countStuck).toBe(10)
    expect(await reportOnce(kiosk, campus.rooms[0])).toBe(1)
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200)
    expect(await countStuck()).toBe(10)
    await query(client, 'rollback')
    const answers = await Promise.all(calls)
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true)
  })
})

test('[SYN-30] statements of a hub are cut: when they take long, when they wait long for a lock, when their transaction does nothing', async () => {
  const limits = async (pool: Database): Promise<unknown[]> => {
    const names = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
    const found: unknown[] = []
    for (const name of names)
      found.push(
        (await query<{ value: string }>(pool, 'select current_setting($1) as value', [name]))[0]?.value,
      )
    return found
  }
  expect(await limits(hub.pool)).toEqual(['15s', '10s', '15s'])
  // Migrations, backups and the command line take as long as they take.
  expect(await limits(database.pool)).toEqual(['0', '0', '15s'])
})

test('[EDG-24] a call that waits too long for a lock is told to come again', async () => {
  const { universityId } = await makeTestCampus(database.pool)
  const { headers } = await makeTestPerson(database.pool, universityId)
  await transaction(database.pool, 'read committed', async (client) => {
    await query(client, 'lock table sessions in access exclusive mode')
    const signal = AbortSignal.timeout(50_000)
    const answer = await fetch(`${hub.url}/api/v1/me`, { headers, signal })
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true])
    await query(client, 'rollback')
  })
})
