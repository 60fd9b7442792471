import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import Sqlite from 'better-sqlite3'
import { DEMO_CAMPUS } from '#shared/fixtures/campus.ts'
import { runAdmin } from '../../hub/admin/run-admin.ts'
import { RequestProcess } from '../../hub/simulation/request-process.ts'
import type { KioskQuestion, KioskState, TapAnswer } from '../../hub/simulation/kiosk-process.ts'
import { HubHost } from '../../hub/simulation/hub-host.ts'
import { runInTemporaryFolders } from '../../hub/simulation/run-in-temporary-folders.ts'
import { loadLandedMigrations, loadSequences } from '../../hub/admin/backup-tables.ts'
import { query, type Database } from '../../hub/platform/postgres/database.ts'
import { startScratchDatabase } from '../../hub/platform/postgres/testing.ts'
import { loadDemoCampus } from '../demo.ts'
import { makeDemoPeople } from '../demo-people.ts'
import { ROOT, say } from '../launcher.mjs'
import { buildEngine } from './build-engine.ts'
import { startRecordingProxy, type RecordingProxy } from './recording-proxy.ts'
import type { Release } from '../../hub/simulation/frozen-release.ts'

// Keeps what a release leaves in the field, so that later ones can prove that it goes on working. Once, at a release:
//   node build/releases/freeze.ts

/** Of waiting and of acknowledged taps, each. */
const TAPS = 1_000
/** Derives the keys of the frozen hub; it guards nothing. */
const SECRET = 'the frozen secret of a release, for tests only'
const KIOSK = 'Frozen door'
const TURN_MS = 50

/** What everything of one freezing shares. */
interface Field {
  pool: Database
  hub: HubHost
  proxy: RecordingProxy
  /** Of everything that is not kept. */
  folder: string
  admin: (...args: string[]) => Promise<unknown>
  /** Keeps a file of the release, packed. */
  keep: (name: string, bytes: Buffer | string) => void
}

/** A kiosk that is tapped. */
interface Tapped {
  kioskId: number
  spaceId: number
  folder: string
  state: () => Promise<KioskState>
  /** Reports that all differ from the one before, and every tenth takes that one back. */
  tap: (count: number) => Promise<void>
  stop: () => Promise<void>
}

async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, TURN_MS))
}

/** The demo campus with its people. */
async function fillDatabase({ pool, hub, folder, admin }: Field, env: NodeJS.ProcessEnv): Promise<void> {
  await loadDemoCampus({ pool, kioskFolder: path.join(folder, 'kiosks'), env, progress: say }, hub.url)
  await makeDemoPeople(pool)
  // Faster than passers-by may tap.
  await admin('settings', 'set', '--university', DEMO_CAMPUS.domain, 'kioskReportsPerSecond', '1000')
}

/** A kiosk of the built engine for the demo's door, assigned and connected. */
async function openKiosk(field: Field, engineFile: string): Promise<Tapped> {
  const door = DEMO_CAMPUS.doorPath.slice(1).join('/')
  const assignment = ['--university', DEMO_CAMPUS.domain, '--space', door, '--role', 'door']
  const { code } = (await field.admin('kiosk', 'code', ...assignment)) as { code: string }
  const folder = path.join(field.folder, 'kiosk')
  mkdirSync(folder)
  const engine = new RequestProcess<KioskQuestion>(engineFile)
  const hubUrl = `http://127.0.0.1:${field.proxy.port}`
  await engine.ask({ ask: 'open', name: KIOSK, folder, hubUrl, code })
  const state = (): Promise<KioskState> => engine.ask({ ask: 'state', name: KIOSK })
  await until(async () => (await state()).isOnline)
  const { kioskId } = await state()
  const [space] = await query<{ id: number }>(field.pool, 'select space_id as id from kiosks where id = $1', [
    kioskId,
  ])
  if (kioskId === null || space === undefined) throw new Error('the kiosk has no space')
  const spaceId = space.id
  let last = 0
  const tapOnce = async (): Promise<void> => {
    last += 1
    const said = await engine.ask<TapAnswer>(
      last % 10 === 0
        ? { ask: 'withdraw', name: KIOSK, mutationId: last - 1 }
        : { ask: 'report', name: KIOSK, spaceId, level: last % 3 },
    )
    if ('refused' in said) throw new Error(`tap ${last} was refused: ${said.refused}`)
    if (said.mutationId !== last) throw new Error(`tap ${last} was kept as ${said.mutationId}`)
  }
  const tap = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) await tapOnce()
  }
  return { kioskId, spaceId, folder, state, tap, stop: () => engine.stop() }
}

/** What else a hub sends: a new name of the kiosk, a setting, heartbeats, and all of it again after a cut connection. */
async function sendMoreFrames({ admin, proxy }: Field): Promise<void> {
  await admin('kiosk', 'rename', KIOSK, `${KIOSK} 1`)
  await admin('settings', 'set', '--university', DEMO_CAMPUS.domain, 'staleMs', '3600000')
  proxy.cut()
  const isHeartbeat = ({ text }: { text: string }): boolean => text.startsWith('{"type":"heartbeat"')
  await until(() => proxy.frames.filter(isHeartbeat).length > 1)
}

/** Every row of every table of the hub's, as lines of JSON: nothing is left out, other than in a backup. */
async function dumpRows(pool: Database): Promise<string> {
  const tables = await query<{ name: string }>(
    pool,
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not in ('schema_migrations', 'schema_functions') order by 1`,
  )
  const lines: string[] = []
  for (const { name } of tables) {
    lines.push(JSON.stringify({ table: name }))
    const rows = await query<{ line: string }>(pool, `select to_jsonb(t)::text as line from ${name} t`)
    lines.push(...rows.map(({ line }) => line))
  }
  const migrations = await loadLandedMigrations(pool)
  const sequences = await loadSequences(
    pool,
    tables.map(({ name }) => name),
  )
  return `${[...lines, JSON.stringify({ migrations, sequences })].join('\n')}\n`
}

function keepKiosk({ proxy, keep }: Field, { folder }: Tapped): void {
  keep('conversation.jsonl', proxy.frames.map((frame) => JSON.stringify(frame)).join('\n'))
  for (const file of ['outbox.db', 'cache.db']) {
    const sqlite = new Sqlite(path.join(folder, file))
    keep(file, sqlite.serialize())
    sqlite.close()
  }
}

async function freeze(field: Field, target: string, engineFile: string): Promise<Omit<Release, 'version'>> {
  const kiosk = await openKiosk(field, engineFile)
  try {
    await kiosk.tap(TAPS)
    await until(async () => (await kiosk.state()).waitingCount === 0)
    await sendMoreFrames(field)
    await field.admin('backup', path.join(target, 'hub.backup'), '--force')
    field.keep('demo-rows.jsonl', await dumpRows(field.pool))
    await field.hub.kill()
    await until(async () => !(await kiosk.state()).isOnline)
    await kiosk.tap(TAPS)
  } finally {
    await kiosk.stop()
  }
  keepKiosk(field, kiosk)
  const { kioskId, spaceId } = kiosk
  return { secret: SECRET, kioskName: KIOSK, kioskId, spaceId, waitingCount: TAPS, acknowledgedCount: TAPS }
}

async function main(): Promise<number> {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const target = path.join(import.meta.dirname, version)
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-freeze-'))
  // It is beside better-sqlite3, as in a packed app.
  const engineFile = path.join(ROOT, 'node_modules', `.engine-${version}.mjs`)
  const keep = (name: string, bytes: Buffer | string): void => {
    writeFileSync(path.join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }))
    say(`${name}: ${Buffer.byteLength(bytes)} bytes`)
  }
  const database = await startScratchDatabase()
  const hub = new HubHost(database.url, { CARREL_SECRET: SECRET })
  const proxy = await startRecordingProxy(() => hub.port)
  try {
    mkdirSync(target, { recursive: true })
    keep('engine.mjs', await buildEngine(folder))
    copyFileSync(path.join(folder, 'engine.mjs'), engineFile)
    await hub.start()
    const env = { ...process.env, DATABASE_URL: database.url, CARREL_HOME: folder, CARREL_SECRET: SECRET }
    const admin = async (...args: string[]): Promise<unknown> => {
      const run = await runAdmin([...args, '--json'], env)
      if (run.code !== 0) throw new Error(`${args.join(' ')}: ${run.stdout}`)
      return JSON.parse(run.stdout)
    }
    const field: Field = { pool: database.pool, hub, proxy, folder, admin, keep }
    await fillDatabase(field, env)
    const release: Release = { version, ...(await freeze(field, target, engineFile)) }
    writeFileSync(path.join(target, 'release.json'), `${JSON.stringify(release, null, 2)}\n`)
    say(`release ${version} is frozen in ${path.relative(ROOT, target)}`)
  } finally {
    await proxy.close()
    await hub.remove()
    await database.stop()
    rmSync(engineFile, { force: true })
    rmSync(folder, { recursive: true, force: true })
  }
  return 0
}

await runInTemporaryFolders(main)
