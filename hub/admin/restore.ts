import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { Type } from 'typebox'
import { accept, type Decision } from '#shared/domain/decision.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { makeParse } from '#shared/wire/parse.ts'
import { makeRandomSource } from '../platform/clock.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Database, type Transaction } from '../platform/postgres/database.ts'
import { clearKnownBrowsers } from '../accounts/known-browser-rows.ts'
import { loadUniversities } from '../universities/university-rows.ts'
import { updateEpoch } from '../platform/writer/epoch.ts'
import { migrate, readSchemaFiles } from '../platform/postgres/migrate.ts'
import { BACKUP_RULES } from './backup-rules.ts'
import {
  insertTableRows,
  letIdle,
  loadBackupTables,
  loadFilledTables,
  loadLandedMigrations,
  restoreSequences,
  setForeignKeys,
} from './backup-tables.ts'
import { answer, refusal, type AdminCommand, type AdminRefusal } from './answer.ts'
import { BACKUP_FORMAT, type BackupManifest } from './backup.ts'
import { openWorld } from './connect.ts'
import { fileFault } from './text-file.ts'
import { makeTimes } from './times.ts'

const parseManifest = makeParse(
  Type.Object({
    carrelBackup: Type.Literal(BACKUP_FORMAT),
    takenAt: Type.String(),
    migrations: Type.Array(Type.Object({ name: Type.String(), hash: Type.String() })),
    tables: Type.Array(Type.String()),
    sequences: Type.Array(
      Type.Object({
        table: Type.String(),
        column: Type.String(),
        lastValue: Type.Integer(),
        isCalled: Type.Boolean(),
      }),
    ),
  }),
)
const parseMark = makeParse(
  Type.Union([
    Type.Object({ table: Type.String() }, { additionalProperties: false }),
    Type.Object(
      { end: Type.Literal(true), counts: Type.Record(Type.String(), Type.Integer()) },
      { additionalProperties: false },
    ),
  ]),
)

const ROWS_PER_INSERT = 1000
/** Bytes of an epoch's name. */
const EPOCH_BYTES = 12

/** The file is no whole backup of ours; the message is one sentence. */
class TornBackupError extends Error {}

/** Lines of a gzipped file. Throws TornBackupError when it is no gzip or ends early. */
async function* readLines(file: string): AsyncGenerator<string> {
  const source = createReadStream(file)
  const gunzip = createGunzip()
  source.on('error', (error) => gunzip.destroy(error))
  // Whoever reads only the first line leaves before a fault further on is met.
  gunzip.on('error', () => undefined)
  source.pipe(gunzip).setEncoding('utf8')
  let rest = ''
  try {
    for await (const text of gunzip as AsyncIterable<string>) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    if (rest !== '') yield rest
  } catch (error) {
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_'))
      throw new TornBackupError(`${file} is damaged, or not a backup of Carrel. Use another file.`)
    throw error
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

async function readManifest(file: string): Promise<BackupManifest> {
  for await (const line of readLines(file)) {
    const parsed = parseManifest(line)
    if (parsed.ok) return parsed.value
    break
  }
  throw new TornBackupError(
    `${file} is not a backup of Carrel: its first line does not describe one. Use another file.`,
  )
}

/**
 * Brings an empty database to the migrations that the backup was made with. Refused when it is not empty, or when this
 * Carrel cannot make that state.
 */
async function prepare(pool: Database, manifest: BackupManifest): Promise<Decision<null, AdminRefusal>> {
  const files = readSchemaFiles()
  const known = new Map(files.migrations.map((migration) => [migration.name, migration]))
  const wanted = manifest.migrations.flatMap(({ name, hash }) => {
    const migration = known.get(name)
    return migration?.hash === hash ? [migration] : []
  })
  if (wanted.length < manifest.migrations.length)
    return refusal(
      'The backup was made by another version of Carrel. Restore it with that version, or a newer one.',
    )
  const landed = await loadLandedMigrations(pool)
  const names = new Set(wanted.map(({ name }) => name))
  if (landed.some(({ name }) => !names.has(name)))
    return refusal(
      'The database is newer than the backup. Restore into a new, empty one, which is then brought up to date.',
    )
  // Functions come with the last migration: their texts may name what is not there yet.
  await migrate(pool, { ...files, migrations: wanted, functions: [] })
  const filled = await loadFilledTables(pool, await loadBackupTables(pool))
  if (filled.length > 0)
    return refusal(
      `The database is not empty (${filled.join(', ')}), and nothing in it is overwritten. Restore into a new, empty one.`,
    )
  return accept(null)
}

async function insertAll(
  client: Transaction,
  file: string,
  tables: ReadonlySet<string>,
): Promise<Record<string, number>> {
  // Backups of earlier releases hold tables that none holds today: they are read, and left aside. [OPS-10]
  const isPassedOver = (name: string): boolean => BACKUP_RULES[name]?.holds === 'nothing'
  const counts: Record<string, number> = {}
  let table: string | null = null
  let waiting: string[] = []
  let isWhole = false
  const flush = async (): Promise<void> => {
    if (table !== null && waiting.length > 0 && !isPassedOver(table)) {
      const last = counts[table] ?? 0
      await insertTableRows(client, table, waiting).catch((error: unknown) => {
        if (!isDataFault(error)) throw error
        throw new TornBackupError(
          `${file} is damaged: one of rows ${last - waiting.length + 1} to ${last} of table ${table} cannot be read. Use another backup.`,
        )
      })
    }
    waiting = []
  }
  let isFirst = true
  for await (const line of readLines(file)) {
    if (isFirst) {
      isFirst = false
      continue
    }
    // Only our own marks fit their strict shapes: every table of ours has an id or several columns.
    const mark = line.length < 10_000 ? parseMark(line) : null
    if (mark?.ok === true && 'table' in mark.value) {
      await flush()
      table = mark.value.table
      if (!tables.has(table) && !isPassedOver(table))
        throw new TornBackupError(
          `${file} holds a table ${quoted(table)} that this version of Carrel does not know. Use a newer version.`,
        )
      counts[table] = 0
    } else if (mark?.ok === true && 'end' in mark.value) {
      await flush()
      isWhole = Object.entries(mark.value.counts).every(([name, count]) => counts[name] === count)
    } else if (table !== null) {
      waiting.push(line)
      counts[table] = (counts[table] ?? 0) + 1
      if (waiting.length >= ROWS_PER_INSERT) await flush()
    }
  }
  if (!isWhole) throw new TornBackupError(`${file} is damaged: it ends too early. Use another backup.`)
  return Object.fromEntries(Object.entries(counts).filter(([name]) => !isPassedOver(name)))
}

/** Whether PostgreSQL refused what is in a row, by its classes of errors: data exceptions and broken rules. */
function isDataFault(error: unknown): boolean {
  return /^2[23]/.test(String((error as { code?: string }).code))
}

/** Puts a backup into an empty database, in one transaction, and rolls every epoch: it counts as restored. [SYN-17] */
export async function restoreBackup(
  pool: Database,
  file: string,
): Promise<Decision<{ takenAt: string; counts: Record<string, number> }, AdminRefusal>> {
  try {
    const manifest = await readManifest(file)
    const prepared = await prepare(pool, manifest)
    if (!prepared.ok) return prepared
    const counts = await transaction(pool, 'read committed', async (client) => {
      await letIdle(client)
      await setForeignKeys(client, true)
      const rows = await insertAll(client, file, new Set(await loadBackupTables(client)))
      await setForeignKeys(client, false)
      await restoreSequences(client, manifest.sequences)
      const { secret } = makeRandomSource()
      for (const { id } of await loadUniversities(client)) await updateEpoch(client, id, secret(EPOCH_BYTES))
      await appendChange(client, {
        universityId: null,
        actor: 'cli',
        service: 'hub',
        subject: 'restore',
        log: { takenAt: manifest.takenAt, counts: rows },
      })
      return rows
    })
    await migrate(pool)
    await clearKnownBrowsers(pool)
    await pool.query('analyze')
    return accept({ takenAt: manifest.takenAt, counts })
  } catch (error) {
    return refusalOfFile(file, error)
  }
}

/** What a backup says of itself; refused where the file is none. */
async function readBackupFile(file: string): Promise<Decision<BackupManifest, AdminRefusal>> {
  try {
    return accept(await readManifest(file))
  } catch (error) {
    return refusalOfFile(file, error)
  }
}

/** Throws again what is no fault of the file. */
function refusalOfFile(file: string, error: unknown): { ok: false; refusal: AdminRefusal } {
  if (error instanceof TornBackupError) return refusal(error.message)
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return refusal(`There is no file ${file}. Check the path.`)
  if (code === 'EACCES' || code === 'EISDIR') return refusal(`Cannot read ${file}: ${fileFault(code)}`)
  throw error
}

/** `restore`. [SYN-17] */
export const restore: AdminCommand = {
  name: 'restore',
  usage: 'FILE',
  summary: 'loads a backup into an empty database; kiosks then send their recent reports again',
  example: 'restore /backups/carrel-monday.backup',
  help: `Nothing is overwritten: the database must be empty. Stop the hub, move the folder "database" of CARREL_HOME away (or make
an empty database and name it in DATABASE_URL), restore, and start the hub again.`,
  options: {},
  words: [1, 1],
  runAlone: async (config, input) => {
    const file = input.file(0) ?? ''
    // A file that is none must not leave an empty database behind.
    const read = await readBackupFile(file)
    if (!read.ok) return read
    const world = await openWorld(config, 'restore')
    if (!world.ok) return world
    try {
      const done = await restoreBackup(world.value.pool, file)
      if (!done.ok) return done
      const times = makeTimes(null)
      const takenAt = `${times.second(Date.parse(done.value.takenAt))} (${times.zone})`
      const table = { columns: ['table', 'rows'], rows: Object.entries(done.value.counts) }
      return answer([table, `Restored as of ${takenAt}.`], { file, ...done.value })
    } finally {
      await world.value.close()
    }
  },
}
