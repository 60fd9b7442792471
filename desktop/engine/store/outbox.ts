import type { Tap } from '../screen/overlay.ts'
import type { AckFacts, Identity, NewMutation, StoredMutation, WelcomeFacts } from './outbox-rows.ts'
import { becomeKiosk } from './become-kiosk.ts'
import { OUTBOX_MIGRATIONS } from './outbox-migrations.ts'
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
  readTaps,
  type Bounds,
} from './outbox-statements.ts'
import { keepVersion } from './database-files.ts'
import { checkIntegrity, migrate, versionOf, type Sqlite } from './sqlite.ts'

/** `outbox.db`: precious. Every method that writes is durable when it returns, or throws and has changed nothing. [SYN-1] */
export interface Outbox {
  /** Who this device is; kept in memory, right after every write. */
  identity(): Identity
  /** Keeps a key that the hub will be told of, until it is an identity. */
  insertPendingKey(privateKey: string): void
  /** Becomes another kiosk: the pending key is its key, what `carry` names goes along under new numbers, the rest goes. [SYN-12] */
  becomeKiosk(kioskId: number, universityId: number, carry: 'waiting' | 'retained' | 'nothing'): void
  markRevoked(wasRevoked: boolean): void
  /** Stores the ticket and settles by the hub's word: above `lastMutationId` all waits again, the rest is settled. [SYN-11] [SYN-17] */
  applyWelcome(facts: WelcomeFacts): void
  /** Appends a mutation and returns its number. */
  insertMutation(mutation: NewMutation): number
  readMutation(id: number): StoredMutation | undefined
  readNewestOfSpace(spaceId: number): StoredMutation | undefined
  isWithdrawn(reportId: number): boolean
  /** The oldest waiting mutations, contiguous. [SYN-4] */
  readWaiting(atMost: number): StoredMutation[]
  /** Settles all up to an id; `nowMs` is hub time. */
  applyAck(ack: AckFacts, nowMs: number): void
  /** Forgets the oldest of what was acknowledged seven days before `nowMs` (hub time); true when more is left to forget. [SYN-18] [KSK-6] */
  prune(nowMs: number): boolean
  /** Lowest number still held; `nextId` when none is. */
  oldestRetained(): number
  nextId(): number
  /** Highest number known to be acknowledged; 0 for none. */
  ackedTo(): number
  /** Numbers are missing among those that wait: salvaged from a broken file, they cannot be sent under this name. [KSK-4] */
  hasGaps(): boolean
  waitingCount(): number
  /** All that is held, as the fold sees it, in order of numbers; times as `boot` lets the device tell them. [OCC-7] */
  readTaps(boot: string): Tap[]
  readonly sqlite: Sqlite
}

const UNSETTLED = { originKioskId: null, originId: null, originHash: null, ackedHead: null, refusal: null }

/**
 * Makes the outbox over an open database: checks it, brings it up to date. Throws what SQLite throws. Before an older file is
 * changed, a copy of it lies beside: a migration may be wrong without failing. [KSK-2]
 */
export function makeOutbox(sqlite: Sqlite, migrations: readonly string[] = OUTBOX_MIGRATIONS): Outbox {
  checkIntegrity(sqlite, 'whole')
  const version = versionOf(sqlite)
  if (version > 0 && version < migrations.length) keepVersion(sqlite, version)
  migrate(sqlite, migrations)
  const [insert, reads, bounds] = [prepareInsert(sqlite), prepareReads(sqlite), readBounds(sqlite)]
  const held = { identity: readIdentity(sqlite), newest: null as StoredMutation | null }
  const reread = (): void => {
    held.newest = null
    Object.assign(bounds, readBounds(sqlite))
    held.identity = readIdentity(sqlite)
  }

  return {
    sqlite,
    identity: () => held.identity,
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
      held.newest = { id, ...mutation, ...UNSETTLED }
      bounds.newestId = id
      bounds.waitingCount += 1
      return id
    },
    readMutation: (id) => reads.byId.get(id),
    readNewestOfSpace: (spaceId) => reads.newestOfSpace.get(spaceId),
    isWithdrawn: (reportId) => reads.withdrawalOf.get(reportId, reportId) !== undefined,
    readWaiting: (atMost) => onlyWaiting(held.newest, bounds) ?? reads.waiting.all(bounds.ackedTo, atMost),
    applyAck: (ack, nowMs) => {
      const upTo = Math.min(ack.lastMutationId, bounds.newestId)
      if (upTo <= bounds.ackedTo) return
      bounds.waitingCount -= sqlite.transaction(() =>
        applyAck(sqlite, bounds.ackedTo, { ...ack, lastMutationId: upTo }, nowMs),
      )()
      bounds.ackedTo = upTo
    },
    prune: (nowMs) => pruneAcked(sqlite, nowMs, bounds.newestId),
    oldestRetained: () => reads.oldest.get() ?? bounds.newestId + 1,
    nextId: () => bounds.newestId + 1,
    ackedTo: () => bounds.ackedTo,
    hasGaps: () => bounds.hasGaps,
    waitingCount: () => bounds.waitingCount,
    readTaps: (boot) => readTaps(sqlite, boot),
  }
}

/** Mostly one tap waits: the one that was just written, and need not be read. */
function onlyWaiting(newest: StoredMutation | null, { ackedTo, newestId }: Bounds): StoredMutation[] | null {
  return newest !== null && newest.id === ackedTo + 1 && newest.id === newestId ? [newest] : null
}
