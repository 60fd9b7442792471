import { accept } from '#shared/domain/decision.ts'
import type { RandomSource } from '../ports.ts'
import { query, type Database, type Queryable } from '../postgres/database.ts'
import type { AloneCommand } from './alone-command.ts'
import { commitAlone, nameCall } from './commit-alone.ts'

/** Bytes of an epoch's name. */
export const EPOCH_BYTES = 12

/** More spaces and kiosks than anybody makes between two backups. */
const SEQUENCE_GAP = 1_000_000

/**
 * Begins a new epoch of one university, under its lock. Numbers that the database gave before it went back, and knows
 * nothing of any more, are skipped: a kiosk's waiting report may still name one. [SYN-17]
 */
export async function updateEpoch(client: Queryable, universityId: number, epoch: string): Promise<void> {
  await query(client, 'update universities set epoch = $2 where id = $1', [universityId, epoch])
  for (const table of ['spaces', 'kiosks'])
    await query(
      client,
      'select setval(sequence::regclass, nextval(sequence::regclass) + $2) from pg_get_serial_sequence($1, $3) sequence',
      [table, SEQUENCE_GAP, 'id'],
    )
}

/**
 * Begins a new epoch of one university, or of all: kiosks get a new snapshot and push again what the database does
 * not have. For a database that went back in time. Hubs notice within a second. [SYN-17]
 */
export async function rollEpoch(
  pool: Database,
  universityId: number | 'all',
  why: string,
  by: { actor: string; random: Pick<RandomSource, 'secret'> },
): Promise<void> {
  const ids = universityId === 'all' ? await loadUniversityIds(pool) : [universityId]
  const { actor, random } = by
  for (const id of ids)
    await commitAlone(pool, id, nameCall(rollEpochCommand, { why, actor, epoch: random.secret(EPOCH_BYTES) }))
}

interface EpochInput {
  epoch: string
  why: string
  actor: string
}

/** The clock stays where it is: another epoch says all. */
const rollEpochCommand: AloneCommand<EpochInput, null, null, void, never> = {
  name: 'begin an epoch',
  actor: 'hub',
  load: async () => null,
  decide: () => accept(null),
  write: async (client, { universityId, clock }, _value, effects, { epoch, why, actor }) => {
    await updateEpoch(client, universityId, epoch)
    const log = { why, head: clock - 1 }
    effects.log.push({ universityId, actor, service: 'sync', subject: 'epoch', log })
  },
}

/**
 * Compares the database cluster with what it was when a hub last looked, and rolls all epochs when it is another one or
 * runs on another timeline: it was replaced or recovered to an earlier point. [SYN-17]
 */
export async function rollEpochIfClusterChanged(
  pool: Database,
  random: Pick<RandomSource, 'secret'>,
): Promise<boolean> {
  const found = await loadCluster(pool)
  const known = new Map(
    (await query<{ name: string; value: string }>(pool, 'select name, value from cluster_facts')).map(
      ({ name, value }) => [name, value],
    ),
  )
  const changed = Object.entries(found).filter(([name, value]) => known.get(name) !== value)
  if (changed.length === 0) return false
  const isOther = changed.some(([name]) => known.has(name))
  if (isOther)
    await rollEpoch(pool, 'all', `the database is another one: ${changed.map(([name]) => name).join(', ')}`, {
      actor: 'hub',
      random,
    })
  // Kept after the epochs rolled: a crash in between rolls them once more, which only costs snapshots.
  for (const [name, value] of changed) await keepFact(pool, name, value)
  return isOther
}

async function loadUniversityIds(database: Queryable): Promise<number[]> {
  const rows = await query<{ id: number }>(database, 'select id from universities order by id')
  return rows.map(({ id }) => id)
}

/** The cluster, its timeline (the first 8 digits of the WAL file now written), and the database in it. */
async function loadCluster(database: Queryable): Promise<Record<string, string>> {
  const [row] = await query<Record<string, string>>(
    database,
    `select (select system_identifier::text from pg_control_system()) as "systemIdentifier",
        left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) as timeline,
        (select oid::text from pg_database where datname = current_database()) as database`,
  )
  return row ?? {}
}

async function keepFact(database: Queryable, name: string, value: string): Promise<void> {
  await query(
    database,
    'insert into cluster_facts (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
    [name, value],
  )
}
