import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { shown } from '#shared/domain/occupancy.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { makeTestTenant, SpaceCalls, type TestTenant } from '../testing/testing-spaces.ts'
import { query } from '../platform/postgres/database.ts'
import { loadForKiosks, loadForPages } from '../testing/testing-feeds.ts'
import { type FeedRows } from '../platform/broadcast/feed-rows.ts'
import { loadShownTree } from '../spaces/space-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { commitPushes } from '../testing/testing-commits.ts'
import { insertTestKiosk, type TestKiosk } from '../testing/testing-kiosk.ts'
import { checkTree, loadStoredReports, loadStoredSpaces, publicSpaces } from './recompute-tree.ts'

const STALE_MS = 7_200_000

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls

beforeAll(async () => {
  database = await makeTestDatabase('people_tree')
  app = await makeTestApp(database.pool)
  calls = new SpaceCalls(app)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

/** Everything that people and kiosks do to a tree, picked by throws. */
const steps = fc.array(fc.record({ act: fc.nat(99), who: fc.nat(2), a: fc.nat(99), b: fc.nat(99) }), {
  minLength: 5,
  maxLength: 30,
  size: 'max',
})
type Step = { act: number; who: number; a: number; b: number }

interface World {
  tenant: TestTenant
  kiosk: TestKiosk
  reportIds: number[]
}

async function makeWorld(): Promise<World> {
  const tenant = await makeTestTenant(database.pool, `T${Math.random()}`)
  const { universityId, root } = tenant.campus
  await query(database.pool, 'update universities set settings = $2 where id = $1', [
    universityId,
    JSON.stringify({ spacesPerPerson: 1000, reportsPerPersonAndHour: 1000 }),
  ])
  return {
    tenant,
    kiosk: await insertTestKiosk(database.pool, { universityId, spaceId: root }),
    reportIds: [],
  }
}

function pick<Item>(items: readonly Item[], randomValue: number): Item {
  return items[randomValue % items.length] as Item
}

async function take(world: World, { act, who, a, b }: Step): Promise<void> {
  const { tenant, kiosk, reportIds } = world
  const as = pick([tenant.student, tenant.other, tenant.chief], who)
  const { spaces } = await calls.tree(tenant.chief)
  const space = pick(spaces, a)
  const other = pick(spaces, b)
  if (act < 22) await calls.make(as, space.id, `Space ${a} ${b}`, { capacity: b % 3 === 0 ? null : b + 1 })
  else if (act < 34) await calls.letOn(tenant.chief, space.id, b % 3 > 0)
  else if (act < 40) await calls.edit(as, space, { capacity: (b % 7) + 1 })
  else if (act < 48) await calls.edit(tenant.chief, space, { parentId: other.id })
  else if (act < 54) await calls.remove(as, space, true)
  else if (act < 60) await restore(tenant, a)
  else if (act < 64) await level(tenant, space, b)
  else if (act < 70 && reportIds.length > 0) await withdraw(world, as, pick(reportIds, a))
  else if (act < 85)
    await push(world, [kiosk.report(space.id, pick([0, 1, 2], b), { ageMs: (b % 4) * 1_000 })])
  else await report(world, as, space.id, b % 3)
}

async function report(world: World, as: TestTenant['student'], spaceId: number, said: number): Promise<void> {
  const { status, body } = await calls.report(as, spaceId, said)
  if (status === 201) world.reportIds.push((body as { id: number }).id)
}

const withdraw = (_world: World, as: TestTenant['student'], id: number): Promise<unknown> =>
  calls.call(as, 'POST /reports/:id/withdraw', { params: { id } })

const level = ({ chief }: TestTenant, { id }: PeopleSpace, said: number): Promise<unknown> =>
  calls.call(chief, 'PUT /spaces/:id/level', { params: { id }, body: { level: pick([0, 1, 2, null], said) } })

async function restore({ chief }: TestTenant, randomValue: number): Promise<void> {
  const { body } = await calls.call(chief, 'GET /spaces/deleted')
  const { spaces } = body as { spaces: { id: number }[] }
  if (spaces.length > 0) await calls.restore(chief, pick(spaces, randomValue).id)
}

async function push({ tenant, kiosk }: World, mutations: ReturnType<TestKiosk['report']>[]): Promise<void> {
  const one = { kioskId: kiosk.id, session: 0, mutations, waitedMs: 0 }
  await commitPushes(database.pool, tenant.campus.universityId, [one])
}

/** What a mirror holds that took a whole feed and then changes. */
class Held {
  head = 0
  readonly rows = new Map<number, object>()

  take(feed: FeedRows): void {
    this.head = feed.head
    for (const row of feed.rows) this.rows.set(row.id, row)
    for (const [id, clock, said, reportedAtMs] of feed.levels) {
      const row = this.rows.get(id)
      if (row === undefined) throw new Error(`space ${id} is not held, and its level was sent`)
      this.rows.set(id, { ...row, clock, level: said, reportedAtMs })
    }
    for (const [id] of feed.gone) this.rows.delete(id)
  }

  sorted(): object[] {
    return [...this.rows.keys()].toSorted((left, right) => left - right).map((id) => this.rows.get(id) ?? {})
  }
}

/** Stored sums equal recomputation, kiosks hold what is public, and the query gives what screens show. */
async function check(universityId: number): Promise<void> {
  const spaces = await loadStoredSpaces(database.pool, universityId)
  const resets = await query<{ id: number; clock: number }>(
    database.pool,
    'select id, counts_after_clock as clock from spaces where university_id = $1',
    [universityId],
  )
  const resetAt = new Map(resets.map(({ id, clock }) => [id, clock]))
  expect(checkTree(spaces, await loadStoredReports(database.pool, universityId), resetAt)).toEqual([])
  const feed = await loadForKiosks(database.pool, universityId, null)
  const publicIds = publicSpaces(spaces).map(({ id }) => id)
  expect(feed?.rows.map(({ id }) => id)).toEqual(publicIds)
  const { nowMs, rows } = await loadShownTree(database.pool, universityId, STALE_MS)
  const nodes = (feed?.rows ?? []).map(({ id, level: said, reportedAtMs, facts }) => ({
    id,
    parentId: facts.parentId,
    capacity: facts.capacity,
    level: said,
    reportedAtMs,
  }))
  const views = shown(nodes, nowMs, STALE_MS)
  expect(rows).toHaveLength(views.size)
  for (const { parentId: _p, depth: _d, name: _n, kind: _k, ...row } of rows)
    // The query knows no hours: it says what is shown where all is open.
    expect({ ...row, closedCount: 0 }).toEqual(views.get(row.id))
}

test('[TRE-6] [TRE-7] [OCC-12] [OCC-13] whatever people and kiosks do, stored sums equal recomputation, kiosks hold exactly what is public, and screens show what the query says', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const world = await makeWorld()
      const { universityId } = world.tenant.campus
      const [kiosks, people] = [new Held(), new Held()]
      for (const step of list) {
        await take(world, step)
        const isWhole = kiosks.head === 0
        const forKiosks = await loadForKiosks(database.pool, universityId, isWhole ? null : kiosks.head)
        const forPeople = await loadForPages(database.pool, universityId, isWhole ? null : people.head)
        if (forKiosks === null || forPeople === null) throw new Error('no such university')
        kiosks.take(forKiosks)
        people.take(forPeople)
        await check(universityId)
      }
      // What was sent step by step is what a whole feed says now.
      for (const [held, load] of [
        [kiosks, loadForKiosks],
        [people, loadForPages],
      ] as const)
        expect(held.sorted()).toEqual((await load(database.pool, universityId, null))?.rows)
    }),
    { numRuns: 25 },
  )
})
