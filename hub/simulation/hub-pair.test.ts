import { dirname } from 'node:path'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { loadOccupancy } from '../testing/testing-campus.ts'
import {
  insertTestKiosk,
  openTestSession,
  type TestKiosk,
  type TestSession,
} from '../testing/testing-kiosk.ts'
import { dialHub } from '../testing/testing-socket.ts'
import { makeTestTenant, type TestTenant } from '../testing/testing-spaces.ts'
import { unpackFrozenHub } from './frozen-hub.ts'
import { HubHost } from './hub-host.ts'

// A hub from before the ledger and this one, on one database that this one has migrated.

let database: TestDatabase
let tenant: TestTenant
let program: string
let before: HubHost
let now: HubHost
let kiosks: [TestKiosk, TestKiosk]

beforeAll(async () => {
  database = await makeTestDatabase('hub_pair')
  tenant = await makeTestTenant(database.pool, 'Pair')
  const { universityId, root } = tenant.campus
  kiosks = [
    await insertTestKiosk(database.pool, { universityId, spaceId: root }),
    await insertTestKiosk(database.pool, { universityId, spaceId: root }),
  ]
  program = unpackFrozenHub('before-the-ledger')
  before = new HubHost(database.url, {}, program)
  now = new HubHost(database.url)
  await Promise.all([before.start(), now.start()])
})
afterAll(async () => {
  await Promise.all([before.remove(), now.remove()])
  await database.drop()
  rmSync(dirname(dirname(program)), { recursive: true, force: true })
})

/** Opens a session of a kiosk at a hub, in the protocol that both hubs speak. */
const openAt = (hub: HubHost, kiosk: TestKiosk): Promise<TestSession> =>
  openTestSession(dialHub(hub.url), kiosk, { protocol: 2 })

/** Waits until a session was sent this level of a space. */
const shown = (session: TestSession, spaceId: number, level: number): Promise<void> =>
  session.connection.until(() =>
    session.connection.received.some(
      (message) =>
        message.type === 'changes' &&
        message.changes.levels?.some(([id, _clock, said]) => id === spaceId && said === level),
    ),
  )

async function report(
  hub: HubHost,
  as: TestPerson,
  level: number,
  key: string,
): Promise<{ status: number; id?: number }> {
  const [room] = tenant.campus.rooms
  const answer = await fetch(`${hub.url}/api/v1/spaces/${room}/reports`, {
    method: 'POST',
    headers: { ...as.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ level, key }),
  })
  return { status: answer.status, ...((await answer.json()) as object) }
}

const levelOf = async (spaceId: number): Promise<number | null | undefined> =>
  (await loadOccupancy(database.pool, spaceId))?.level

/** One tap at each; gives how each was taken, once the kiosk at the other hub shows it. */
async function tapAtBoth(level: 0 | 1 | 2): Promise<unknown[]> {
  const { rooms } = tenant.campus
  const atBefore = await openAt(before, kiosks[0])
  const atNow = await openAt(now, kiosks[1])
  const first = await atBefore.push(kiosks[0].report(rooms[1], level))
  await expect.poll(() => levelOf(rooms[1])).toBe(level)
  await shown(atNow, rooms[1], level)
  const second = await atNow.push(kiosks[1].report(rooms[2], level))
  await shown(atBefore, rooms[2], level)
  atBefore.hangUp()
  atNow.hangUp()
  return [first.outcomes, second.outcomes]
}

test('[REL-6] [SYN-55] a hub from before the ledger works on beside this one, on the database that this one migrated, also after each was started again', async () => {
  expect(await tapAtBoth(1)).toEqual([[], []])
  await before.kill()
  await now.stop()
  await Promise.all([before.start(), now.start()])
  expect(await tapAtBoth(2)).toEqual([[], []])
})

test('[SYN-55] what was settled at one of them is known at the other: taps, undos, and keys of people', async () => {
  const { rooms, universityId } = tenant.campus
  const [kiosk] = kiosks
  const first = await openAt(before, kiosk)
  const tap = kiosk.report(rooms[3], 2)
  const refused = kiosk.report(tenant.campus.floors[0], 1)
  const ack = await first.push(tap, refused)
  expect(ack.outcomes).toMatchObject([{ id: refused.id, why: 'composite' }])
  first.hangUp()
  const second = await openAt(now, kiosk)
  expect(await second.push(tap, refused)).toMatchObject({
    lastMutationId: refused.id,
    outcomes: ack.outcomes,
  })
  expect((await second.push(kiosk.withdraw(rooms[3], tap.id))).outcomes).toEqual([])
  expect(await levelOf(rooms[3])).toBe(null)
  second.hangUp()
  const atBefore = await report(before, tenant.student, 1, 'key-of-sixteen-chars-1')
  expect(atBefore.status).toBe(201)
  expect(await report(now, tenant.student, 1, 'key-of-sixteen-chars-1')).toMatchObject({
    status: 201,
    id: atBefore.id,
  })
  expect((await report(now, tenant.student, 2, 'key-of-sixteen-chars-1')).status).toBe(422)
  const atNow = await report(now, tenant.other, 2, 'key-of-sixteen-chars-2')
  expect(atNow.status).toBe(201)
  expect(await report(before, tenant.other, 2, 'key-of-sixteen-chars-2')).toMatchObject({ id: atNow.id })
  const entries = await query<{ name: string; count: number }>(
    database.pool,
    `select concat_ws(' ', actor_kind, actor_id, id, key) as name, count(*)::int as count from settled
     where university_id = $1 group by 1 having count(*) <> 1`,
    [universityId],
  )
  expect(entries).toEqual([])
})
