import type { QueryConfig } from 'pg'
import { parse } from 'csv-parse/sync'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { appendChange, type Change } from '../platform/postgres/append-change.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { insertTestSpace, insertTestUniversity } from '../testing/testing-rows.ts'
import { insertTestKiosk } from '../testing/testing-kiosk.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'

let database: TestDatabase
let app: FastifyInstance
let universityId: number
let reader: TestPerson
const made = { next: 0 }

beforeAll(async () => {
  database = await makeTestDatabase('changes')
  app = await makeTestApp(database.pool)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  made.next += 1
  universityId = await insertTestUniversity(database.pool, `C${made.next}`)
  reader = await makeTestPerson(database.pool, universityId, { displayname: '=Reader' })
  await joinTestGroup(database.pool, reader, 'super')
})

async function makeNamed() {
  const campusSpace = await insertTestSpace(database.pool, {
    universityId,
    parentId: null,
    name: 'Quiet Room',
  })
  const kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: campusSpace })
  await database.pool.query("update kiosks set name = 'Main Lobby' where id = $1", [kiosk.id])
  const ana = await makeTestPerson(database.pool, universityId, { displayname: 'Ana Kovač' })
  return { campusSpace, kiosk, ana }
}

const append = (change: Partial<Change>): Promise<void> =>
  appendChange(database.pool, {
    universityId,
    actor: 'cli',
    service: 'spaces',
    subject: 'import',
    log: {},
    ...change,
  })

type Query = Record<string, string | number>
const read = (search: Query = {}, as = reader): Promise<TestAnswer> =>
  callRoute(app, 'GET /changes', { query: search, as })
const table = (search: Query = {}, as = reader): Promise<TestAnswer> =>
  callRoute(app, 'GET /changes.csv', { query: search, as })

async function rowsOf(search: Query = {}): Promise<ChangeRow[]> {
  const answer = await read(search)
  expect(answer.status).toBe(200)
  return (answer.body as { changes: ChangeRow[] }).changes
}

const cellsOf = ({ body }: TestAnswer): string[][] =>
  parse(String(body), { bom: true, record_delimiter: '\r\n' })

describe('[AUD-3] the log', () => {
  test('is read by the super group of the university, and by nobody else', async () => {
    await append({ log: { secret: 'ours' } })
    const student = await makeTestPerson(database.pool, universityId)
    const foreigner = await makeTestPerson(database.pool, await insertTestUniversity(database.pool, 'Else'))
    await joinTestGroup(database.pool, foreigner, 'super', 'admin')
    const keeper = await makeTestPerson(database.pool, null)
    for (const who of [student, keeper])
      for (const ask of [read, table])
        expect(await ask({}, who)).toMatchObject({ status: 403, body: { error: 'notAllowed' } })
    for (const ask of [read, table])
      expect(JSON.stringify((await ask({}, foreigner)).body)).not.toContain('ours')
    expect(JSON.stringify(await rowsOf())).toContain('ours')
  })

  test('names who acted while they are there, and nobody of elsewhere', async () => {
    const keeper = await makeTestPerson(database.pool, null, { displayname: 'Keeper' })
    await append({ actor: `user ${keeper.userId}`, userId: keeper.userId })
    await append({ actor: `user ${reader.userId}`, userId: reader.userId, address: '192.0.2.7' })
    expect(await rowsOf()).toMatchObject([
      { actor: `user ${reader.userId}`, actorName: '=Reader', address: '192.0.2.7' },
      { actor: `user ${keeper.userId}`, actorName: null, address: null },
    ])
  })

  test('is paged by id, newest first, also while it grows', async () => {
    for (let index = 0; index < 7; index += 1) await append({ log: { index } })
    const seen: unknown[] = []
    let before: number | null = null
    let pages = 0
    do {
      const search: Query = { limit: 3, service: 'spaces', ...(before === null ? {} : { before }) }
      const { changes, next } = (await read(search)).body as { changes: ChangeRow[]; next: number | null }
      seen.push(...changes.map(({ log }) => log['index']))
      before = next
      pages += 1
      await append({ log: { index: 'later' } })
    } while (before !== null)
    expect([seen, pages]).toEqual([[6, 5, 4, 3, 2, 1, 0], 3])
  })

  test('is filtered by service, subject, person and time', async () => {
    await append({ service: 'groups', subject: 'member add', userId: reader.userId })
    await append({ service: 'kiosks', subject: 'enrol' })
    const [enrolled, added] = await rowsOf()
    const ids = async (search: Query): Promise<number[]> => (await rowsOf(search)).map(({ id }) => id)
    expect(await ids({ service: 'kiosks' })).toEqual([enrolled?.id])
    expect(await ids({ subject: 'member add' })).toEqual([added?.id])
    expect(await ids({ userId: reader.userId, service: 'groups' })).toEqual([added?.id])
    const atMs = Math.ceil(enrolled?.atMs ?? 0) + 1
    expect(await ids({ toMs: atMs, service: 'kiosks' })).toEqual([enrolled?.id])
    expect(await ids({ fromMs: atMs, service: 'kiosks' })).toEqual([])
    expect(await ids({ fromMs: 8_640_000_000_000_000 })).toEqual([])
  })

  test('[AUD-10] finds parts of names whatever their case: of people, spaces and kiosks, as they are and as they were', async () => {
    const { campusSpace, kiosk, ana } = await makeNamed()
    await append({ actor: `user ${ana.userId}`, userId: ana.userId, subject: 'export', service: 'accounts' })
    await append({
      service: 'groups',
      subject: 'member add',
      log: { userId: ana.userId, after: { permission: 'member' } },
    })
    await append({
      subject: 'edit',
      log: { spaceId: campusSpace, before: { name: 'Old 50%_Hall' }, after: { name: 'Quiet Room' } },
    })
    await append({ service: 'kiosks', subject: 'silence', log: { kioskId: kiosk.id, name: 'Before' } })
    await append({ actor: `kiosk ${kiosk.id}`, service: 'sync', subject: 'forked' })
    const found = async (search: Query): Promise<string[]> =>
      (await rowsOf(search)).map(({ subject }) => subject)
    expect(await found({ person: 'KOVAČ' })).toEqual(['member add', 'export'])
    expect(await found({ person: `ser ${ana.userId}` })).toEqual(['export'])
    for (const part of ['quiet r', 'OLD 50%_', '50%_hall'])
      expect(await found({ space: part }), part).toEqual(['edit'])
    expect(await found({ kiosk: 'lobby' })).toEqual(['forked', 'silence'])
    expect(await found({ kiosk: 'BEFORE' })).toEqual(['silence'])
    expect(await found({ person: 'kovač', space: 'quiet' })).toEqual([])
    // Letters that mean something to LIKE, to regular expressions, to JSON or to SQL mean themselves.
    for (const part of ['%', '_', '\\', "' or 1=1 --", '"', '.*', 'Old 50__', '50%%Hall'])
      for (const key of ['person', 'space', 'kiosk'])
        if (key !== 'space' || !['%', '_'].includes(part))
          expect(await found({ [key]: part }), `${key} ${part}`).toEqual([])
    const named = await rowsOf({ kiosk: 'lobby' })
    expect(named.map(({ names }) => names)).toEqual([
      { [`kiosk ${kiosk.id}`]: 'Main Lobby' },
      { [`kiosk ${kiosk.id}`]: 'Main Lobby' },
    ])
    expect((await rowsOf({ space: 'quiet' }))[0]?.names).toEqual({ [`space ${campusSpace}`]: 'Quiet Room' })
  })

  test('[AUD-10] finds a space by its path too, each step in the one before', async () => {
    const insert = (name: string, parentId: number | null): Promise<number> =>
      insertTestSpace(database.pool, { universityId, parentId, name })
    const root = await insert('Library', null)
    const [first, second] = [await insert('Floor 1', root), await insert('Floor 2', root)]
    const ids = [await insert('Room 1', first), await insert('Room 1', second), await insert('A/B', first)]
    for (const spaceId of ids) await append({ subject: 'edit', log: { spaceId } })
    const found = async (space: string): Promise<unknown[]> =>
      (await rowsOf({ space, subject: 'edit' })).map(({ log }) => ids.indexOf(Number(log['spaceId'])))
    expect(await found('Floor 1/Room 1')).toEqual([0])
    expect(await found('/library / FLOOR 2/room')).toEqual([1])
    expect(await found('Library/Room 1')).toEqual([])
    expect(await found('A/B')).toEqual([2])
    expect(await found('Room 1')).toEqual([1, 0])
    expect(await found('/')).toEqual([2])
  })

  test('[AUD-10] a part of a name is looked for in names alone, and a number is that of a space or a kiosk', async () => {
    const { campusSpace, kiosk } = await makeNamed()
    await append({
      subject: 'edit',
      log: {
        spaceId: campusSpace,
        before: { name: 'Hall', kind: 'room', parentId: null, texts: { sl: { name: 'Dvorana' } } },
        after: { name: 'Aula', kind: 'floor', onKiosks: true, texts: { sl: { name: 'Avla', note: 'tiho' } } },
      },
    })
    const deleted = [
      { id: 987_654, name: 'Gone "Wing"' },
      { id: 987_655, name: 'Gone Room' },
    ]
    const strandedKiosks = [{ id: 876_543, name: 'Wing Door' }]
    await append({ subject: 'delete', log: { spaceId: 987_654, deleted, strandedKiosks } })
    await append({ service: 'kiosks', subject: 'rename', log: { kioskId: kiosk.id, from: 'Old', to: 'New' } })
    await append({
      service: 'kiosks',
      subject: 'enrol',
      log: { kioskId: kiosk.id + 1, name: 'Gate', role: 'door', spaceId: campusSpace },
    })
    const found = async (search: Query): Promise<string[]> =>
      (await rowsOf(search)).map(({ subject }) => subject)
    for (const part of [
      'spaceId',
      'parentId',
      'kind',
      'floor',
      'onKiosks',
      'texts',
      'tiho',
      'note',
      'true',
      'sl',
      'door',
    ])
      expect(await found({ space: part }), part).toEqual([])
    for (const part of ['hall', 'aul', 'DVORANA', 'avla', 'quiet'])
      expect(await found({ space: part }), part).toContain('edit')
    for (const part of ['gone "wing"', 'gone room', '987654', ' 0987654 '])
      expect(await found({ space: part }), part).toEqual(['delete'])
    expect(await found({ space: String(campusSpace) })).toEqual(['enrol', 'edit'])
    for (const part of ['kioskId', 'role', 'door"', 'from', 'spaceId', '87654'])
      expect(await found({ kiosk: part }), part).toEqual([])
    expect(await found({ kiosk: 'wing door' })).toEqual(['delete'])
    expect(await found({ kiosk: '876543' })).toEqual(['delete'])
    for (const part of ['old', 'new', 'lobby', String(kiosk.id)])
      expect(await found({ kiosk: part }), part).toEqual(['rename'])
  })

  test('[AUD-10] names nothing and nobody of elsewhere, and finds nothing by their names', async () => {
    const { campusSpace, kiosk, ana } = await makeNamed()
    const foreign = await insertTestUniversity(database.pool, 'Foreign')
    const stranger = await makeTestPerson(database.pool, foreign)
    await joinTestGroup(database.pool, stranger, 'super')
    const log = { spaceId: campusSpace, kioskId: kiosk.id, userId: ana.userId }
    await appendChange(database.pool, {
      universityId: foreign,
      actor: 'cli',
      service: 'spaces',
      subject: 'edit',
      log,
    })
    for (const search of [{}, { space: 'quiet' }, { kiosk: 'lobby' }, { person: 'kovač' }] as Query[]) {
      const { changes } = (await read(search, stranger)).body as { changes: ChangeRow[] }
      expect(changes.filter(({ service }) => service === 'spaces')).toHaveLength(
        Object.keys(search).length === 0 ? 1 : 0,
      )
      for (const { names } of changes) expect(names).toEqual({})
    }
  })

  test('[AUD-10] looked for by a name, a page ends after 100,000 acts, and says where the search goes on', async () => {
    await append({ subject: 'edit', log: { name: 'Needle' } })
    await database.pool.query(
      `insert into change_logs (university_id, actor, service, subject)
       select $1, 'hub', 'spaces', 'ok' from generate_series(1, 100005)`,
      [universityId],
    )
    const first = (await read({ space: 'needle' })).body as { changes: ChangeRow[]; next: number | null }
    expect(first.changes).toEqual([])
    expect(first.next).not.toBeNull()
    const second = (await read({ space: 'needle', before: first.next ?? 0 })).body as typeof first
    expect([second.changes.map(({ subject }) => subject), second.next]).toEqual([['edit'], null])
  }, 60_000)

  test.each([
    [{ person: 'x'.repeat(10_000) }, '/person'],
    [{ space: '' }, '/space'],
    [{ kiosk: 'a\u0000b' }, '/kiosk'],
    [{ limit: 201 }, '/limit'],
    [{ before: 0 }, '/before'],
    [{ fromMs: 9_007_199_254_740_991 }, '/fromMs'],
    [{ service: "x' or 1=1" }, '/service'],
    [{ service: '\u0000' }, '/service'],
    [{ university: 1 }, '/university'],
  ])('is not asked for %j', async (search, at) => {
    expect(await read(search)).toMatchObject({ status: 400, body: { error: 'malformed', at } })
  })

  test('says who read and who exported it, and what they looked for', async () => {
    await read({ service: 'kiosks' })
    await table({ subject: 'enrol' })
    const by = { actor: `user ${reader.userId}`, actorName: '=Reader', address: '127.0.0.1', service: 'log' }
    expect(await rowsOf()).toMatchObject([
      { ...by, subject: 'export', log: { subject: 'enrol' } },
      { ...by, subject: 'read', log: { service: 'kiosks', count: 0 } },
    ])
    // Somebody may be looked for by an address, which is not kept.
    await read({ person: 'ana@uni.example' })
    expect((await rowsOf())[0]).toMatchObject({ subject: 'read', log: { person: 'an address', count: 0 } })
  })
})

describe('[AUD-3] looking at the log', () => {
  test('is written down once an hour for the same search of the same person, pages and all', async () => {
    const readings = async (): Promise<unknown[]> => {
      const { rows } = await database.pool.query(
        `select log from change_logs where university_id = $1 and subject = 'read' order by id`,
        [universityId],
      )
      return rows.map(({ log }: { log: object }) => log)
    }
    for (const search of [{}, { limit: 3 }, { before: 9_000_000, language: 'sl' }, {}]) await read(search)
    expect(await readings()).toEqual([{ count: 0 }])
    for (const search of [{ person: 'ana' }, { service: 'log' }, { person: 'ana' }]) await read(search)
    expect(await readings()).toMatchObject([{}, { person: 'ana' }, { service: 'log' }])
    const other = await makeTestPerson(database.pool, universityId)
    await joinTestGroup(database.pool, other, 'super')
    await read({}, other)
    expect(await readings()).toHaveLength(4)
  })
})

describe('[AUD-10] acts that no person did', () => {
  test('are found by what the page calls who did them, and a table says so in words', async () => {
    await append({})
    await append({ actor: 'hub', service: 'sync', subject: 'epoch' })
    await append({ service: 'newthing', subject: 'odd act' })
    const actors = async (person: string, language?: string): Promise<string[]> => {
      const rows = await rowsOf({ person, ...(language === undefined ? {} : { language }) })
      return [...new Set(rows.map(({ actor }) => actor))]
    }
    expect(await actors('command line')).toEqual(['cli'])
    expect(await actors('ukazna', 'sl')).toEqual(['cli'])
    expect(await actors('ukazna')).toEqual([])
    const cells = cellsOf(await table({ language: 'sl', service: 'newthing' }))
    expect(cells[0]?.at(-1)).toBe('what')
    expect(cells[1]?.[3]).toBe('Ukazna vrstica')
    expect(cells[1]?.at(-1)).toBe('newthing: odd act')
    const spaces = cellsOf(await table({ language: 'sl', service: 'spaces' }))
    expect(spaces[1]?.at(-1)).toBe('Uvoženi prostori')
  })
})

describe('[AUD-4] the table', () => {
  test('names the zone and has local times, without a formula in any cell', async () => {
    await append({ actor: '@cli', log: { note: '=1+1', text: 'a "b",\nc' }, userId: reader.userId })
    await append({ service: '-kiosks', subject: '+x' })
    const answer = await table()
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="changes.csv"',
      'cache-control': 'no-store',
    })
    const [header, ...rows] = cellsOf(answer)
    expect(header?.[1]).toBe('time (Europe/Ljubljana)')
    expect(rows.map((row) => row.slice(2))).toEqual([
      [`user ${reader.userId}`, "'=Reader", 'log', 'export', '127.0.0.1', '{}'],
      ['cli', '', "'-kiosks", "'+x", '', '{}'],
      ["'@cli", "'=Reader", 'spaces', 'import', '', expect.stringContaining('a \\"b\\"')],
    ])
    const listed = await rowsOf({ service: 'spaces' })
    expect(rows[2]?.[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00$/)
    expect(Date.parse(rows[2]?.[1] ?? '')).toBe(Math.floor((listed[0]?.atMs ?? 0) / 1000) * 1000)
  })

  test('needs the password, given lately', async () => {
    await database.pool.query("update sessions set confirmed_at = now() - interval '11 minutes'")
    expect(await table()).toMatchObject({ status: 403, body: { error: 'passwordNeeded' } })
    expect(await rowsOf({ subject: 'export' })).toEqual([])
  })

  test('[AUD-7] ends after 100,000 rows, each of them once, and says where the next one goes on', async () => {
    await database.pool.query(
      `insert into change_logs (university_id, actor, service, subject)
       select $1, 'hub', 'many', 'ok' from generate_series(1, 100010)`,
      [universityId],
    )
    const idsOf = ({ body }: TestAnswer): number[] =>
      String(body)
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0]))
    const first = await table({ service: 'many' })
    const ids = idsOf(first)
    expect(ids).toHaveLength(100_000)
    expect(ids[0]).toBe(Math.max(...ids.slice(0, 3)))
    const last = ids.at(-1)
    expect(first.headers['link']).toBe(`</api/v1/changes.csv?service=many&before=${last}>; rel="next"`)
    const second = await table({ service: 'many', before: last ?? 0 })
    ids.push(...idsOf(second))
    expect(second.headers['link']).toBeUndefined()
    expect([ids.length, new Set(ids).size]).toEqual([100_010, 100_010])
  }, 60_000)

  test.each([4, 7, 100])(
    '[AUD-7] of %i rows at most loses none to acts that come while it is being made',
    async (limit) => {
      for (let index = 0; index < 7; index += 1) await append({ service: 'busy', log: { index } })
      const busy = new Proxy(database.pool, {
        get: (pool, key) => {
          if (key !== 'query') return Reflect.get(pool, key) as unknown
          return async (statement: string | QueryConfig, values?: unknown[]) => {
            const answer = await pool.query(statement, values)
            if (typeof statement === 'string' && statement.includes('from change_logs'))
              for (const index of [7, 8]) await append({ service: 'busy', log: { index } })
            return answer
          }
        },
      })
      const meanwhile = await makeTestApp(busy)
      const first = await callRoute(meanwhile, 'GET /changes.csv', {
        as: reader,
        query: { service: 'busy', limit },
      })
      await meanwhile.close()
      const before = /[?&]before=(\d+)>; rel="next"/.exec(String(first.headers['link']))?.[1]
      const rest =
        before === undefined ? [] : cellsOf(await table({ service: 'busy', before: Number(before) })).slice(1)
      const ids = [...cellsOf(first).slice(1), ...rest].map((row) => row[7] ?? '')
      const old = ids.filter((log) => Number(/\d+/.exec(log)?.[0]) < 7)
      expect(old).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => JSON.stringify({ index })))
    },
  )

  test.each([1, 2, 3, 7, 8])('[AUD-7] in tables of %i rows has every act once', async (limit) => {
    for (let index = 0; index < 7; index += 1) await append({ service: 'few', log: { index } })
    const seen: string[] = []
    let before: number | null = null
    do {
      const answer: TestAnswer = await table({
        service: 'few',
        limit,
        ...(before === null ? {} : { before }),
      })
      seen.push(
        ...cellsOf(answer)
          .slice(1)
          .map((row) => row[7] ?? ''),
      )
      const link = /[?&]before=(\d+)>; rel="next"/.exec(String(answer.headers['link']))
      before = link === null ? null : Number(link[1])
      // What comes meanwhile is newer, and moves nothing.
      await append({ service: 'few', log: { index: 'later' } })
    } while (before !== null)
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => JSON.stringify({ index })))
  })
})
