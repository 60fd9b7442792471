import { expect, test } from 'vitest'
import { query } from '../postgres/database.ts'
import { asLive, LivePage, makeLiveScene } from '../../testing/testing-live.ts'

const live = makeLiveScene('live_limits')

test('[LIV-1] a ticket opens one socket once, and shows the whole university as its person sees it', async () => {
  const { student, chief, campus } = live.tenant
  const { space } = await live.hub.calls.make(student, campus.rooms[0], 'Seat')
  await live.hub.calls.call(student, 'PUT /spaces/:id/tracked', { params: { id: campus.rooms[1] } })
  const ticket = await live.hub.ticketOf(student)
  const page = await live.hub.dial({ type: 'hello', ticket, since: null })
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
  const tree = await live.hub.calls.tree(student)
  expect(snapshot).toMatchObject({ epoch: tree.epoch, to: tree.head, part: 1, parts: 1 })
  expect(snapshot.changes.rows).toEqual(tree.spaces.map(asLive))
  const second = await live.hub.dial({ type: 'hello', ticket, since: null })
  expect(await second.ended()).toBe('ticketRefused')
  expect(await (await live.hub.open(chief)).next('person')).toMatchObject({ mine: [], mayEditAll: true })
})

test('[LIV-1] a ticket of another session’s end, of yesterday, or of nobody opens nothing, and is kept as a hash', async () => {
  const { student, other } = live.tenant
  const ended = await live.hub.ticketOf(other)
  await query(live.database.pool, 'update sessions set revoked_at = now() where id = $1', [other.sessionId])
  const late = await live.hub.ticketOf(student)
  await query(live.database.pool, 'update live_tickets set expires_at = now() where session_id = $1', [
    student.sessionId,
  ])
  for (const ticket of [late, ended, 'A'.repeat(43)]) {
    const page = await live.hub.dial({ type: 'hello', ticket, since: null })
    expect(await page.ended()).toBe('ticketRefused')
    expect(page.received).toHaveLength(1)
  }
  const again = await live.hub.ticketOf(student)
  const rows = await query<{ hash: string }>(
    live.database.pool,
    'select ticket_hash as hash from live_tickets',
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]?.hash).not.toContain(again.slice(0, 12))
})

test('[LIV-1] of two sockets with one ticket at once, on two hubs, one is opened', async () => {
  const other = await live.hubs.start()
  const ticket = await live.hub.ticketOf(live.tenant.student)
  const pages = await Promise.all([live.hub, other].map((at) => new LivePage(at.host).opened()))
  for (const page of pages) page.send({ type: 'hello', ticket, since: null })
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
  const page = await new LivePage(live.hub.host).opened()
  while (!live.hubs.isHeld(5_000)) await new Promise((resolve) => setImmediate(resolve))
  live.hubs.runTimers(5_000)
  expect(await page.ended()).toBe('helloTimeout')
})

test('[LIV-4] [IDN-15] a page of another site gets no socket', async () => {
  const page = new LivePage(live.hub.host, { origin: 'https://evil.example' })
  expect(await page.ended()).toBe(null)
  expect(page.refusedWith).toBe(403)
  const own = await new LivePage(live.hub.host, { origin: `http://${live.hub.host}` }).opened()
  own.send({ type: 'hello', ticket: await live.hub.ticketOf(live.tenant.student), since: null })
  await own.next('welcome')
})

test('[LIV-4] a session has eight sockets: one more opens, and ends the one whose page said nothing for longest', async () => {
  const pages: LivePage[] = []
  for (let index = 0; index < 8; index += 1) pages.push(await live.hub.open(live.tenant.student))
  const others = await live.hub.open(live.tenant.other)
  // It is heard as soon as it is answered, which it is while the hub has looked at its session lately.
  const isHeard = (): boolean => {
    pages[0]?.send({ type: 'probe', id: 1 })
    return pages[0]?.received.some(({ type }) => type === 'alive') ?? false
  }
  await expect.poll(isHeard, { interval: 1_000 }).toBe(true)
  for (const ended of [1, 2]) {
    const page = await live.hub.open(live.tenant.student)
    await page.next('snapshot')
    expect(await pages[ended]?.ended()).toBe('tooMany')
  }
  const areOpen = [...pages, others].map(({ socket }) => socket.readyState === socket.OPEN)
  expect(areOpen).toEqual([true, false, false, true, true, true, true, true, true])
})

test('[LIV-4] a phone that left eight dead sockets behind gets its ninth', async () => {
  const dead: LivePage[] = []
  for (let index = 0; index < 8; index += 1) dead.push(await live.hub.open(live.tenant.student))
  for (const { socket } of dead) socket.pause()
  for (let index = 0; index < 8; index += 1) {
    const page = await live.hub.open(live.tenant.student)
    await page.next('snapshot')
  }
  // The dead ones are gone, though they answered no close.
  await expect.poll(() => live.hub.app.websocketServer.clients.size).toBe(8)
  for (const { socket } of dead) socket.terminate()
})

test('[LIV-4] what is malformed, too large, out of turn or no text ends the socket with a code and changes nothing', async () => {
  const ticket = await live.hub.ticketOf(live.tenant.student)
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
    const page = await live.hub.dial(said)
    expect(await page.ended(), JSON.stringify(said)).toBe(why)
  }
  const binary = await new LivePage(live.hub.host).opened()
  binary.socket.send(Buffer.from(JSON.stringify(hello)), { binary: true })
  expect(await binary.ended()).toBe('tooLarge')
  const page = await live.hub.dial(hello)
  await page.next('snapshot')
  page.send(hello)
  expect(await page.ended()).toBe('malformed')
})
