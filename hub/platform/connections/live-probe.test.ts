import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LIVE_HEARTBEAT_MS, MAX_LIVE_PROBES } from '#shared/wire/live.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { LiveHubs, LivePage, type LiveHub } from '../../testing/testing-live.ts'
import { makeTestTenant, type TestTenant } from '../../testing/testing-spaces.ts'

let database: TestDatabase
let hubs: LiveHubs
let hub: LiveHub
let tenant: TestTenant
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('live_probe')
})
afterAll(() => database.drop())
beforeEach(async () => {
  count += 1
  hubs = new LiveHubs(database.pool)
  tenant = await makeTestTenant(database.pool, `P${count}`)
  hub = await hubs.start()
})
afterEach(() => hubs.stop())

test('[LIV-5] a page that asks whether the connection works is answered at once, after all that was sent before', async () => {
  const ticket = await hub.ticketOf(tenant.student)
  const page = await hub.dial({ type: 'hello', ticket, since: null })
  expect(await page.next('welcome')).toMatchObject({ takesProbes: true, heartbeatMs: LIVE_HEARTBEAT_MS })
  await page.next('snapshot')
  const askedMs = Date.now()
  page.send({ type: 'probe', id: 41 })
  const alive = await page.next('alive')
  expect(alive.id).toBe(41)
  expect(Math.abs(alive.nowMs - askedMs)).toBeLessThan(60_000)
  page.send({ type: 'probe', id: 42 })
  expect((await page.next('alive')).id).toBe(42)
})

test('[LIV-5] a hub that does not know whether the session lives says nothing', async () => {
  const page = await hub.open(tenant.student)
  await page.next('snapshot')
  hubs.aheadMs += 4_000
  page.send({ type: 'probe', id: 1 })
  await hub.calls.report(tenant.other, tenant.campus.rooms[0], 1)
  await page.next('changes')
  expect(page.received.some(({ type }) => type === 'alive')).toBe(false)
})

test('[LIV-5] [LIV-4] asked before the hello, or without end, the socket ends', async () => {
  const early = await new LivePage(hub.host).opened()
  early.send({ type: 'probe', id: 1 })
  expect(await early.ended()).toBe('malformed')
  const page = await hub.open(tenant.student)
  await page.next('snapshot')
  for (let id = 1; id <= MAX_LIVE_PROBES; id += 1) {
    page.send({ type: 'probe', id })
    expect((await page.next('alive')).id).toBe(id)
  }
  page.send({ type: 'probe', id: 99 })
  expect(await page.ended()).toBe('malformed')
})
