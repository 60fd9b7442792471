import { afterAll, beforeAll, expect, test } from 'vitest'
import { query } from './database.ts'
import { makeTestDatabase, type TestDatabase } from './testing.ts'
import { insertTestSpace, insertTestUniversity } from '../../testing/testing-rows.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await makeTestDatabase('append_only')
  const universityId = await insertTestUniversity(database.pool)
  const spaceId = await insertTestSpace(database.pool, { universityId, name: 'Room' })
  await database.pool.query(
    `insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock, kiosk_id,
       mutation_id, hash, origin_kiosk_id, origin_mutation_id)
     values ($1, $2, 1, now(), now(), 1, 7, 1, 'h', 7, 1)`,
    [universityId, spaceId],
  )
  await database.pool.query(
    `insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, kiosk_id, mutation_id,
       hash, origin_kiosk_id, origin_mutation_id)
     select $1, id, now(), 2, 7, 2, 'h', 7, 2 from occupancy_reports`,
    [universityId],
  )
  await database.pool.query("insert into change_logs (actor, service, subject) values ('hub', 'test', 'ok')")
})
afterAll(() => database.drop())

test.each(['occupancy_reports', 'report_withdrawals', 'change_logs'])(
  '[OCC-2] %s only grows: update, delete and truncate are refused',
  async (table) => {
    const refused = { code: '23001', message: `${table} is append-only` }
    await expect(
      database.pool.query(`update ${table} set university_id = university_id`),
    ).rejects.toMatchObject(refused)
    await expect(database.pool.query(`delete from ${table}`)).rejects.toMatchObject(refused)
    await expect(database.pool.query(`truncate ${table} cascade`)).rejects.toMatchObject({ code: '23001' })
    expect(await query(database.pool, `select 1 from ${table}`)).toHaveLength(1)
  },
)

test('[SYN-2] one tap is one row, whoever carries it', async () => {
  const again = database.pool.query(
    `insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock, kiosk_id,
       mutation_id, hash, origin_kiosk_id, origin_mutation_id)
     select university_id, space_id, level, now(), now(), 3, 8, 1, hash, origin_kiosk_id, origin_mutation_id
       from occupancy_reports limit 1`,
  )
  await expect(again).rejects.toMatchObject({ code: '23505' })
})
