import type { Kinds } from '../kinds/kind.ts'
import type { PendingMutation } from '../kinds/pending-mutation.ts'
import {
  RETENTION_MS,
  type AckFacts,
  type DeviceIdentity,
  type NewMutation,
  type StoredMutation,
  type WelcomeFacts,
} from './outbox-rows.ts'
import { becomeKiosk } from './become-kiosk.ts'
import { FILL_FOLDS, OUTBOX_FOLD, OUTBOX_MIGRATIONS } from './outbox-migrations.ts'
import {
  applyAck,
  applyWelcome,
  insertPendingKey,
  markRevoked,
  prepareInsert,
  prepareReads,
  pruneAcked,
  readBounds,
  readIdentity,
  readHeldMutations,
  type OutboxBounds,
} from './outbox-statements.ts'
import { copyBefore, copyBeforeMigration, deleteOutdatedCopy } from './database-files.ts'
import { checkIntegrity, hasColumn, migrate, versionOf, type Sqlite } from './sqlite.ts'

/** `outbox.db`: precious. Every method that writes is durable when it returns, or throws and has changed nothing. [SYN-1] */
export interface Outbox {
  /** Who this device is; from memory, and up to date after every write. */
  identity(): DeviceIdentity
  /** Stores a key that will be sent to the hub, until it becomes the identity. */
  insertPendingKey(privateKey: string): void
  /** Becomes another kiosk: the pending key becomes its key, what `carry` names gets new ids, the rest is deleted. [SYN-12] */
  becomeKiosk(kioskId: number, universityId: number, carry: 'waiting' | 'retained' | 'nothing'): void
  markRevoked(wasRevoked: boolean): void
  /** Stores the ticket, and marks as waiting again what the hub does not have: above `lastMutationId`, or all in a new epoch. [SYN-11] [SYN-17] */
  applyWelcome(facts: WelcomeFacts): void
  /** Appends a mutation and returns its id. */
  insertMutation(mutation: NewMutation): number
  readMutation(id: number): StoredMutation | undefined
  /** The newest of those that have this fold. [SYN-5] */
  readNewestOfFold(fold: string): StoredMutation | undefined
  /** Whether an undo takes this mutation back. */
  isWithdrawn(id: number): boolean
  /** The oldest waiting mutations, contiguous. [SYN-4] */
  readWaiting(atMost: number): StoredMutation[]
  /** Marks all up to an id as acknowledged; `nowMs` is hub time. [SYN-6] */
  applyAck(ack: AckFacts, nowMs: number): void
  /**
   * Deletes the oldest of what was acknowledged seven days before `nowMs` (hub time); true when more is left to delete. Then also the
   * copy from before the update, once nothing in it is younger and nothing waits. [SYN-18] [KSK-2] [KSK-6]
   */
  prune(nowMs: number): boolean
  /** Lowest id still held; `nextId` when none is. */
  oldestRetained(): number
  nextId(): number
  /** Highest id known to be acknowledged; 0 for none. */
  ackedTo(): number
  /** Ids are missing among those that wait: salvaged from a corrupt file, they cannot be sent under this identity. [KSK-4] */
  hasGaps(): boolean
  waitingCount(): number
  /** All mutations whose kind is registered, in the shape that folds read, in order of ids; exact times only for those of this `boot`. [OCC-7] */
  readHeldMutations(kinds: Kinds, boot: string): PendingMutation[]
  /** The kinds of all mutations that are held. */
  kinds(): string[]
  readonly sqlite: Sqlite
}

const UNSETTLED = { originKioskId: null, originId: null, originHash: null, ackedHead: null, refusal: null }

/**
 * Makes the outbox over an open database: checks and migrates it. Throws what SQLite throws. Before an older file is migrated,
 * a copy of it is made beside it: a migration may be wrong without failing. [KSK-2]
 */
export function makeOutbox(sqlite: Sqlite, migrations: readonly string[] = OUTBOX_MIGRATIONS): Outbox {
  checkIntegrity(sqlite, 'whole')
  bringUpToDate(sqlite, migrations)
  const [insert, reads, bounds] = [prepareInsert(sqlite), prepareReads(sqlite), readBounds(sqlite)]
  const memory = { identity: readIdentity(sqlite), newest: null as StoredMutation | null }
  const reread = (): void => {
    memory.newest = null
    Object.assign(bounds, readBounds(sqlite))
    memory.identity = readIdentity(sqlite)
  }

  return {
    sqlite,
    identity: () => memory.identity,
    insertPendingKey: (privateKey) => {
      insertPendingKey(sqlite, privateKey)
      reread()
    },
    becomeKiosk: (kioskId, universityId, carry) => {
      sqlite.transaction(() => becomeKiosk(sqlite, kioskId, universityId, carry))()
      reread()
    },
    markRevoked: (wasRevoked) => {
      markRevoked(sqlite, wasRevoked)
      reread()
    },
    applyWelcome: (facts) => {
      sqlite.transaction(() => applyWelcome(sqlite, facts, bounds.newestId))()
      reread()
    },
    insertMutation: (mutation) => {
      const id = bounds.newestId + 1
      insert.run({ id, ...mutation })
      memory.newest = { id, ...mutation, ...UNSETTLED }
      bounds.newestId = id
      bounds.waitingCount += 1
      return id
    },
    readMutation: (id) => reads.byId.get(id),
    readNewestOfFold: (fold) => reads.newestOfFold.get(fold),
    isWithdrawn: (id) => reads.withdrawalOf.get(id, id) !== undefined,
    readWaiting: (atMost) => onlyWaiting(memory.newest, bounds) ?? reads.waiting.all(bounds.ackedTo, atMost),
    applyAck: (ack, nowMs) => {
      const upTo = Math.min(ack.lastMutationId, bounds.newestId)
      if (upTo <= bounds.ackedTo) return
      bounds.waitingCount -= sqlite.transaction(() =>
        applyAck(sqlite, bounds.ackedTo, { ...ack, lastMutationId: upTo }, nowMs),
      )()
      bounds.ackedTo = upTo
    },
    prune: (nowMs) => {
      const isMore = pruneAcked(sqlite, nowMs, bounds.newestId)
      if (!isMore && bounds.waitingCount === 0)
        deleteOutdatedCopy(sqlite, OUTBOX_FOLD.column, nowMs - RETENTION_MS)
      return isMore
    },
    oldestRetained: () => reads.oldest.get() ?? bounds.newestId + 1,
    nextId: () => bounds.newestId + 1,
    ackedTo: () => bounds.ackedTo,
    hasGaps: () => bounds.hasGaps,
    waitingCount: () => bounds.waitingCount,
    readHeldMutations: (kinds, boot) => readHeldMutations(sqlite, kinds, boot),
    kinds: () => reads.kinds.all(),
  }
}

function bringUpToDate(sqlite: Sqlite, migrations: readonly string[]): void {
  const version = versionOf(sqlite)
  if (version > 0 && version < migrations.length) copyBeforeMigration(sqlite, version)
  migrate(sqlite, migrations)
  if (!hasColumn(sqlite, 'mutations', OUTBOX_FOLD.column)) {
    if (version > 0) copyBefore(sqlite, OUTBOX_FOLD.column)
    sqlite.transaction(() => sqlite.exec(OUTBOX_FOLD.sql))()
  }
  sqlite.exec(FILL_FOLDS)
}

/** Mostly one mutation waits: the one that was just written, and need not be read. */
function onlyWaiting(
  newest: StoredMutation | null,
  { ackedTo, newestId }: OutboxBounds,
): StoredMutation[] | null {
  return newest !== null && newest.id === ackedTo + 1 && newest.id === newestId ? [newest] : null
}
