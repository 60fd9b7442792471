import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Finding } from '../../admin/finding.ts'
import { runHere } from '../../admin/testing-cli.ts'
import { parseConfig } from '../../config.ts'
import { startHub } from '../../hub.ts'
import { makeLogger } from '../log.ts'
import { closePool, loadPrivilegedRole, openPool, query, type Database } from './database.ts'
import { startEmbedded, type Embedded } from './embedded.ts'
import { memoryFolder } from './testing.ts'

let folder: string
let embedded: Embedded
let superuser: Database
let hub: Database

// Making a cluster waits for the disk; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

beforeAll(async () => {
  folder = mkdtempSync(join(memoryFolder(), 'carrel-mighty-'))
  chmodSync(folder, 0o711)
  embedded = await startEmbedded({ folder: join(folder, 'database'), settings: { fsync: 'off' } })
  superuser = openPool(embedded.superuserUrl)
  hub = openPool(embedded.url)
  await superuser.query(
    'create role between; grant pg_execute_server_program to between; create role harmless',
  )
})
afterEach(async () => {
  await superuser.query(
    `alter role carrel_hub nosuperuser nocreaterole noreplication nobypassrls;
     revoke between, harmless, carrel, pg_read_server_files, pg_write_server_files, pg_execute_server_program, pg_monitor from carrel_hub`,
  )
})
afterAll(async () => {
  await Promise.all([closePool(superuser), closePool(hub)])
  await embedded.stop()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['select 1', null],
  ['grant harmless, pg_monitor to carrel_hub', null],
  ['alter role carrel_hub superuser', ['superuser']],
  ['alter role carrel_hub createrole', ['createrole']],
  ['alter role carrel_hub replication bypassrls', ['replication', 'bypassrls']],
  ['grant pg_read_server_files to carrel_hub', ['pg_read_server_files']],
  ['grant pg_write_server_files to carrel_hub', ['pg_write_server_files']],
  ['grant pg_execute_server_program to carrel_hub', ['pg_execute_server_program']],
  ['grant between to carrel_hub with inherit false', ['pg_execute_server_program']],
  ['grant carrel to carrel_hub with inherit false', ['carrel']],
])('[OPS-13] after "%s" the hub’s role can do more than own its database by: %j', async (act, privileges) => {
  await query(superuser, act)
  expect(await loadPrivilegedRole(hub)).toEqual(
    privileges === null ? null : { role: 'carrel_hub', privileges },
  )
})

describe('[OPS-13, OPS-16] a role of DATABASE_URL that can do more than own its database', () => {
  /** What a hub that starts with this DATABASE_URL comes to, and what doctor then finds. */
  async function startWith(databaseUrl: string): Promise<{ refusal: string | null; found: Finding[] }> {
    const environment = {
      CARREL_HOME: folder,
      DATABASE_URL: databaseUrl,
      CARREL_PORT: '0',
      CARREL_METRICS_PORT: '0',
    }
    const config = parseConfig(environment)
    if (!config.ok) throw new Error(config.refusal.problems.join())
    const refusal = await startHub(config.value, { logger: makeLogger('silent') }).then(
      (started) => started.stop().then(() => null),
      (error: Error) => error.message,
    )
    const run = await runHere(environment, ['doctor', '--json'])
    const { findings } = run.json() as { findings: Finding[] }
    return { refusal, found: findings.filter(({ what }) => what === 'role') }
  }

  test('is refused where none of its own can take its place, and named by doctor with what it can do', async () => {
    await query(superuser, 'grant pg_read_server_files, between to carrel_hub')
    const ofMember = await startWith(embedded.url)
    const privileges = 'pg_execute_server_program, pg_read_server_files'
    expect(ofMember.refusal).toContain(
      `DATABASE_URL names carrel_hub, which can do more than own the database (${privileges})`,
    )
    expect(ofMember.found).toEqual([
      {
        what: 'role',
        state: 'warn',
        found: expect.stringContaining(
          `names carrel_hub, which can do more there than own it (${privileges})`,
        ),
        fix: expect.stringContaining('Start the hub'),
        mend: expect.stringContaining('Start the hub'),
      },
    ])
    const ofSuperuser = await startWith(embedded.superuserUrl)
    expect(ofSuperuser.refusal).toContain('DATABASE_URL names carrel, which can do more')
    expect(ofSuperuser.refusal).toContain('no pg_hba.conf entry')
  })

  test('one that owns it and no more is named by neither', async () => {
    expect(await startWith(embedded.url)).toEqual({
      refusal: null,
      found: [{ what: 'role', state: 'ok', found: 'the hub’s role owns its database and no more' }],
    })
  })
})
