import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openPool, query, transaction } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { commitPushes } from '../testing/testing-commits.ts'
import type { Push } from '../platform/writer/batch.ts'
import { loadOccupancy, makeTestCampus, type TestCampus } from '../testing/testing-campus.ts'
import { insertTestKiosk, type TestKiosk } from '../testing/testing-kiosk.ts'

const NOW = 1_800_000_000_000

let database: TestDatabase
let campus: TestCampus
let kiosk: TestKiosk

beforeAll(async () => {
  database = await makeTestDatabase('exactly_once')
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  kiosk = await insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId: campus.root })
})

function pushOf(one: TestKiosk, mutations: Push['mutations'], session = 0): Push {
  return { kioskId: one.id, session, mutations, waitedMs: 0 }
}

function commit(pushes: readonly Push[], nowMs = NOW, pool = database.pool) {
  return commitPushes(pool, campus.universityId, pushes, nowMs)
}

async function countReports(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.pool,
    'select count(*) from occupancy_reports where university_id = $1',
    [campus.universityId],
  )
  return row?.count ?? 0
}

test('[SYN-2] a push that comes again counts once and is acknowledged again, without a step of the clock', async () => {
  const mutations = [kiosk.report(campus.rooms[0], 1), kiosk.report(campus.rooms[1], 2)]
  const first = await commit([pushOf(kiosk, mutations)])
  const again = await commit([pushOf(kiosk, mutations)])
  expect(first).toMatchObject({ clock: 2, isStep: true, answers: [{ verdict: 'done', lastMutationId: 2 }] })
  expect(again).toMatchObject({ clock: 2, isStep: false, answers: [{ verdict: 'done', lastMutationId: 2 }] })
  expect(await countReports()).toBe(2)
})

test('[SYN-2] a kiosk stops at its first gap, and nothing beyond it is acknowledged', async () => {
  const [one, , three] = [
    kiosk.report(campus.rooms[0], 1),
    kiosk.report(campus.rooms[1], 1),
    kiosk.report(campus.rooms[2], 1),
  ]
  const done = await commit([pushOf(kiosk, [one, three])])
  expect(done.answers).toEqual([{ verdict: 'done', lastMutationId: 1, outcomes: [] }])
  expect(await countReports()).toBe(1)
})

test('[SYN-3] a known id with another hash comes from a clone and changes nothing', async () => {
  await commit([pushOf(kiosk, [kiosk.report(campus.rooms[0], 1)])])
  kiosk.nextId = 1
  const done = await commit([pushOf(kiosk, [kiosk.report(campus.rooms[0], 2)])])
  expect(done).toMatchObject({ isStep: false, answers: [{ verdict: 'forked' }] })
  expect(await loadOccupancy(database.pool, campus.rooms[0])).toMatchObject({ level: 1 })
})

test('[SYN-2] the same push from two hubs at once is applied once: the second reads after it has waited', async () => {
  const other = openPool(database.url)
  try {
    for (let round = 0; round < 20; round += 1) {
      const push = pushOf(kiosk, [kiosk.report(campus.rooms[0], 1), kiosk.report(campus.rooms[1], 0)])
      const both = await Promise.all([commit([push]), commit([push], NOW, other)])
      expect(both.filter(({ isStep }) => isStep)).toHaveLength(1)
      expect(both.map(({ answers }) => answers[0]?.lastMutationId)).toEqual([
        kiosk.nextId - 1,
        kiosk.nextId - 1,
      ])
    }
    expect(await countReports()).toBe(40)
  } finally {
    await other.end()
  }
})

test('[SYN-2] what a commit reads after its wait for the lock is what the one before it wrote', async () => {
  const push = pushOf(kiosk, [kiosk.report(campus.rooms[0], 2)])
  let second: ReturnType<typeof commit> | undefined
  await transaction(database.pool, 'read committed', async (client) => {
    await query(client, 'select * from lock_university($1)', [campus.universityId])
    second = commit([push])
    // It now waits for the lock, its transaction has begun.
    for (;;) {
      const [row] = await query<{ count: number }>(
        database.pool,
        "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
      if ((row?.count ?? 0) > 0) break
    }
    await query(client, 'update kiosks set last_mutation_id = 1 where id = $1', [kiosk.id])
    await query(
      client,
      `insert into outcomes (kiosk_id, mutation_id, university_id, hash, origin_kiosk_id, origin_mutation_id, why, clock, created_at)
       values ($1, 1, $2, $3, $1, 1, 'spaceDeleted', 1, now())`,
      [kiosk.id, campus.universityId, push.mutations[0]?.hash],
    )
  })
  const done = await second
  expect(done?.answers).toEqual([
    { verdict: 'done', lastMutationId: 1, outcomes: [{ id: 1, why: 'spaceDeleted' }] },
  ])
  expect(await countReports()).toBe(0)
})

test('[SYN-7] [OCC-8] [OCC-9] [OCC-10] what cannot be done is settled with its reason, kept, and answered again', async () => {
  const foreign = await makeTestCampus(database.pool, 'Other')
  await query(database.pool, 'update spaces set is_deleted = true where id = $1', [campus.rooms[3]])
  const door = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.rooms[0],
  })
  const mutations = [
    kiosk.report(foreign.rooms[0], 1),
    kiosk.report(campus.rooms[3], 1),
    kiosk.report(campus.floors[0], 1),
    kiosk.withdraw(campus.rooms[0], 99),
    kiosk.report(campus.rooms[0], 1, { body: { spaceId: campus.rooms[0], level: 7 } }),
    kiosk.report(campus.rooms[0], 1, { body: 'nothing' }),
    kiosk.report(campus.rooms[0], 1),
  ]
  const outcomes = [
    { id: 1, why: 'unknownSpace' },
    { id: 2, why: 'spaceDeleted' },
    { id: 3, why: 'composite' },
    { id: 4, why: 'unknownReport' },
    { id: 5, why: 'malformed' },
    { id: 6, why: 'malformed' },
  ]
  const elsewhere = pushOf(door, [door.report(campus.rooms[1], 1)])
  const done = await commit([pushOf(kiosk, mutations), elsewhere])
  expect(done.answers).toEqual([
    { verdict: 'done', lastMutationId: 7, outcomes },
    { verdict: 'done', lastMutationId: 1, outcomes: [{ id: 1, why: 'outsideSubtree' }] },
  ])
  expect((await commit([pushOf(kiosk, mutations)])).answers[0]?.outcomes).toEqual(outcomes)
  expect(await countReports()).toBe(1)
})

test('[SYN-13] an unknown kind is not settled, and what came before it is', async () => {
  const mutations = [kiosk.report(campus.rooms[0], 1), { ...kiosk.report(campus.rooms[0], 1), kind: 'dance' }]
  const done = await commit([pushOf(kiosk, mutations)])
  expect(done.answers).toEqual([{ verdict: 'upgrade', lastMutationId: 1, outcomes: [] }])
})

test('[SYN-12] [SYN-28] an older session and a revoked kiosk commit nothing', async () => {
  await query(database.pool, 'update kiosks set session = 3 where id = $1', [kiosk.id])
  const mutations = [kiosk.report(campus.rooms[0], 1)]
  expect((await commit([pushOf(kiosk, mutations, 2)])).answers[0]?.verdict).toBe('superseded')
  await query(database.pool, 'update kiosks set revoked_at = now() where id = $1', [kiosk.id])
  expect((await commit([pushOf(kiosk, mutations, 3)])).answers[0]?.verdict).toBe('revoked')
  expect(await countReports()).toBe(0)
})

test('[OCC-1] [OCC-7] a late offline report is kept but does not overwrite a newer one', async () => {
  const other = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  await commit([pushOf(kiosk, [kiosk.report(campus.rooms[0], 2)])])
  await commit([pushOf(other, [other.report(campus.rooms[0], 0, { ageMs: 3_600_000 })])])
  expect(await loadOccupancy(database.pool, campus.rooms[0])).toEqual({
    level: 2,
    mean: 2_000_000,
    reportedAt: new Date(NOW),
  })
  await commit([pushOf(other, [other.report(campus.rooms[1], 1, { ageMs: null, contactMs: NOW - 5000 })])])
  expect(await loadOccupancy(database.pool, campus.rooms[1])).toMatchObject({
    reportedAt: new Date(NOW - 5000),
  })
  expect(await countReports()).toBe(3)
})

test('[OCC-7] a later tap of one kiosk wins over its earlier one, however slow the earlier one was on its way', async () => {
  const [room] = campus.rooms
  await commit([pushOf(kiosk, [kiosk.report(room, 2)])])
  await commit([pushOf(kiosk, [kiosk.report(room, 0, { ageMs: 180 })])], NOW + 30)
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: 0, reportedAt: new Date(NOW) })
  await commit(
    [pushOf(kiosk, [kiosk.report(room, 1, { ageMs: 5 }), kiosk.report(room, 2, { ageMs: 12 })])],
    NOW + 100,
  )
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: 2, reportedAt: new Date(NOW + 95) })
})

test('[OCC-2] an undo restores the newest remaining report with its own age, in the batch and across batches', async () => {
  const [room] = campus.rooms
  await commit([pushOf(kiosk, [kiosk.report(room, 0), kiosk.report(room, 1)])], NOW - 60_000)
  await commit([pushOf(kiosk, [kiosk.report(room, 2), kiosk.withdraw(room, 3)])])
  expect(await loadOccupancy(database.pool, room)).toEqual({
    level: 1,
    mean: 1_000_000,
    reportedAt: new Date(NOW - 60_000),
  })
  await commit([pushOf(kiosk, [kiosk.withdraw(room, 2)])])
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: 0 })
  const done = await commit([pushOf(kiosk, [kiosk.withdraw(room, 1), kiosk.withdraw(room, 1)])])
  expect(done.answers[0]?.outcomes).toEqual([{ id: 7, why: 'alreadyWithdrawn' }])
  expect(await loadOccupancy(database.pool, room)).toEqual({ level: null, mean: null, reportedAt: null })
  expect(await loadOccupancy(database.pool, campus.root)).toEqual({
    level: null,
    mean: null,
    reportedAt: null,
  })
  expect(await countReports()).toBe(3)
})

test('[OCC-2] an undo of an older report leaves the newest as it is', async () => {
  const [room] = campus.rooms
  await commit([pushOf(kiosk, [kiosk.report(room, 2)])], NOW - 1000)
  await commit([pushOf(kiosk, [kiosk.report(room, 1)])])
  const done = await commit([pushOf(kiosk, [kiosk.withdraw(room, 1)])])
  expect(done.leaves).toEqual([])
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: 1 })
})

test('[OCC-9] [OCC-11] an undo finds no report from before the space was a composite', async () => {
  const [room] = campus.rooms
  await commit([pushOf(kiosk, [kiosk.report(room, 2)])])
  await query(
    database.pool,
    'update spaces set counts_after_clock = 2, occupancy = null, occupancy_mean = null where id = $1',
    [room],
  )
  await commit([pushOf(kiosk, [kiosk.report(room, 1)])])
  await commit([pushOf(kiosk, [kiosk.withdraw(room, 2)])])
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: null })
})

test('[SYN-12] a tap carried over by a forked identity counts once, whichever of the two comes first', async () => {
  const [room] = campus.rooms
  const tap = kiosk.report(room, 1)
  const second = kiosk.report(room, 2)
  await commit([pushOf(kiosk, [tap])])
  const fork = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  await query(database.pool, 'update kiosks set forked_from_id = $2 where id = $1', [fork.id, kiosk.id])
  await query(database.pool, 'update kiosks set has_fork = true where id = $1', [kiosk.id])
  const carry = (one: typeof tap) => {
    const origin = { kioskId: kiosk.id, id: one.id, hash: one.hash }
    const id = fork.nextId
    fork.nextId += 1
    return { ...one, id, origin }
  }
  const carried = [carry(tap), carry(second)]
  const done = await commit([pushOf(fork, carried)])
  expect(done.answers[0]).toMatchObject({ verdict: 'done', lastMutationId: 2, outcomes: [] })
  expect(await countReports()).toBe(2)
  // The clone's brother still has the second tap, too.
  await commit([pushOf(kiosk, [second])])
  expect(await countReports()).toBe(2)
  expect((await commit([pushOf(fork, carried)])).answers[0]).toMatchObject({
    verdict: 'done',
    lastMutationId: 2,
  })
  // Its undo may name the tap by origin, or by the number under which it was carried.
  const byOrigin = fork.withdraw(room, 2, { origin: { kioskId: kiosk.id, id: 3, hash: 'x'.repeat(22) } })
  const byNumber = fork.withdraw(room, 1)
  expect((await commit([pushOf(fork, [byOrigin, byNumber])])).answers[0]?.outcomes).toEqual([])
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: null })
})

test('[SYN-11] [SYN-12] a committed push confirms the ticket of its session, so that a clone with the one before is known', async () => {
  await query(
    database.pool,
    "update kiosks set ticket_epoch = 'e', ticket_issued = 'new', ticket_confirmed = 'old' where id = $1",
    [kiosk.id],
  )
  await commit([pushOf(kiosk, [kiosk.report(campus.rooms[0], 1)])])
  const rows = await query<{ confirmed: string }>(
    database.pool,
    'select ticket_confirmed as confirmed from kiosks where id = $1',
    [kiosk.id],
  )
  expect(rows).toEqual([{ confirmed: 'new' }])
})

test('[SYN-12] a tap that was refused stays refused when a forked identity brings it again', async () => {
  const [room] = campus.rooms
  const tap = kiosk.report(room, 1)
  await query(database.pool, 'update spaces set is_deleted = true where id = $1', [room])
  expect((await commit([pushOf(kiosk, [tap])])).answers[0]?.outcomes).toEqual([
    { id: 1, why: 'spaceDeleted' },
  ])
  const fork = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  await query(database.pool, 'update kiosks set forked_from_id = $2 where id = $1', [fork.id, kiosk.id])
  await query(database.pool, 'update kiosks set has_fork = true where id = $1', [kiosk.id])
  await query(database.pool, 'update spaces set is_deleted = false where id = $1', [room])
  await query(database.pool, 'update universities set facts_clock = facts_clock + 1')
  const carried = { ...tap, origin: { kioskId: kiosk.id, id: 1, hash: tap.hash } }
  expect((await commit([pushOf(fork, [carried])])).answers[0]?.outcomes).toEqual([
    { id: 1, why: 'spaceDeleted' },
  ])
  expect(await countReports()).toBe(0)
})

test('[SYN-12] a stranger cannot use up another kiosk’s numbers', async () => {
  const stranger = await insertTestKiosk(database.pool, {
    universityId: campus.universityId,
    spaceId: campus.root,
  })
  const tap = kiosk.report(campus.rooms[0], 1)
  const stolen = {
    ...stranger.report(campus.rooms[0], 1),
    origin: { kioskId: kiosk.id, id: 1, hash: tap.hash },
  }
  await commit([pushOf(stranger, [stolen])])
  await commit([pushOf(kiosk, [tap])])
  expect(await countReports()).toBe(2)
})
