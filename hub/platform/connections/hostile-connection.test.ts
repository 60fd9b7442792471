import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { SOCKET_LIMITS } from '#shared/domain/conduct.ts'
import { makeRandomSource, makeHubClock } from '../clock.ts'
import { makeHeadSignature } from '../secrets/head-signature.ts'
import { makeResumeKeys } from '../secrets/resume-keys.ts'
import { noLog } from '../log.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { makeHandshakeBatcher } from './handshake-batcher.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import type { SyncCore } from './sync-core.ts'
import { loadOccupancy, makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import {
  insertTestKiosk,
  TEST_HOST,
  TestSession,
  openTestSession,
  type TestKiosk,
} from '../../testing/testing-kiosk.ts'

// What a stolen key, a clone, or somebody without any key may try on a connection.

let database: TestDatabase
let campus: TestCampus
let core: SyncCore
let kiosk: TestKiosk

beforeAll(async () => {
  database = await makeTestDatabase('hostile_line')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  core = makeTestCore(database.pool)
  kiosk = await insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root })
})
afterEach(() => core.stop())

const freshKey = (): string => generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''

/** Texts that JSON can spell and PostgreSQL cannot keep, or that would garble a terminal. */
const UNKEEPABLE = ['1.0\u0000', '1.0\ud800', '\udc00', 'v\u001b[2J', '1.0\u202e']

test('[SYN-15] a hello that the database could not keep is malformed, and the others that come with it are welcomed', async () => {
  const others = await Promise.all(
    UNKEEPABLE.map(() =>
      insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root }),
    ),
  )
  const open = async (one: TestKiosk, changes: Parameters<TestKiosk['hello']>[1]): Promise<TestSession> => {
    const made = new TestSession(core, one)
    const { nonce } = await made.connection.next('challenge')
    made.send(one.hello(nonce, changes))
    return made
  }
  // In one turn, so that they share one transaction.
  const bad = await Promise.all(UNKEEPABLE.map((appVersion) => open(kiosk, { appVersion })))
  const badTickets = await Promise.all(UNKEEPABLE.map((ticket) => open(kiosk, { ticket })))
  const good = await Promise.all(others.map((one) => open(one, {})))
  for (const { connection } of good) await connection.next('welcome')
  for (const { connection } of [...bad, ...badTickets]) expect(await connection.closed()).toBe('malformed')
})

test('[SYN-15] [SYN-11] a ticket that the database could not keep leaves everyone else’s status as it is', async () => {
  const open = await openTestSession(core, kiosk)
  const other = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  const honest = await openTestSession(core, other)
  const said = { type: 'applied', cursor: 1, waitingCount: 3, wallMs: 0 }
  honest.send({ ...said, ticket: other.ticket })
  open.send({ ...said, ticket: 'x\u0000' })
  expect(await open.connection.closed()).toBe('malformed')
  for (;;) {
    const [row] = await query<Record<string, unknown>>(
      database.pool,
      'select outbox_depth, ticket_confirmed from kiosks where id = $1',
      [other.id],
    )
    if (row?.['outbox_depth'] === null) continue
    expect(row).toEqual({ outbox_depth: 3, ticket_confirmed: other.ticket })
    break
  }
})

test('[SYN-15] [SYN-7] numbers and keys that are none of ours are refused alone and leave the kiosk its connection', async () => {
  const open = await openTestSession(core, kiosk)
  const bodies = [
    '{"spaceId":1e308,"level":1}',
    '{"spaceId":9007199254740993,"level":1}',
    '{"spaceId":-0,"level":1}',
    `{"spaceId":${campus.rooms[0]},"level":-0.5}`,
    `{"spaceId":${campus.rooms[0]},"level":1,"__proto__":{"level":2}}`,
    `{"__proto__":{"spaceId":${campus.rooms[0]},"level":1}}`,
    `{"spaceId":"\\u0000\\ud800","level":1}`,
    `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
    'null',
    '"x"',
  ]
  const mutations = bodies.map(
    (body, index) =>
      `{"id":${index + 1},"hash":"${'A'.repeat(22)}","kind":"report","body":${body},"ageMs":1e308,"contactMs":0}`,
  )
  open.handler.received(`{"type":"push","mutations":[${mutations.join(',')}]}`)
  const ack = await open.connection.next('ack')
  expect(ack.lastMutationId).toBe(bodies.length)
  expect(ack.outcomes).toEqual(bodies.map((_, index) => ({ id: index + 1, why: 'malformed' })))
  kiosk.nextId = bodies.length + 1
  expect(await open.push(kiosk.report(campus.rooms[0], 2, { ageMs: 1e308 }))).toMatchObject({ outcomes: [] })
  expect(await loadOccupancy(database.pool, campus.rooms[0])).toMatchObject({ level: 2 })
})

test('[SYN-15] a key that comes twice counts as its last one, and keys of the language are no keys of ours', async () => {
  for (const [text, code] of [
    ['{"type":"pull","cursor":0,"type":"dance"}', 'malformed'],
    ['{"type":"pull","cursor":0,"__proto__":{}}', 'malformed'],
    ['{"type":"constructor"}', 'malformed'],
    ['{"type":"pull","cursor":-0.5}', 'malformed'],
    ['{"type":"pull","cursor":1e308}', 'malformed'],
    ['['.repeat(60_000), 'malformed'],
    [`{"type":${'{"type":'.repeat(5_000)}1${'}'.repeat(5_000)}}`, 'malformed'],
    ['{"type":"pull","type":"push","cursor":0}', 'malformed'],
  ] as const) {
    const open = await openTestSession(core, kiosk)
    open.handler.received(text)
    expect(await open.connection.closed()).toBe(code)
  }
})

test('[SYN-21] ids of another university are unknown, whatever they name', async () => {
  const elsewhere = await makeTestCampus(database.pool, 'Elsewhere')
  const stranger = await insertTestKiosk(database.pool, {
    universityId: elsewhere.universityId,
    spaceId: elsewhere.root,
  })
  const there = await openTestSession(core, stranger)
  await there.push(stranger.report(elsewhere.rooms[0], 2))
  await query(database.pool, 'update kiosks set revoked_at = now() where id = $1', [stranger.id])
  const here = await openTestSession(core, kiosk)
  const origin = { kioskId: stranger.id, id: 1, hash: 'A'.repeat(22) }
  const ack = await here.push(
    kiosk.report(elsewhere.rooms[0], 0),
    kiosk.withdraw(elsewhere.rooms[0], 1),
    kiosk.withdraw(elsewhere.rooms[0], 1, { origin }),
    // Of another university's revoked kiosk nothing may be carried: it counts as the kiosk's own tap.
    kiosk.report(campus.rooms[0], 1, { origin }),
  )
  expect(ack.outcomes).toEqual([
    { id: 1, why: 'unknownSpace' },
    { id: 2, why: 'unknownReport' },
    { id: 3, why: 'unknownReport' },
  ])
  expect(await loadOccupancy(database.pool, elsewhere.rooms[0])).toMatchObject({ level: 2 })
  const origins = await query(
    database.pool,
    'select origin_kiosk_id as kiosk from occupancy_reports where university_id = $1',
    [campus.universityId],
  )
  expect(origins).toEqual([{ kiosk: kiosk.id }])
})

test('[OCC-8] [OCC-10] a space deleted, and a kiosk moved, under a tap that is on its way', async () => {
  const open = await openTestSession(core, kiosk)
  await query(database.pool, 'update spaces set is_deleted = true where id = $1', [campus.rooms[0]])
  await query(database.pool, 'update kiosks set space_id = $2 where id = $1', [kiosk.id, campus.floors[1]])
  await query(
    database.pool,
    'update universities set clock = clock + 1, facts_clock = clock + 1 where id = $1',
    [campus.universityId],
  )
  const ack = await open.push(
    kiosk.report(campus.rooms[1], 1),
    kiosk.report(campus.rooms[2], 1),
    kiosk.report(campus.rooms[0], 1),
  )
  expect(ack).toMatchObject({
    lastMutationId: 3,
    outcomes: [{ id: 1, why: 'outsideSubtree' }, { id: 3 }],
  })
})

test('[SYN-12] a stolen key makes no more than twenty identities in a day, however they descend from each other', async () => {
  await openTestSession(core, kiosk)
  const forkOnce = async (id: number): Promise<number | null> => {
    const clone = new TestSession(core, kiosk)
    const { nonce } = await clone.connection.next('challenge')
    clone.send(kiosk.hello(nonce, { ticket: 'stolen', kioskId: id }))
    expect(await clone.connection.next('err')).toEqual({ type: 'err', code: 'forked', fatal: false })
    clone.send({ type: 'fork', publicKey: freshKey() })
    await clone.connection.until(() => clone.connection.isClosed)
    const answer = clone.connection.received.at(-1)
    if (answer?.type === 'forked') return answer.kioskId
    expect(answer).toEqual({ type: 'err', code: 'forked', fatal: true })
    return null
  }
  const made: (number | null)[] = []
  for (let attempt = 0; attempt < 22; attempt += 1) made.push(await forkOnce(kiosk.id))
  expect(made.map((id) => id !== null)).toEqual(made.map((_, index) => index < 20))
  // Nor from one of its descendants.
  const [row] = await query<{ public_key: string }>(
    database.pool,
    'select public_key from kiosks where id = $1',
    [kiosk.id],
  )
  await query(
    database.pool,
    "update kiosks set public_key = $2, ticket_epoch = 'epoch-1', ticket_issued = 't', ticket_confirmed = 't' where id = $1",
    [made[7], row?.public_key],
  )
  expect(await forkOnce(made[7] ?? 0)).toBeNull()
  const logged = await query<{ log: Record<string, unknown> }>(
    database.pool,
    "select log from change_logs where university_id = $1 and subject = 'forked' order by id",
    [campus.universityId],
  )
  expect(logged).toHaveLength(20)
  expect(logged.at(-1)?.log).toEqual({ kioskId: made[19], isLastOfDay: true })
  await query(
    database.pool,
    "update kiosks set created_at = created_at - interval '25 hours' where forked_from_id is not null",
  )
  expect(await forkOnce(kiosk.id)).not.toBeNull()
})

test('[SYN-28] who was revoked between its hello and its fork gets no new identity', async () => {
  await openTestSession(core, kiosk)
  const clone = new TestSession(core, kiosk)
  const { nonce } = await clone.connection.next('challenge')
  clone.send(kiosk.hello(nonce, { ticket: 'stolen' }))
  await clone.connection.next('err')
  await query(database.pool, 'update kiosks set revoked_at = now() where id = $1', [kiosk.id])
  clone.send({ type: 'fork', publicKey: freshKey() })
  expect(await clone.connection.closed()).toBe('revoked')
  const heirs = await query(database.pool, 'select 1 from kiosks where forked_from_id = $1', [kiosk.id])
  expect(heirs).toEqual([])
})

test('[SYN-22] another identity of the same device brings no further tries of the PIN', async () => {
  const open = await openTestSession(core, kiosk)
  const ask = async (on: TestSession, id: number): Promise<string> => {
    on.send({ type: 'request', id, ask: { kind: 'checkPin', pin: '000000' } })
    return (await on.connection.next('reply')).answer
  }
  for (let id = 1; id <= 5; id += 1) expect(await ask(open, id)).toBe('no')
  const heir = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  await query(database.pool, 'update kiosks set forked_from_id = $2 where id = $1', [heir.id, kiosk.id])
  const elsewhere = makeTestCore(database.pool)
  try {
    expect(await ask(await openTestSession(elsewhere, heir), 1)).toBe('tooManyTries')
  } finally {
    await elsewhere.stop()
  }
})

test('[SYN-10] [SYN-24] sockets that have not said who they are are counted, per address and in all; one more is asked to come later', async () => {
  await core.stop()
  core = makeTestCore(database.pool, {
    limits: { maxStrangers: 6, sockets: { ...SOCKET_LIMITS, newKiosks: 4 } },
  })
  const dial = (address: string): TestSession => new TestSession(core, kiosk, address)
  const first = [dial('10.0.0.1'), dial('10.0.0.1'), dial('10.0.0.1'), dial('10.0.0.1')]
  const more = dial('10.0.0.1')
  expect(more.connection.received).toEqual([{ type: 'bye', retryAfterMs: expect.any(Number) }])
  expect(more.connection.isClosed).toBe(true)
  more.send({ type: 'pull', cursor: 0 })
  more.handler.ended()
  const others = [dial('10.0.0.2'), dial('10.0.0.3')]
  expect(dial('10.0.0.4').connection.received[0]?.type).toBe('bye')
  // Once authenticated, or gone, a connection no longer counts as unauthenticated.
  for (const { connection } of [...first, ...others]) expect(connection.received[0]?.type).toBe('challenge')
  await first[0]?.hello()
  first[1]?.hangUp()
  await openTestSession(
    core,
    await insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root }),
  )
  for (const one of [...first, ...others]) one.hangUp()
  for (let round = 0; round < 20; round += 1) {
    const guest = dial('10.0.0.1')
    expect(guest.connection.received[0]?.type).toBe('challenge')
    guest.hangUp()
  }
})

test('[SYN-10] a kiosk whose key falls out of the memory in the very turn of its hello is not called unknown', async () => {
  const batcher = makeHandshakeBatcher(
    {
      pool: database.pool,
      clock: makeHubClock(),
      random: makeRandomSource(),
      log: noLog,
      writer: core.writer,
      inFlight: makeInFlight(),
      ready: Promise.resolve(),
      headSignature: () => makeHeadSignature(Buffer.alloc(32)),
      resumeKeys: () => makeResumeKeys(Buffer.alloc(32)),
      nowMs: () => 0,
      recordServerTime: () => undefined,
      epochRolled: () => undefined,
    },
    1,
  )
  const other = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  const challenge = { nonce: 'nonce', host: TEST_HOST }
  const open = (one: TestKiosk): ReturnType<typeof batcher.open> =>
    batcher.open(one.hello('nonce'), challenge)
  expect(await open(kiosk)).toMatchObject({ verdict: 'open' })
  kiosk.ticket = 'none of ours'
  const verdicts = await Promise.all([open(kiosk), open(other)])
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(['forked', 'open'])
})

test('[SYN-27] a core whose poll of the heads goes well is late with nothing', async () => {
  await core.settled()
  expect(core.lateTasks()).toEqual([])
})
