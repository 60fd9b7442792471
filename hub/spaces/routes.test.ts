import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { MAX_TREE_DEPTH } from '#shared/domain/space.ts'
import { query } from '../platform/postgres/database.ts'
import { loadForKiosks } from '../testing/testing-feeds.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { loadOccupancy } from '../testing/testing-campus.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { makeTestTenant, SpaceCalls, type TestTenant, statuses } from '../testing/testing-spaces.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('spaces')
  app = await makeTestApp(database.pool)
  calls = new SpaceCalls(app)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `S${count}`)
})

/** Ids that kiosks hold. */
async function kiosksHold(): Promise<number[]> {
  const feed = await loadForKiosks(database.pool, tenant.campus.universityId, null)
  return feed?.rows.map(({ id }) => id) ?? []
}

async function heads(): Promise<{ clock: number; facts: number }> {
  const [row] = await query<{ clock: number; facts: number }>(
    database.pool,
    'select clock, facts_clock as facts from universities where id = $1',
    [tenant.campus.universityId],
  )
  return row ?? { clock: 0, facts: 0 }
}

test('[TRE-8] a student’s space is seen by every member at once, and on kiosks only after the super group let it', async () => {
  const { campus, student, other, chief } = tenant
  const made = await calls.make(student, campus.floors[0], '  Window   seat ', {
    location: 'left of the stairs',
    details: { sockets: true, note: ' by the   window ' },
    capacity: 2,
  })
  expect(made.status).toBe(201)
  expect(made.space).toMatchObject({
    version: 1,
    isOnKiosks: false,
    isMine: true,
    isMineToEdit: true,
    isTracked: false,
    level: null,
    facts: {
      name: 'Window seat',
      parentId: campus.floors[0],
      location: 'left of the stairs',
      details: { sockets: true, note: 'by the window' },
      capacity: 2,
    },
  })
  expect(await calls.see(other, made.space.id)).toMatchObject({ isMine: false, isMineToEdit: false })
  expect(await kiosksHold()).not.toContain(made.space.id)
  expect((await calls.letOn(student, made.space.id)).error).toMatchObject({ error: 'notAllowed' })
  expect((await calls.letOn(chief, made.space.id)).space).toMatchObject({ isOnKiosks: true, version: 2 })
  expect(await kiosksHold()).toContain(made.space.id)
  const staffs = await calls.make(chief, campus.floors[0], 'Desk')
  expect(staffs.space).toMatchObject({ isOnKiosks: true, isMineToEdit: true })
})

test('[TRE-8] what its maker changes afterwards is off kiosks until it is let on again; the super group’s changes stay on', async () => {
  const { campus, student, chief } = tenant
  const { space } = await calls.make(student, campus.floors[0], 'Corner')
  const let1 = (await calls.letOn(chief, space.id)).space
  const staffs = (await calls.edit(chief, let1, { name: 'Quiet corner' })).space
  expect(staffs).toMatchObject({ isOnKiosks: true, version: 3 })
  const makers = (await calls.edit(student, staffs, { name: 'Something rude' })).space
  expect(makers).toMatchObject({ isOnKiosks: false, version: 4 })
  expect(await kiosksHold()).not.toContain(space.id)
})

test('[TRE-6] a leaf with none but spaces off kiosks stays a leaf with its own level; let on, the child counts from then with its reports', async () => {
  const { campus, student, chief } = tenant
  const [room] = campus.rooms
  const { space } = await calls.make(student, room, 'Seat 1')
  expect((await calls.report(student, room, 0)).status).toBe(201)
  expect((await calls.report(student, space.id, 2)).status).toBe(201)
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: 0 })
  expect(await loadOccupancy(database.pool, campus.root)).toMatchObject({ level: 0, mean: 0 })
  await calls.letOn(chief, space.id)
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: 2, mean: 2_000_000 })
  expect(await loadOccupancy(database.pool, campus.root)).toMatchObject({ mean: 2_000_000 })
  expect((await calls.report(student, room, 1)).error).toMatchObject({
    error: 'composite',
    spaces: [{ id: space.id, name: 'Seat 1' }],
  })
  // Off again, it is a leaf that starts unreported.
  await calls.letOn(chief, space.id, false)
  expect(await loadOccupancy(database.pool, room)).toMatchObject({ level: null })
  expect(await loadOccupancy(database.pool, campus.root)).toMatchObject({ mean: null })
  expect((await calls.report(student, room, 1)).status).toBe(201)
})

test('[TRE-7] a space off kiosks takes all below it off, and brings back what is let there', async () => {
  const { campus, student, chief } = tenant
  const [floor, otherFloor] = campus.floors
  const nook = (await calls.make(student, floor, 'Nook')).space
  const seat = (await calls.make(chief, nook.id, 'Seat')).space
  expect(seat.isOnKiosks).toBe(true)
  expect(await kiosksHold()).not.toContain(seat.id)
  await calls.report(student, seat.id, 2)
  expect(await loadOccupancy(database.pool, nook.id)).toMatchObject({ level: 2 })
  expect(await loadOccupancy(database.pool, floor)).toMatchObject({ level: null })
  const before = await heads()
  await calls.letOn(chief, nook.id)
  const feed = await loadForKiosks(database.pool, campus.universityId, before.clock)
  expect(feed?.rows.map(({ id }) => id)).toEqual([nook.id, seat.id])
  expect(await loadOccupancy(database.pool, floor)).toMatchObject({ level: 2 })
  const then = await heads()
  await calls.letOn(chief, nook.id, false)
  const gone = await loadForKiosks(database.pool, campus.universityId, then.clock)
  expect(new Set(gone?.gone.map(([id]) => id))).toEqual(new Set([nook.id, seat.id]))
  expect(gone?.levels.map(([id]) => id)).not.toContain(otherFloor)
})

test('[TRE-9] a change names the version that it saw; a stale one is answered with the space as it is now', async () => {
  const { campus, student, chief } = tenant
  const { space } = await calls.make(student, campus.floors[0], 'Table')
  const first = (await calls.edit(student, space, { capacity: 4 })).space
  expect(first).toMatchObject({ version: 2, facts: { capacity: 4 } })
  const head = await heads()
  const stale = await calls.edit(chief, space, { capacity: 8 })
  expect(stale.status).toBe(409)
  expect(stale.error).toMatchObject({ error: 'stale', current: { version: 2, facts: { capacity: 4 } } })
  // Nobody has seen a version that there is not yet.
  const ahead = await calls.edit(chief, { ...space, version: 3 }, { capacity: 8 })
  expect(ahead.error).toMatchObject({ error: 'stale', current: { version: 2, facts: { capacity: 4 } } })
  expect((await calls.remove(student, space)).error).toMatchObject({
    error: 'stale',
    current: { version: 2 },
  })
  // A refusal is no commit: nobody reads the tree again for it.
  expect(await heads()).toEqual(head)
  const hubs = [app, await makeTestApp(database.pool)].map((one) => new SpaceCalls(one))
  const both = await Promise.all(
    hubs.map((hub, index) => hub.edit(student, first, { name: `Name ${index}` })),
  )
  expect(statuses(both)).toEqual([200, 409])
})

test('[TRE-11] a move keeps the tree a tree: no cycle, no other university, not too deep, and the top stays', async () => {
  const { campus, student, chief } = tenant
  const a = (await calls.make(student, campus.root, 'A')).space
  const b = (await calls.make(student, a.id, 'B')).space
  for (const parentId of [a.id, b.id])
    expect((await calls.edit(student, a, { parentId })).error).toMatchObject({
      error: 'valueRefused',
      at: '/parentId',
    })
  const foreign = await makeTestTenant(database.pool, `F${count}`)
  const { campus: elsewhere, student: stranger } = foreign
  expect((await calls.edit(student, b, { parentId: elsewhere.root })).status).toBe(404)
  expect((await calls.make(student, elsewhere.root, 'X')).status).toBe(404)
  for (const answer of [
    await calls.edit(stranger, b, { name: 'X' }),
    await calls.remove(stranger, b),
    await calls.restore(stranger, b.id),
    await calls.letOn(foreign.chief, b.id),
    await calls.report(stranger, b.id, 1),
  ])
    expect(answer).toMatchObject({ status: 404, error: { error: 'notFound' } })
  const root = await calls.see(chief, campus.root)
  expect((await calls.edit(chief, root, { parentId: a.id })).error).toMatchObject({ error: 'valueRefused' })
  expect((await calls.edit(student, root, { name: 'Mine' })).error).toMatchObject({ error: 'notAllowed' })
  expect((await calls.remove(chief, root, true)).error).toMatchObject({ error: 'notAllowed' })
  expect((await calls.letOn(chief, root.id, false)).error).toMatchObject({ error: 'valueRefused' })
  let deepest = b
  for (let depth = 3; depth <= MAX_TREE_DEPTH; depth += 1)
    deepest = (await calls.make(student, deepest.id, `Level ${depth}`)).space
  expect((await calls.make(student, deepest.id, 'Deeper')).error).toMatchObject({
    error: 'valueRefused',
    at: '/parentId',
  })
  expect((await calls.edit(student, a, { parentId: campus.rooms[0] })).error).toMatchObject({
    error: 'valueRefused',
  })
  expect((await calls.edit(student, b, { parentId: campus.root })).space.facts.parentId).toBe(campus.root)
})

test('[TRE-13] [TRE-11] how deep others hid something in a place keeps its maker from no move and no bringing back; too deep, it is not let on', async () => {
  const { campus, student, other, chief } = tenant
  const { space: nook } = await calls.make(student, campus.root, 'Nook')
  let deepest = nook
  for (let depth = 2; depth <= MAX_TREE_DEPTH; depth += 1)
    deepest = (await calls.make(other, deepest.id, `Hidden ${depth}`)).space
  const refused = { status: 422, error: { error: 'valueRefused', at: '/parentId' } }
  // Staff see what stands there, and so why not.
  expect(await calls.edit(chief, nook, { parentId: campus.floors[0] })).toMatchObject(refused)
  const moved = await calls.edit(student, nook, { parentId: campus.floors[0] })
  expect(moved.status).toBe(200)
  expect((await calls.remove(student, moved.space)).status).toBe(200)
  expect((await calls.restore(student, nook.id)).status).toBe(200)
  expect(await calls.letOn(chief, deepest.id)).toMatchObject(refused)
  expect((await calls.letOn(chief, deepest.facts.parentId ?? 0)).status).toBe(200)
})

test('[TRE-11] [TRE-13] what is let on stands no deeper than twelve levels below what others hid either: by a move, brought back, or let on', async () => {
  const { campus, student, other, chief } = tenant
  const refused = { status: 422, error: { error: 'valueRefused', at: '/parentId' } }
  const chain = async (as: TestTenant['student'], from: number, length: number): Promise<number> => {
    let at = from
    for (let step = 1; step <= length; step += 1) at = (await calls.make(as, at, `Step ${step}`)).space.id
    return at
  }
  const box = (await calls.make(other, campus.root, 'Box')).space
  const nook = (await calls.make(student, box.id, 'Nook')).space
  // Staff's own, below what the student hid.
  const staffs = await chain(chief, nook.id, 5)
  const deep = await chain(chief, campus.root, 10)
  expect(await calls.edit(other, box, { parentId: deep })).toMatchObject(refused)
  const above = (await calls.see(chief, deep)).facts.parentId ?? 0
  expect(await calls.edit(other, box, { parentId: above })).toMatchObject(refused)
  const shelf = (await calls.make(chief, campus.root, 'Shelf')).space
  const moved = (await calls.edit(other, box, { parentId: shelf.id })).space
  expect(moved.facts.parentId).toBe(shelf.id)
  expect((await calls.remove(other, moved)).status).toBe(200)
  const sunk = (await calls.edit(chief, shelf, { parentId: above })).space
  expect(await calls.restore(other, box.id)).toMatchObject(refused)
  expect((await calls.edit(chief, sunk, { parentId: campus.root })).status).toBe(200)
  expect((await calls.restore(other, box.id)).status).toBe(200)
  // As it came to stand before moves counted it.
  await query(database.pool, 'update spaces set parent_id = $2 where id = $1', [box.id, deep])
  expect((await calls.letOn(chief, box.id)).error).toMatchObject(refused.error)
  expect((await calls.letOn(chief, nook.id)).error).toMatchObject(refused.error)
  expect((await calls.see(chief, staffs)).isOnKiosks).toBe(true)
})

test('[TRE-3] [TRE-2] [EDG-10] names are compared in normal form, and what no screen should show is refused', async () => {
  const { campus, student } = tenant
  const cafe = (await calls.make(student, campus.root, 'Cafe\u0301')).space
  expect(cafe.facts.name).toBe('Café')
  expect((await calls.make(student, campus.root, ' Café ')).error).toMatchObject({ error: 'nameTaken' })
  for (const name of ['   ', 'a\u202eb', 'a\u0000b', 'a\nb', 'x'.repeat(121)])
    expect((await calls.make(student, campus.root, name)).error).toMatchObject({ error: 'nameRefused' })
  for (const name of ['evil.example/x', 'https://evil', 'ana@uni.example'])
    expect((await calls.make(student, campus.root, name)).error).toMatchObject({ nameFault: 'address' })
  for (const name of ['Room 1.02', 'B.SI', 'P1.17/2'])
    expect((await calls.make(student, campus.root, name)).status).toBe(201)
  for (const [at, more] of [
    ['/location', { location: 'a\u202eb' }],
    ['/details/note', { details: { note: 'a\u0007b' } }],
    ['/details/price', { details: { price: 'a\nb' } }],
    ['/details/equipment', { details: { equipment: ['Screen', 'a\ud800'] } }],
  ] as const)
    expect((await calls.make(student, campus.root, 'Fine', more)).error).toMatchObject({
      error: 'valueRefused',
      at,
    })
  for (const more of [
    { details: { colour: 'red' } },
    { isOnKiosks: true },
    { createdById: 1 },
    { capacity: 0 },
  ])
    expect((await calls.make(student, campus.root, 'Fine', more)).status).toBe(400)
})

test('[AUD-1] changes are written down with who made them and what was before', async () => {
  const { campus, student, chief } = tenant
  const { space } = await calls.make(student, campus.root, 'Nook')
  const edited = (await calls.edit(student, space, { capacity: 3 })).space
  const on = (await calls.letOn(chief, edited.id)).space
  await calls.remove(chief, on)
  await calls.restore(chief, on.id)
  const rows = await query<{ subject: string; userId: number; log: object }>(
    database.pool,
    `select subject, user_id as "userId", log from change_logs where university_id = $1 and service = 'spaces' order by id`,
    [campus.universityId],
  )
  expect(rows.map(({ subject, userId }) => [subject, userId])).toEqual([
    ['create', student.userId],
    ['edit', student.userId],
    ['letOnKiosks', chief.userId],
    ['delete', chief.userId],
    ['restore', chief.userId],
  ])
  expect(rows[1]?.log).toEqual({ spaceId: space.id, before: { capacity: null }, after: { capacity: 3 } })
})

test('[TXT-1] [TXT-4] texts are given with a new space, changed by language and field, and taken away', async () => {
  const { campus, chief, student } = tenant
  const { space } = await calls.make(chief, campus.floors[0], 'Reading corner', {
    details: { equipment: ['Screen', 'Lamp'] },
    texts: { SL: { name: '  Bralni   kotiček ', equipment: ['Zaslon', 'Luč'], note: '' }, 'zh-TW': {} },
  })
  const sl = { name: 'Bralni kotiček', equipment: ['Zaslon', 'Luč'] }
  expect(space.facts).toMatchObject({ name: 'Reading corner', texts: { sl } })
  expect(await calls.see(student, space.id)).toMatchObject({ facts: { texts: { sl } } })
  const more = await calls.edit(chief, space, {
    texts: { sl: { note: 'Tiho' }, 'zh-TW': { location: '窗邊' } },
  })
  expect(more.space).toMatchObject({ version: 2 })
  expect(more.space.facts.texts).toEqual({ sl: { ...sl, note: 'Tiho' }, 'zh-TW': { location: '窗邊' } })
  const less = await calls.edit(chief, more.space, { texts: { sl: { name: null, note: '' }, 'zh-TW': null } })
  expect(less.space.facts.texts).toEqual({ sl: { equipment: sl.equipment } })
  // The same again changes nothing, not even the version.
  const same = await calls.edit(chief, less.space, { texts: { sl: { equipment: sl.equipment }, de: null } })
  expect(same.space.version).toBe(3)
  const none = await calls.edit(chief, less.space, { texts: { sl: null } })
  expect(none.space.facts).not.toHaveProperty('texts')
})

test('[TXT-1] a place is taken with all that may be said of it, in twelve languages at their longest', async () => {
  const { campus, chief, student } = tenant
  const equipment = Array.from({ length: 20 }, () => '椅'.repeat(80))
  const longest = {
    name: '室'.repeat(120),
    location: '樓'.repeat(200),
    equipment,
    price: '元'.repeat(80),
    note: '靜'.repeat(500),
  }
  const tags = Array.from({ length: 12 }, (_, index) => `q${String.fromCodePoint(97 + index)}`)
  const texts = Object.fromEntries(tags.map((tag) => [tag, longest]))
  const { status, space } = await calls.make(chief, campus.floors[0], 'Much said', {
    details: { equipment, price: longest.price, note: longest.note },
    texts,
  })
  expect(status).toBe(201)
  expect((await calls.see(student, space.id)).facts.texts).toEqual(texts)
})

test('[TXT-1] a name in another language is nobody’s identity: it may stand twice, and does not take a main one', async () => {
  const { campus, chief } = tenant
  const texts = { sl: { name: 'Kotiček' } }
  const one = await calls.make(chief, campus.floors[0], 'Corner', { texts })
  const two = await calls.make(chief, campus.floors[0], 'Nook', { texts })
  expect(statuses([one, two, await calls.make(chief, campus.floors[0], 'Kotiček')])).toEqual([201, 201, 201])
})

test('[TXT-3] a list of equipment that does not fit is refused at its field; one that a change leaves behind goes in the same commit', async () => {
  const { campus, chief } = tenant
  const { space } = await calls.make(chief, campus.floors[0], 'Listed', {
    details: { equipment: ['Screen', 'Lamp'] },
    texts: { sl: { equipment: ['Zaslon', 'Luč'] }, 'zh-TW': { equipment: ['螢幕', '燈'] } },
  })
  const short = await calls.edit(chief, space, { texts: { sl: { equipment: ['Zaslon'] } } })
  expect(short.error).toMatchObject({ error: 'valueRefused', at: '/texts/sl/equipment' })
  const given = await calls.edit(chief, space, {
    details: { equipment: ['Screen', 'Lamp', 'Camera'] },
    texts: { sl: { equipment: ['Zaslon', 'Luč', 'Kamera'] } },
  })
  expect(given.space.facts.texts).toEqual({ sl: { equipment: ['Zaslon', 'Luč', 'Kamera'] } })
  const turned = await calls.edit(chief, given.space, { details: { equipment: ['Camera', 'Screen'] } })
  expect(turned.space.facts.texts).toEqual({ sl: { equipment: ['Kamera', 'Zaslon'] } })
  const none = await calls.edit(chief, turned.space, { details: {} })
  expect(none.space.facts).not.toHaveProperty('texts')
})

test.each([
  ['a hidden character in a name', { sl: { name: 'Soba\u202e' } }, 422, 'nameRefused', '/texts/sl/name'],
  ['a link as a name', { sl: { name: 'www.example.org' } }, 422, 'nameRefused', '/texts/sl/name'],
  ['a name that is too long', { sl: { name: 'a'.repeat(121) } }, 422, 'nameRefused', '/texts/sl/name'],
  [
    'a hidden character in a thing',
    { sl: { equipment: ['a', 'b\u202e'] } },
    422,
    'valueRefused',
    '/texts/sl/equipment/1',
  ],
  ['a note that is too long', { sl: { note: 'a'.repeat(501) } }, 422, 'valueRefused', '/texts/sl/note'],
  [
    'a thing that is too long',
    { sl: { equipment: ['a', 'b'.repeat(81)] } },
    422,
    'valueRefused',
    '/texts/sl/equipment/1',
  ],
  ['a strange field', { sl: { title: 'a' } }, 400, 'malformed', '/texts/sl'],
  ['what is no tag', { 'no tag': { name: 'a' } }, 400, 'malformed', '/texts'],
])('[TXT-1] refuses %s', async (_, texts, status, error, at) => {
  const { campus, chief } = tenant
  const answer = await calls.make(chief, campus.floors[0], 'Refused', {
    texts,
    details: { equipment: ['a', 'b'] },
  })
  expect([answer.status, answer.error]).toMatchObject([status, { error, at: expect.stringContaining(at) }])
})

test('[TXT-4] [TRE-8] [TRE-9] a text is a change like any other: of one version, and off kiosks where its maker makes it', async () => {
  const { campus, student, chief } = tenant
  const { space } = await calls.make(student, campus.floors[0], 'Corner')
  const shown = (await calls.letOn(chief, space.id)).space
  const mine = await calls.edit(student, shown, { texts: { sl: { name: 'Kotiček' } } })
  expect(mine.space).toMatchObject({ isOnKiosks: false })
  const late = await calls.edit(chief, shown, { texts: { sl: { name: 'Kot' } } })
  expect(late.error).toMatchObject({
    error: 'stale',
    current: { facts: { texts: { sl: { name: 'Kotiček' } } } },
  })
})

test('[TXT-6] the log of a space names the languages and fields whose texts changed', async () => {
  const { campus, chief } = tenant
  const { space } = await calls.make(chief, campus.floors[0], 'Logged', {
    texts: { sl: { name: 'Zapisano' } },
  })
  await calls.edit(chief, space, { texts: { sl: { note: 'Tiho' }, 'zh-TW': { name: '記錄' } } })
  const changes = await query<{ log: object }>(
    database.pool,
    `select log from change_logs where university_id = $1 and service = 'spaces' order by id`,
    [campus.universityId],
  )
  expect(changes.map(({ log }) => log)).toEqual([
    expect.objectContaining({ after: expect.objectContaining({ texts: { sl: { name: 'Zapisano' } } }) }),
    {
      spaceId: space.id,
      before: { texts: { sl: { note: null }, 'zh-TW': { name: null } } },
      after: { texts: { sl: { note: 'Tiho' }, 'zh-TW': { name: '記錄' } } },
    },
  ])
  const bare = await calls.make(chief, campus.floors[0], 'Bare')
  expect(bare.status).toBe(201)
  const [last] = await query<{ log: { after: object } }>(
    database.pool,
    'select log from change_logs where university_id = $1 order by id desc limit 1',
    [campus.universityId],
  )
  expect(last?.log.after).not.toHaveProperty('texts')
})
