import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Hello, Resume } from '#shared/wire/messages.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import { insertTestKiosk, openTestSession, TestSession, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { makeResumeKeys } from '../secrets/resume-keys.ts'
import type { SyncCore } from './sync-core.ts'

const DAY_MS = 86_400_000

let database: TestDatabase
let campus: TestCampus
let core: SyncCore
let kiosk: TestKiosk

beforeAll(async () => {
  database = await makeTestDatabase('resume')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  kiosk = await insertKiosk()
  core = makeTestCore(database.pool)
})
afterEach(() => core.stop())

const insertKiosk = (): Promise<TestKiosk> =>
  insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root })

/** Dials, and answers the challenge with what `make` makes of its nonce. */
async function dial(make: (nonce: string) => Hello, at: SyncCore = core): Promise<TestSession> {
  const session = new TestSession(at, kiosk)
  const { nonce } = await session.connection.next('challenge')
  session.send(make(nonce))
  return session
}

async function loadKiosk(): Promise<Record<string, unknown>> {
  const rows = await query<Record<string, unknown>>(database.pool, 'select * from kiosks where id = $1', [
    kiosk.id,
  ])
  return rows[0] ?? {}
}

const welcomed = async (session: TestSession): Promise<void> => {
  const welcome = await session.connection.next('welcome')
  kiosk.ticket = welcome.ticket
  kiosk.resume = welcome.resume ?? null
}

test('[SYN-38] a kiosk that comes back proves itself by the key of its welcome, at any hub of the database, again and again', async () => {
  await openTestSession(core, kiosk)
  const elsewhere = makeTestCore(database.pool)
  try {
    for (const at of [core, elsewhere, core])
      await welcomed(await dial((nonce) => kiosk.resumingHello(nonce), at))
  } finally {
    await elsewhere.stop()
  }
  expect(await loadKiosk()).toMatchObject({ session: 4, ticket_issued: kiosk.ticket })
})

test('[SYN-38] the key goes with the ticket: the one issued and the one confirmed resume, as they are let in with a signature', async () => {
  await openTestSession(core, kiosk)
  const { ticket, resume } = kiosk
  // The welcome is lost on its way.
  const lost = await dial((nonce) => kiosk.resumingHello(nonce))
  await lost.connection.next('welcome')
  expect(kiosk).toMatchObject({ ticket, resume })
  await welcomed(await dial((nonce) => kiosk.resumingHello(nonce)))
})

test('[SYN-39] before protocol 3 no key is offered and none is taken', async () => {
  for (const protocol of [2, 1]) {
    const open = new TestSession(core, kiosk)
    expect(await open.hello({ protocol })).not.toHaveProperty('resume')
    open.hangUp()
  }
  await openTestSession(core, kiosk)
  const old = await dial((nonce) => kiosk.resumingHello(nonce, { protocol: 2 }))
  expect(await old.connection.closed()).toBe('badProof')
})

interface Others {
  other: TestKiosk
  /** A key of this kiosk, of 31 days ago. */
  old: Resume
}

/** What resumes nobody. Each is answered by the same second challenge. */
const USELESS: Record<string, (nonce: string, others: Others) => Hello> = {
  'one that was heard before': () => kiosk.resumingHello('another nonce'),
  'another kiosk’s': (nonce, { other }) => kiosk.resumingHello(nonce, {}, { key: other.resume?.key ?? '' }),
  'another kiosk’s, with its ticket': (nonce, { other }) =>
    kiosk.resumingHello(
      nonce,
      { ticket: other.ticket, resumeUntilMs: other.resume?.untilMs ?? 0 },
      { key: other.resume?.key ?? '' },
    ),
  'one whose time is over': (nonce, { old }) =>
    kiosk.resumingHello(nonce, { resumeUntilMs: old.untilMs }, { key: old.key }),
  'one whose time was made longer': (nonce, { old }) =>
    kiosk.resumingHello(nonce, { resumeUntilMs: Date.now() + 60_000 }, { key: old.key }),
  'one for another host': (nonce) => kiosk.resumingHello(nonce, {}, { host: 'elsewhere.example' }),
  'one with another field': (nonce) => ({ ...kiosk.resumingHello(nonce), cursor: 7 }),
  'one without a ticket': (nonce) => kiosk.resumingHello(nonce, { ticket: null }),
  'that of a kiosk that nobody knows': (nonce) => kiosk.resumingHello(nonce, { kioskId: 999_999_999 }),
  'a signature': (nonce) => kiosk.hello(nonce, { resumeUntilMs: kiosk.resume?.untilMs ?? 0 }),
}

test.each(Object.keys(USELESS))(
  '[SYN-39] %s is challenged again on the same connection and told nothing else; a signature is let in then',
  async (name) => {
    const other = await insertKiosk()
    await openTestSession(core, other)
    await openTestSession(core, kiosk)
    const before = await loadKiosk()
    const old = await issueOld(String(before['public_key']))
    const guest = await dial((nonce) => USELESS[name]?.(nonce, { other, old }) ?? kiosk.hello(nonce))
    const { nonce, ...challenge } = await guest.connection.next('challenge')
    expect(challenge).toEqual({ type: 'challenge', protocols: [3, 2, 1] })
    expect(guest.connection.received).toEqual([])
    expect(await loadKiosk()).toEqual(before)
    guest.send(kiosk.hello(nonce))
    await welcomed(guest)
  },
)

/** The key that a welcome of 31 days ago gave, under the ticket of today. */
async function issueOld(publicKey: string): Promise<Resume> {
  const sql = "select secret from signing_keys where purpose = 'resume'"
  const [row] = await query<{ secret: Buffer }>(database.pool, sql)
  const keys = makeResumeKeys(row?.secret ?? Buffer.alloc(0))
  const of = { kioskId: kiosk.id, publicKey, ticket: kiosk.ticket ?? '' }
  const now = keys.issue(of, (kiosk.resume?.untilMs ?? 0) - 30 * DAY_MS)
  expect(now).toEqual(kiosk.resume)
  return keys.issue(of, Date.now() - 31 * DAY_MS)
}

test('[SYN-39] who does not sign then is let go', async () => {
  await openTestSession(core, kiosk)
  const guest = await dial(() => kiosk.resumingHello('another nonce'))
  const { nonce } = await guest.connection.next('challenge')
  guest.send(kiosk.resumingHello(nonce))
  expect(await guest.connection.closed()).toBe('badProof')
})

test('[SYN-38] a kiosk that was revoked in between is not let in', async () => {
  await openTestSession(core, kiosk)
  await query(database.pool, 'update kiosks set revoked_at = now() where id = $1', [kiosk.id])
  const guest = await dial((nonce) => kiosk.resumingHello(nonce))
  expect(await guest.connection.closed()).toBe('revoked')
})

test('[SYN-39] a copied device that shows a key of before is given no identity by it, but by a signature', async () => {
  await openTestSession(core, kiosk)
  const { ticket, resume } = kiosk
  for (let times = 0; times < 2; times += 1) await welcomed(await dial((nonce) => kiosk.resumingHello(nonce)))
  const session = (await loadKiosk())['session']
  kiosk.ticket = ticket
  kiosk.resume = resume
  const clone = await dial((nonce) => kiosk.resumingHello(nonce))
  const { nonce } = await clone.connection.next('challenge')
  expect(clone.connection.received).toEqual([])
  clone.send(kiosk.hello(nonce))
  expect(await clone.connection.next('err')).toEqual({ type: 'err', code: 'forked', fatal: false })
  expect((await loadKiosk())['session']).toBe(session)
})

/** How many identities descend from the kiosk's. */
async function countForks(): Promise<number> {
  const sql = 'select count(*)::int as count from kiosks where forked_from_id = $1'
  const [row] = await query<{ count: number }>(database.pool, sql, [kiosk.id])
  return row?.count ?? 0
}

test('[SYN-39] a resumed connection that turns out to be forked gets no identity, whatever it asks; a signed one does then', async () => {
  const fork = {
    type: 'fork',
    publicKey: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x,
  }
  const resume = async (): Promise<TestSession> => {
    const session = await dial((nonce) => kiosk.resumingHello(nonce))
    await welcomed(session)
    return session
  }
  await (await openTestSession(core, kiosk)).push(kiosk.report(campus.rooms[0], 1))
  const asking = await resume()
  asking.send(fork)
  expect(await asking.connection.closed()).toBe('unexpected')
  const other = { ...kiosk.report(campus.rooms[0], 2), id: 1 }
  const pushing = await resume()
  pushing.send({ type: 'push', mutations: [other] })
  expect(await pushing.connection.next('err')).toEqual({ type: 'err', code: 'forked', fatal: true })
  pushing.send(fork)
  await core.settled()
  expect(pushing.connection.isClosed).toBe(true)
  expect(await countForks()).toBe(0)
  const signed = await openTestSession(core, kiosk)
  signed.send({ type: 'push', mutations: [other] })
  expect(await signed.connection.next('err')).toEqual({ type: 'err', code: 'forked', fatal: false })
  signed.send(fork)
  await signed.connection.next('forked')
  expect(await countForks()).toBe(1)
})
