import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAccessTokens } from '../accounts/access-tokens.ts'
import { query } from '../platform/postgres/database.ts'
import { isKnownBrowserOf } from '../accounts/known-browser-rows.ts'
import { backupCondition, BACKUP_RULES } from './backup-rules.ts'
import { loadBackupTables } from './backup-tables.ts'
import { readFunctions } from '../platform/postgres/sql-functions.ts'
import { makeEmptyDatabase, makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let source: TestDatabase
let folder: string
let file: string

beforeAll(async () => {
  source = await makeTestDatabase('backup')
  folder = mkdtempSync(join(tmpdir(), 'carrel-backup-'))
  file = join(folder, 'carrel.backup')
  const tree = join(folder, 'tree.csv')
  writeFileSync(
    tree,
    'path,capacity,hours\nLibrary,,Mon-Fri 08:00-20:00\n"Library/Caf\u00e9 ""東"" \\/1",7,\n',
  )
  await admin(
    source,
    'university',
    'add',
    '--name',
    'Marsh',
    '--domain',
    'marsh.edu',
    '--timezone',
    'Asia/Taipei',
  )
  await admin(source, 'spaces', 'import', tree)
  await admin(source, 'university', 'pin')
  await query(
    source.pool,
    `insert into signing_keys (purpose, secret) values ('head', '\\x00ff27'), ('access', '\\x5ec4e75ec4e7');
     insert into spaces (university_id, parent_id, name, kind, clock, facts_clock) values (1, 1, 'Z', 'room', 2, 2);
     insert into spaces (university_id, parent_id, name, kind, clock, facts_clock) values (1, 1, 'Y', 'room', 2, 2);
     update spaces set parent_id = (select id from spaces where name = 'Y') where name = 'Z';
     insert into kiosks (university_id, space_id, role, name, public_key, key_grade) values (1, 2, 'door', 'd', 'k', 'file');
     insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock, kiosk_id, mutation_id,
       hash, origin_kiosk_id, origin_mutation_id)
     select 1, 3, i % 3, timestamptz '2026-11-16 08:00:00.123456+00' + i * interval '1 second', now(), 2, 1, i, 'h' || i, 1, i
     from generate_series(1, 5000) i;
     insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, kiosk_id, mutation_id, hash,
       origin_kiosk_id, origin_mutation_id) values (1, 17, now(), 2, 1, 5001, 'w', 1, 5001);
     insert into outcomes (kiosk_id, mutation_id, university_id, hash, origin_kiosk_id, origin_mutation_id, why, clock, created_at)
     values (1, 5002, 1, 'o', 1, 5002, 'composite', 2, now());
     insert into mutations (university_id, actor_kind, actor_id, key, kind, hash, outcome, result, clock, at)
     values (1, 'person', 7, 'key-of-a-person-1', 'track a space', 'p', 'done', 'null', 2, now()),
       (1, 'staff', 0, 'hub:own', 'change a setting', '-', 'done', '1', 2, now());
     update spaces set texts = '{"sl": {"name": "Kavarna"}}' where id = 3;
     delete from spaces where name = 'nobody'`,
  )
})
afterAll(async () => {
  await source.drop()
  rmSync(folder, { recursive: true, force: true })
})

function admin(database: TestDatabase, ...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, [...args, '--json'])
}

/** All rows of all tables that a backup holds, epochs and times of universities left out: a restore changes them. */
async function contents(database: TestDatabase): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const table of await loadBackupTables(database.pool)) {
    const rows = await query<{ line: string }>(
      database.pool,
      `select to_jsonb(t)::text as line from ${table} t where ${backupCondition(table)} order by 1`,
    )
    found[table] = rows.map(({ line }) => line.replaceAll(/"(epoch|updated_at)": "[^"]*", /g, ''))
  }
  return found
}

test('[SYN-17] [SYN-59] [TXT-1] a backup restored into an empty database is the same, texts in other languages too, in a new epoch', async () => {
  const before = await contents(source)
  const taken = await admin(source, 'backup', file)
  expect([taken.code, taken.json()]).toMatchObject([
    0,
    { counts: { occupancy_reports: 5000, universities: 1 } },
  ])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const target = await makeEmptyDatabase()
  const restored = await admin(target, 'restore', file)
  expect([restored.code, restored.json()]).toMatchObject([
    0,
    { counts: { occupancy_reports: 5000, spaces: 5 } },
  ])
  const after = await contents(target)
  const logs = after['change_logs'] ?? []
  expect(after['spaces']?.join('\n')).toContain('"Kavarna"')
  expect(
    after['mutations']?.map((line) => (JSON.parse(line) as { key: string | null; id: number | null }).key),
  ).toEqual([null, 'key-of-a-person-1'])
  expect({ ...after, change_logs: logs.slice(0, before['change_logs']?.length) }).toEqual(before)
  const epochs = await Promise.all(
    [source, target].map(({ pool }) => query<{ epoch: string }>(pool, 'select epoch from universities')),
  )
  expect(epochs[0]?.[0]?.epoch).not.toBe(epochs[1]?.[0]?.epoch)
  await target.drop()
})

test('[OPS-10] of every table it is said what a backup holds of it', async () => {
  const tables = await query<{ name: string }>(
    source.pool,
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1",
  )
  expect(Object.keys(BACKUP_RULES).toSorted()).toEqual(tables.map(({ name }) => name))
  await admin(source, 'backup', file, '--force')
  const text = gunzipSync(readFileSync(file)).toString()
  for (const [name, { holds }] of Object.entries(BACKUP_RULES))
    expect([name, text.includes(`{"table":"${name}"}`)]).toEqual([name, holds !== 'nothing'])
})

test('[OPS-11] a backup signs nobody in: neither here nor where it is restored', async () => {
  const tokens = makeAccessTokens(source.pool, () => randomBytes(32))
  const token = await tokens.sign({ userId: 1, sessionId: 1 })
  expect(await tokens.verify(token)).not.toBeNull()
  await admin(source, 'backup', file, '--force')
  const text = gunzipSync(readFileSync(file)).toString()
  expect(text).toContain('00ff27')
  expect(text).not.toContain('5ec4e75ec4e7')
  const target = await makeEmptyDatabase()
  expect((await admin(target, 'restore', file)).code).toBe(0)
  const restored = makeAccessTokens(target.pool, () => randomBytes(32))
  expect(await restored.verify(token)).toBeNull()
  expect(await restored.verify(await restored.sign({ userId: 1, sessionId: 1 }))).toEqual({
    userId: 1,
    sessionId: 1,
  })
  await target.drop()
})

/** What a backup leaves out, by table: how one is put in whose secret is `$1`, and where a copy of it would be found. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  sessions: `insert into sessions (user_id, family, refresh_hash, expires_at)
    select id, $1, $1, now() + interval '1 day' from users order by id limit 1`,
  verifications: `insert into verifications (user_id, purpose, token_hash, expires_at)
    select id, 'reset', $1, now() + interval '1 day' from users order by id limit 1`,
  setup_links: `insert into setup_links (token_hash, expires_at) values ($1, now() + interval '1 hour')`,
  live_tickets: `insert into live_tickets (ticket_hash, session_id, expires_at)
    select $1, id, now() + interval '1 minute' from sessions order by id limit 1`,
  enrolments: `insert into enrolments (university_id, code_hash, space_id, role, expires_at)
    select university_id, $1, id, 'door', now() + interval '1 day' from spaces order by id limit 1`,
  mail_outbox: `insert into mail_outbox (key, to_address, template, locale, facts) values ($1, 'ana@marsh.edu', 'resetPassword', 'en', '{}')`,
  rate_limits: 'insert into rate_limits values ($1, 1, now())',
}

test('[OPS-20] no backup holds a session, link, ticket, code, mail or count of tries, and nothing of them is restored', async () => {
  await query(
    source.pool,
    `insert into users (associated_university_id, email, email_key, verified_at) values (1, 'left@marsh.edu', 'left@marsh.edu', now())`,
  )
  const secret = (table: string): string => `secret of ${table}`
  for (const [table, insert] of Object.entries(LEFT_OUT)) await query(source.pool, insert, [secret(table)])
  await admin(source, 'backup', file, '--force')
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
  const text = lines.join('\n')
  for (const table of Object.keys(LEFT_OUT))
    expect([table, text.includes(secret(table)), text.includes(`{"table":"${table}"}`)]).toEqual([
      table,
      false,
      false,
    ])
  // Nor from a backup whose hub wrote them, as one of another release might.
  const { counts } = JSON.parse(lines.at(-1) ?? '') as { counts: Record<string, number> }
  const more: string[] = []
  for (const table of Object.keys(LEFT_OUT)) {
    const rows = await query<{ line: string }>(
      source.pool,
      `select to_jsonb(t)::text as line from ${table} t`,
    )
    more.push(JSON.stringify({ table }), ...rows.map(({ line }) => line))
    counts[table] = rows.length
  }
  const path = join(folder, 'more')
  writeFileSync(
    path,
    gzipSync([...lines.slice(0, -1), ...more, JSON.stringify({ end: true, counts })].join('\n')),
  )
  for (const from of [file, path]) {
    const target = await makeEmptyDatabase()
    const run = await admin(target, 'restore', from)
    expect([from, run.code]).toEqual([from, 0])
    for (const table of Object.keys(LEFT_OUT))
      expect([table, await query(target.pool, `select * from ${table}`)]).toEqual([table, []])
    await target.drop()
  }
  await query(
    source.pool,
    'delete from sessions; delete from verifications; delete from setup_links; delete from enrolments; delete from mail_outbox; delete from rate_limits',
  )
})

test('[OPS-11] a backup of an earlier release is restored without its keys of access tokens and its codes', async () => {
  await admin(source, 'backup', file, '--force')
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
  const key = {
    id: 77,
    purpose: 'access',
    secret: '\\x5ec4e75ec4e7',
    created_at: '2026-11-21T08:00:00+00:00',
  }
  const code = { id: 5, university_id: 1, code_hash: 'c', space_id: 2, role: 'door', used_at: null }
  const { counts } = JSON.parse(lines.at(-1) ?? '') as { counts: Record<string, number> }
  const old = lines
    .slice(0, -1)
    .flatMap((line) =>
      line === '{"table":"signing_keys"}'
        ? ['{"table":"enrolments"}', JSON.stringify(code), line, JSON.stringify({ ...key, retired_at: null })]
        : [line],
    )
  const all = { ...counts, enrolments: 1, signing_keys: (counts['signing_keys'] ?? 0) + 1 }
  const path = join(folder, 'old')
  writeFileSync(path, gzipSync([...old, JSON.stringify({ end: true, counts: all })].join('\n')))
  const target = await makeEmptyDatabase()
  const run = await admin(target, 'restore', path)
  expect([run.code, run.json()]).toMatchObject([0, { counts: { spaces: 5 } }])
  expect(await query(target.pool, 'select purpose from signing_keys')).toEqual([{ purpose: 'head' }])
  expect(await query(target.pool, 'select id from enrolments')).toEqual([])
  await target.drop()
})

test('[OPS-10] [REL-5] a restored database has its functions made anew, whatever the backup says of them', async () => {
  await admin(source, 'backup', file, '--force')
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
  const { counts } = JSON.parse(lines.at(-1) ?? '') as { counts: Record<string, number> }
  // As a hub of release 0.1 beside ours backs up what it does not know.
  const row = { name: 'climb', hash: 'theirs', version: '999.0.0', applied_at: '2026-11-30T08:00:00+00:00' }
  const end = { end: true, counts: { ...counts, schema_functions: 1 } }
  const more = ['{"table":"schema_functions"}', JSON.stringify(row), JSON.stringify(end)]
  const path = join(folder, 'functions')
  writeFileSync(path, gzipSync([...lines.slice(0, -1), ...more].join('\n')))
  const target = await makeEmptyDatabase()
  expect((await admin(target, 'restore', path)).code).toBe(0)
  const made = (database: TestDatabase): Promise<object[]> =>
    query(database.pool, 'select name, hash, version from schema_functions order by name')
  expect(await made(target)).toEqual(await made(source))
  expect(await made(target)).toHaveLength(readFunctions().length)
  await target.drop()
})

test('[EDG-11] [OPS-10] a restored hub knows no browser: what its people ended after the backup stays ended', async () => {
  const given = { givenAtMs: Date.now() - 60_000, lifeMs: 3_600_000 }
  const named = { by: 'email', emailKey: 'known@uni.example' } as const
  const [person] = await query<{ id: number }>(
    source.pool,
    `insert into users (associated_university_id, email, email_key, verified_at, browsers_since)
     values (1, 'known@uni.example', 'known@uni.example', now(), now() - interval '1 hour') returning id`,
  )
  const token = { userId: person?.id ?? 0, ...given }
  await admin(source, 'backup', file, '--force')
  expect(await isKnownBrowserOf(source.pool, token, named)).toBe(true)
  const target = await makeEmptyDatabase()
  expect((await admin(target, 'restore', file)).code).toBe(0)
  expect(await isKnownBrowserOf(target.pool, token, named)).toBe(false)
  expect(await isKnownBrowserOf(target.pool, { ...token, givenAtMs: Date.now() + 1000 }, named)).toBe(true)
  await target.drop()
})

test('a restored database keeps its rules and gives no number twice', async () => {
  await query(source.pool, "select setval(pg_get_serial_sequence('spaces', 'id'), 400)")
  await admin(source, 'backup', file, '--force')
  const target = await makeTestDatabase('restored')
  expect((await admin(target, 'restore', file)).code).toBe(0)
  const [space] = await query<{ id: number }>(
    target.pool,
    "insert into spaces (university_id, parent_id, name, kind, clock, facts_clock) values (1, 1, 'N', 'room', 3, 3) returning id",
  )
  expect(space?.id).toBeGreaterThan(1_000_000)
  const deferred = await query(
    target.pool,
    "select conname from pg_constraint where contype = 'f' and condeferrable",
  )
  expect(deferred).toEqual([])
  await expect(
    query(
      target.pool,
      "insert into kiosks (university_id, space_id, role, name, public_key, key_grade) values (1, 9999, 'door', 'x', 'k', 'file')",
    ),
  ).rejects.toThrow(/foreign key/)
  expect((await admin(target, 'spaces', 'tree')).code).toBe(0)
  await target.drop()
})

test('a backup is one moment, whatever is written meanwhile, and an existing file is not overwritten by chance', async () => {
  expect((await admin(source, 'backup', file)).json()).toMatchObject({
    error: expect.stringContaining('--force'),
  })
  const text = gunzipSync(readFileSync(file)).toString()
  expect(text).not.toContain('cluster_facts')
  expect(text.trimEnd().split('\n').at(-1)).toMatch(/^\{"end":true/)
})

test('what is torn, strange or too new is refused, and then nothing is restored', async () => {
  const target = await makeTestDatabase('torn')
  const whole = readFileSync(file)
  const lines = gunzipSync(whole).toString().split('\n')
  const [manifest = '', ...rest] = lines
  const variants: [string, Buffer, RegExp][] = [
    ['cut', whole.subarray(0, whole.length - 40), /damaged/],
    ['text', Buffer.from('hello'), /damaged, or not a backup/],
    ['strange', gzipSync('{"hello":1}\n'), /not a backup of Carrel/],
    ['short', gzipSync([manifest, ...rest.slice(0, -2)].join('\n')), /ends too early/],
    [
      'fewer',
      gzipSync([manifest, ...rest.filter((line) => !line.includes('"hash": "h77"'))].join('\n')),
      /ends too early/,
    ],
    [
      'garbled',
      gzipSync([manifest, ...rest.map((line) => (line.includes('"hash": "h77"') ? '{' : line))].join('\n')),
      /damaged: one of rows \d+ to \d+ of table \w+ cannot be read/,
    ],
    [
      'other',
      gzipSync([manifest.replace('0001_', '0009_'), ...rest].join('\n')),
      /another version of Carrel/,
    ],
    [
      'hostile',
      gzipSync([manifest, '{"table":"spaces; drop table spaces"}', ...rest].join('\n')),
      /does not know/,
    ],
  ]
  for (const [name, bytes, sentence] of variants) {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    const run = await admin(target, 'restore', path)
    expect([name, run.code]).toEqual([name, 1])
    expect((run.json() as { error: string }).error).toMatch(sentence)
    expect(await query(target.pool, 'select id from universities')).toEqual([])
  }
  await target.drop()
})

test('a database that holds something is not restored into', async () => {
  const run = await admin(source, 'restore', file)
  expect([run.code, run.json()]).toMatchObject([1, { error: expect.stringContaining('not empty') }])
})

test('[SYN-17] restored begins a new epoch, and says so in the log', async () => {
  const [before] = await query<{ epoch: string; clock: number }>(
    source.pool,
    'select epoch, clock from universities',
  )
  expect((await admin(source, 'restored', '--yes')).json()).toEqual({ universities: ['Marsh'] })
  const [after] = await query<{ epoch: string; clock: number }>(
    source.pool,
    'select epoch, clock from universities',
  )
  expect(after?.epoch).not.toBe(before?.epoch)
  const { changes } = (await admin(source, 'log', '--count', '1')).json() as { changes: unknown[] }
  expect(changes).toMatchObject([
    { service: 'sync', subject: 'epoch', log: { why: 'restored', head: before?.clock } },
  ])
})
