import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isRefusedByDatabase, query } from './database.ts'
import { numberList, rowSet, type RowOf } from './row-set.ts'
import { makeEmptyDatabase, type TestDatabase } from './testing.ts'

const COLUMNS = {
  place: 'integer',
  spaceId: 'bigint',
  title: 'text',
  level: 'smallint',
  originHash: 'text',
  afterMs: 'float8',
} as const
const ROWS = rowSet(COLUMNS)
type Row = RowOf<typeof COLUMNS>

let database: TestDatabase
beforeAll(async () => {
  database = await makeEmptyDatabase()
  await database.pool.query(
    `create function list_rows(places integer[], space_ids bigint[], titles text[], levels smallint[], hashes text[], afters float8[])
     returns table (place integer, "spaceId" bigint, title text, level smallint, "originHash" text, "afterMs" float8) language sql
     as 'select * from unnest(places, space_ids, titles, levels, hashes, afters) order by 1'`,
  )
})
afterAll(() => database.drop())

const asTable = async (rows: readonly Row[]): Promise<Row[]> =>
  query(
    database.pool,
    `select w.place, w.space_id as "spaceId", w.title, w.level, w.origin_hash as "originHash", w.after_ms as "afterMs"
     from ${ROWS.table(2, 'w')} where w.place < $1 order by w.place`,
    [1000, ...ROWS.values(rows)],
  )
const asArguments = async (rows: readonly Row[]): Promise<Row[]> =>
  query(database.pool, `select * from list_rows(${ROWS.parameters(1)})`, ROWS.values(rows))

const special = fc.constantFrom(
  ...',"\\{}\n\r\t \'$;',
  '\u{2028}',
  '漢',
  '😀',
  'null',
  'NULL',
  '\\"',
  '"}',
  '{,}',
)
const text = fc
  .oneof(
    fc
      .array(fc.oneof(special, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 8 })
      .map((all) => all.join('')),
    special,
  )
  .map((any) => any.replaceAll('\0', ''))
const rows = fc
  .array(
    fc.record({
      spaceId: fc.option(fc.maxSafeInteger()),
      title: fc.option(text),
      level: fc.option(fc.integer({ min: -32_768, max: 32_767 })),
      originHash: text,
      afterMs: fc.option(fc.double({ noNaN: true }).map((any) => any + 0)),
    }),
    { maxLength: 12 },
  )
  .map((list) => list.map((row, place) => ({ ...row, place })))

test('rows reach PostgreSQL as they are, whatever stands in their texts', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (list) => {
      expect(await asTable(list)).toEqual(list)
      expect(await asArguments(list)).toEqual(list)
    }),
    { numRuns: 300 },
  )
})

test('what a row holds beside its columns is left out', async () => {
  const row = { place: 0, spaceId: 1, title: 't', level: 2, originHash: 'h', afterMs: 0.5 }
  expect(await asTable([{ ...row, other: '"},{' } as Row])).toEqual([row])
})

test('a NUL in a text, and what is no number of its column, is refused as data and not as a broken connection', async () => {
  const row = { place: 0, spaceId: 1, title: 't', level: 2, originHash: 'h', afterMs: 0.5 }
  for (const wrong of [
    { title: 'a\0b' },
    { spaceId: Number.NaN },
    { spaceId: 1e21 },
    { spaceId: 0.5 },
    { level: 32_768 },
    { level: undefined },
    { spaceId: '1},{2' },
  ]) {
    const error = await asTable([{ ...row, ...wrong } as unknown as Row]).then(
      String,
      (found: unknown) => found,
    )
    expect([wrong, isRefusedByDatabase(error)]).toEqual([wrong, true])
  }
})

test('a list of numbers is one parameter', async () => {
  const found = await query(
    database.pool,
    'select n from generate_series(1::bigint, 5) n where n = any($1) and n <> all($2::bigint[])',
    [numberList([4, 2, 9]), numberList([])],
  )
  expect(found).toEqual([{ n: 2 }, { n: 4 }])
})
