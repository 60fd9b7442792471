import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LIVE_HEARTBEAT_MS, type LiveHello } from '#shared/wire/live.ts'
import { makeHubClock } from '../clock.ts'
import type { TestPerson } from '../identity/testing-people.ts'
import { query } from '../store/database.ts'
import { makeTestDatabase, type TestDatabase } from '../store/testing.ts'
import type { SyncCore } from '../sync/sync-core.ts'
import { makeTestCore } from '../sync/testing-campus.ts'
import { liveRoute } from './live.ts'
import { makeTestApp } from './testing-app.ts'
import { follow, LivePage } from './testing-live.ts'
import { makeTestHouse, SpaceCalls, type TestHouse } from './testing-spaces.ts'

/** A whole hub as far as people's pages go. */
interface LiveHub {
  core: SyncCore
  app: FastifyInstance
  host: string
  calls: SpaceCalls
}

let database: TestDatabase
let hubs: LiveHub[]
let hub: LiveHub
let house: TestHouse
let count = 0
/** Timers for hellos and heartbeats wait here: nobody sits through seconds of them. */
let held: { ms: number; run: () => void }[]
/** How far the hubs' clocks are ahead of the real one. */
let aheadMs: number

const HELD_MS = [5_000, LIVE_HEARTBEAT_MS]

function runTimers(ms: number): void {
  const due = held.filter((timer) => timer.ms === ms)
  held = held.filter((timer) => timer.ms !== ms)
  for (const { run } of due) run()
}

async function startHub(): Promise<LiveHub> {
  const real = makeHubClock()
  const core = makeTestCore(database.pool, {
    clock: {
      ...real,
      elapsedMs: () => real.elapsedMs() + aheadMs,
      after: (ms, run) => {
        if (!HELD_MS.includes(ms)) return real.after(ms, run)
        held.push({ ms, run })
        return () => {
          held = held.filter((timer) => timer.run !== run)
        }
      },
    },
  })
  const app = await makeTestApp(database.pool, { writer: core.writer, live: liveRoute(core.live) })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const started = { core, app, host, calls: new SpaceCalls(app) }
  hubs.push(started)
  return started
}

beforeAll(async () => {
  database = await makeTestDatabase('live')
})
afterAll(() => database.drop())
beforeEach(async () => {
  count += 1
  hubs = []
  held = []
  aheadMs = 0
  house = await makeTestHouse(database.pool, `L${count}`)
  hub = await startHub()
})
afterEach(async () => {
  for (const { core, app } of hubs) {
    await core.stop()
    await app.close()
  }
})

async function ticketOf(person: TestPerson, at = hub): Promise<string> {
  const answer = await at.calls.call(person, 'POST /live/ticket')
  expect(answer.status).toBe(201)
  return (answer.body as { ticket: string }).ticket
}

async function open(person: TestPerson, since: LiveHello['since'] = null, at = hub): Promise<LivePage> {
  const page = await new LivePage(at.host).opened()
  page.say({ type: 'hello', ticket: await ticketOf(person, at), since })
  await page.next('welcome')
  return page
}

test('[LIV-1] a ticket opens one socket once, and shows the whole university as its person sees it', async () => {
  const { student, chief, campus } = house
  const { space } = await hub.calls.make(student, campus.rooms[0], 'Seat')
  await hub.calls.call(student, 'PUT /spaces/:id/tracked', { params: { id: campus.rooms[1] } })
  const ticket = await ticketOf(student)
  const page = await new LivePage(hub.host).opened()
  page.say({ type: 'hello', ticket, since: null })
  const welcome = await page.next('welcome')
  expect(Math.abs(welcome.nowMs - Date.now())).toBeLessThan(60_000)
  expect(await page.next('person')).toEqual({
    type: 'person',
    mine: [space.id],
    tracked: [campus.rooms[1]],
    mayEditAll: false,
    staleMs: 7_200_000,
  })
  const snapshot = await page.next('snapshot')
  const tree = await hub.calls.tree(student)
  expect(snapshot).toMatchObject({ epoch: tree.epoch, to: tree.head, part: 1, parts: 1 })
  expect(snapshot.changes.rows).toEqual(
    tree.spaces.map(({ isMine: _mine, isTracked: _tracked, isMineToEdit: _edit, ...row }) => row),
  )
  const second = await new LivePage(hub.host).opened()
  second.say({ type: 'hello', ticket, since: null })
  expect(await second.ended()).toBe('ticketRefused')
  expect(await (await open(chief)).next('person')).toMatchObject({ mine: [], mayEditAll: true })
})

test('[LIV-1] a ticket of another session’s end, of yesterday, or of nobody opens nothing, and is kept as a hash', async () => {
  const { student, other } = house
  const late = await ticketOf(student)
  await query(database.pool, "update live_tickets set expires_at = now() - interval '1 second'")
  const ended = await ticketOf(other)
  await query(database.pool, 'update sessions set revoked_at = now() where id = $1', [other.sessionId])
  for (const ticket of [late, ended, 'A'.repeat(43)]) {
    const page = await new LivePage(hub.host).opened()
    page.say({ type: 'hello', ticket, since: null })
    expect(await page.ended()).toBe('ticketRefused')
    expect(page.heard).toHaveLength(1)
  }
  const again = await ticketOf(student)
  const rows = await query<{ hash: string }>(database.pool, 'select ticket_hash as hash from live_tickets')
  expect(rows).toHaveLength(1)
  expect(rows[0]?.hash).not.toContain(again.slice(0, 12))
})

test('[LIV-1] of two sockets with one ticket at once, on two hubs, one is opened', async () => {
  const other = await startHub()
  const ticket = await ticketOf(house.student)
  const pages = await Promise.all([hub, other].map((at) => new LivePage(at.host).opened()))
  for (const page of pages) page.say({ type: 'hello', ticket, since: null })
  const words = await Promise.all(
    pages.map((page) =>
      page.next('welcome').then(
        ({ type }) => type,
        () => 'refused',
      ),
    ),
  )
  expect(words.toSorted()).toEqual(['refused', 'welcome'])
})

test('[LIV-1] who says nothing for five seconds is let go', async () => {
  const page = await new LivePage(hub.host).opened()
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve))
  runTimers(5_000)
  expect(await page.ended()).toBe('helloTimeout')
})

test('[LIV-2] what changes is told in small frames, in order, spaces off kiosks too; and what becomes of the person', async () => {
  const { student, other, chief, campus } = house
  const page = await open(student)
  const snapshot = await page.next('snapshot')
  await page.next('person')
  page.heard.unshift(snapshot)
  await Promise.all([0, 1, 2].map((level) => hub.calls.report(other, campus.rooms[0], level)))
  const { space } = await hub.calls.make(student, campus.floors[1], 'Nook')
  await hub.calls.report(other, space.id, 2)
  await hub.calls.letOn(chief, space.id)
  const doomed = (await hub.calls.make(other, campus.root, 'Doomed')).space
  await hub.calls.remove(other, doomed)
  const { head, spaces } = await hub.calls.tree(student)
  while (!page.heard.some((message) => message.type === 'changes' && message.to >= head))
    await new Promise((resolve) => page.socket.once('message', resolve))
  const held = [...follow(page.heard).values()].toSorted((left, right) => left.id - right.id)
  expect(held).toEqual(spaces.map(({ isMine: _mine, isTracked: _t, isMineToEdit: _e, ...row }) => row))
  const frames = page.heard.filter((message) => message.type === 'changes')
  for (const [index, { from }] of frames.entries())
    expect(from).toBe(index === 0 ? snapshot.to : frames[index - 1]?.to)
  // Conflated: a room that changed three times in a moment travels less often than that.
  expect(frames.length).toBeLessThan(head - snapshot.to)
  expect(await page.next('person')).toMatchObject({ mine: [space.id] })
})

test('[LIV-2] a page that was away gets what it missed; one of another epoch, or from the future, everything', async () => {
  const { student, campus } = house
  const first = await open(student)
  const { epoch, to } = await first.next('snapshot')
  first.socket.close()
  await hub.calls.report(student, campus.rooms[0], 1)
  const back = await open(student, { epoch, head: to })
  expect(await back.next('changes')).toMatchObject({
    from: to,
    to: to + 1,
    changes: { rows: [], gone: [], levels: [[campus.rooms[0], to + 1, 1, expect.any(Number)]] },
  })
  const same = await open(student, { epoch, head: to + 1 })
  // Who missed nothing hears it; the hub may lend the answer of one who missed more.
  const nothing = await same.next('changes')
  expect(nothing.to).toBe(to + 1)
  expect(nothing.from).toBeLessThanOrEqual(to + 1)
  for (const since of [
    { epoch: 'another', head: to },
    { epoch, head: to + 100 },
  ]) {
    const page = await open(student, since)
    expect((await page.next('snapshot')).changes.rows).toHaveLength(7)
  }
})

test('[LIV-2] [ACC-2] nothing of another university, and no name, address or number of a person, is ever told', async () => {
  const elsewhere = await makeTestHouse(database.pool, `M${count}`)
  await query(
    database.pool,
    `update users set displayname = 'Zoran Secretive', email = 'zoran@secret.example'`,
  )
  const { student, campus } = house
  const page = await open(student)
  await hub.calls.make(house.other, campus.root, 'Theirs')
  await hub.calls.report(elsewhere.student, elsewhere.campus.rooms[0], 2)
  const mine = await hub.calls.report(student, campus.rooms[0], 1)
  expect(mine.status).toBe(201)
  while (!page.texts.some((text) => text.includes(`[${campus.rooms[0]},`)))
    await new Promise((resolve) => page.socket.once('message', resolve))
  const all = page.texts.join('\n')
  expect(all).not.toMatch(/secret|Zoran|createdBy|userId/i)
  const ids = [...follow(page.heard).keys()]
  for (const id of [elsewhere.campus.root, ...elsewhere.campus.rooms]) expect(ids).not.toContain(id)
})

test('[LIV-3] signed out, disabled, or of a university switched off: closed on every hub within two seconds', async () => {
  const second = await startHub()
  const elsewhere = await makeTestHouse(database.pool, `N${count}`)
  const pages = [
    await open(house.student),
    await open(house.student, null, second),
    await open(house.other, null, second),
    await open(elsewhere.chief, null, second),
  ]
  const stays = await open(house.chief, null, second)
  const end = Promise.all(pages.map((page) => page.ended()))
  await query(database.pool, 'update sessions set revoked_at = now() where id = $1', [
    house.student.sessionId,
  ])
  await query(database.pool, 'update users set is_active = false where id = $1', [house.other.userId])
  await query(database.pool, 'update universities set is_approved = false where id = $1', [
    elsewhere.campus.universityId,
  ])
  expect(await end).toEqual(['signedOut', 'signedOut', 'signedOut', 'signedOut'])
  expect(stays.socket.readyState).toBe(stays.socket.OPEN)
})

test('[LIV-3] a heartbeat says that all is well, and only while the hub knows it', async () => {
  const page = await open(house.student)
  const { epoch, to } = await page.next('snapshot')
  runTimers(LIVE_HEARTBEAT_MS)
  expect(await page.next('heartbeat')).toEqual({
    type: 'heartbeat',
    epoch,
    head: to,
    nowMs: expect.any(Number),
  })
  // Three seconds without a look at the sessions: nothing is said, and what changes is told all the same.
  aheadMs += 4_000
  runTimers(LIVE_HEARTBEAT_MS)
  await hub.calls.report(house.other, house.campus.rooms[0], 1)
  await page.next('changes')
  expect(page.heard.some(({ type }) => type === 'heartbeat')).toBe(false)
})

test('[LIV-2] a new epoch ends the socket: what is held may be of a future that never was', async () => {
  const page = await open(house.student)
  const end = page.ended()
  await query(database.pool, "update universities set epoch = 'epoch-2' where id = $1", [
    house.campus.universityId,
  ])
  expect(await end).toBe('epochChanged')
})

test('[LIV-3] a hub that goes down says so', async () => {
  const page = await open(house.student)
  const end = page.ended()
  await hub.core.stop()
  expect(await end).toBe('goingDown')
})

test('[LIV-4] [IDN-15] a page of another site gets no socket', async () => {
  const page = new LivePage(hub.host, { origin: 'https://evil.example' })
  expect(await page.ended()).toBe(null)
  expect(page.refusedWith).toBe(403)
  const own = await new LivePage(hub.host, { origin: `http://${hub.host}` }).opened()
  own.say({ type: 'hello', ticket: await ticketOf(house.student), since: null })
  await own.next('welcome')
})

test('[LIV-4] a session has eight sockets, the ninth is refused, and one that ends makes room', async () => {
  const pages: LivePage[] = []
  for (let index = 0; index < 8; index += 1) pages.push(await open(house.student))
  const refused = await new LivePage(hub.host).opened()
  refused.say({ type: 'hello', ticket: await ticketOf(house.student), since: null })
  expect(await refused.ended()).toBe('tooMany')
  pages[0]?.socket.terminate()
  for (;;) {
    const next = await new LivePage(hub.host).opened()
    next.say({ type: 'hello', ticket: await ticketOf(house.student), since: null })
    if (
      await next.next('welcome').then(
        () => true,
        () => false,
      )
    )
      break
  }
})

test('[LIV-4] what is malformed, too large, out of turn or no text ends the socket with a word and changes nothing', async () => {
  const ticket = await ticketOf(house.student)
  const hello = { type: 'hello', ticket, since: null }
  for (const [said, why] of [
    ['not JSON', 'malformed'],
    [{}, 'malformed'],
    [{ ...hello, ticket: 'short' }, 'malformed'],
    [{ ...hello, ticket: `${ticket}\u0000` }, 'malformed'],
    [{ ...hello, since: { epoch: 'e', head: -1 } }, 'malformed'],
    [{ ...hello, more: 1 }, 'malformed'],
    [{ ...hello, type: 'push' }, 'malformed'],
    ['x'.repeat(3_000), 'tooLarge'],
  ] as const) {
    const page = await new LivePage(hub.host).opened()
    page.say(said)
    expect(await page.ended(), JSON.stringify(said)).toBe(why)
  }
  const binary = await new LivePage(hub.host).opened()
  binary.socket.send(Buffer.from(JSON.stringify(hello)), { binary: true })
  expect(await binary.ended()).toBe('tooLarge')
  const page = await new LivePage(hub.host).opened()
  page.say(hello)
  await page.next('snapshot')
  page.say(hello)
  expect(await page.ended()).toBe('malformed')
})
