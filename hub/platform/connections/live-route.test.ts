import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LIVE_HEARTBEAT_MS } from '#shared/wire/live.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { applyLiveMessages, asLive, LiveHubs, type LiveHub } from '../../testing/testing-live.ts'
import { makeTestTenant, type TestTenant } from '../../testing/testing-spaces.ts'

let database: TestDatabase
let hubs: LiveHubs
let hub: LiveHub
let tenant: TestTenant
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('live')
})
afterAll(() => database.drop())
beforeEach(async () => {
  count += 1
  hubs = new LiveHubs(database.pool)
  tenant = await makeTestTenant(database.pool, `L${count}`)
  hub = await hubs.start()
})
afterEach(() => hubs.stop())

test('[LIV-2] what changes is sent in small frames, in order, spaces off kiosks too; and what becomes of the person', async () => {
  const { student, other, chief, campus } = tenant
  const page = await hub.open(student)
  const snapshot = await page.next('snapshot')
  await page.next('person')
  page.received.unshift(snapshot)
  await hubs.betweenTicks(() =>
    Promise.all([0, 1, 2].map((level) => hub.calls.report(other, campus.rooms[0], level))),
  )
  const { space } = await hub.calls.make(student, campus.floors[1], 'Nook')
  await hub.calls.report(other, space.id, 2)
  await hub.calls.letOn(chief, space.id)
  const doomed = (await hub.calls.make(other, campus.root, 'Doomed')).space
  await hub.calls.remove(other, doomed)
  const { head, spaces } = await hub.calls.tree(student)
  while (!page.received.some((message) => message.type === 'changes' && message.to >= head))
    await new Promise((resolve) => page.socket.once('message', resolve))
  const held = [...applyLiveMessages(page.received).values()].toSorted((left, right) => left.id - right.id)
  expect(held).toEqual(spaces.map(asLive))
  const frames = page.received.filter((message) => message.type === 'changes')
  for (const [index, { from }] of frames.entries())
    expect(from).toBe(index === 0 ? snapshot.to : frames[index - 1]?.to)
  // Conflated: a room that changed three times between two ticks travels once.
  expect(frames.length).toBeLessThan(head - snapshot.to)
  expect(await page.next('person')).toMatchObject({ mine: [space.id] })
})

test('[LIV-2] a page that was away gets what it missed; one of another epoch, or from the future, everything', async () => {
  const { student, campus } = tenant
  const first = await hub.open(student)
  const { epoch, to } = await first.next('snapshot')
  first.socket.close()
  await hub.calls.report(student, campus.rooms[0], 1)
  const back = await hub.open(student, { epoch, head: to })
  expect(await back.next('changes')).toMatchObject({
    from: to,
    to: to + 1,
    changes: { rows: [], gone: [], levels: [[campus.rooms[0], to + 1, 1, expect.any(Number)]] },
  })
  const same = await hub.open(student, { epoch, head: to + 1 })
  // Who missed nothing is sent it; the hub may lend the answer of one who missed more.
  const nothing = await same.next('changes')
  expect(nothing.to).toBe(to + 1)
  expect(nothing.from).toBeLessThanOrEqual(to + 1)
  for (const since of [
    { epoch: 'another', head: to },
    { epoch, head: to + 100 },
  ]) {
    const page = await hub.open(student, since)
    expect((await page.next('snapshot')).changes.rows).toHaveLength(7)
  }
})

test('[LIV-2] [ACC-2] nothing of another university, and no name, address or number of a person, is ever sent', async () => {
  const elsewhere = await makeTestTenant(database.pool, `M${count}`)
  await query(
    database.pool,
    `update users set displayname = 'Zoran Secretive', email = 'zoran@secret.example'`,
  )
  const { student, campus } = tenant
  const page = await hub.open(student)
  await hub.calls.make(tenant.other, campus.root, 'Theirs')
  await hub.calls.report(elsewhere.student, elsewhere.campus.rooms[0], 2)
  const mine = await hub.calls.report(student, campus.rooms[0], 1)
  expect(mine.status).toBe(201)
  while (!page.texts.some((text) => text.includes(`[${campus.rooms[0]},`)))
    await new Promise((resolve) => page.socket.once('message', resolve))
  const all = page.texts.join('\n')
  expect(all).not.toMatch(/secret|Zoran|createdBy|userId/i)
  const ids = [...applyLiveMessages(page.received).keys()]
  for (const id of [elsewhere.campus.root, ...elsewhere.campus.rooms]) expect(ids).not.toContain(id)
})

test('[LIV-3] signed out, disabled, or of a university switched off: closed on every hub within two seconds', async () => {
  const second = await hubs.start()
  const elsewhere = await makeTestTenant(database.pool, `N${count}`)
  const pages = [
    await hub.open(tenant.student),
    await second.open(tenant.student),
    await second.open(tenant.other),
    await second.open(elsewhere.chief),
  ]
  const stays = await second.open(tenant.chief)
  const end = Promise.all(pages.map((page) => page.ended()))
  await query(database.pool, 'update sessions set revoked_at = now() where id = $1', [
    tenant.student.sessionId,
  ])
  await query(database.pool, 'update users set is_active = false where id = $1', [tenant.other.userId])
  await query(database.pool, 'update universities set is_approved = false where id = $1', [
    elsewhere.campus.universityId,
  ])
  expect(await end).toEqual(['signedOut', 'signedOut', 'signedOut', 'signedOut'])
  expect(stays.socket.readyState).toBe(stays.socket.OPEN)
})

test('[LIV-3] a heartbeat says that all is well, and only while the hub knows it', async () => {
  const page = await hub.open(tenant.student)
  const { epoch, to } = await page.next('snapshot')
  hubs.runTimers(LIVE_HEARTBEAT_MS)
  expect(await page.next('heartbeat')).toEqual({
    type: 'heartbeat',
    epoch,
    head: to,
    nowMs: expect.any(Number),
  })
  // Three seconds without a look at the sessions: nothing is said, and what changes is sent all the same.
  hubs.aheadMs += 4_000
  hubs.runTimers(LIVE_HEARTBEAT_MS)
  await hub.calls.report(tenant.other, tenant.campus.rooms[0], 1)
  await page.next('changes')
  expect(page.received.some(({ type }) => type === 'heartbeat')).toBe(false)
})

test('[LIV-2] a new epoch ends the socket: what is held may be of a future that never was', async () => {
  const page = await hub.open(tenant.student)
  const end = page.ended()
  await query(database.pool, "update universities set epoch = 'epoch-2' where id = $1", [
    tenant.campus.universityId,
  ])
  expect(await end).toBe('epochChanged')
})

test('[LIV-3] a hub that goes down says so', async () => {
  const page = await hub.open(tenant.student)
  const end = page.ended()
  await hub.core.stop()
  expect(await end).toBe('goingDown')
})
