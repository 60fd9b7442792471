import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { hashPin } from '../../kiosks/pin.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { commitChange } from '../../testing/commit-change.ts'
import { rollEpoch, rollEpochIfClusterChanged } from '../writer/epoch.ts'
import type { SyncCore } from './sync-core.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, TestSession, openTestSession, type TestKiosk } from '../../testing/testing-kiosk.ts'

let database: TestDatabase
let campus: TestCampus
let core: SyncCore
let kiosk: TestKiosk

beforeAll(async () => {
  database = await makeTestDatabase('line')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  kiosk = await insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root })
  core = makeTestCore(database.pool)
})
afterEach(() => core.stop())

async function loadKiosk(): Promise<Record<string, unknown>> {
  const [row] = await query<Record<string, unknown>>(database.pool, 'select * from kiosks where id = $1', [
    kiosk.id,
  ])
  return row ?? {}
}

async function loadChanges(subject: string): Promise<unknown[]> {
  const rows = await query<{ log: unknown }>(
    database.pool,
    'select log from change_logs where university_id = $1 and subject = $2',
    [campus.universityId, subject],
  )
  return rows.map(({ log }) => log)
}

test('[SYN-34] [SYN-35] a hello of protocol 3 without capabilities, or an older one with them, is malformed, and nothing is changed', async () => {
  const holds = { spaceId: null, collections: [] }
  for (const changes of [
    { capabilities: undefined },
    { holds: undefined },
    { protocol: 2, capabilities: [] },
    { protocol: 2, holds },
    { capabilities: Array.from({ length: 65 }, (_, index) => `rows/r${index}@1`) },
    { capabilities: ['x'.repeat(41)] },
  ]) {
    const guest = new TestSession(core, kiosk)
    const { nonce } = await guest.connection.next('challenge')
    guest.send(kiosk.hello(nonce, changes as object))
    expect(await guest.connection.closed()).toBe('malformed')
  }
  expect(await loadKiosk()).toMatchObject({ session: 0 })
})

test('[SYN-10] a wrong key, a wrong nonce, a wrong host and a changed field are all badProof', async () => {
  const stranger = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  const attempts = [
    (nonce: string) => ({ ...stranger.hello(nonce), kioskId: kiosk.id }),
    () => kiosk.hello('another nonce'),
    (nonce: string) => kiosk.hello(nonce, {}, 'elsewhere.example'),
    (nonce: string) => ({ ...kiosk.hello(nonce), cursor: 7 }),
  ]
  for (const attempt of attempts) {
    const guest = new TestSession(core, kiosk)
    const { nonce } = await guest.connection.next('challenge')
    guest.send(attempt(nonce))
    expect(await guest.connection.closed()).toBe('badProof')
    expect(guest.connection.received).toEqual([{ type: 'err', code: 'badProof', fatal: true }])
  }
})

test('[SYN-10] an unknown kiosk is answered so and nothing else', async () => {
  const guest = new TestSession(core, kiosk)
  const { nonce } = await guest.connection.next('challenge')
  guest.send(kiosk.hello(nonce, { kioskId: 999_999_999 }))
  expect(await guest.connection.closed()).toBe('unknownKiosk')
})

test('[SYN-36] what the hub failed on is `internal` to a kiosk of protocol 3 and `malformed` to an older one, also when it asks again', async () => {
  await query(
    database.pool,
    `create or replace function fail() returns trigger language plpgsql as $$ begin
       if new.space_id = ${campus.rooms[3]} then raise exception 'a fault'; end if; return new; end $$`,
  )
  await query(
    database.pool,
    'create or replace trigger fail before insert on occupancy_reports for each row execute function fail()',
  )
  try {
    const old = await insertTestKiosk(database.pool, {
      universityId: campus.universityId,
      spaceId: campus.root,
    })
    for (const [one, protocol, why] of [
      [kiosk, 3, 'internal'],
      [old, 2, 'malformed'],
    ] as const) {
      const open = await openTestSession(core, one, { protocol })
      const wrong = one.report(campus.rooms[3], 1)
      expect((await open.push(wrong)).outcomes).toEqual([{ id: 1, why }])
      expect((await open.push(wrong, one.report(campus.rooms[0], 1))).outcomes).toEqual([{ id: 1, why }])
    }
  } finally {
    await query(database.pool, 'drop trigger fail on occupancy_reports')
  }
})

test('[SYN-13] another protocol version is answered upgrade', async () => {
  const guest = new TestSession(core, kiosk)
  const { nonce } = await guest.connection.next('challenge')
  guest.send(kiosk.hello(nonce, { protocol: 99 }))
  expect(await guest.connection.closed()).toBe('upgrade')
})

test('[SYN-15] what is malformed, too large or out of turn ends the connection and changes nothing', async () => {
  const cases: [string, string][] = [
    ['{', 'malformed'],
    ['{"type":"dance"}', 'malformed'],
    ['[]', 'malformed'],
    ['x'.repeat(70_000), 'tooLarge'],
    [JSON.stringify({ type: 'push', mutations: [kiosk.report(campus.rooms[0], 1)] }), 'unexpected'],
    [JSON.stringify({ type: 'pull', cursor: 0 }), 'unexpected'],
    [JSON.stringify({ type: 'fork', publicKey: 'x' }), 'unexpected'],
  ]
  for (const [text, code] of cases) {
    const guest = new TestSession(core, kiosk)
    guest.handler.received(text)
    expect(await guest.connection.closed()).toBe(code)
  }
  kiosk.nextId = 1
  const open = await openTestSession(core, kiosk)
  open.handler.receivedTooLarge()
  expect(await open.connection.closed()).toBe('tooLarge')
  expect(await loadKiosk()).toMatchObject({ last_mutation_id: 0 })
})

test('[SYN-4] a second push before the ack of the first is out of turn', async () => {
  const open = await openTestSession(core, kiosk)
  open.send({ type: 'push', mutations: [kiosk.report(campus.rooms[0], 1)] })
  open.send({ type: 'push', mutations: [kiosk.report(campus.rooms[0], 2)] })
  expect(await open.connection.closed()).toBe('unexpected')
})

test('[SYN-11] each welcome carries a fresh ticket; the last issued and the last confirmed are taken', async () => {
  const first = await openTestSession(core, kiosk)
  const ticket = kiosk.ticket
  first.hangUp()
  // The first welcome was lost: the kiosk still has no ticket.
  kiosk.ticket = null
  const second = await openTestSession(core, kiosk)
  expect(kiosk.ticket).not.toBe(ticket)
  second.hangUp()
  const confirmed = kiosk.ticket
  await openTestSession(core, kiosk)
  kiosk.ticket = confirmed
  await openTestSession(core, kiosk)
  expect(await loadKiosk()).toMatchObject({ ticket_confirmed: confirmed, ticket_issued: kiosk.ticket })
})

test('[SYN-12] an old ticket comes from a clone: it may take a new identity on the connection, twice the same one', async () => {
  const first = await openTestSession(core, kiosk)
  const old = kiosk.ticket
  first.hangUp()
  await openTestSession(core, kiosk)
  await openTestSession(core, kiosk)
  const { publicKey } = generateKeyPairSync('ed25519')
  const fork = { type: 'fork', publicKey: publicKey.export({ format: 'jwk' }).x }
  const ids: number[] = []
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const clone = new TestSession(core, kiosk)
    const { nonce } = await clone.connection.next('challenge')
    clone.send(kiosk.hello(nonce, { ticket: old }))
    expect(await clone.connection.next('err')).toEqual({ type: 'err', code: 'forked', fatal: false })
    clone.send(fork)
    ids.push((await clone.connection.next('forked')).kioskId)
    expect(clone.connection.isClosed).toBe(true)
  }
  expect(ids[0]).toBe(ids[1])
  expect(ids[0]).not.toBe(kiosk.id)
  expect(await loadKiosk()).toMatchObject({ has_fork: true })
  expect(await loadChanges('forked')).toEqual([{ kioskId: ids[0] }])
})

test('[SYN-12] a device that cannot go on under its numbers is given a new identity after the welcome too, but not once it has pushed', async () => {
  const fork = {
    type: 'fork',
    publicKey: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x,
  }
  const open = await openTestSession(core, kiosk)
  open.send(fork)
  const { kioskId } = await open.connection.next('forked')
  expect(kioskId).not.toBe(kiosk.id)
  expect(open.connection.isClosed).toBe(true)
  // The answer was lost: the same key is given the same identity.
  const again = await openTestSession(core, kiosk, { protocol: 2 })
  again.send(fork)
  expect(await again.connection.next('forked')).toEqual({ type: 'forked', kioskId })
  expect(core.connectedCount).toBe(0)
  const pushing = await openTestSession(core, kiosk)
  await pushing.push(kiosk.report(campus.rooms[0], 1))
  pushing.send(fork)
  expect(await pushing.connection.closed()).toBe('unexpected')
})

test('[SYN-12] a hello whose next number is not beyond the hub’s last is forked', async () => {
  const open = await openTestSession(core, kiosk)
  await open.push(kiosk.report(campus.rooms[0], 1))
  const clone = new TestSession(core, kiosk)
  const { nonce } = await clone.connection.next('challenge')
  clone.send(kiosk.hello(nonce, { nextMutationId: 1, oldestRetained: 1, ackedTo: 0 }))
  expect((await clone.connection.next('err')).code).toBe('forked')
})

test('[SYN-3] a push with another hash under a known number is forked, and no ack goes out', async () => {
  const open = await openTestSession(core, kiosk)
  await open.push(kiosk.report(campus.rooms[0], 1))
  kiosk.nextId = 1
  open.send({ type: 'push', mutations: [kiosk.report(campus.rooms[0], 2)] })
  expect((await open.connection.next('err')).code).toBe('forked')
  expect(open.connection.received.filter(({ type }) => type === 'ack')).toEqual([])
})

test('[SYN-12] the newest session of a kiosk wins, also on another hub', async () => {
  const elsewhere = makeTestCore(database.pool)
  try {
    const first = await openTestSession(core, kiosk)
    const second = await openTestSession(core, kiosk)
    expect(await first.connection.closed()).toBe('superseded')
    await openTestSession(elsewhere, kiosk)
    second.send({ type: 'push', mutations: [kiosk.report(campus.rooms[0], 1)] })
    expect(await second.connection.closed()).toBe('superseded')
    expect(await loadKiosk()).toMatchObject({ last_mutation_id: 0 })
  } finally {
    await elsewhere.stop()
  }
})

test('[SYN-18] what nobody holds any more is recorded as lost, and life goes on', async () => {
  kiosk.nextId = 8
  const open = await openTestSession(core, kiosk, { oldestRetained: 5 })
  const retained = [5, 6, 7].map((id) => ({ ...kiosk.report(campus.rooms[0], 1), id }))
  kiosk.nextId = 8
  expect(await open.push(...retained)).toMatchObject({ lastMutationId: 7, outcomes: [] })
  expect(await loadChanges('lost')).toEqual([{ from: 1, to: 4 }])
})

test('[SYN-17] a signed head beyond the database begins a new epoch; a bare claim only gets a snapshot', async () => {
  const open = await openTestSession(core, kiosk)
  const ack = await open.push(kiosk.report(campus.rooms[0], 1))
  const sealed = { epoch: open.epoch, head: ack.head, mac: ack.mac }
  const other = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  const bystander = await openTestSession(core, other)

  const claimant = await openTestSession(core, kiosk, {
    epoch: open.epoch,
    cursor: 500,
    sealed: { ...sealed, head: 500 },
  })
  expect(claimant.epoch).toBe(open.epoch)
  await claimant.connection.next('snapshot')

  await query(database.pool, 'update universities set clock = 1 where id = $1', [campus.universityId])
  await query(database.pool, 'update kiosks set last_mutation_id = 0 where id = $1', [kiosk.id])
  const proven = await openTestSession(core, kiosk, {
    epoch: open.epoch,
    cursor: 2,
    sealed,
    oldestRetained: 1,
  })
  expect(proven.epoch).not.toBe(open.epoch)
  expect(await bystander.connection.closed()).toBe('epochChanged')
  await proven.connection.next('snapshot')
  expect(await loadChanges('epoch')).toEqual([expect.objectContaining({ head: 1, sealed: 2 })])
})

test('[SYN-17] staff may begin a new epoch, and so does another cluster: every connection ends within a poll', async () => {
  const open = await openTestSession(core, kiosk)
  await rollEpoch(database.pool, campus.universityId, 'restored', {
    actor: 'cli',
    random: { secret: () => 'fresh' },
  })
  expect(await open.connection.closed()).toBe('epochChanged')
  const again = await openTestSession(core, kiosk, { epoch: open.epoch, cursor: 1 })
  expect(again.epoch).toBe('fresh')
  await again.connection.next('snapshot')

  expect(await rollEpochIfClusterChanged(database.pool, { secret: () => 'other' })).toBe(false)
  await query(database.pool, "update cluster_facts set value = '1' where name = 'systemIdentifier'")
  expect(await rollEpochIfClusterChanged(database.pool, { secret: () => 'other' })).toBe(true)
  expect(await again.connection.closed()).toBe('epochChanged')
})

test('[SYN-17] a new epoch gives no number again that the database may have given before it went back', async () => {
  const next = async (table: string): Promise<number> => {
    const sql = 'select nextval(pg_get_serial_sequence($1, $2)) as id'
    const [row] = await query<{ id: number }>(database.pool, sql, [table, 'id'])
    return row?.id ?? 0
  }
  const before = { spaces: await next('spaces'), kiosks: await next('kiosks') }
  await rollEpoch(database.pool, campus.universityId, 'restored', {
    actor: 'cli',
    random: { secret: () => 'jumped' },
  })
  expect(await next('spaces')).toBeGreaterThan(before.spaces + 100_000)
  expect(await next('kiosks')).toBeGreaterThan(before.kiosks + 100_000)
})

test('[SYN-28] a revoked kiosk is off by the next poll, and is not let in again', async () => {
  const open = await openTestSession(core, kiosk)
  await commitChange(database.pool, campus.universityId, (client) =>
    query(client, 'update kiosks set revoked_at = now() where id = $1', [kiosk.id]),
  )
  expect(await open.connection.closed()).toBe('revoked')
  const again = new TestSession(core, kiosk)
  const { nonce } = await again.connection.next('challenge')
  again.send(kiosk.hello(nonce))
  expect(await again.connection.closed()).toBe('revoked')
})

test('[SYN-21] a kiosk that is moved is sent its new assignment, and nothing personal is in any message', async () => {
  const open = await openTestSession(core, kiosk)
  await commitChange(database.pool, campus.universityId, (client) =>
    query(client, "update kiosks set space_id = $2, name = 'Moved' where id = $1", [
      kiosk.id,
      campus.rooms[1],
    ]),
  )
  const { assignment } = await open.connection.next('assignment')
  expect(assignment).toMatchObject({ spaceId: campus.rooms[1], kioskName: 'Moved' })
})

test('[LNG-4] [LNG-5] a language that nobody knows is sent to a kiosk of today alone; others get one that they know', async () => {
  const speak = (locale: string): Promise<unknown> =>
    commitChange(database.pool, campus.universityId, (client) =>
      query(client, 'update universities set locale = $2 where id = $1', [campus.universityId, locale]),
    )
  await speak('cy-x-carrel')
  for (const [protocol, expected] of [
    [3, ['cy-x-carrel', 'sl-SI']],
    [2, ['en', 'sl']],
    [1, ['en', 'sl']],
  ] as const) {
    const open = new TestSession(core, kiosk)
    const { assignment: place } = await open.hello({ protocol })
    await speak('sl-SI')
    const { assignment: next } = await open.connection.next('assignment')
    expect([place.locale, next.locale]).toEqual(expected)
    await speak('cy-x-carrel')
    await open.connection.next('assignment')
    open.hangUp()
  }
})

test('[LNG-4] the database takes any language for universities, requests and people, and nothing that is none', async () => {
  const text = (locale: string): Promise<unknown> =>
    query(database.pool, 'update universities set locale = $2 where id = $1', [campus.universityId, locale])
  for (const locale of ['cy-x-carrel', 'zh-Hant-TW', 'a'.repeat(8)]) await text(locale)
  for (const locale of ['', 'e', 'no language', 'en_GB', `${'abcdefg-'.repeat(4)}abcd`, 'en\n'])
    await expect(text(locale), locale).rejects.toThrow(/universities_locale_check/)
  const rows = await query<{ table: string }>(
    database.pool,
    `select conrelid::regclass::text as "table" from pg_constraint
     where conname like '%_locale_check' and pg_get_constraintdef(oid) like '%a-z%' order by 1`,
  )
  expect(rows.map(({ table }) => table)).toEqual(['universities', 'university_requests', 'users'])
})

test('[SYN-22] a PIN is verified by the hub, and five tries are all there are', async () => {
  await query(database.pool, 'update universities set diagnostics_pin_hash = $2 where id = $1', [
    campus.universityId,
    await hashPin('123456'),
  ])
  const open = await openTestSession(core, kiosk)
  const answers: string[] = []
  for (const [index, pin] of ['123456', '1', '2', '3', '4', '123456'].entries()) {
    open.send({ type: 'request', id: index + 1, ask: { kind: 'checkPin', pin } })
    const { id, answer } = await open.connection.next('reply')
    expect(id).toBe(index + 1)
    answers.push(answer)
  }
  expect(answers).toEqual(['yes', 'no', 'no', 'no', 'no', 'tooManyTries'])
})

test('[CON-1] a socket that is too fast rests, and nothing of it is refused', async () => {
  const slow = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
    reportsPerSecond: 2,
  })
  const open = await openTestSession(core, slow)
  const many = Array.from({ length: 21 }, () => slow.report(campus.rooms[0], 1))
  expect(await open.push(...many)).toMatchObject({ lastMutationId: 21, outcomes: [] })
  expect(open.connection.isPaused).toBe(true)
  await open.connection.until(() => !open.connection.isPaused)
})

test('[SYN-16] what a kiosk says of itself is written down, and orders nothing', async () => {
  const open = await openTestSession(core, kiosk)
  const wallMs = Date.now() + 315_360_000_000
  open.send({ type: 'applied', cursor: 1, ticket: kiosk.ticket, waitingCount: 3, wallMs })
  for (;;) {
    const row = await loadKiosk()
    if (row['outbox_depth'] === null) continue
    expect(row).toMatchObject({ outbox_depth: 3, ticket_confirmed: kiosk.ticket })
    expect(Math.abs(Number(row['clock_offset_ms']) - 315_360_000_000)).toBeLessThan(60_000)
    break
  }
})

test('[SYN-68] a hub that stops answers what it took, says bye, and closes every connection', async () => {
  const open = await openTestSession(core, kiosk)
  open.send({ type: 'push', mutations: [kiosk.report(campus.rooms[0], 1)] })
  await core.stop()
  expect(open.connection.received.map(({ type }) => type)).toEqual(expect.arrayContaining(['ack', 'bye']))
  expect(open.connection.isClosed).toBe(true)
  const late = new TestSession(core, kiosk)
  await late.connection.next('bye')
})
