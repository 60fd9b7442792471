import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Release } from './frozen-release.ts'
import { parseHubMessage } from '../../desktop/engine/sync/hub-messages.ts'
import { restoreBackup } from '../admin/restore.ts'
import { restoreSequences, setForeignKeys, type SequenceState } from '../admin/backup-tables.ts'
import { query, transaction } from '../platform/postgres/database.ts'
import { dumpSchema, readSchemaFile } from '../platform/postgres/dump-schema.ts'
import { migrate, readSchemaFiles } from '../platform/postgres/migrate.ts'
import { makeEmptyDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { parseKioskMessage } from '../platform/connections/parse-kiosk-message.ts'
import { commitChange } from '../testing/commit-change.ts'
import { RequestProcess } from './request-process.ts'
import { HubHost } from './hub-host.ts'
import { loadSettled } from './ledger.ts'
import type { KioskQuestion, KioskState, TapAnswer } from './kiosk-process.ts'

// What release 0.1 left in the field, against the hub and the engine of today. The files were made once, by the release.

const FROZEN = fileURLToPath(new URL('../../build/releases/0.1.0/', import.meta.url))
const TODAY = fileURLToPath(new URL('./kiosk-process.ts', import.meta.url))
/** Beside better-sqlite3, which the bundle leaves outside, as in a packed app. */
const BESIDE = fileURLToPath(new URL('../../node_modules/.engine-of-release.mjs', import.meta.url))

const release = JSON.parse(readFileSync(path.join(FROZEN, 'release.json'), 'utf8')) as Release
const unzip = (name: string): Buffer => gunzipSync(readFileSync(path.join(FROZEN, name)))

const folder = mkdtempSync(path.join(tmpdir(), 'carrel-release-'))
const ends: (() => Promise<void>)[] = []

beforeAll(() => writeFileSync(BESIDE, unzip('engine.mjs.gz')))
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})
afterAll(() => {
  rmSync(BESIDE)
  rmSync(folder, { recursive: true, force: true })
})

interface DumpEnd {
  migrations: { name: string; hash: string }[]
  sequences: SequenceState[]
}

/** The release's demo database, not yet brought up to date. */
async function loadFrozenDatabase(): Promise<TestDatabase> {
  const database = await makeEmptyDatabase()
  ends.push(() => database.drop())
  const lines = unzip('demo-rows.jsonl.gz').toString('utf8').trimEnd().split('\n')
  const { migrations, sequences } = JSON.parse(lines.pop() ?? '') as DumpEnd
  const files = readSchemaFiles()
  const known = files.migrations.slice(0, migrations.length)
  expect(known.map(({ name, hash }) => ({ name, hash }))).toEqual(migrations)
  await migrate(database.pool, { ...files, migrations: known, functions: [] })
  const rows = new Map<string, string[]>()
  let table: string[] = []
  for (const line of lines) {
    const name = /^\{"table":"(\w+)"\}$/.exec(line)?.[1]
    if (name === undefined) table.push(line)
    else rows.set(name, (table = []))
  }
  await transaction(database.pool, 'read committed', async (client) => {
    await setForeignKeys(client, true)
    for (const [name, texts] of rows)
      await client.query(
        `insert into ${name} overriding system value
         select r.* from unnest($1::jsonb[]) l (line), jsonb_populate_record(null::${name}, l.line) r`,
        [texts],
      )
    await setForeignKeys(client, false)
    await restoreSequences(client, sequences)
  })
  return database
}

interface Field {
  database: TestDatabase
  hub: HubHost
  open(program: string, files?: string[]): Promise<OpenKiosk>
}

interface OpenKiosk {
  state(): Promise<KioskState>
  tap(level: number): Promise<TapAnswer>
  undo(mutationId: number): Promise<TapAnswer>
  /** Another program goes on with its files. */
  update(program: string): Promise<OpenKiosk>
}

/** Today's hub on the release's database, and the release's kiosk in front of it. */
async function openField(): Promise<Field> {
  const database = await loadFrozenDatabase()
  const hub = new HubHost(database.url, { CARREL_SECRET: release.secret })
  ends.push(() => hub.remove())
  await hub.start()
  return { database, hub, open: (program, files) => openKiosk(program, () => hub.url, files) }
}

async function openKiosk(
  program: string,
  hubUrl: () => string,
  files = ['outbox.db', 'cache.db'],
): Promise<OpenKiosk> {
  const home = mkdtempSync(path.join(folder, 'kiosk-'))
  for (const name of files) writeFileSync(path.join(home, name), unzip(`${name}.gz`))
  return openKioskIn(home, program, hubUrl)
}

async function openKioskIn(home: string, program: string, hubUrl: () => string): Promise<OpenKiosk> {
  const kiosk = new RequestProcess<KioskQuestion>(program)
  ends.push(() => kiosk.stop())
  const name = release.kioskName
  await kiosk.ask({ ask: 'open', name, folder: home, hubUrl: hubUrl(), code: null })
  return {
    state: () => kiosk.ask({ ask: 'state', name }),
    tap: (level) => kiosk.ask({ ask: 'report', name, spaceId: release.spaceId, level }),
    undo: (mutationId) => kiosk.ask({ ask: 'withdraw', name, mutationId }),
    update: async (next) => {
      await kiosk.stop()
      return openKioskIn(home, next, hubUrl)
    },
  }
}

/** Until the hub has answered every tap; for what would never end. */
async function untilSettled(kiosk: OpenKiosk): Promise<void> {
  const isSettled = async (): Promise<boolean> => {
    const { waitingCount, isOnline } = await kiosk.state()
    return waitingCount === 0 && isOnline
  }
  await vi.waitUntil(isSettled, { timeout: 40_000, interval: 50 })
}

/** What the hub has of the kiosk, by number. */
async function loadKept(database: TestDatabase): Promise<string[]> {
  const [home] = await query<{ id: number }>(
    database.pool,
    'select university_id as id from kiosks where id = $1',
    [release.kioskId],
  )
  const rows = await loadSettled(database.pool, home?.id ?? 0)
  return rows
    .filter(({ kioskId }) => kioskId === release.kioskId)
    .toSorted((one, other) => one.mutationId - other.mutationId)
    .map(({ mutationId, kind, level, why }) => `${mutationId} ${kind} ${level ?? why ?? ''}`.trimEnd())
}

/** As the release made them: every tenth takes the one before back. */
const made = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => index + 1).map((number) =>
    number % 10 === 0 ? `${number} withdraw` : `${number} report ${number % 3}`,
  )
const ALL = release.waitingCount + release.acknowledgedCount

describe('a kiosk of release 0.1 at the hub of today', () => {
  test.each([
    ['[REL-1] with the engine of then', BESIDE],
    ['[REL-2] brought up to date, on its old files', TODAY],
  ])('%s: its waiting taps arrive once each, and it goes on', async (_, program) => {
    const field = await openField()
    expect(await loadKept(field.database)).toEqual(made(release.acknowledgedCount))
    const kiosk = await field.open(program)
    await untilSettled(kiosk)
    expect(await loadKept(field.database)).toEqual(made(ALL))
    expect(await kiosk.tap(1)).toEqual({ mutationId: ALL + 1, isRepeat: false })
    await untilSettled(kiosk)
    expect(await loadKept(field.database)).toEqual([...made(ALL), `${ALL + 1} report 1`])
    expect((await kiosk.state()).spaces.find(({ id }) => id === release.spaceId)).toMatchObject({ level: 1 })
  })
})

test('[REL-7] [KSK-21] a kiosk is brought up to date, put back and brought up to date again: every tap arrives once', async () => {
  const field = await openField()
  await field.hub.kill()
  const updated = await field.open(TODAY)
  expect((await updated.state()).waitingCount).toBe(release.waitingCount)
  expect(await updated.tap(1)).toEqual({ mutationId: ALL + 1, isRepeat: false })
  expect(await updated.tap(2)).toEqual({ mutationId: ALL + 2, isRepeat: false })
  expect(await updated.undo(ALL + 2)).toEqual({ mutationId: ALL + 3, isRepeat: false })
  const shown = (kiosk: OpenKiosk): Promise<unknown> =>
    kiosk.state().then(({ spaces }) => spaces.find(({ id }) => id === release.spaceId)?.level)
  expect(await shown(updated)).toBe(1)
  await field.hub.start()
  const back = await updated.update(BESIDE)
  await untilSettled(back)
  expect(await shown(back)).toBe(1)
  expect(await back.tap(0)).toEqual({ mutationId: ALL + 4, isRepeat: false })
  await untilSettled(back)
  const since = [`${ALL + 1} report 1`, `${ALL + 2} report 2`, `${ALL + 3} withdraw`, `${ALL + 4} report 0`]
  expect(await loadKept(field.database)).toEqual([...made(ALL), ...since])
  const again = await back.update(TODAY)
  // Equal to the newest of this space, which the engine of then has stored without a fold.
  expect(await again.tap(0)).toEqual({ mutationId: ALL + 4, isRepeat: true })
  expect(await again.tap(2)).toEqual({ mutationId: ALL + 5, isRepeat: false })
  await untilSettled(again)
  expect(await loadKept(field.database)).toEqual([...made(ALL), ...since, `${ALL + 5} report 2`])
})

test('[REL-7] [KSK-22] the engine of then shows what it had from a cache that today’s wrote, and today’s again what it had', async () => {
  const field = await openField()
  const ids = async (kiosk: OpenKiosk): Promise<number[]> =>
    (await kiosk.state()).spaces.map(({ id }) => id).toSorted((left, right) => left - right)
  const then = await field.open(BESIDE)
  const had = await ids(then)
  expect(had.length).toBeGreaterThan(20)
  const updated = await then.update(TODAY)
  await untilSettled(updated)
  await field.hub.kill()
  const { cursor, epoch } = await updated.state()
  const back = await updated.update(BESIDE)
  expect(await ids(back)).toEqual(had)
  await field.hub.start()
  // Started anew it dials at once, instead of up to a minute after the last failure.
  const online = await back.update(BESIDE)
  await untilSettled(online)
  await field.hub.kill()
  const again = await online.update(TODAY)
  expect(await again.state()).toMatchObject({ cursor, epoch })
  expect(await ids(again)).toEqual(had)
})

test.each([
  ['[LNG-5] with the engine of then is sent', BESIDE],
  ['[LNG-4] with the engine of today is sent', TODAY],
])('%s an assignment in a language that it does not know, and takes it', async (_, program) => {
  const field = await openField()
  await query(field.database.pool, "update universities set locale = 'cy-x-carrel'")
  // Without a cache it has no assignment but the one that it is sent.
  const kiosk = await field.open(program, ['outbox.db'])
  await untilSettled(kiosk)
  await vi.waitUntil(async () => (await kiosk.state()).kioskId === release.kioskId, {
    timeout: 20_000,
    interval: 50,
  })
  expect((await kiosk.state()).spaces.map(({ id }) => id)).toContain(release.spaceId)
})

test.each([
  ['that has no rows yet', ['outbox.db']],
  ['that has its rows of then', ['outbox.db', 'cache.db']],
])(
  '[TXT-5] a kiosk of release 0.1 %s is sent places without their texts, and asks for them once it is brought up to date',
  async (_, files) => {
    const field = await openField()
    const { pool } = field.database
    const [home] = await query<{ id: number }>(pool, 'select university_id as id from spaces where id = $1', [
      release.spaceId,
    ])
    const say = (location: string, name: string): Promise<unknown> =>
      commitChange(pool, home?.id ?? 0, (client, { clock }) =>
        query(
          client,
          'update spaces set location = $2, texts = $3, clock = $4, facts_clock = $4 where id = $1',
          [release.spaceId, location, { sl: { name } }, clock],
        ),
      )
    const untilShown = (kiosk: OpenKiosk, location: string, texts: unknown): Promise<unknown> =>
      vi.waitFor(
        async () => {
          const { spaces, isOnline } = await kiosk.state()
          const space = spaces.find(({ id }) => id === release.spaceId)
          expect([isOnline, space?.location, space?.texts]).toEqual([true, location, texts])
        },
        { timeout: 40_000, interval: 100 },
      )
    await say('left', 'Soba')
    const old = await field.open(BESIDE, files)
    await untilShown(old, 'left', undefined)
    await say('right', 'Dvorana')
    await untilShown(old, 'right', undefined)
    const updated = await old.update(TODAY)
    await untilShown(updated, 'right', { sl: { name: 'Dvorana' } })
    await say('left', 'Soba')
    await untilShown(updated, 'left', { sl: { name: 'Soba' } })
  },
)

test('[REL-4] every text that passed between a kiosk and a hub of release 0.1 is understood on both sides', () => {
  const frames = unzip('conversation.jsonl.gz').toString('utf8').split('\n')
  const types = new Set<string>()
  for (const frame of frames) {
    const { from, text } = JSON.parse(frame) as { from: 'kiosk' | 'hub'; text: string }
    const isRead = from === 'hub' ? parseHubMessage(text) !== null : parseKioskMessage(text).ok
    expect(isRead ? '' : text).toBe('')
    types.add((JSON.parse(text) as { type: string }).type)
  }
  expect([...types].toSorted()).toMatchInlineSnapshot(`
    [
      "ack",
      "applied",
      "assignment",
      "challenge",
      "changes",
      "heartbeat",
      "hello",
      "push",
      "snapshot",
      "welcome",
    ]
  `)
})

test('[REL-3] the database of release 0.1 with its rows is brought to the tables of today', async () => {
  const database = await loadFrozenDatabase()
  await migrate(database.pool)
  expect(await dumpSchema(database.pool)).toBe(readSchemaFile())
})

test('[REL-3] [SYN-56] a backup of release 0.1 is restored, and its kiosk offers again what the backup had not', async () => {
  const database = await makeEmptyDatabase()
  ends.push(() => database.drop())
  const file = path.join(FROZEN, 'hub.backup')
  expect(await restoreBackup(database.pool, file)).toMatchObject({ ok: true })
  const hub = new HubHost(database.url, { CARREL_SECRET: release.secret })
  ends.push(() => hub.remove())
  await hub.start()
  const kiosk = await openKiosk(TODAY, () => hub.url)
  await untilSettled(kiosk)
  expect(await loadKept(database)).toEqual(made(ALL))
  // What the release settled is in the ledger as soon as the hub's job has been there.
  await vi.waitFor(
    async () =>
      expect(await query(database.pool, 'select from backfills where done_at is not null')).toHaveLength(1),
    { timeout: 20_000, interval: 100 },
  )
  const outside = await query(
    database.pool,
    'select from outcomes o where not exists (select from mutations m where m.actor_id = o.kiosk_id and m.id = o.mutation_id)',
  )
  expect(outside).toEqual([])
})
