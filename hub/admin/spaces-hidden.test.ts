import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeTestApp } from '../testing/testing-app.ts'
import { makeTestTenant, SpaceCalls, type TestTenant } from '../testing/testing-spaces.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant
let folder: string
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('spaces_hidden')
  app = await makeTestApp(database.pool)
  calls = new SpaceCalls(app)
  folder = mkdtempSync(join(tmpdir(), 'carrel-hidden-'))
})
afterAll(async () => {
  await app.close()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `H${count}`)
})

const admin = (...args: string[]): Promise<CliRun> =>
  runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, [...args, '--university', `h${count}.example`])

/** Runs an import, and gives what it printed, or with --json answered. */
async function importLines(lines: string[], options: string[]): Promise<CliRun> {
  const file = join(folder, 'tree.csv')
  writeFileSync(file, ['path,kind,capacity', ...lines, ''].join('\n'))
  const done = await admin('spaces', 'import', file, ...options)
  if (done.code !== 0) throw new Error(done.stdout + done.stderr)
  return done
}

/** Runs an import of lines below a heading, and gives what it answered. */
async function take(lines: string[], ...options: string[]): Promise<object> {
  return (await importLines(lines, ['--json', ...options])).json() as object
}

interface Row {
  id: number
  isMade: boolean
  onKiosks: boolean
  capacity: number | null
}

/** Live spaces of a name, in the order in which they were made. */
function rowsOf(name: string): Promise<Row[]> {
  return query<Row>(
    database.pool,
    `select id, created_by_id is not null as "isMade", on_kiosks as "onKiosks", capacity from spaces
     where university_id = $1 and name = $2 and not is_deleted order by id`,
    [tenant.campus.universityId, name],
  )
}

test('[IMP-12] [TRE-13] an import makes its places beside what somebody hid there, and the same import again changes nothing', async () => {
  const { campus, student } = tenant
  const hidden = (await calls.make(student, campus.floors[0], 'Room 103')).space
  const line = ['Floor 1/Room 103,room,6']
  expect(await take(line)).toMatchObject({
    difference: { create: [{ path: ['Floor 1', 'Room 103'] }], update: [] },
  })
  const both = [
    { id: hidden.id, isMade: true, onKiosks: false, capacity: null },
    { isMade: false, onKiosks: true, capacity: 6 },
  ]
  expect(await rowsOf('Room 103')).toMatchObject(both)
  expect(await take(line)).toMatchObject({ difference: { create: [], update: [], unchangedCount: 1 } })
  expect(await take(['Floor 1/Room 103,room,7'])).toMatchObject({ difference: { update: [{}] } })
  expect((await rowsOf('Room 103')).map(({ capacity }) => capacity)).toEqual([null, 7])
})

test('[IMP-12] [TRE-13] a pruning import leaves what somebody hid where its place stays, and takes it along where that goes', async () => {
  const { campus, student, chief } = tenant
  const nook = (await calls.make(student, campus.floors[0], 'Nook')).space
  const gone = (await calls.make(chief, campus.floors[0], 'Old room')).space
  const seat = (await calls.make(student, gone.id, 'Seat')).space
  const lines = ['Floor 1/Room 11,,', 'Floor 1/Room 12,,', 'Floor 2/Room 21,,', 'Floor 2/Room 22,,']
  // The operator is shown how many go along, and of none the name. [TRE-13]
  const asked = await take(lines, '--prune', '--dry-run')
  expect(asked).toMatchObject({ hiddenDeletedCount: 1, afterCount: 8 })
  expect((asked as { difference: { delete: unknown } }).difference.delete).toEqual([
    { id: gone.id, path: ['Floor 1', 'Old room'] },
  ])
  const { stdout } = await importLines(lines, ['--prune', '--dry-run'])
  expect(stdout).toContain('  - Floor 1/Old room\n  - and 1 more that was never on public screens\n')
  expect(stdout).toContain('0 new, 0 changed, 2 deleted')
  expect(stdout).not.toContain('Seat')
  expect(await rowsOf('Seat')).toMatchObject([{ id: seat.id }])
  await take(lines, '--prune', '--yes')
  expect(await rowsOf('Nook')).toMatchObject([{ id: nook.id, onKiosks: false }])
  expect([await rowsOf('Old room'), await rowsOf('Seat')]).toEqual([[], []])
})

test('[IMP-12] what an import made and staff took off public screens is found again, and not made a second time', async () => {
  const { campus, chief } = tenant
  const [, room] = campus.rooms
  await calls.letOn(chief, room, false)
  expect(await take(['Floor 1/Room 12,,9'])).toMatchObject({
    difference: { create: [], update: [{ id: room }] },
  })
  expect(await rowsOf('Room 12')).toMatchObject([{ id: room, onKiosks: false, capacity: 9 }])
})

test('[IMP-12] what staff made and took off public screens is found again too, stays off, and is let on again', async () => {
  const { campus, chief } = tenant
  const annex = (await calls.make(chief, campus.root, 'Annex', { kind: 'building' })).space
  const lines = ['Annex,building,', 'Annex/Desk 1,carrel,1', 'Annex/Desk 2,carrel,1']
  expect(await take(lines)).toMatchObject({ difference: { create: [{}, {}] } })
  await calls.letOn(chief, annex.id, false)
  expect(await take(lines)).toMatchObject({ difference: { create: [], update: [] } })
  expect(await rowsOf('Annex')).toMatchObject([{ id: annex.id, onKiosks: false }])
  expect(await rowsOf('Desk 1')).toHaveLength(1)
  expect(await calls.letOn(chief, annex.id)).toMatchObject({ status: 200, space: { isOnKiosks: true } })
})

test('[IMP-12] [TRE-8] what was let on once is found after its maker changed it, by an import and by every path', async () => {
  const { campus, student, chief } = tenant
  const wing = (await calls.make(student, campus.root, 'Wing', { kind: 'building' })).space
  const on = (await calls.letOn(chief, wing.id)).space
  const lines = ['Wing,building,', 'Wing/Room 1,room,4', 'Wing/Room 2,room,4']
  expect(await take(lines)).toMatchObject({ difference: { create: [{}, {}] } })
  const edited = (await calls.edit(student, on, { capacity: 3 })).space
  expect(edited.isOnKiosks).toBe(false)
  expect(await take(lines)).toMatchObject({ difference: { create: [] } })
  expect(await rowsOf('Wing')).toMatchObject([{ id: wing.id, onKiosks: false }])
  expect((await admin('kiosk', 'code', '--space', 'Wing/Room 1')).code).toBe(0)
  expect((await calls.letOn(chief, wing.id)).status).toBe(200)
  expect(await take(lines)).toMatchObject({ difference: { create: [], update: [] } })
})

test('[IMP-12] [TRE-13] what its maker gave another name, or moved, was never public there: it holds no path', async () => {
  const { campus, student, chief } = tenant
  const [first, second] = campus.floors
  const nook = (await calls.make(student, first, 'Nook')).space
  const seat = (await calls.make(student, second, 'Room 104')).space
  await calls.letOn(chief, nook.id)
  const on = (await calls.letOn(chief, seat.id)).space
  const renamed = (await calls.edit(student, await calls.see(student, nook.id), { name: 'Room 103' })).space
  const moved = (await calls.edit(student, on, { parentId: first })).space
  expect([renamed.isOnKiosks, moved.isOnKiosks]).toEqual([false, false])
  const lines = ['Floor 1/Room 103,,', 'Floor 1/Room 104,,']
  expect(await take(lines)).toMatchObject({ difference: { create: [{}, {}], update: [] } })
  for (const name of ['Room 103', 'Room 104'])
    expect((await rowsOf(name)).map(({ onKiosks }) => onKiosks)).toEqual([false, true])
})

test('[IMP-12] what staff gave another name while it was off public screens is found by that', async () => {
  const { campus, chief } = tenant
  const [, room] = campus.rooms
  const off = (await calls.letOn(chief, room, false)).space
  expect((await calls.edit(chief, off, { name: 'Room 12 A' })).status).toBe(200)
  expect(await take(['Floor 1/Room 12 A,,'])).toMatchObject({ difference: { create: [], unchangedCount: 1 } })
})

test('[IMP-12] [TRE-13] a pruning import leaves what stands in a hidden place although it names one of its path', async () => {
  const { campus, student, chief } = tenant
  const hidden = (await calls.make(student, campus.floors[0], 'Room 103', { kind: 'room' })).space
  const desk = (await calls.make(chief, hidden.id, 'Desk')).space
  const rooms = ['Floor 1/Room 11,,', 'Floor 1/Room 12,,', 'Floor 2/Room 21,,', 'Floor 2/Room 22,,']
  const lines = ['Floor 1/Room 103,room,', ...rooms]
  expect(await take(lines, '--prune', '--yes')).toMatchObject({
    difference: { delete: [] },
    hiddenDeletedCount: 0,
  })
  expect(await rowsOf('Desk')).toMatchObject([{ id: desk.id }])
})

test('[IMP-12] [TRE-13] the command line finds no place that somebody hid, nor what stands below it', async () => {
  const { campus, student, chief } = tenant
  const cellar = (await calls.make(student, campus.root, 'Cellar')).space
  await calls.make(chief, cellar.id, 'Desk')
  for (const path of ['Cellar', 'Cellar/Desk']) {
    const run = await admin('kiosk', 'code', '--space', path)
    expect([run.code, run.stderr]).toEqual([
      1,
      `There is no space at "${path}"; "spaces tree" shows what there is.\n`,
    ])
  }
  const below = await admin('import', folder, '--below', 'Cellar')
  expect(below.stderr).toContain('There is no space at "Cellar"')
})

test('[TRE-13] a kiosk at a room with none but hidden parts stands at a door', async () => {
  const { campus, student, chief } = tenant
  const seat = (await calls.make(student, campus.rooms[0], 'Window seat')).space
  const code = async (): Promise<unknown> =>
    (await admin('kiosk', 'code', '--space', 'Floor 1/Room 11', '--json')).json()
  expect(await code()).toMatchObject({ role: 'door' })
  await calls.letOn(chief, seat.id)
  expect(await code()).toMatchObject({ role: 'entrance' })
})
