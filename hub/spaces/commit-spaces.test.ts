import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { pathsOfSpaces } from '#shared/domain/space-tree-diff.ts'
import { parseSpaceTreeJson } from '#shared/domain/space-tree-json.ts'
import { pathText, type SpaceSpec } from '#shared/domain/space-tree.ts'
import { MAX_TREE_SPACES } from '#shared/domain/space.ts'
import { makeUniversity } from '../universities/make-university.ts'
import { loadChanges } from '../audit/change-log-rows.ts'
import { makeTestPerson } from '../accounts/testing-people.ts'
import { countStatements } from '../testing/count-statements.ts'
import { query, transaction, type Database } from '../platform/postgres/database.ts'
import { loadSpaces } from './space-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { commitSpaceTree, previewSpaceTree, type ImportOutcome } from './commit-spaces.ts'

let database: TestDatabase
let universityId: number
const names = { next: 0 }

beforeAll(async () => {
  database = await makeTestDatabase('commit_spaces')
})
afterAll(() => database.drop())
beforeEach(async () => {
  names.next += 1
  const input = {
    name: `University ${names.next}`,
    domains: [`u${names.next}.edu`],
    timezone: 'Asia/Taipei',
    locale: 'en' as const,
  }
  const made = await transaction(database.pool, 'read committed', (client) =>
    makeUniversity(client, input, { actor: 'test' }),
  )
  if (!made.ok) throw new Error(JSON.stringify(made.refusal))
  universityId = made.value.id
})

function spec(path: string, some: Partial<SpaceSpec> = {}): SpaceSpec {
  return { path: path.split('/'), at: path, ...some }
}

async function take(
  wanted: SpaceSpec[],
  prune = false,
  pool: Database = database.pool,
): Promise<ImportOutcome> {
  const options = { prune, source: 'test.csv', actor: 'test' }
  const done = await commitSpaceTree(pool, universityId, wanted, options)
  if (!done.ok) throw new Error(JSON.stringify(done.refusal))
  return done.value
}

async function pathsNow(): Promise<string[]> {
  return [...pathsOfSpaces(await loadSpaces(database.pool, universityId)).values()].map(pathText).toSorted()
}

/** The university's clock, and the clocks of its rows by name. */
async function clocks(): Promise<{ head: number; rows: Record<string, [number, number]> }> {
  const [university] = await query<{ clock: number }>(
    database.pool,
    'select clock from universities where id = $1',
    [universityId],
  )
  const rows = await query<{ name: string; clock: number; factsClock: number }>(
    database.pool,
    'select name, clock, facts_clock as "factsClock" from spaces where university_id = $1',
    [universityId],
  )
  return {
    head: university?.clock ?? 0,
    rows: Object.fromEntries(rows.map(({ name, clock, factsClock }) => [name, [clock, factsClock]])),
  }
}

test('[TRE-4] [SYN-8] spaces are made in one commit, each stamped with its clock', async () => {
  const done = await take([spec('Library'), spec('Library/Floor 1'), spec('Library/Floor 1/Room 101')])
  expect(await pathsNow()).toEqual(['', 'Library', 'Library/Floor 1', 'Library/Floor 1/Room 101'])
  const { head, rows } = await clocks()
  expect(done.clock).toBe(head)
  expect(rows['Room 101']).toEqual([head, head])
})

test('[HRS-1] [HRS-2] every fact reads back as it was written', async () => {
  const facts = {
    kind: 'library' as const,
    location: 'left wing',
    capacity: 40,
    details: { wifi: true, equipment: ['screen'], note: 'no food' },
    hours: {
      weekly: [
        [1, 480, 720],
        [1, 780, 1440],
        [2, 0, 120],
      ] as [number, number, number][],
      closures: [
        { date: '2026-12-24', spans: [[480, 720]] as [number, number][] },
        { date: '2026-12-25', spans: [] },
      ],
    },
  }
  const wanted = [spec('Library', facts)]
  await take(wanted)
  const [library] = (await loadSpaces(database.pool, universityId)).filter(({ name }) => name === 'Library')
  expect(library).toMatchObject(facts)
  expect(await take(wanted)).toMatchObject({ clock: null, difference: { unchangedCount: 1 } })
  await take([spec('Library', { hours: { weekly: null, closures: [] }, details: { note: null } })])
  const [after] = (await loadSpaces(database.pool, universityId)).filter(({ name }) => name === 'Library')
  expect(after).toMatchObject({ hours: { weekly: null, closures: [] }, capacity: 40 })
  expect(after?.details).toEqual({ wifi: true, equipment: ['screen'] })
})

test('[SYN-8] only what changed is stamped anew', async () => {
  await take([spec('A'), spec('A/B'), spec('A/C')])
  const before = await clocks()
  await take([spec('A/B', { location: 'left' })])
  const after = await clocks()
  expect(after.rows['B']).toEqual([before.head + 1, before.head + 1])
  expect([after.rows['A'], after.rows['C']]).toEqual([before.rows['A'], before.rows['C']])
})

test('[TRE-9] an import raises the version of what it changes: a form that was open before is stale', async () => {
  await take([spec('A'), spec('B')])
  const versions = async (): Promise<unknown> =>
    query(
      database.pool,
      "select name, version, is_deleted as gone from spaces where university_id = $1 and name in ('A', 'B') order by name",
      [universityId],
    )
  expect(await versions()).toEqual([
    { name: 'A', version: 1, gone: false },
    { name: 'B', version: 1, gone: false },
  ])
  await take([spec('A', { location: 'left' }), spec('B')])
  await take([spec('A', { capacity: 4 })], true)
  expect(await versions()).toEqual([
    { name: 'A', version: 3, gone: false },
    { name: 'B', version: 2, gone: true },
  ])
})

test('[TRE-4] [SYN-8] pruned spaces stay as tombstones, and their path can be used again', async () => {
  await take([spec('A'), spec('A/B'), spec('A/C')])
  const done = await take([spec('A/C')], true)
  expect(done.difference.delete.map(({ path }) => pathText(path))).toEqual(['A/B'])
  expect(await pathsNow()).toEqual(['', 'A', 'A/C'])
  const [tombstone] = await query<{ clock: number }>(
    database.pool,
    "select clock from spaces where university_id = $1 and name = 'B' and is_deleted",
    [universityId],
  )
  expect(tombstone?.clock).toBe(done.clock)
  await take([spec('A/B')])
  expect(await pathsNow()).toEqual(['', 'A', 'A/B', 'A/C'])
})

test('[OCC-4] [OCC-12] seats and counts of children are right after every import', async () => {
  await take([spec('A'), spec('A/B', { capacity: 10 }), spec('A/C', { capacity: 30 })])
  const derived = async (name: string): Promise<unknown> =>
    (
      await query(
        database.pool,
        'select weight, child_count as children from spaces where university_id = $1 and name = $2 and not is_deleted',
        [universityId, name],
      )
    )[0]
  expect(await derived('A')).toEqual({ weight: 40, children: 2 })
  await take([spec('A/C', { capacity: 35 })])
  expect(await derived('A')).toEqual({ weight: 45, children: 2 })
  await take([spec('A/B')], true)
  expect(await derived('A')).toEqual({ weight: 10, children: 1 })
})

test('[TRE-4] kiosks whose space goes are named', async () => {
  await take([spec('A'), spec('B')])
  await query(
    database.pool,
    `insert into kiosks (university_id, space_id, role, name, public_key, key_grade)
     select university_id, id, 'door', 'door A', 'key', 'file' from spaces where university_id = $1 and name = 'A'`,
    [universityId],
  )
  const preview = await previewSpaceTree(database.pool, universityId, [spec('B')], { prune: true })
  expect(preview.ok && preview.value.strandedKiosks).toMatchObject([{ name: 'door A', path: 'A' }])
  expect(await pathsNow()).toEqual(['', 'A', 'B'])
})

test('[TRE-2] a parent that was deleted between reading the file and the commit refuses the whole', async () => {
  const options = { prune: false, source: 'test.csv', actor: 'test' }
  const done = await commitSpaceTree(database.pool, universityId, [spec('C'), spec('Gone/Room')], options)
  expect(done).toMatchObject({ ok: false, refusal: [{ why: 'missingParent' }] })
  expect(await pathsNow()).toEqual([''])
})

test('[TRE-2] [IMP-12] [TRE-13] below what was never public nothing is put: that is no parent that a file can mean', async () => {
  await take([spec('Nook')])
  await query(
    database.pool,
    "update spaces set on_kiosks = false, was_on_kiosks = $2 where university_id = $1 and name = 'Nook'",
    [universityId, false],
  )
  const seat = [spec('Nook/Seat')]
  expect(await previewSpaceTree(database.pool, universityId, seat, { prune: false })).toMatchObject({
    ok: false,
    refusal: [{ why: 'missingParent' }],
  })
  await query(
    database.pool,
    "update spaces set was_on_kiosks = $2 where university_id = $1 and name = 'Nook'",
    [universityId, true],
  )
  expect(await take(seat)).toMatchObject({ difference: { create: [{ path: ['Nook', 'Seat'] }] } })
})

test('[TRE-2] several files together may not make a university too large', async () => {
  const rooms = (from: number): SpaceSpec[] =>
    Array.from({ length: MAX_TREE_SPACES }, (_, index) => spec(`Room ${from + index}`))
  await query(
    database.pool,
    `insert into spaces (university_id, parent_id, name, kind, clock, facts_clock)
     select $1, (select id from spaces where university_id = $1), 'Desk', 'carrel', 1, 1`,
    [universityId],
  )
  const done = await previewSpaceTree(database.pool, universityId, rooms(0), { prune: false })
  expect(done).toMatchObject({ ok: false, refusal: [{ at: 'file', why: 'tooLarge' }] })
  expect((await previewSpaceTree(database.pool, universityId, rooms(0), { prune: true })).ok).toBe(true)
})

test('[TRE-13] what somebody hid leaves as much room for an import as there was', async () => {
  const { userId } = await makeTestPerson(database.pool, universityId)
  await query(
    database.pool,
    `insert into spaces (university_id, parent_id, name, kind, clock, facts_clock, on_kiosks, created_by_id)
     select $1, (select id from spaces where university_id = $1), 'Desk', 'carrel', 1, 1, false, $2`,
    [universityId, userId],
  )
  const rooms = Array.from({ length: MAX_TREE_SPACES }, (_, index) => spec(`Room ${index}`))
  expect((await previewSpaceTree(database.pool, universityId, rooms, { prune: false })).ok).toBe(true)
})

test('two imports at once both stand, one after the other', async () => {
  const done = await Promise.all([
    take([spec('A'), spec('A/1')]),
    take([spec('B'), spec('B/1')]),
    take([spec('A')]),
  ])
  expect(await pathsNow()).toEqual(['', 'A', 'A/1', 'B', 'B/1'])
  expect(new Set(done.map(({ clock }) => clock)).size).toBe(3)
})

test('[AUD-5] every import that changes something is written down with its counts, and no other', async () => {
  await take([spec('A'), spec('B')])
  await take([spec('A'), spec('B')])
  const written = await loadChanges(database.pool, universityId, 9)
  expect(written.filter(({ service }) => service === 'spaces')).toHaveLength(1)
  await take([spec('B', { location: 'left' })], true)
  const [newest] = await loadChanges(database.pool, universityId, 1)
  expect(newest).toMatchObject({
    actor: 'test',
    service: 'spaces',
    subject: 'import',
    log: { source: 'test.csv', prune: true, beforeCount: 3, afterCount: 2, updatedCount: 1, deletedCount: 1 },
  })
})

test('11,000 spaces are taken with a few statements, and again with fewer', async () => {
  const wanted: SpaceSpec[] = []
  for (let building = 0; building < 10; building += 1) {
    wanted.push(spec(`B${building}`))
    for (let floor = 0; floor < 10; floor += 1) {
      wanted.push(spec(`B${building}/F${floor}`, { hours: { weekly: [[1, 480, 1200]], closures: [] } }))
      for (let room = 0; room < 108; room += 1)
        wanted.push(spec(`B${building}/F${floor}/R${room}`, { capacity: 4 }))
    }
  }
  const { pool, counts } = countStatements(database.pool)
  expect(await take(wanted, false, pool)).toMatchObject({ beforeCount: 1, afterCount: 10_911 })
  expect(counts.statements).toBeLessThan(30)
  counts.statements = 0
  expect(await take(wanted, false, pool)).toMatchObject({
    clock: null,
    difference: { unchangedCount: 10_910 },
  })
  expect(counts.statements).toBeLessThan(5)
})

const REAL_TREE = fileURLToPath(
  new URL('../../../shared/data/tuebingen-libraries/tree.json', import.meta.url),
)

test('[TRE-2] a real tree, from names to what stands below them, is taken as it is', async (context) => {
  if (!existsSync(REAL_TREE)) {
    console.log('not run: the real tree of libraries is not on this machine')
    return context.skip()
  }
  const tree = parseSpaceTreeJson(JSON.parse(readFileSync(REAL_TREE, 'utf8')))
  if (!tree.ok) throw new Error(JSON.stringify(tree.refusal))
  expect(tree.value.ignored).toEqual(['code', 'id'])
  await take(tree.value.specs)
  const spaces = await loadSpaces(database.pool, universityId)
  const kinds = (kind: string): number => spaces.filter((space) => space.kind === kind).length
  expect([kinds('building'), kinds('room')]).toEqual([6, 20])
  expect(spaces.filter((space) => space.hours.weekly !== null)).toHaveLength(19)
})
