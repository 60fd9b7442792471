import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { HubMessage } from '#shared/wire/messages.ts'
import { makeTestPerson, type TestPerson } from '../../accounts/testing-people.ts'
import { parseConfig } from '../../config.ts'
import { startHub, type Hub } from '../../hub.ts'
import { makeTestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { query, transaction } from '../postgres/database.ts'
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
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/v1/sync`)
  const received: HubMessage[] = []
  socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString()) as HubMessage))
  const next = async <Type extends HubMessage['type']>(
    type: Type,
  ): Promise<Extract<HubMessage, { type: Type }>> => {
    for (;;) {
      const found = received.find((message) => message.type === type)
      if (found !== undefined) return found as Extract<HubMessage, { type: Type }>
      await once(socket, 'message')
    }
  }
  const { nonce } = await next('challenge')
  socket.send(JSON.stringify(kiosk.hello(nonce, {}, new URL(hub.url).host)))
  await next('welcome')
  socket.send(JSON.stringify({ type: 'push', mutations: [kiosk.report(spaceId, 1)] }))
  const { lastMutationId } = await next('ack')
  socket.terminate()
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
