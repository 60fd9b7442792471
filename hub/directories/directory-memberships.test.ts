import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { query, transaction } from '../platform/postgres/database.ts'
import { upsertDirectoryAccount } from '../accounts/directory-user-rows.ts'
import { syncDirectoryGroups } from './directory-memberships.ts'
import { insertGroup } from '../groups/group-rows.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'

let database: TestDatabase
let universityId = 0
let otherId = 0
let superId = 0
let person: TestPerson

beforeAll(async () => {
  database = await makeTestDatabase('directory_groups')
  universityId = await insertTestUniversity(database.pool, 'Test')
  otherId = await insertTestUniversity(database.pool, 'Other')
  superId = await idOf('cspace')
  await group('faculty', 100)
  await group('lab208', 208)
  await group('readers', null)
  await group('faculty', 100, otherId)
})
afterAll(() => database.drop())
beforeEach(async () => {
  await query(database.pool, 'delete from user_group')
  await query(database.pool, 'update groups set gid_number = null where is_super')
  person = await makeTestPerson(database.pool, universityId)
})

function group(name: string, gidNumber: number | null, ofUniversity = universityId): Promise<number | null> {
  return insertGroup(database.pool, ofUniversity, { name, description: null, gidNumber })
}

async function match(...gidNumbers: number[]): Promise<void> {
  const user = { userId: person.userId, universityId }
  await transaction(database.pool, 'read committed', (client) =>
    syncDirectoryGroups(client, user, { gidNumbers, areGroupsWhole: true }),
  )
}

async function memberships(): Promise<string[]> {
  const rows = await query<{ line: string }>(
    database.pool,
    `select concat_ws(' ', g.name, m.permissions, case when m.is_from_directory then 'directory' end) as line
     from user_group m join groups g on g.id = m.group_id where m.user_id = $1 order by 1`,
    [person.userId],
  )
  return rows.map(({ line }) => line)
}

async function idOf(name: string): Promise<number> {
  const sql = 'select id from groups where university_id = $1 and name = $2'
  return (await query<{ id: number }>(database.pool, sql, [universityId, name]))[0]?.id ?? 0
}

test('[DIR-7] groups of the directory come and go, by their number', async () => {
  await match(100, 208, 999)
  expect(await memberships()).toEqual(['faculty member directory', 'lab208 member directory'])
  await match(100, 208, 999)
  expect(await memberships()).toEqual(['faculty member directory', 'lab208 member directory'])
  await match(208)
  expect(await memberships()).toEqual(['lab208 member directory'])
  await match()
  expect(await memberships()).toEqual([])
  const log = await query(
    database.pool,
    `select actor, subject, log - 'after' - 'before' as log from change_logs where service = 'groups' and (log->>'userId')::bigint = $1 order by id`,
    [person.userId],
  )
  expect(log).toEqual(
    ['member add', 'member add', 'member remove', 'member remove'].map((subject) => ({
      actor: 'directory',
      subject,
      log: { userId: person.userId },
    })),
  )
})

test('[DIR-7] what people made by hand stays, also where the directory says the same', async () => {
  await joinTestGroup(database.pool, person, await idOf('faculty'), 'admin')
  await joinTestGroup(database.pool, person, await idOf('readers'))
  await match(100)
  expect(await memberships()).toEqual(['faculty admin', 'readers member'])
  await match()
  expect(await memberships()).toEqual(['faculty admin', 'readers member'])
})

test('[DIR-7] a group that lost its number loses those whom the directory brought', async () => {
  await match(100)
  await query(database.pool, 'update groups set gid_number = null where id = $1', [await idOf('faculty')])
  await match(100)
  expect(await memberships()).toEqual([])
  await query(database.pool, 'update groups set gid_number = 100 where id = $1', [await idOf('faculty')])
})

test('[DIR-7] nobody comes into the super group, unless it was given a number of the directory', async () => {
  await match(0, 100)
  expect(await memberships()).toEqual(['faculty member directory'])
  await query(database.pool, 'update groups set gid_number = 1 where id = $1', [superId])
  await match(1)
  expect(await memberships()).toEqual(['cspace member directory'])
})

test('[DIR-7] the last administrator of the super group stays, whatever the directory says', async () => {
  await query(database.pool, 'update groups set gid_number = 1 where id = $1', [superId])
  await match(1)
  await query(database.pool, "update user_group set permissions = 'admin' where user_id = $1", [
    person.userId,
  ])
  await match()
  expect(await memberships()).toEqual(['cspace admin directory'])
  const second = await makeTestPerson(database.pool, universityId)
  await joinTestGroup(database.pool, second, 'super', 'admin')
  await match()
  expect(await memberships()).toEqual([])
})

test('[DIR-7] another university has groups of its own', async () => {
  await match(100)
  const rows = await query(
    database.pool,
    'select distinct university_id as id from user_group where user_id = $1',
    [person.userId],
  )
  expect(rows).toEqual([{ id: universityId }])
})

test('[DIR-9] a directory’s person is given no account that has a password, an address, or another person', async () => {
  const entry = { directory: 'test', email: null, emailKey: null, displayname: null }
  const upsert = (username: string, directoryId: string): Promise<{ id: number; isNew: boolean }> =>
    upsertDirectoryAccount(database.pool, universityId, { ...entry, username, directoryId })
  const withAddress = await makeTestPerson(database.pool, universityId, { username: 'anna' })
  await query(database.pool, 'update users set verified_at = null where id = $1', [withAddress.userId])
  expect(await upsert('Anna', 'id-1')).toMatchObject({ isNew: true })
  const withPassword = await makeTestPerson(database.pool, universityId, { username: 'bert' })
  await query(
    database.pool,
    "update users set email = null, email_key = null, verified_at = null, password_hash = 'x' where id = $1",
    [withPassword.userId],
  )
  expect(await upsert('bert', 'id-2')).toMatchObject({ isNew: true })
  const imported = await query<{ id: number }>(
    database.pool,
    "insert into users (associated_university_id, username) values ($1, 'carl'), ($2, 'carl') returning id",
    [universityId, otherId],
  )
  expect(await upsert('CARL', 'id-3')).toMatchObject({ id: imported[0]?.id, isNew: false })
  // Somebody who has an account already does not get a second one by a change of name.
  await query(database.pool, "insert into users (associated_university_id, username) values ($1, 'dora')", [
    universityId,
  ])
  expect(await upsert('dora', 'id-3')).toMatchObject({ id: imported[0]?.id, isNew: false })
  const waiting = await query(database.pool, "select directory from users where username = 'dora'")
  expect(waiting).toEqual([{ directory: null }])
})

test('[IDN-37] an address that a directory no longer says is taken away, a name or username that it does not say stays', async () => {
  const upsert = (said: {
    username: string
    email: string | null
    displayname: string | null
  }): Promise<unknown> =>
    upsertDirectoryAccount(database.pool, universityId, {
      directory: 'test',
      directoryId: 'id-37',
      ...said,
      emailKey: said.email,
    })
  const stored = (): Promise<object[]> =>
    query(
      database.pool,
      'select username, email, email_key as key, displayname as name from users where directory_id = $1',
      ['id-37'],
    )
  await upsert({ username: 'eva', email: 'eva@test.example', displayname: 'Eva' })
  await upsert({ username: 'eva2', email: null, displayname: null })
  expect(await stored()).toEqual([{ username: 'eva2', email: null, key: null, name: 'Eva' }])
  await upsert({ username: 'eva2', email: 'new@test.example', displayname: 'Eva N.' })
  expect(await stored()).toEqual([
    { username: 'eva2', email: 'new@test.example', key: 'new@test.example', name: 'Eva N.' },
  ])
  // Somebody else has the username by now, in the directory: it is theirs.
  await upsertDirectoryAccount(database.pool, universityId, {
    directory: 'test',
    directoryId: 'id-38',
    username: 'EVA2',
    email: null,
    emailKey: null,
    displayname: null,
  })
  expect(await stored()).toMatchObject([{ username: null }])
})
