import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { EngineLog } from '../log/engine-log.ts'
import { makeCache, type Cache } from './cache.ts'
import { lockFolder } from './folder-lock.ts'
import { OUTBOX_MIGRATIONS } from './outbox-migrations.ts'
import { makeOutbox, type Outbox } from './outbox.ts'
import { deleteSalvaged, salvageOutbox, installSalvaged } from './salvage.ts'
import {
  deleteDatabase,
  isEmptiedBesideWal,
  listMovedAside,
  moveAside,
  moveLeftoverWal,
} from './database-files.ts'
import { openSqlite, TooNewError, storeErrorOf, type Sqlite } from './sqlite.ts'

/** The databases of a kiosk, locked for this process. */
export interface Stores {
  outbox: Outbox
  cache: Cache
  /** `outbox.db` was corrupt and was moved aside; what could be read of it is in the new one. [SYN-25] [KSK-4] */
  wasOutboxReset: boolean
  wasCacheReset: boolean
  /** False after a `resetCache` that failed: there is no cache until one succeeds. */
  hasCache(): boolean
  /** Moves the cache aside and begins an empty one. Throws where the disk does not take it; may be called again. [KSK-7] */
  resetCache(): void
  close(): void
}

/** Why the stores cannot be opened. */
export type StoreProblem = 'diskFull' | 'unreadable' | 'locked' | 'tooNew'

/** Opens a kiosk's folder, made when it is missing (mode 0700). What cannot be opened stays as it is. Never throws. [KSK-1] */
export function openStores(
  folder: string,
  log: EngineLog,
  migrations: readonly string[] = OUTBOX_MIGRATIONS,
): Decision<Stores, StoreProblem> {
  let unlock: (() => void) | null = null
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    unlock = lockFolder(join(folder, 'lock.db'))
    if (unlock === null) return refuse('locked')
    return accept(openLocked(folder, log, migrations, unlock))
  } catch (error) {
    unlock?.()
    log.warn('folder-not-opened', 'The folder of the kiosk cannot be opened.', { reason: String(error) })
    return refuse(problemOf(error))
  }
}

function problemOf(error: unknown): StoreProblem {
  if (error instanceof TooNewError) return 'tooNew'
  const kind = storeErrorOf(error)
  return kind === 'diskFull' || kind === 'locked' ? kind : 'unreadable'
}

function openLocked(
  folder: string,
  log: EngineLog,
  migrations: readonly string[],
  unlock: () => void,
): Stores {
  const cacheFile = join(folder, 'cache.db')
  const outbox = openOutbox(join(folder, 'outbox.db'), migrations, log)
  const cache = makeOrClose(outbox.store.sqlite, () => openCache(cacheFile, log))
  const state = { hasCache: true }
  const stores: Stores = {
    outbox: outbox.store,
    cache: cache.store,
    wasOutboxReset: outbox.wasReset,
    wasCacheReset: cache.wasReset,
    hasCache: () => state.hasCache,
    resetCache: () => {
      state.hasCache = false
      stores.cache.sqlite.close()
      replaceCache(cacheFile, log)
      stores.cache = readCache(cacheFile)
      state.hasCache = true
    },
    close: () => {
      if (state.hasCache) stores.cache.rollback()
      stores.cache.sqlite.close()
      stores.outbox.sqlite.close()
      unlock()
    },
  }
  return stores
}

/**
 * Opens the precious file. Only what SQLite itself calls corrupt, or no database, is moved aside, after what can be read of
 * it was gathered; after any other error, for a newer program's file and a migration that fails it stays where it is. [KSK-1] [KSK-4]
 */
function openOutbox(
  file: string,
  migrations: readonly string[],
  log: EngineLog,
): { store: Outbox; wasReset: boolean } {
  moveLeftoverWal(file)
  const open = (): Outbox => {
    const sqlite = openSqlite(file, 'precious')
    return makeOrClose(sqlite, () => makeOutbox(sqlite, migrations))
  }
  const wasEmptied = isEmptiedBesideWal(file)
  if (wasEmptied)
    log.warn('outbox-emptied', 'The outbox was empty beside a write-ahead log; the log was moved aside.', {
      movedTo: moveAside(file),
    })
  const wasLeft = installSalvaged(file) || wasEmptied
  try {
    const store = open()
    deleteSalvaged(file)
    warnAboutMovedAside(file, log)
    return { store, wasReset: wasLeft }
  } catch (error) {
    if (storeErrorOf(error) !== 'corrupt') throw error
    const saved = salvageOutbox(file, migrations)
    const movedTo = moveAside(file)
    installSalvaged(file)
    log.warn(
      'outbox-salvaged',
      'The outbox was corrupt; what could be read went into a new one, the old one was moved aside.',
      { movedTo, ...saved, reason: String(error) },
    )
    return { store: open(), wasReset: true }
  }
}

/** Only staff delete what may hold a mutation that no hub has; each start warns of it. */
function warnAboutMovedAside(file: string, log: EngineLog): void {
  const aside = listMovedAside(file)
  if (aside.length > 0)
    log.warn(
      'broken-outboxes-left',
      'Corrupt outboxes were moved aside earlier: export them, then delete them.',
      { files: aside },
    )
}

/** Opens the disposable file; one that cannot be used is replaced, unless the disk is full or the file is locked. [SYN-25] */
function openCache(file: string, log: EngineLog): { store: Cache; wasReset: boolean } {
  try {
    return { store: readCache(file), wasReset: false }
  } catch (error) {
    const kind = storeErrorOf(error)
    if (kind === 'diskFull' || kind === 'locked') throw error
    log.warn('cache-unreadable', 'The cache cannot be read and is replaced by an empty one.', {
      reason: String(error),
    })
    replaceCache(file, log)
    return { store: readCache(file), wasReset: true }
  }
}

/** The newest broken cache stays for IT to look into; older ones are deleted. */
function replaceCache(file: string, log: EngineLog): void {
  for (const aside of listMovedAside(file)) deleteDatabase(aside)
  log.warn('cache-reset', 'The cache was moved aside and an empty one begun.', { movedTo: moveAside(file) })
}

function readCache(file: string): Cache {
  const sqlite = openSqlite(file, 'disposable')
  return makeOrClose(sqlite, () => {
    const cache = makeCache(sqlite)
    // Reads all that will be read, so that a corrupt page shows now and not at a tap.
    cache.readMeta()
    return cache
  })
}

/** What `make` makes over a database; where it throws, the database is closed first. */
function makeOrClose<Made>(sqlite: Sqlite, make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    sqlite.close()
    throw error
  }
}
