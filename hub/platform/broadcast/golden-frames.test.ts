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
