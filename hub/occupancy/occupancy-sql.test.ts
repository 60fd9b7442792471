import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  aggregate,
  levelOfMean,
  shown,
  shownToPeople,
  type Level,
  type OccupancyNode,
} from '#shared/domain/occupancy.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'

const NOW = 1_800_000_000_000
const STALE = 7_200_000

let database: TestDatabase
beforeAll(async () => {
  database = await makeTestDatabase('occupancy_sql')
})
afterAll(() => database.drop())

interface Sketch {
  parent: number
  capacity: number | null
  level: Level | null
  ageMs: number
  /** One in five is off kiosks: it counts in no other. [TRE-6] */
  isOff?: boolean
}

const sketches = fc.array(
  fc.record({
    parent: fc.nat(),
    capacity: fc.option(fc.integer({ min: 1, max: 1000 })),
    level: fc.option(fc.constantFrom<Level>(0, 1, 2)),
    ageMs: fc.integer({ min: 0, max: 2 * STALE }),
    isOff: fc.nat(4).map((way) => way === 0),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
)

/** A node, and whether it is on kiosks by itself. */
type TestNode = OccupancyNode & { isOnKiosks: boolean }

/** Inserts a tree; the first node is the root, each other one hangs below an earlier one. Answers nodes as people hold them. */
async function insertTree(universityId: number, tree: readonly Sketch[]): Promise<TestNode[]> {
  const nodes: TestNode[] = []
  for (const [index, { parent, capacity, level, ageMs, isOff = false }] of tree.entries()) {
    const parentId = index === 0 ? null : (nodes[parent % index]?.id ?? null)
    const reportedAtMs = level === null ? null : NOW - ageMs
    const [row] = await query<{ id: number }>(
      database.pool,
      `insert into spaces (university_id, parent_id, name, kind, capacity, occupancy, occupancy_mean,
         occupancy_updated_at, on_kiosks, clock, facts_clock)
       values ($1, $2, $3, 'room', $4, $5::smallint, $5::smallint * 1000000, time_of_ms($6), $7, 1, 1) returning id`,
      [universityId, parentId, `Space ${index}`, capacity, level, reportedAtMs, !isOff || index === 0],
    )
    const isOnKiosks = !isOff || index === 0
    nodes.push({ id: row?.id ?? 0, parentId, capacity, level, reportedAtMs, isOnKiosks })
  }
  const parents = parentsOf(nodes)
  await query(database.pool, 'select rebuild_composites($1, 2)', [universityId])
  return nodes.map((node) => (parents.has(node.id) ? { ...node, level: null, reportedAtMs: null } : node))
}

/** Those that something counts in. */
function parentsOf(nodes: readonly TestNode[]): Set<number | null> {
  return new Set(nodes.filter((node) => node.isOnKiosks).map(({ parentId }) => parentId))
}

/** Those that are on public screens: on kiosks with everything above. [TRE-7] */
function publicNodes(nodes: readonly TestNode[]): TestNode[] {
  const found = new Set<number | null>([null])
  // Parents come first.
  for (const { id, parentId, isOnKiosks } of nodes) if (isOnKiosks && found.has(parentId)) found.add(id)
  return nodes.filter(({ id }) => found.has(id))
}

interface StoredRow {
  id: number
  parentId: number | null
  weight: number
  childCount: number
  level: number | null
  mean: number | null
  atMs: number | null
  knownWeight: number
  knownSum: number
  onKiosks: boolean
}

async function loadStored(universityId: number): Promise<Map<number, StoredRow>> {
  const rows = await query<StoredRow>(
    database.pool,
    `select id, parent_id as "parentId", weight, child_count as "childCount", occupancy as level,
       occupancy_mean as mean, ms_of_time(occupancy_updated_at) as "atMs",
       known_weight as "knownWeight", known_sum as "knownSum", on_kiosks as "onKiosks"
     from spaces where university_id = $1 and not is_deleted`,
    [universityId],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** What is stored of each composite is what the pure rule makes of its children. */
function expectComposites(stored: Map<number, StoredRow>): void {
  for (const row of stored.values()) {
    const children = [...stored.values()].filter(({ parentId, onKiosks }) => parentId === row.id && onKiosks)
    expect(row.childCount).toBe(children.length)
    if (children.length === 0) continue
    const mean = aggregate(children.map((child) => ({ meanMillionths: child.mean, weight: child.weight })))
    expect(row.mean).toBe(mean)
    expect(row.level).toBe(mean === null ? null : levelOfMean(mean))
    const times = children.flatMap(({ atMs }) => (atMs === null ? [] : [atMs]))
    expect(row.atMs).toBe(times.length === 0 ? null : Math.max(...times))
  }
}

test('[OCC-13] [OCC-6] [OCC-4] [TRE-6] shown_tree gives the same as shown() on any tree, and for spaces on kiosks so does what people see', async () => {
  await fc.assert(
    fc.asyncProperty(sketches, async (tree) => {
      const universityId = await insertTestUniversity(database.pool)
      const nodes = await insertTree(universityId, tree)
      const rows = await query<{ id: number; reported_at: Date | null } & Record<string, unknown>>(
        database.pool,
        "select * from shown_tree($1, time_of_ms($2), $3 * interval '1 millisecond')",
        [universityId, NOW, STALE],
      )
      const held = publicNodes(nodes)
      const expected = shown(held, NOW, STALE)
      const people = shownToPeople(nodes, NOW, STALE)
      expect(rows).toHaveLength(held.length)
      for (const row of rows) {
        const node = nodes.find(({ id }) => id === row.id)
        expect({
          id: row.id,
          level: row['level'],
          meanMillionths: row['mean'],
          reportedAtMs: row.reported_at?.getTime() ?? null,
          knownCount: row['known_count'],
          leafCount: row['leaf_count'],
          freeCount: row['free_count'],
          // The query knows no hours: it says what is shown where all is open.
          closedCount: 0,
          capacity: row['capacity'],
          isLeaf: row['is_leaf'],
        }).toEqual(expected.get(row.id))
        expect(people.get(row.id)).toEqual(expected.get(row.id))
        expect(row['parent_id']).toBe(node?.parentId)
      }
    }),
    { numRuns: 40 },
  )
})

test('[OCC-12] [OCC-3] [TRE-6] running sums after random batches equal what a rebuild computes', async () => {
  const batches = fc.array(
    fc.array(fc.tuple(fc.nat(), fc.option(fc.constantFrom<Level>(0, 1, 2)), fc.nat(STALE)), {
      minLength: 1,
      maxLength: 12,
    }),
    { minLength: 1, maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(sketches, batches, async (tree, steps) => {
      const universityId = await insertTestUniversity(database.pool)
      const nodes = await insertTree(universityId, tree)
      const parents = parentsOf(nodes)
      const leaves = nodes.filter(({ id }) => !parents.has(id))
      expectComposites(await loadStored(universityId))
      for (const [step, changes] of steps.entries()) {
        const byLeaf = new Map(
          changes.map(([pick, level, age]) => [leaves[pick % leaves.length]?.id ?? 0, { level, age }]),
        )
        await writeLeaves(universityId, step + 3, byLeaf)
        const stored = await loadStored(universityId)
        expectComposites(stored)
        await query(database.pool, 'select rebuild_composites($1, 3)', [universityId])
        expect(await loadStored(universityId)).toEqual(stored)
      }
    }),
    { numRuns: 40 },
  )
})

async function writeLeaves(
  universityId: number,
  clock: number,
  leaves: ReadonlyMap<number, { level: Level | null; age: number }>,
): Promise<void> {
  const list = (values: readonly (number | null)[]): string =>
    `{${values.map((one) => one ?? 'null').join(',')}}`
  const entries = [...leaves]
  await query(
    database.pool,
    "select write_batch($1,$2,$3,'{}','{}','{}','{}','{}','{}','{}','{}','{}','{}',$4,$5,$6,$7,$7,$7)",
    [
      universityId,
      clock,
      NOW,
      list(entries.map(([id]) => id)),
      list(entries.map(([, { level }]) => level)),
      list(entries.map(([, { level, age }]) => (level === null ? null : NOW - age))),
      list(entries.map(() => 1)),
    ],
  )
}

test('[OCC-9] [OCC-11] a leaf that gets a child, and a parent that loses its last one, start unreported and reach kiosks', async () => {
  const universityId = await insertTestUniversity(database.pool)
  const [root, room] = await insertTree(universityId, [
    { parent: 0, capacity: null, level: null, ageMs: 0 },
    { parent: 0, capacity: 4, level: 2, ageMs: 0 },
  ])
  const [desk] = await query<{ id: number }>(
    database.pool,
    `insert into spaces (university_id, parent_id, name, kind, capacity, clock, facts_clock)
     values ($1, $2, 'Desk', 'carrel', 1, 5, 5) returning id`,
    [universityId, room?.id],
  )
  await query(database.pool, 'select rebuild_composites($1, 5)', [universityId])
  expect((await loadStored(universityId)).get(room?.id ?? 0)).toMatchObject({
    level: null,
    weight: 1,
    childCount: 1,
  })
  expect((await loadStored(universityId)).get(root?.id ?? 0)).toMatchObject({ level: null, mean: null })
  await query(database.pool, 'update spaces set is_deleted = true, clock = 6 where id = $1', [desk?.id])
  await query(database.pool, 'select rebuild_composites($1, 6)', [universityId])
  expect((await loadStored(universityId)).get(room?.id ?? 0)).toMatchObject({
    level: null,
    weight: 4,
    childCount: 0,
  })
  const [row] = await query<{ clock: number; from: number }>(
    database.pool,
    'select clock, counts_after_clock as "from" from spaces where id = $1',
    [room?.id],
  )
  expect(row).toEqual({ clock: 6, from: 6 })
})

test('[OCC-12] get_occupancy and get_all_descendants are the same for leaf and composite', async () => {
  const universityId = await insertTestUniversity(database.pool)
  const [root, floor, room] = await insertTree(universityId, [
    { parent: 0, capacity: null, level: null, ageMs: 0 },
    { parent: 0, capacity: null, level: null, ageMs: 0 },
    { parent: 1, capacity: 3, level: 1, ageMs: 60_000 },
  ])
  for (const node of [root, floor, room])
    expect(
      await query(database.pool, 'select level, mean, ms_of_time(reported_at) as at from get_occupancy($1)', [
        node?.id,
      ]),
    ).toEqual([{ level: 1, mean: 1_000_000, at: NOW - 60_000 }])
  expect(await query(database.pool, 'select * from get_all_descendants($1)', [root?.id])).toEqual([
    { id: floor?.id, parent_id: root?.id, depth: 1 },
    { id: room?.id, parent_id: floor?.id, depth: 2 },
  ])
  expect(await query(database.pool, 'select * from get_all_descendants($1)', [room?.id])).toEqual([])
})
