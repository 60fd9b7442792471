import { expect, test } from 'vitest'
import { LIVE_HEARTBEAT_MS } from '#shared/wire/live.ts'
import { query } from '../postgres/database.ts'
import { applyLiveMessages, asLive, makeLiveScene } from '../../testing/testing-live.ts'

const live = makeLiveScene('live_route')

test('[LIV-2] what changes is sent in small frames, in order, spaces off kiosks too; and what becomes of the person', async () => {
  const { student, other, chief, campus } = live.tenant
  const page = await live.hub.open(student)
  const snapshot = await page.next('snapshot')
  await page.next('person')
  page.received.unshift(snapshot)
  await live.hubs.betweenTicks(() =>
    Promise.all([0, 1, 2].map((level) => live.hub.calls.report(other, campus.rooms[0], level))),
  )
  const { space } = await live.hub.calls.make(student, campus.floors[1], 'Nook')
  await live.hub.calls.report(other, space.id, 2)
  await live.hub.calls.letOn(chief, space.id)
  const doomed = (await live.hub.calls.make(other, campus.root, 'Doomed')).space
  await live.hub.calls.remove(other, doomed)
  const { head, spaces } = await live.hub.calls.tree(student)
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
  const { student, campus } = live.tenant
  const first = await live.hub.open(student)
  const { epoch, to } = await first.next('snapshot')
  first.socket.close()
  await live.hub.calls.report(student, campus.rooms[0], 1)
  const back = await live.hub.open(student, { epoch, head: to })
  expect(await back.next('changes')).toMatchObject({
    from: to,
    to: to + 1,
    changes: { rows: [], gone: [], levels: [[campus.rooms[0], to + 1, 1, expect.any(Number)]] },
  })
  const same = await live.hub.open(student, { epoch, head: to + 1 })
  // Who missed nothing is sent it; the hub may lend the answer of one who missed more.
  const nothing = await same.next('changes')
  expect(nothing.to).toBe(to + 1)
  expect(nothing.from).toBeLessThanOrEqual(to + 1)
  for (const since of [
    { epoch: 'another', head: to },
    { epoch, head: to + 100 },
  ]) {
    const page = await live.hub.open(student, since)
    expect((await page.next('snapshot')).changes.rows).toHaveLength(7)
  }
})

test('[LIV-2] [ACC-2] nothing of another university, and no name, address or number of a person, is ever sent', async () => {
  const elsewhere = await live.makeTenant()
  await query(
    live.database.pool,
    `update users set displayname = 'Zoran Secretive', email = 'zoran@secret.example'`,
  )
  const { student, campus } = live.tenant
  const page = await live.hub.open(student)
  await live.hub.calls.make(live.tenant.other, campus.root, 'Theirs')
  await live.hub.calls.report(elsewhere.student, elsewhere.campus.rooms[0], 2)
  const mine = await live.hub.calls.report(student, campus.rooms[0], 1)
  expect(mine.status).toBe(201)
  while (!page.texts.some((text) => text.includes(`[${campus.rooms[0]},`)))
    await new Promise((resolve) => page.socket.once('message', resolve))
  const all = page.texts.join('\n')
  expect(all).not.toMatch(/secret|Zoran|createdBy|userId/i)
  const ids = [...applyLiveMessages(page.received).keys()]
  for (const id of [elsewhere.campus.root, ...elsewhere.campus.rooms]) expect(ids).not.toContain(id)
})

test('[LIV-3] signed out, disabled, or of a university switched off: closed on every hub within two seconds', async () => {
  const second = await live.hubs.start()
  const elsewhere = await live.makeTenant()
  const pages = [
    await live.hub.open(live.tenant.student),
    await second.open(live.tenant.student),
    await second.open(live.tenant.other),
    await second.open(elsewhere.chief),
  ]
  const stays = await second.open(live.tenant.chief)
  const end = Promise.all(pages.map((page) => page.ended()))
  await query(live.database.pool, 'update sessions set revoked_at = now() where id = $1', [
    live.tenant.student.sessionId,
  ])
  await query(live.database.pool, 'update users set is_active = false where id = $1', [
    live.tenant.other.userId,
  ])
  await query(live.database.pool, 'update universities set is_approved = false where id = $1', [
    elsewhere.campus.universityId,
  ])
  expect(await end).toEqual(['signedOut', 'signedOut', 'signedOut', 'signedOut'])
  expect(stays.socket.readyState).toBe(stays.socket.OPEN)
})

test('[LIV-3] a heartbeat says that all is well, and only while the hub knows it', async () => {
  const page = await live.hub.open(live.tenant.student)
  const { epoch, to } = await page.next('snapshot')
  live.hubs.runTimers(LIVE_HEARTBEAT_MS)
  expect(await page.next('heartbeat')).toEqual({
    type: 'heartbeat',
    epoch,
    head: to,
    nowMs: expect.any(Number),
  })
  // Three seconds without a look at the sessions: nothing is said, and what changes is sent all the same.
  live.hubs.aheadMs += 4_000
  live.hubs.runTimers(LIVE_HEARTBEAT_MS)
  await live.hub.calls.report(live.tenant.other, live.tenant.campus.rooms[0], 1)
  await page.next('changes')
  expect(page.received.some(({ type }) => type === 'heartbeat')).toBe(false)
})

test('[LIV-2] a new epoch ends the socket: what is held may be of a future that never was', async () => {
  const page = await live.hub.open(live.tenant.student)
  const end = page.ended()
  await query(live.database.pool, "update universities set epoch = 'epoch-2' where id = $1", [
    live.tenant.campus.universityId,
  ])
  expect(await end).toBe('epochChanged')
})

test('[LIV-3] a hub that goes down says so', async () => {
  const page = await live.hub.open(live.tenant.student)
  const end = page.ended()
  await live.hub.core.stop()
  expect(await end).toBe('goingDown')
})
