import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestApp } from '../routes/testing-app.ts'
import { makeTestHouse, SpaceCalls, type TestHouse } from '../routes/testing-spaces.ts'
import { query } from '../store/database.ts'
import { makeTestDatabase, type TestDatabase } from '../store/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let house: TestHouse
let folder: string

beforeAll(async () => {
  database = await makeTestDatabase('spaces_hidden')
  app = await makeTestApp(database.pool)
  calls = new SpaceCalls(app)
  house = await makeTestHouse(database.pool, 'Hidden')
  folder = mkdtempSync(join(tmpdir(), 'carrel-hidden-'))
})
afterAll(async () => {
  await app.close()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const admin = (...args: string[]): Promise<CliRun> =>
  runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)

/** Runs an import of lines below a heading, and gives what it answered. */
async function take(lines: string[], ...options: string[]): Promise<object> {
  const file = join(folder, 'tree.csv')
  writeFileSync(file, ['path,kind,capacity', ...lines, ''].join('\n'))
  const run = await admin('spaces', 'import', file, '--json', ...options)
  if (run.code !== 0) throw new Error(run.stdout + run.stderr)
  return run.json() as object
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
     where name = $1 and not is_deleted order by id`,
    [name],
  )
}

test('[IMP-12] [TRE-13] an import makes its places beside what somebody hid there, and the same import again changes nothing', async () => {
  const { campus, student } = house
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
  const { campus, student, chief } = house
  const nook = (await calls.make(student, campus.floors[0], 'Nook')).space
  const gone = (await calls.make(chief, campus.floors[0], 'Old room')).space
  const seat = (await calls.make(student, gone.id, 'Seat')).space
  const lines = [
    'Floor 1/Room 11,,',
    'Floor 1/Room 12,,',
    'Floor 1/Room 103,,',
    'Floor 2/Room 21,,',
    'Floor 2/Room 22,,',
  ]
  expect(await take(lines, '--prune', '--dry-run')).toMatchObject({
    difference: {
      delete: [
        { id: seat.id, path: ['Floor 1', 'Old room', 'Seat'] },
        { id: gone.id, path: ['Floor 1', 'Old room'] },
      ],
    },
  })
  await take(lines, '--prune')
  expect(await rowsOf('Nook')).toMatchObject([{ id: nook.id, onKiosks: false }])
  expect([await rowsOf('Old room'), await rowsOf('Seat')]).toEqual([[], []])
})

test('[IMP-12] what an import made and staff took off public screens is found again, and not made a second time', async () => {
  const { campus, chief } = house
  const [, room] = campus.rooms
  await calls.letOn(chief, room, false)
  expect(await take(['Floor 1/Room 12,,9'])).toMatchObject({
    difference: { create: [], update: [{ id: room }] },
  })
  expect(await rowsOf('Room 12')).toMatchObject([{ id: room, onKiosks: false, capacity: 9 }])
  await calls.letOn(chief, room)
})

test('[IMP-12] [TRE-13] the command line finds no place that somebody hid, nor what stands below it', async () => {
  const { campus, student, chief } = house
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
  const { campus, student, chief } = house
  const seat = (await calls.make(student, campus.rooms[0], 'Window seat')).space
  const code = async (): Promise<unknown> =>
    (await admin('kiosk', 'code', '--space', 'Floor 1/Room 11', '--json')).json()
  expect(await code()).toMatchObject({ role: 'door' })
  await calls.letOn(chief, seat.id)
  expect(await code()).toMatchObject({ role: 'entrance' })
})
