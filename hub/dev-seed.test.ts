import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decideProduction, parseConfig, type HubConfig } from './config.ts'
import { DEVELOPMENT_UNIVERSITY, seedDevelopment } from './dev-seed.ts'
import { startHub, type Hub } from './hub.ts'
import { startSlapd, WITHOUT_SLAPD, type TestSlapd } from './directories/testing-slapd.ts'
import { noLog } from './platform/log.ts'
import { query } from './platform/postgres/database.ts'
import { insertTestUniversity } from './testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from './platform/postgres/testing.ts'

// What the development set-up of the system before had: group cspace with ta217, the default groups, the directory's people.

const DIRECTORY_FILE = fileURLToPath(new URL('../build/dev/ldap/directories.json', import.meta.url))
const GROUPS_FILE = fileURLToPath(new URL('../resources/default-groups.txt', import.meta.url))

describe('the development seed', () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await makeTestDatabase('development_seed')
  })
  afterEach(() => database.drop())

  const count = async (table: string): Promise<number> => {
    const [row] = await query<{ count: number }>(database.pool, `select count(*)::int as count from ${table}`)
    return row?.count ?? -1
  }

  test('[OPS-1] makes the university, cspace with ta217 as administrator, and every default group with its number', async () => {
    expect(await seedDevelopment(database.pool, noLog)).toBe(true)
    const named = readFileSync(GROUPS_FILE, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(',')[0]?.trim() ?? '')
    const groups = await query<{ name: string; gid: number | null; isSuper: boolean }>(
      database.pool,
      'select name, gid_number::int as gid, is_super as "isSuper" from groups order by id',
    )
    expect(groups.map(({ name }) => name).toSorted()).toEqual(named.toSorted())
    expect(groups.filter(({ isSuper }) => isSuper).map(({ name }) => name)).toEqual(['cspace'])
    expect(groups.find(({ name }) => name === 'faculty')?.gid).toBe(100)
    expect(
      await query(
        database.pool,
        `select u.username, g.name, m.permissions, u.password_hash as hash from user_group m
           join users u on u.id = m.user_id join groups g on g.id = m.group_id`,
      ),
    ).toEqual([{ username: 'ta217', name: 'cspace', permissions: 'admin', hash: null }])
    // The directory's file means this very university.
    const file = JSON.parse(readFileSync(DIRECTORY_FILE, 'utf8')) as { directories: { university: string }[] }
    expect(DEVELOPMENT_UNIVERSITY.domains).toEqual(file.directories.map(({ university }) => university))
  })

  test('[OPS-2] two hubs that start at once make it once, and a later start changes nothing', async () => {
    const both = await Promise.all([1, 2].map(() => seedDevelopment(database.pool, noLog)))
    expect(both.filter((isNew) => isNew)).toEqual([true])
    const before = [await count('universities'), await count('groups'), await count('change_logs')]
    expect(before[0]).toBe(1)
    await query(database.pool, "update groups set description = 'kept' where name = 'faculty'")
    expect(await seedDevelopment(database.pool, noLog)).toBe(false)
    expect([await count('universities'), await count('groups'), await count('change_logs')]).toEqual(before)
  })

  test('[OPS-2] a database that holds any university is left as it is', async () => {
    await insertTestUniversity(database.pool, 'Somebody else')
    expect(await seedDevelopment(database.pool, noLog)).toBe(false)
    expect(await count('universities')).toBe(1)
    expect(await count('users')).toBe(0)
  })
})

describe('a hub with CARREL_DEV_SEED', () => {
  let database: TestDatabase
  let slapd: TestSlapd
  const folder = mkdtempSync(join(tmpdir(), 'carrel-dev-seed-'))
  const hubs: Hub[] = []
  beforeAll(async () => {
    database = await makeTestDatabase('development_hub')
    if (WITHOUT_SLAPD === null) slapd = await startSlapd()
  })
  afterEach(async () => {
    for (const hub of hubs.splice(0)) await hub.stop()
  })
  afterAll(async () => {
    if (WITHOUT_SLAPD === null) await slapd.stop()
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  function configOf(more: Record<string, string>): HubConfig {
    const parsed = parseConfig({
      CARREL_HOME: folder,
      DATABASE_URL: database.url,
      CARREL_PORT: '0',
      CARREL_METRICS_PORT: '0',
      CARREL_LOG: 'silent',
      CARREL_SECRET: 'kTz0pQ4wq8m2vYb7sN1xRj6uLh3cFd9e',
      CARREL_DEV_SEED: 'true',
      ...more,
    })
    if (!parsed.ok) throw new Error(parsed.refusal.problems.join('\n'))
    return parsed.value
  }

  test('[OPS-1] lets ta217 in as administrator of cspace, and user1 as member of faculty, by the directory', async (context) => {
    context.skip(WITHOUT_SLAPD !== null, WITHOUT_SLAPD ?? '')
    const password = join(folder, 'password')
    const { service, port } = { ...slapd.settings(), port: slapd.port }
    writeFileSync(password, service.password, { mode: 0o600 })
    const file = join(folder, 'directories.json')
    // The file of the containers, with another place of server and password.
    const text = readFileSync(DIRECTORY_FILE, 'utf8')
      .replace('ldap://directory:1389', `ldap://127.0.0.1:${port}`)
      .replace(/"passwordFile": "[^"]+"/, `"passwordFile": ${JSON.stringify(password)}`)
    writeFileSync(file, text, { mode: 0o600 })
    hubs.push(
      ...(await Promise.all(
        [1, 2].map((one) =>
          startHub(configOf({ LDAP_CONFIG: file, CARREL_HOME: join(folder, `hub${one}`) })),
        ),
      )),
    )
    const groupsOf = async (username: string, secret: string): Promise<unknown> => {
      const url = hubs[0]?.url ?? ''
      const { universities } = (await (await fetch(`${url}/api/v1/universities`)).json()) as {
        universities: { id: number; name: string }[]
      }
      expect(universities.map(({ name }) => name)).toEqual(['Lipnik University'])
      const answer = await fetch(`${url}/api/v1/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password: secret, university: universities[0]?.id }),
      })
      const body = (await answer.json()) as { me?: { groups: { name: string; permission: string }[] } }
      return body.me?.groups.map(({ name, permission }) => `${name} ${permission}`).toSorted() ?? body
    }
    expect(await groupsOf('ta217', 'ta217')).toEqual(['cspace admin', 'faculty member'])
    expect(await groupsOf('user1', 'pw1')).toEqual(['faculty member'])
    expect(await groupsOf('user1', 'pw2')).toMatchObject({ error: 'credentialsRefused' })
  })

  test('[OPS-3] does not start in production, and says so in a sentence', async () => {
    const config = configOf({ NODE_ENV: 'production' })
    expect(decideProduction(config).join('\n')).toContain('CARREL_DEV_SEED is for development')
    await expect(startHub(config)).rejects.toThrow('CARREL_DEV_SEED is for development')
    expect(
      decideProduction(configOf({ NODE_ENV: 'production', CARREL_DEV_SEED: 'false' })).join('\n'),
    ).not.toContain('CARREL_DEV_SEED')
    expect(parseConfig({ CARREL_DEV_SEED: 'yes' })).toMatchObject({
      ok: false,
      refusal: { problems: ['CARREL_DEV_SEED must be true or false.'] },
    })
  })
})
