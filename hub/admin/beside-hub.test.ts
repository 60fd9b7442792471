import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { SyncCore } from '../platform/connections/sync-core.ts'
import { makeTestCore } from '../testing/testing-campus.ts'
import {
  insertTestKiosk,
  openTestSession,
  type TestKiosk,
  type TestSession,
} from '../testing/testing-kiosk.ts'
import { enrolTestDevice } from './testing-device.ts'
import { makeHubClock } from '../platform/clock.ts'
import type { HubClock } from '../platform/ports.ts'
import { POLL_MS } from '../platform/broadcast/head-notifier.ts'
import { runHere } from './testing-cli.ts'

// Staff work at the command line while a hub runs on the same database; its kiosks must get it. The hub is not notified
// directly: it is notified by the channel, or polls.

let database: TestDatabase
let folder: string
let core: SyncCore
let kiosk: TestKiosk
let open: TestSession
/** Seconds as the hub counts them: how often it looked by itself for what others committed. */
let pollCount = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-beside-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeEach(async () => {
  database = await makeTestDatabase('beside_hub')
  await admin('university', 'add', '--name', 'Marsh', '--domain', 'marsh.edu', '--timezone', 'Asia/Taipei')
  await take('path,capacity\nLibrary,\nLibrary/Room 101,12\nLibrary/Room 102,4\n')
  kiosk = await insertTestKiosk(database.pool, {
    universityId: 1,
    spaceId: await idOf('Library'),
    role: 'entrance',
  })
  pollCount = 0
  const clock = makeHubClock()
  const after: HubClock['after'] = (delayMs, run) =>
    clock.after(delayMs, () => {
      if (delayMs === POLL_MS) pollCount += 1
      run()
    })
  core = makeTestCore(database.pool, { clock: { ...clock, after } })
  open = await openTestSession(core, kiosk)
  await open.connection.next('snapshot')
  open.send({
    type: 'applied',
    cursor: open.cursor,
    ticket: kiosk.ticket,
    waitingCount: 3,
    wallMs: Date.now() + 60_000,
  })
})
afterEach(async () => {
  await core.stop()
  await database.drop()
})

async function admin(...args: string[]): Promise<unknown> {
  const run = await runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, [...args, '--json'])
  expect([args, run.code, run.stderr]).toEqual([args, 0, ''])
  return run.json()
}

async function take(text: string, ...options: string[]): Promise<unknown> {
  const file = join(folder, 'tree.csv')
  writeFileSync(file, text)
  return admin('spaces', 'import', file, ...options)
}

async function idOf(name: string): Promise<number> {
  const [row] = await query<{ id: number }>(database.pool, 'select id from spaces where name = $1', [name])
  return row?.id ?? 0
}

test('[TRE-4] [SYN-8] an import is on every kiosk as rows and tombstones of one commit', async () => {
  const goneId = await idOf('Room 102')
  await take('path,capacity\nLibrary/Room 101,14\nLibrary/Room 103,6\n', '--prune', '--yes')
  const { changes, from, to } = await open.connection.next('changes')
  expect([from, to]).toEqual([open.cursor, open.cursor + 1])
  const rows = changes.rows.map(({ facts, clock }) => [facts.name, facts.capacity, clock])
  expect(rows).toEqual(
    expect.arrayContaining([
      ['Room 101', 14, to],
      ['Room 103', 6, to],
    ]),
  )
  expect(changes.gone).toEqual([[goneId, to]])
})

test('[OCC-9] a room that gets desks takes no report any more, and its desks do', async () => {
  const roomId = await idOf('Room 101')
  expect((await open.push(kiosk.report(roomId, 2))).outcomes).toEqual([])
  await take('path\nLibrary/Room 101/Desk 1\n')
  const second = kiosk.report(roomId, 0)
  expect((await open.push(second)).outcomes).toEqual([{ id: second.id, why: 'composite' }])
  expect((await open.push(kiosk.report(await idOf('Desk 1'), 0))).outcomes).toEqual([])
  expect(await admin('spaces', 'tree')).toMatchObject({
    spaces: [
      { name: 'Marsh' },
      { name: 'Library', knownCount: 1, freeCount: 1 },
      { name: 'Room 101', level: 0 },
      {},
      {},
    ],
  })
})

test('a kiosk that is moved or renamed, or whose university has other settings, gets its assignment', async () => {
  const roomId = await idOf('Room 101')
  await admin('kiosk', 'move', String(kiosk.id), '--space', 'Library/Room 101', '--role', 'door')
  expect((await open.connection.next('assignment')).assignment).toMatchObject({
    spaceId: roomId,
    role: 'door',
  })
  await admin('kiosk', 'rename', String(kiosk.id), 'door 101')
  expect((await open.connection.next('assignment')).assignment).toMatchObject({ kioskName: 'door 101' })
  await admin('settings', 'set', 'staleMs', '600000')
  expect((await open.connection.next('assignment')).assignment).toMatchObject({ staleMs: 600_000 })
  const outside = kiosk.report(await idOf('Room 102'), 1)
  expect((await open.push(outside)).outcomes).toEqual([{ id: outside.id, why: 'outsideSubtree' }])
})

test('[SYN-28] a revoked kiosk is off within five seconds', async () => {
  pollCount = 0
  // A device that forked from it is named: with a stolen key it may be the thief's.
  const heir = await insertTestKiosk(database.pool, { universityId: 1, spaceId: await idOf('Room 101') })
  await query(database.pool, 'update kiosks set forked_from_id = $2 where id = $1', [heir.id, kiosk.id])
  expect(await admin('kiosk', 'revoke', String(kiosk.id), '--yes')).toMatchObject({ forkIds: [heir.id] })
  expect(await open.connection.closed()).toBe('revoked')
  expect(pollCount).toBeLessThan(5)
})

test('[SYN-20] [SYN-28] a kiosk that was replaced is off within five seconds of its successor', async () => {
  const { code } = (await admin('kiosk', 'replace', String(kiosk.id))) as { code: string }
  pollCount = 0
  const successor = await enrolTestDevice(database.pool, code)
  expect(await open.connection.closed()).toBe('revoked')
  expect(pollCount).toBeLessThan(5)
  expect(successor).toMatchObject({ ok: true, value: { spaceId: await idOf('Library'), role: 'entrance' } })
})

test('[SYN-17] after "restored" every connection ends, and kiosks come again in a new epoch', async () => {
  const before = open.epoch
  await admin('restored', '--yes')
  expect(await open.connection.closed()).toBe('epochChanged')
  const again = await openTestSession(core, kiosk, { epoch: before, cursor: open.cursor })
  expect(again.epoch).not.toBe(before)
})

test('[SYN-16] the list shows what a kiosk said of itself', async () => {
  // Hubs write down what they received once a second.
  const kiosks = await vi.waitUntil(
    async () => {
      const list = (await admin('kiosk', 'list')) as { kiosks: Record<string, unknown>[] }
      return list.kiosks[0]?.['outboxDepth'] === null ? false : list.kiosks
    },
    { timeout: 10_000 },
  )
  expect(kiosks[0]).toMatchObject({
    id: kiosk.id,
    space: 'Library',
    outboxDepth: 3,
    appVersion: '1.0.0',
    keyGrade: 'file',
  })
  expect(Math.abs(Number(kiosks[0]?.['clockOffsetMs']) - 60_000)).toBeLessThan(5000)
  expect(kiosks[0]?.['lastSeenAtMs']).toEqual(expect.any(Number))
})
