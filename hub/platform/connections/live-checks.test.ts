import { afterEach, expect, test } from 'vitest'
import { LIVE_HEARTBEAT_MS, MAX_LIVE_PROBES } from '#shared/wire/live.ts'
import { SOCKET_LIMITS } from '#shared/domain/conduct.ts'
import { query } from '../postgres/database.ts'
import { makeSyncFeatures } from '../../make-sync-features.ts'
import { dialCore, makeLiveScene, type LivePage } from '../../testing/testing-live.ts'
import { makeTestCore } from '../../testing/testing-campus.ts'

// What happens while a hub looks whether the sessions of its pages are still valid, and the next time that it looks.

const live = makeLiveScene('live_checks')

afterEach(stopWatching)

/** The pool’s own way again. */
function stopWatching(): void {
  Reflect.deleteProperty(live.database.pool, 'query')
}

type RunQuery = (statement: unknown, values?: unknown[]) => Promise<unknown>

/** Does something with each look at sessions before the database answers it; gives the sessions that are looked at. */
function watchLooks(before: (sessionIds: readonly number[]) => Promise<void> | undefined): void {
  const { pool } = live.database
  stopWatching()
  const real = pool.query.bind(pool) as unknown as RunQuery
  const run: RunQuery = async (statement, values) => {
    const isLook = typeof statement === 'string' && statement.includes('as "mayEditAll"')
    if (isLook && Array.isArray(values?.[0])) await before(values[0] as number[])
    return real(statement, values)
  }
  Object.assign(pool, { query: run })
}

/** Resolves after so many further looks at the sessions of several pages, or of one. */
function countLooks(): (further: number) => Promise<void> {
  const looks = { count: 0 }
  watchLooks(() => {
    looks.count += 1
    return undefined
  })
  return async (further) => {
    const until = looks.count + further
    await expect.poll(() => looks.count).toBeGreaterThanOrEqual(until)
  }
}

/** Whether the page is served still: what somebody reports reaches it. */
async function isServed(page: LivePage): Promise<boolean> {
  await live.hub.calls.report(live.tenant.chief, live.tenant.campus.rooms[0], 1)
  await live.hub.calls.report(live.tenant.chief, live.tenant.campus.rooms[0], 2)
  return page.next('changes').then(
    () => true,
    () => false,
  )
}

test('[LIV-13] a page that opens while the sessions of others are looked at keeps its connection', async () => {
  const held = { isReached: false, release: (): void => undefined }
  watchLooks((ids) => {
    if (held.isReached || ids.length !== 1 || ids[0] !== live.tenant.student.sessionId || first === null)
      return undefined
    held.isReached = true
    return new Promise((resolve) => (held.release = resolve))
  })
  let first: LivePage | null = null
  first = await live.hub.open(live.tenant.student)
  await expect.poll(() => held.isReached).toBe(true)
  const second = await live.hub.open(live.tenant.other)
  await second.next('snapshot')
  held.release()
  stopWatching()
  await countLooks()(2)
  expect([first, second].map(({ socket }) => socket.readyState)).toEqual([1, 1])
  expect(await isServed(second)).toBe(true)
})

test('[LIV-13] a look that fails ends nobody and proves nothing, and the next one counts', async () => {
  const page = await live.hub.open(live.tenant.student)
  const stays = await live.hub.open(live.tenant.other)
  for (const opened of [page, stays]) await opened.next('snapshot')
  const looks = { failed: 0, areFailing: true }
  watchLooks(() => {
    if (!looks.areFailing) return undefined
    looks.failed += 1
    return Promise.reject(new Error('the database does not answer'))
  })
  await expect.poll(() => looks.failed).toBeGreaterThanOrEqual(1)
  // Longer than a look counts for, and two more that fail.
  live.hubs.aheadMs += 4_000
  const before = looks.failed
  await expect.poll(() => looks.failed).toBeGreaterThanOrEqual(before + 2)
  page.send({ type: 'probe', id: 1 })
  live.hubs.runTimers(LIVE_HEARTBEAT_MS)
  expect(await isServed(page)).toBe(true)
  expect(page.received.map(({ type }) => type)).not.toContain('alive')
  expect(page.received.map(({ type }) => type)).not.toContain('heartbeat')
  const end = page.ended()
  await query(live.database.pool, 'update sessions set revoked_at = now() where id = $1', [
    live.tenant.student.sessionId,
  ])
  looks.areFailing = false
  expect(await end).toBe('signedOut')
  expect(await isServed(stays)).toBe(true)
})

test('[LIV-3] while the sessions of open pages cannot be looked at, who opens one proves nothing for the others', async () => {
  const pages = [await live.hub.open(live.tenant.student), await live.hub.open(live.tenant.other)]
  for (const page of pages) await page.next('snapshot')
  const looks = { failed: 0, areFailing: true }
  watchLooks((ids) => {
    // Of who opens a page there is one.
    if (!looks.areFailing || ids.length < 2) return undefined
    looks.failed += 1
    return Promise.reject(new Error('the database does not answer'))
  })
  await expect.poll(() => looks.failed).toBeGreaterThanOrEqual(1)
  for (let round = 0; round < 3; round += 1) {
    live.hubs.aheadMs += 2_000
    const opened = await live.hub.open(live.tenant.chief)
    opened.socket.terminate()
  }
  for (const page of pages) page.send({ type: 'probe', id: 1 })
  live.hubs.runTimers(LIVE_HEARTBEAT_MS)
  for (const page of pages) {
    expect(await isServed(page)).toBe(true)
    const types = page.received.map(({ type }) => type)
    expect(types.filter((type) => type === 'alive' || type === 'heartbeat')).toEqual([])
  }
  looks.areFailing = false
  await countLooks()(2)
  live.hubs.runTimers(LIVE_HEARTBEAT_MS)
  for (const page of pages) await page.next('heartbeat')
})

test('[LIV-13] sessions are looked at for as long as a page is open, and again once all were closed', async () => {
  const further = countLooks()
  for (const person of [live.tenant.student, live.tenant.other]) {
    const page = await live.hub.open(person)
    await further(4)
    const end = page.ended()
    await query(live.database.pool, 'update sessions set revoked_at = now() where id = $1', [
      person.sessionId,
    ])
    expect(await end).toBe('signedOut')
  }
})

test('[LIV-3] [DIR-15] each reason for which a session is valid no longer ends its page', async () => {
  const reasons = [
    'update sessions set expires_at = now() where user_id = $1',
    'update sessions set revoked_at = now() where user_id = $1',
    'update users set is_active = false where id = $1',
    'update users set erased_at = now(), username = null, email = null, email_key = null, displayname = null where id = $1',
    `update users set associated_university_id = ${live.tenant.campus.universityId} where id = $1`,
    "update users set directory = 'd', directory_id = '1', directory_seen_at = now() - interval '25 hours' where id = $1",
  ]
  for (const sql of reasons) {
    const { student, chief } = await live.makeTenant()
    const [page, stays] = [await live.hub.open(student), await live.hub.open(chief)]
    const end = page.ended()
    await query(live.database.pool, sql, [student.userId])
    expect(await end, sql).toBe('signedOut')
    expect(stays.socket.readyState).toBe(1)
    stays.socket.terminate()
  }
})

test('[LIV-11] of one session sixteen tickets wait, older ones and those that ran out are deleted, and others’ are not', async () => {
  const theirs = await live.hub.ticketOf(live.tenant.other)
  const late = await live.hub.ticketOf(live.tenant.chief)
  await query(live.database.pool, 'update live_tickets set expires_at = now() where session_id = $1', [
    live.tenant.chief.sessionId,
  ])
  const tickets: string[] = []
  for (let number = 0; number < 18; number += 1) tickets.push(await live.hub.ticketOf(live.tenant.student))
  const rows = await query<{ sessionId: number; count: number }>(
    live.database.pool,
    `select session_id as "sessionId", count(*)::int as count from live_tickets
     where session_id = any($1) group by session_id`,
    [[live.tenant.student, live.tenant.other, live.tenant.chief].map(({ sessionId }) => sessionId)],
  )
  expect(new Map(rows.map((row) => [row.sessionId, row.count]))).toEqual(
    new Map([
      [live.tenant.student.sessionId, 16],
      [live.tenant.other.sessionId, 1],
    ]),
  )
  for (const ticket of [tickets[0], tickets[1], late]) {
    const page = await live.hub.dial({ type: 'hello', ticket, since: null })
    expect(await page.ended()).toBe('ticketRefused')
  }
  for (const ticket of [tickets[2], tickets[17], theirs]) {
    const page = await live.hub.dial({ type: 'hello', ticket, since: null })
    await page.next('welcome')
  }
})

test('[LIV-5] ten questions between two heartbeats are taken, and ten again between the next two', async () => {
  const page = await live.hub.open(live.tenant.student)
  await page.next('snapshot')
  for (let round = 0; round < 3; round += 1) {
    for (let id = 1; id <= MAX_LIVE_PROBES; id += 1) page.send({ type: 'probe', id })
    expect(await isServed(page)).toBe(true)
    live.hubs.aheadMs += LIVE_HEARTBEAT_MS
  }
  expect(page.socket.readyState).toBe(1)
})

test('[LIV-12] a page that closed while its ticket was looked at takes no place of its session', async () => {
  const held: (() => void)[] = []
  const state = { isHolding: true }
  watchLooks((ids) => {
    if (!state.isHolding || ids[0] !== live.tenant.student.sessionId) return undefined
    return new Promise((resolve) => held.push(resolve))
  })
  for (let number = 1; number <= 8; number += 1) {
    const page = await live.hub.dial({
      type: 'hello',
      ticket: await live.hub.ticketOf(live.tenant.student),
      since: null,
    })
    await expect.poll(() => held.length).toBe(1)
    page.socket.terminate()
    await expect.poll(() => live.hub.app.websocketServer.clients.size).toBe(0)
    held.pop()?.()
  }
  state.isHolding = false
  const pages: LivePage[] = []
  for (let number = 1; number <= 8; number += 1) pages.push(await live.hub.open(live.tenant.student))
  // Held one of those that closed a place, it would be that one which the ninth takes.
  await live.hub.open(live.tenant.student)
  expect(await pages[0]?.ended()).toBe('tooMany')
})

test('[LIV-2] what becomes of a person is sent once for each change, also after the first', async () => {
  const page = await live.hub.open(live.tenant.student)
  expect(await page.next('person')).toMatchObject({ tracked: [] })
  const further = countLooks()
  const [first, second] = live.tenant.campus.rooms
  const track = (id: number): Promise<unknown> =>
    live.hub.calls.call(live.tenant.student, 'PUT /spaces/:id/tracked', { params: { id } })
  await track(first)
  expect(await page.next('person')).toMatchObject({ tracked: [first] })
  await further(3)
  expect(page.received.some(({ type }) => type === 'person')).toBe(false)
  await track(second)
  expect(new Set((await page.next('person')).tracked)).toEqual(new Set([first, second]))
  await further(3)
  expect(page.received.some(({ type }) => type === 'person')).toBe(false)
})

test('[LIV-12] a page that closed while its spaces were read is welcomed by nobody, and the next one is', async () => {
  const features = makeSyncFeatures(live.database.pool)
  const state = { isHolding: true, held: [] as (() => void)[] }
  const core = makeTestCore(live.database.pool, {
    features: {
      ...features,
      spacesOfPages: async (...args) => {
        if (state.isHolding) await new Promise<void>((resolve) => state.held.push(resolve))
        return features.spacesOfPages(...args)
      },
    },
  })
  try {
    const gone = dialCore(core)
    gone.say({ type: 'hello', ticket: await live.hub.ticketOf(live.tenant.student), since: null })
    await expect.poll(() => state.held.length).toBeGreaterThanOrEqual(1)
    gone.handler.ended()
    state.isHolding = false
    for (const release of state.held) release()
    await core.settled()
    expect(gone.sent).toEqual([])
    const next = dialCore(core)
    next.say({ type: 'hello', ticket: await live.hub.ticketOf(live.tenant.student), since: null })
    await expect.poll(() => next.sent).toContain('snapshot')
    expect(gone.sent).toEqual([])
  } finally {
    await core.stop()
  }
})

test('[LIV-12] [LIV-4] a page whose person is known takes no place among those who have not said who they are', async () => {
  const core = makeTestCore(live.database.pool, {
    limits: { sockets: { ...SOCKET_LIMITS, newPages: 1, pages: 100 } },
  })
  const dial = () => dialCore(core)
  try {
    for (let round = 0; round < 3; round += 1) {
      const page = dial()
      const ticket = await live.hub.ticketOf(live.tenant.student)
      page.say({ type: 'hello', ticket, since: null })
      await expect.poll(() => page.sent).toContain('snapshot')
    }
    const [stranger, refused] = [dial(), dial()]
    expect([stranger.sent, refused.sent]).toEqual([[], ['end']])
    stranger.handler.ended()
    expect(dial().sent).toEqual([])
  } finally {
    await core.stop()
  }
})

test.each([{ newPages: 1 }, { pages: 1 }])(
  '[LIV-4] a page that is asked to close holds its place until it has closed: %j',
  async (limit) => {
    const core = makeTestCore(live.database.pool, { limits: { sockets: { ...SOCKET_LIMITS, ...limit } } })
    try {
      for (let round = 0; round < 2; round += 1) {
        const closing = dialCore(core)
        closing.say({ type: 'dance' })
        expect(closing.sent).toEqual(['end'])
        const refused = dialCore(core)
        expect(refused.sent).toEqual(['end'])
        refused.handler.ended()
        closing.handler.ended()
      }
      const next = dialCore(core)
      next.say({ type: 'hello', ticket: await live.hub.ticketOf(live.tenant.student), since: null })
      await expect.poll(() => next.sent).toContain('snapshot')
    } finally {
      await core.stop()
    }
  },
)
