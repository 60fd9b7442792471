import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replaceHours } from '../../spaces/hour-rows.ts'
import { commitChange } from '../../testing/commit-change.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import {
  insertTestKiosk,
  openTestSession,
  type TestKiosk,
  type TestSession,
} from '../../testing/testing-kiosk.ts'
import type { SyncCore } from '../connections/sync-core.ts'
import { query, type Transaction } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'

// What kiosks of older protocols are sent, byte by byte: recorded before rows of collections travelled.

let database: TestDatabase
let campus: TestCampus
let core: SyncCore

beforeAll(async () => {
  database = await makeTestDatabase('golden')
  await query(database.pool, "select setval(pg_get_serial_sequence('spaces', 'id'), 100, false)")
  await query(database.pool, "select setval(pg_get_serial_sequence('universities', 'id'), 10, false)")
  await query(database.pool, "select setval(pg_get_serial_sequence('kiosks', 'id'), 20, false)")
  campus = await makeTestCampus(database.pool)
  await query(database.pool, "update universities set epoch = 'golden'")
  core = makeTestCore(database.pool, { limits: { heartbeatMs: 3_600_000 } })
})
afterAll(async () => {
  await core.stop()
  await database.drop()
})

/** Every text without what is different in each run: times, signatures, tickets. */
function plain(session: TestSession): string[] {
  return session.connection.texts.map((text) =>
    text.replaceAll(/\b1[789]\d{11}\b/g, '"TIME"').replaceAll(/"(mac|nonce|ticket)":"[^"]*"/g, '"$1":"…"'),
  )
}

async function change(run: (client: Transaction, clock: number) => Promise<unknown>): Promise<number> {
  return commitChange(database.pool, campus.universityId, async (client, { clock }) => {
    await run(client, clock)
    return clock
  })
}

async function reached(session: TestSession, head: number): Promise<void> {
  await session.connection.until(() =>
    session.connection.received.some((message) => message.type === 'changes' && message.to >= head),
  )
}

const at = (id: number, set: string) => (client: Transaction, clock: number) =>
  query(client, `update spaces set ${set}, clock = $2, facts_clock = $2 where id = $1`, [id, clock])

test('[SYN-31] [SYN-33] kiosks of protocols 1 and 2 are sent what they were sent before collections, byte by byte', async () => {
  const { universityId, root, rooms } = campus
  await change(async (client, clock) => {
    await at(rooms[0], `texts = '{"sl":{"name":"Soba"}}'`)(client, clock)
    await at(rooms[1], `details = '{"wifi":true}'`)(client, clock)
    await replaceHours(client, universityId, [
      { id: rooms[1], hours: { weekly: [[1, 480, 1200]], closures: [{ date: '2026-12-25', spans: [] }] } },
    ])
  })
  const tapper = await insertTestKiosk(database.pool, { universityId, spaceId: root })
  const open: { protocol: number; kiosk: TestKiosk; session: TestSession }[] = []
  for (const protocol of [1, 2]) {
    const kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
    open.push({ protocol, kiosk, session: await openTestSession(core, kiosk, { protocol }) })
  }
  const all = async (head: number): Promise<void> => {
    for (const { session } of open) await reached(session, head)
  }
  const tapping = await openTestSession(core, tapper, { protocol: 2 })
  await all((await tapping.push(tapper.report(rooms[0], 2), tapper.report(rooms[2], 1))).head)
  await all(await change(at(rooms[0], `name = 'Hall'`)))
  await all(
    await change(async (client, clock) => {
      await at(rooms[2], `kind = 'room'`)(client, clock)
      await replaceHours(client, universityId, [{ id: rooms[2], hours: { weekly: [], closures: [] } }])
    }),
  )
  await all(
    await change(async (client, clock) => {
      await at(rooms[1], `is_deleted = true`)(client, clock)
      await query(client, 'select rebuild_composites($1, $2)', [universityId, clock])
    }),
  )
  for (const { protocol, kiosk, session } of open) {
    const { epoch } = session
    session.hangUp()
    const back = await openTestSession(core, kiosk, { protocol, epoch, cursor: 2 })
    await back.connection.next('changes')
    const texts = [...plain(session), ...plain(back)].filter((text) => !text.includes('"challenge"'))
    await expect(texts.join('\n')).toMatchFileSnapshot(`golden-frames-${protocol}.txt`)
  }
})

/** What the hub of release 0.1 said in the conversation that was recorded of it, by type. */
function readFrozenTexts(): Map<string, string[]> {
  const file = new URL('../../../build/releases/0.1.0/conversation.jsonl.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n')
  const said = lines.map((line) => JSON.parse(line) as { from: string; text: string })
  const texts = said.flatMap(({ from, text }) => (from === 'hub' ? [text] : []))
  return Map.groupBy(texts, (text) => (JSON.parse(text) as { type: string }).type)
}

/** A message with its names in their order, and nothing of what they say. */
function formOf(text: string | undefined): string {
  return JSON.stringify(JSON.parse(text ?? 'null'), (name, value: unknown) =>
    name === 'type' || typeof value === 'object' ? value : typeof value,
  )
}

test('[SYN-10] [SYN-33] the challenge is that of release 0.1, byte by byte but for the versions; welcome and ack have its form', async () => {
  const frozen = readFrozenTexts()
  const { universityId, root, rooms } = campus
  const kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
  const session = await openTestSession(core, kiosk, { protocol: 2 })
  await session.push(kiosk.report(rooms[0], 1))
  const today = (type: string): string | undefined =>
    session.connection.texts.find((text) => text.startsWith(`{"type":"${type}"`))
  const [challenge] = frozen.get('challenge') ?? []
  const withoutNonce = (text = ''): string => text.replace(/"nonce":"[\w-]{22}"/, '"nonce":"…"')
  expect(withoutNonce(today('challenge'))).toBe(
    withoutNonce(challenge).replace('"protocols":[2,1]', '"protocols":[3,2,1]'),
  )
  expect(formOf(today('welcome'))).toBe(formOf(frozen.get('welcome')?.[0]))
  const taken = frozen.get('ack')?.find((text) => text.includes('"outcomes":[]'))
  expect(formOf(today('ack'))).toBe(formOf(taken))
  await session.push(kiosk.report(root, 1))
  expect(plain(session).findLast((text) => text.startsWith('{"type":"ack"'))).toMatch(
    /^\{"type":"ack","lastMutationId":2,"head":\d+,"mac":"…","outcomes":\[\{"id":2,"why":"composite"\}\]\}$/,
  )
})
