import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeSyncFeatures } from '../../make-sync-features.ts'
import { makeHubClock } from '../clock.ts'
import type { HubClock } from '../ports.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { commitChange } from '../../testing/commit-change.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, TestSession, openTestSession, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { provesRollback } from './decide-hello.ts'
import type { SyncCore } from './sync-core.ts'

// What comes a second time or two at once over kiosks' connections, and what must be tried again.

const HEARTBEAT_MS = 60_000
/** Time in which a hello, and a fork, must come. */
const HELLO_MS = 5_000

let database: TestDatabase
let campus: TestCampus
let core: SyncCore
let kiosk: TestKiosk
let aheadMs = 0
let held: (() => void)[] = []

beforeAll(async () => {
  database = await makeTestDatabase('kiosk_again')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  kiosk = await insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root })
  aheadMs = 0
  held = []
  const real = makeHubClock()
  const clock: HubClock = {
    ...real,
    elapsedMs: () => real.elapsedMs() + aheadMs,
    after: (ms, run) => {
      if (ms !== HELLO_MS) return real.after(ms, run)
      held.push(run)
      return () => {
        held = held.filter((one) => one !== run)
      }
    },
  }
  core = makeTestCore(database.pool, { clock, limits: { heartbeatMs: HEARTBEAT_MS } })
})
afterEach(async () => {
  Reflect.deleteProperty(database.pool, 'query')
  await core.stop()
})

function insertAnother(): Promise<TestKiosk> {
  return insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root })
}

const fork = (): unknown => ({
  type: 'fork',
  publicKey: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x,
})

/** A connection of a clone, to which a new identity was offered. */
async function openForkable(): Promise<TestSession> {
  await (await openTestSession(core, kiosk)).push(kiosk.report(campus.rooms[0], 1))
  const clone = new TestSession(core, kiosk)
  const { nonce } = await clone.connection.next('challenge')
  clone.send(kiosk.hello(nonce, { nextMutationId: 1, oldestRetained: 1, ackedTo: 0 }))
  expect((await clone.connection.next('err')).code).toBe('forked')
  return clone
}

async function depthsOf(kiosks: readonly TestKiosk[]): Promise<(number | null)[]> {
  const rows = await query<{ depth: number | null }>(
    database.pool,
    'select outbox_depth as depth from kiosks where id = any($1) order by id',
    [kiosks.map(({ id }) => id)],
  )
  return rows.map(({ depth }) => depth)
}

test('[SYN-12] a third session ends the second as the second ended the first, whenever the first one’s socket closes', async () => {
  const sessions: TestSession[] = []
  for (let number = 1; number <= 4; number += 1) {
    sessions.push(await openTestSession(core, kiosk))
    expect(core.connectedCount).toBe(1)
    const before = sessions.at(-2)
    if (before === undefined) continue
    expect(await before.connection.closed()).toBe('superseded')
    before.handler.ended()
    expect(core.connectedCount).toBe(1)
  }
  expect(sessions.at(-1)?.connection.isClosed).toBe(false)
})

test('[SYN-12] a kiosk that hung up while its rows were read is welcomed by nobody, and the next connection is', async () => {
  const features = makeSyncFeatures(database.pool)
  const state = { isHolding: true, held: [] as (() => void)[] }
  const other = makeTestCore(database.pool, {
    features: {
      ...features,
      spacesOfKiosks: async (...args) => {
        if (state.isHolding) await new Promise<void>((resolve) => state.held.push(resolve))
        return features.spacesOfKiosks(...args)
      },
    },
  })
  try {
    const gone = new TestSession(other, kiosk)
    const { nonce } = await gone.connection.next('challenge')
    gone.send(kiosk.hello(nonce))
    await expect.poll(() => state.held.length).toBeGreaterThanOrEqual(1)
    gone.hangUp()
    state.isHolding = false
    for (const release of state.held) release()
    await other.settled()
    expect(gone.connection.received).toEqual([])
    expect(other.connectedCount).toBe(0)
    kiosk.ticket = null
    const next = await openTestSession(other, kiosk)
    await next.push(kiosk.report(campus.rooms[0], 1))
    expect(gone.connection.received).toEqual([])
  } finally {
    await other.stop()
  }
})

test('[SYN-12] of two hellos of one kiosk that come at once the later is the session, with the ticket that it was given', async () => {
  const sessions = [new TestSession(core, kiosk), new TestSession(core, kiosk)]
  const nonces: string[] = []
  for (const { connection } of sessions) nonces.push((await connection.next('challenge')).nonce)
  for (const [index, session] of sessions.entries()) session.send(kiosk.hello(nonces[index] ?? ''))
  expect(await sessions[0]?.connection.closed()).toBe('superseded')
  const welcome = await sessions[1]?.connection.next('welcome')
  kiosk.ticket = welcome?.ticket ?? null
  await sessions[1]?.push(kiosk.report(campus.rooms[0], 1))
  sessions[1]?.hangUp()
  const next = await openTestSession(core, kiosk)
  expect(next.connection.isClosed).toBe(false)
})

test('[SYN-28] [SYN-65] an assignment that could not be read at first is sent once it can be', async () => {
  const open = await openTestSession(core, kiosk)
  const { pool } = database
  const real = pool.query.bind(pool) as unknown as (sql: string, values: unknown[]) => Promise<unknown>
  const state = { failures: 0 }
  const run = (sql: string, values: unknown[]): Promise<unknown> => {
    if (!sql.includes('from kiosks k join universities u') || state.failures === 2) return real(sql, values)
    state.failures += 1
    return Promise.reject(new Error('the database does not answer'))
  }
  Object.assign(pool, { query: run })
  await commitChange(pool, campus.universityId, (client) =>
    query(client, 'update kiosks set space_id = $2 where id = $1', [kiosk.id, campus.floors[0]]),
  )
  expect(await open.connection.next('assignment')).toMatchObject({
    assignment: { spaceId: campus.floors[0] },
  })
  expect(state.failures).toBe(2)
})

test('[SYN-66] a connection without a message for four heartbeats is ended; one that speaks goes on, however long', async () => {
  const silent = await openTestSession(core, kiosk)
  const other = await insertAnother()
  const speaks = await openTestSession(core, other)
  const speak = (): void =>
    speaks.send({ type: 'applied', cursor: 1, ticket: other.ticket, waitingCount: 0, wallMs: 0 })
  aheadMs += 3 * HEARTBEAT_MS
  speak()
  aheadMs += HEARTBEAT_MS + 2_000
  expect(await silent.connection.closed()).toBe('stalled')
  expect(silent.connection.isTerminated).toBe(true)
  for (let round = 0; round < 2; round += 1) {
    speak()
    aheadMs += 3 * HEARTBEAT_MS
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(speaks.connection.isClosed).toBe(false)
  }
})

test('[SYN-15] a second request and a second fork while the first is under way are out of turn', async () => {
  const open = await openTestSession(core, kiosk)
  for (const id of [1, 2]) open.send({ type: 'request', id, ask: { kind: 'checkPin', pin: '1' } })
  expect(await open.connection.closed()).toBe('unexpected')
  const clone = await openForkable()
  for (let count = 0; count < 2; count += 1) clone.send(fork())
  expect(await clone.connection.closed()).toBe('unexpected')
  await core.settled()
  expect(clone.connection.received.some(({ type }) => type === 'forked')).toBe(false)
})

test('[SYN-12] [SYN-15] what a kiosk had on its way when it was told that it is forked does not cost it the new identity', async () => {
  const open = await openTestSession(core, kiosk)
  await open.push(kiosk.report(campus.rooms[0], 1))
  kiosk.nextId = 1
  open.send({ type: 'push', mutations: [kiosk.report(campus.rooms[0], 2)] })
  expect(await open.connection.next('err')).toMatchObject({ code: 'forked', fatal: false })
  const crossing = [
    { type: 'applied', cursor: 1, ticket: kiosk.ticket, waitingCount: 1, wallMs: 0 },
    { type: 'pull', cursor: 1 },
  ]
  for (const message of crossing) open.send(message)
  open.send(fork())
  for (const message of crossing) open.send(message)
  expect((await open.connection.next('forked')).kioskId).not.toBe(kiosk.id)
  // All else is out of turn then as before.
  const clone = await openForkable()
  clone.send({ type: 'push', mutations: [kiosk.report(campus.rooms[0], 2)] })
  expect(await clone.connection.closed()).toBe('unexpected')
})

test('[SYN-10] [SYN-12] a fork that is offered and does not come within five seconds ends the connection', async () => {
  const clone = await openForkable()
  expect(clone.connection.isClosed).toBe(false)
  for (const run of held) run()
  expect(await clone.connection.closed()).toBe('forked')
})

test('[SYN-65] what kiosks report of themselves is written of each, and again when it changed', async () => {
  const others = [await insertAnother(), await insertAnother()]
  const kiosks = [kiosk, ...others]
  const sessions: TestSession[] = []
  for (const one of kiosks) sessions.push(await openTestSession(core, one))
  for (const base of [10, 20, 30]) {
    for (const [index, session] of sessions.entries())
      session.send({
        type: 'applied',
        cursor: 1,
        ticket: kiosks[index]?.ticket,
        waitingCount: base + index,
        wallMs: 0,
      })
    await expect.poll(() => depthsOf(kiosks)).toEqual([base, base + 1, base + 2])
  }
})

test('[SYN-12] a session that was replaced at another hub ends with the next that its kiosk reports, also one that pushes nothing', async () => {
  const elsewhere = makeTestCore(database.pool)
  try {
    const open = await openTestSession(core, kiosk)
    const other = await insertAnother()
    const stays = await openTestSession(core, other)
    await openTestSession(elsewhere, kiosk)
    for (const [session, one] of [
      [open, kiosk],
      [stays, other],
    ] as const)
      session.send({ type: 'applied', cursor: 1, ticket: one.ticket, waitingCount: 0, wallMs: 0 })
    expect(await open.connection.closed()).toBe('superseded')
    expect(stays.connection.isClosed).toBe(false)
  } finally {
    await elsewhere.stop()
  }
})

test('[SYN-17] a signed head proves a database that went back in its own epoch alone', () => {
  const hello = (epoch: string, head: number) => ({ ...kiosk.hello('n'), sealed: { epoch, head, mac: 'm' } })
  const university = { epoch: 'epoch-2', clock: 5 }
  expect(provesRollback(hello('epoch-2', 6), university, true)).toBe(true)
  expect(provesRollback(hello('epoch-2', 6), university, false)).toBe(false)
  expect(provesRollback(hello('epoch-2', 5), university, true)).toBe(false)
  expect(provesRollback(hello('epoch-1', 500), university, true)).toBe(false)
  expect(provesRollback(kiosk.hello('n'), university, true)).toBe(false)
})
