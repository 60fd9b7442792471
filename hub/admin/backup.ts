import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import { appendChange } from '../platform/postgres/append-change.ts'
import { query, transaction, type Transaction } from '../platform/postgres/database.ts'
import {
  loadBackupTables,
  loadLandedMigrations,
  letIdle,
  loadSequences,
  readTable,
  type SequenceState,
} from './backup-tables.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { fileFault } from './text-file.ts'
import { makeTimes } from './times.ts'

// The file: gzip over lines of JSON. First the manifest; then for each table {"table":NAME} and its rows; at last
// {"end":true,"counts":{…}}, without which a file is torn.

/** Format of the file; another number is another format. */
export const BACKUP_FORMAT = 1

/** The first line of a backup. */
export interface BackupManifest {
  carrelBackup: number
  takenAt: string
  migrations: { name: string; hash: string }[]
  tables: string[]
  sequences: SequenceState[]
}

/** Writes everything of the database, as it is at one moment, into a file. Throws what the file system throws. */
export async function writeBackup(
  client: Transaction,
  file: string,
): Promise<{ manifest: BackupManifest; counts: Record<string, number>; byteCount: number }> {
  await letIdle(client)
  const [moment] = await query<{ at: Date }>(client, 'select now() as at')
  const tables = await loadBackupTables(client)
  const manifest: BackupManifest = {
    carrelBackup: BACKUP_FORMAT,
    takenAt: (moment?.at ?? new Date(0)).toISOString(),
    migrations: await loadLandedMigrations(client),
    tables,
    sequences: await loadSequences(client, tables),
  }
  // Beside its last name, and durable before it gets it: a file of that name is a whole backup.
  const part = `${file}.part`
  const counts: Record<string, number> = {}
  const target = createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true })
  await once(target, 'open')
  try {
    const gzip = createGzip()
    const written = pipeline(gzip, target)
    await Promise.race([writeLines(client, gzip, manifest, counts), written])
    await written
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  return { manifest, counts, byteCount: target.bytesWritten }
}

async function writeLines(
  client: Transaction,
  gzip: Gzip,
  manifest: BackupManifest,
  counts: Record<string, number>,
): Promise<void> {
  const write = async (lines: readonly string[]): Promise<void> => {
    if (!gzip.write(`${lines.join('\n')}\n`)) await once(gzip, 'drain')
  }
  await write([JSON.stringify(manifest)])
  for (const table of manifest.tables) {
    await write([JSON.stringify({ table })])
    counts[table] = await readTable(client, table, write)
  }
  gzip.end(`${JSON.stringify({ end: true, counts })}\n`)
}

/** `backup`. */
export const backup: AdminCommand = {
  name: 'backup',
  usage: 'FILE [--force]',
  summary: 'writes everything, as it is at this moment, into one file; the hub may keep running',
  example: 'backup /backups/carrel-monday.backup',
  help: `  --force          replaces an existing file

The file holds people's addresses, hashes of their passwords and the key with which the hub signs: keep it where only staff can
read it. No one can sign in with it: sessions, links, codes, waiting emails and the keys of access tokens are not in it.
"restore" loads it into an empty database.`,
  options: { force: { type: 'boolean' } },
  words: [1, 1],
  run: async (world, input) => {
    const file = input.file(0) ?? ''
    if (!input.isSet('force') && existsSync(file))
      return refusal(`There is already a file ${file}. Choose another name, or add --force to replace it.`)
    try {
      const done = await transaction(world.pool, 'snapshot', (client) => writeBackup(client, file))
      const { manifest, counts, byteCount } = done
      await appendChange(world.pool, {
        universityId: null,
        actor: 'cli',
        service: 'hub',
        subject: 'backup',
        log: { takenAt: manifest.takenAt, byteCount, counts },
      })
      const times = makeTimes(null)
      const takenAt = `${times.second(Date.parse(manifest.takenAt))} (${times.zone})`
      const table = { columns: ['table', 'rows'], rows: Object.entries(counts) }
      return answer([table, `${file}: ${byteCount} bytes, as of ${takenAt}.`], {
        file,
        byteCount,
        takenAt: manifest.takenAt,
        counts,
      })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST')
        return refusal(
          `Another backup is being written to ${file}, or one was interrupted. If none is running, delete ${file}.part.`,
        )
      if (code !== undefined && /^E[A-Z]+$/.test(code))
        return refusal(`Cannot write ${file}: ${fileFault(code)}`)
      throw error
    }
  },
}
