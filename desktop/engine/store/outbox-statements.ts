import type { Statement } from 'better-sqlite3'
import { pendingMutationOf, type Kinds } from '../kinds/kind.ts'
import type { PendingMutation } from '../kinds/pending-mutation.ts'
import {
  RETENTION_MS,
  type AckFacts,
  type DeviceIdentity,
  type NewMutation,
  type StoredMutation,
  type WelcomeFacts,
} from './outbox-rows.ts'
import type { Sqlite } from './sqlite.ts'

/** Columns of a mutation under the names of StoredMutation. */
const COLUMNS = `id, kind, body, hash, fold, shown_before as before, target_id as targetId,
  space_id as spaceId, level, before_level as beforeLevel, before_at_ms as beforeAtMs, boot, elapsed_ms as elapsedMs, contact_ms as contactMs,
  at_ms as atMs, origin_kiosk_id as originKioskId, origin_id as originId, origin_hash as originHash,
  acked_head as ackedHead, refusal`

/** What is needed with every mutation, kept in memory. */
export interface OutboxBounds {
  newestId: number
  ackedTo: number
  waitingCount: number
  /** Ids are missing among those that wait, or before the first of them. */
  hasGaps: boolean
}

/** Rows deleted in one step: about 10 ms, so that no tap waits for it. */
const PRUNE_ROWS = 2_000

/** Reads the bounds from the file. Throws what SQLite throws. */
export function readBounds(sqlite: Sqlite): OutboxBounds {
  const bounds = sqlite
    .prepare<[], Omit<OutboxBounds, 'hasGaps'> & { firstWaiting: number | null; lastWaiting: number | null }>(
      `select coalesce(max(id), 0) as newestId,
              coalesce(max(id) filter (where acked_head is not null), 0) as ackedTo,
              count(*) filter (where acked_head is null) as waitingCount,
              min(id) filter (where acked_head is null) as firstWaiting,
              max(id) filter (where acked_head is null) as lastWaiting
       from mutations`,
    )
    .get()
  if (bounds === undefined) throw new Error('an aggregate without a row')
  const { firstWaiting, lastWaiting, ...known } = bounds
  if (firstWaiting === null || lastWaiting === null) return { ...known, hasGaps: false }
  const isDense = lastWaiting - firstWaiting + 1 === known.waitingCount
  // Where nothing acknowledged is held, the hello gives the first id as `oldestRetained`. [SYN-18]
  const isJoined = known.ackedTo === 0 || firstWaiting === known.ackedTo + 1
  return { ...known, hasGaps: !isDense || !isJoined }
}

/** Reads the one row of the identity. Throws what SQLite throws. */
export function readIdentity(sqlite: Sqlite): DeviceIdentity {
  const row = sqlite
    .prepare<[], Omit<DeviceIdentity, 'wasRevoked'> & { wasRevoked: number }>(
      `select kiosk_id as kioskId, university_id as universityId, private_key as privateKey,
              pending_key as pendingKey, was_revoked as wasRevoked, ticket, epoch, contact_ms as contactMs
       from identity`,
    )
    .get()
  if (row === undefined) throw new Error('outbox.db without an identity row')
  return { ...row, wasRevoked: row.wasRevoked !== 0 }
}

/** The statement that makes a mutation durable. */
export function prepareInsert(sqlite: Sqlite): Statement<[NewMutation & { id: number }]> {
  return sqlite.prepare(
    `insert into mutations (id, kind, body, hash, fold, shown_before, target_id, space_id, level, before_level,
                            before_at_ms, boot, elapsed_ms, contact_ms, at_ms)
     values (@id, @kind, @body, @hash, @fold, @before, @targetId, @spaceId, @level, @beforeLevel,
             @beforeAtMs, @boot, @elapsedMs, @contactMs, @atMs)`,
  )
}

/** The queries that run while a tap waits for its answer. */
export interface OutboxReads {
  byId: Statement<[number], StoredMutation>
  newestOfFold: Statement<[string], StoredMutation>
  /** The undo of a mutation, queried with its id twice: an undo always has a greater id. */
  withdrawalOf: Statement<[number, number], number>
  /** After an id, at most so many. */
  waiting: Statement<[number, number], StoredMutation>
  oldest: Statement<[], number | null>
  kinds: Statement<[], string>
}

/** Prepares the queries once. */
export function prepareReads(sqlite: Sqlite): OutboxReads {
  return {
    byId: sqlite.prepare(`select ${COLUMNS} from mutations where id = ?`),
    newestOfFold: sqlite.prepare(`select ${COLUMNS} from mutations where fold = ? order by id desc limit 1`),
    withdrawalOf: sqlite
      .prepare<[number, number], number>('select 1 from mutations where id > ? and target_id = ?')
      .pluck(),
    waiting: sqlite.prepare(`select ${COLUMNS} from mutations where id > ? order by id limit ?`),
    oldest: sqlite.prepare<[], number | null>('select min(id) from mutations').pluck(),
    kinds: sqlite.prepare<[], string>('select distinct kind from mutations').pluck(),
  }
}

/** Stores a key that will be sent to the hub. */
export function insertPendingKey(sqlite: Sqlite, privateKey: string): void {
  sqlite.prepare('update identity set pending_key = ?').run(privateKey)
}

/** Stores whether the hub revoked this kiosk. */
export function markRevoked(sqlite: Sqlite, wasRevoked: boolean): void {
  sqlite.prepare('update identity set was_revoked = ?').run(Number(wasRevoked))
}

/**
 * Stores the ticket, and marks as waiting again what the hub does not have. A welcome acknowledges nothing: an id for which
 * this device saw no ack may be another device's, and in a new epoch any may; all of those are sent again, and the hub
 * compares. To be called inside a transaction. [SYN-11] [SYN-17] [SYN-18] [SYN-29]
 */
export function applyWelcome(sqlite: Sqlite, welcome: WelcomeFacts, newestId: number): void {
  const isNewEpoch = readIdentity(sqlite).epoch !== welcome.epoch
  const { ticket, epoch, head, lastMutationId, nowMs } = welcome
  sqlite
    .prepare<[string, string, number]>(
      'update identity set ticket = ?, epoch = ?, contact_ms = ?, was_revoked = 0',
    )
    .run(ticket, epoch, Math.round(nowMs))
  while (pruneAcked(sqlite, nowMs, newestId)) continue
  sqlite
    .prepare<[number]>(
      'update mutations set acked_head = null, acked_at_ms = null, refusal = null where id > ? and acked_head is not null',
    )
    .run(isNewEpoch ? 0 : lastMutationId)
  sqlite
    .prepare<[{ head: number }]>('update mutations set acked_head = @head where acked_head > @head')
    .run({ head })
}

/**
 * Deletes some of what was acknowledged seven days before `nowMs` (hub time), oldest first, never the newest id. True: more is
 * left. Acks come in order, so what is below such a row is older, whatever time a hub with a wrong clock gave it: no gap is
 * left and nothing stays for ever. [SYN-18] [KSK-6]
 */
export function pruneAcked(sqlite: Sqlite, nowMs: number, newestId: number): boolean {
  const { changes } = sqlite
    .prepare<[number, number, number]>(
      `delete from mutations where id in (
         select id from mutations
         where id < ? and id <= (select id from mutations where acked_at_ms < ? order by id desc limit 1)
         order by id limit ?)`,
    )
    .run(newestId, Math.round(nowMs) - RETENTION_MS, PRUNE_ROWS)
  return changes === PRUNE_ROWS
}

/** Marks as acknowledged what one ack names beyond `ackedTo` and returns how many that were. To be called inside a transaction. [SYN-6] */
export function applyAck(sqlite: Sqlite, ackedTo: number, ack: AckFacts, nowMs: number): number {
  const { changes } = sqlite
    .prepare<[number, number, number, number]>(
      'update mutations set acked_head = ?, acked_at_ms = ? where id > ? and id <= ?',
    )
    .run(ack.head, Math.round(nowMs), ackedTo, ack.lastMutationId)
  const refused = sqlite.prepare<[string, number]>('update mutations set refusal = ? where id = ?')
  for (const outcome of ack.outcomes) refused.run(outcome.why, outcome.id)
  return changes
}

/**
 * All mutations in the outbox whose kind is registered, in the shape that folds read, in order of ids. Those of others wait and are
 * sent like all. [OCC-7] [KSK-21]
 */
export function readHeldMutations(sqlite: Sqlite, kinds: Kinds, boot: string): PendingMutation[] {
  const held = new Map<number, PendingMutation>()
  const rows = sqlite.prepare<[], StoredMutation>(`select ${COLUMNS} from mutations order by id`)
  for (const row of rows.iterate()) {
    const target = row.targetId === null ? null : (held.get(row.targetId) ?? null)
    const mutation = pendingMutationOf(kinds, row, boot, target)
    if (mutation !== null) held.set(row.id, mutation)
  }
  return [...held.values()]
}
