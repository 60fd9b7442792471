import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SpaceSpec } from '#shared/domain/space-tree.ts'
import type { OpeningHours } from '#shared/domain/week-time.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { COLLECTIONS } from '../collections.ts'
import type { WholeFeed } from '../platform/broadcast/feed-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { loadForKiosks, loadForPages } from '../testing/testing-feeds.ts'
import { makeTestTenant, SpaceCalls, type TestTenant } from '../testing/testing-spaces.ts'
import { commitSpaceTree } from './commit-spaces.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant

beforeAll(async () => {
  database = await makeTestDatabase('hours')
  app = await makeTestApp(database.pool)
  calls = new SpaceCalls(app)
  tenant = await makeTestTenant(database.pool, 'Hours')
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

const WEEK: OpeningHours = { weekly: [[1, 480, 1200]], closures: [{ date: '2026-12-25', spans: [] }] }
const NONE: OpeningHours = { weekly: null, closures: [] }

/** Hours as a mirror holds them that took a whole feed, and then changes. */
class Held {
  readonly rows = new Map<number, { clock: number; body: object }>()
  /** What a whole feed says now. */
  whole = new Map<number, { clock: number; body: object | null }>()
  head: number | null = null
  private readonly load: typeof loadForKiosks

  constructor(load: typeof loadForKiosks) {
    this.load = load
  }

  /** Takes what changed; gives what came. */
  async refresh(): Promise<Record<number, object | null>> {
    const rows = hoursOf(await this.read(this.head))
    for (const { id, clock, body } of rows)
      if (body === null) this.rows.delete(id)
      else this.rows.set(id, { clock, body })
    this.whole = new Map(hoursOf(await this.read(null)).map(({ id, clock, body }) => [id, { clock, body }]))
    return Object.fromEntries(rows.map(({ id, body }) => [id, body]))
  }

  private async read(from: number | null): Promise<WholeFeed> {
    const feed = await this.load(database.pool, tenant.campus.universityId, from)
    if (feed === null) throw new Error('no such university')
    this.head = feed.head
    return feed
  }
}

function hoursOf({ collections }: WholeFeed): { id: number; clock: number; body: object | null }[] {
  return [...collections].flatMap(([{ name }, rows]) => (name === 'hours' ? rows : []))
}

async function setHours(...named: [string, OpeningHours][]): Promise<void> {
  const wanted = named.map(([path, hours]): SpaceSpec => ({ path: path.split('/'), at: path, hours }))
  const options = { prune: false, source: 'test.csv', actor: 'test' }
  const done = await commitSpaceTree(database.pool, tenant.campus.universityId, wanted, options)
  if (!done.ok) throw new Error(JSON.stringify(done.refusal))
}

test('[HRS-1] [HRS-2] [SYN-31] hours are rows of those who have any: made, changed, taken away, and gone with what nobody sees', async () => {
  const { campus, chief } = tenant
  const [floor, room] = [campus.floors[0], campus.rooms[0]]
  const kiosks = new Held(loadForKiosks)
  const pages = new Held(loadForPages)
  const both = async (): Promise<Record<number, object | null>[]> => {
    const came = [await kiosks.refresh(), await pages.refresh()]
    for (const { rows, whole } of [kiosks, pages]) expect(rows).toEqual(whole)
    return came
  }
  expect(await both()).toEqual([{}, {}])
  await setHours(['Floor 1', WEEK], ['Floor 1/Room 11', { ...NONE, closures: WEEK.closures }])
  const set = { [floor]: WEEK, [room]: { ...NONE, closures: WEEK.closures } }
  expect(await both()).toEqual([set, set])
  await calls.report(chief, campus.rooms[1], 2)
  expect(await both()).toEqual([{}, {}])
  await setHours(['Floor 1/Room 11', NONE])
  expect(await both()).toEqual([{ [room]: null }, { [room]: null }])
  await calls.letOn(chief, floor, false)
  const [onKiosks, onPages] = await both()
  // Off kiosks it is gone from kiosks, and people see it.
  expect([onKiosks?.[floor], onPages?.[floor]]).toEqual([null, WEEK])
  await calls.letOn(chief, floor)
  expect((await both()).map((rows) => rows[floor])).toEqual([WEEK, WEEK])
  await calls.remove(chief, await calls.see(chief, floor), true)
  expect((await both()).map((rows) => rows[floor])).toEqual([null, null])
  await calls.restore(chief, floor)
  expect((await both()).map((rows) => rows[floor])).toEqual([WEEK, WEEK])
  expect([...kiosks.rows.keys()]).toEqual([floor])
})

test('[SYN-31] that a space has no hours is told of those alone that had some', async () => {
  const { campus, chief } = tenant
  const [had, never] = [campus.rooms[0], campus.rooms[1]]
  const pages = new Held(loadForPages)
  await pages.refresh()
  await calls.letOn(chief, never, false)
  expect(await pages.refresh()).toEqual({})
  await calls.letOn(chief, had, false)
  expect(await pages.refresh()).toEqual({ [had]: null })
  await setHours(['Floor 1/Room 12', WEEK])
  expect(await pages.refresh()).toEqual({ [never]: WEEK })
  await setHours(['Floor 1/Room 12', NONE])
  expect(await pages.refresh()).toEqual({ [never]: null })
})

test('[SYN-31] every body that travels is of the form that its collection names', async () => {
  await setHours(['Floor 2', WEEK], ['Floor 2/Room 21', { weekly: [], closures: [] }])
  await calls.call(tenant.chief, 'POST /notices', { body: { to: 'all', text: 'Open longer' } })
  for (const [audience, load] of [
    ['kiosks', loadForKiosks],
    ['pages', loadForPages],
  ] as const) {
    const feed = await load(database.pool, tenant.campus.universityId, null)
    for (const [seen, rows] of feed?.collections ?? []) {
      const schema = seen.of[audience]?.schema
      expect(rows.length).toBeGreaterThan(0)
      for (const { body } of rows) expect(schema && makeCheck(schema)(body).ok).toBe(true)
    }
  }
  expect(COLLECTIONS.map(({ name }) => name)).toEqual(['hours', 'inbox'])
})
