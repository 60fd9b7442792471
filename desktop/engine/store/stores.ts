import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { EngineLog } from '../core/ports.ts'
import { makeCache, type Cache } from './cache.ts'
import { lockFolder } from './folder-lock.ts'
import { OUTBOX_MIGRATIONS } from './outbox-migrations.ts'
import { makeOutbox, type Outbox } from './outbox.ts'
import { dropSalvaged, salvageOutbox, takeSalvaged } from './salvage.ts'
import { deleteDatabase, isEmptied, listAside, moveAside, rejoin } from './database-files.ts'
import { openSqlite, TooNewError, troubleOf, type Sqlite } from './sqlite.ts'

/** What a kiosk keeps on its disk, held by this process alone. */
export interface Stores {
  outbox: Outbox
  cache: Cache
  /** `outbox.db` was broken and lies aside; what could be read of it is in the new one. [SYN-25] [KSK-4] */
  wasOutboxReset: boolean
  wasCacheReset: boolean
  /** False after a `resetCache` that failed: there is no cache until one succeeds. */
  hasCache(): boolean
  /** Throws the cache away and starts an empty one. Throws where the disk does not let it; may be tried again. [KSK-7] */
  resetCache(): void
  close(): void
}

/** Why the stores cannot be opened. */
export type StoreProblem = 'diskFull' | 'unreadable' | 'locked' | 'tooNew'

/** Opens a kiosk's folder, made when it is missing (mode 0700). What cannot be opened stays as it is. [KSK-1] */
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
    log.warn('the folder cannot be opened', { reason: String(error) })
    return refuse(problemOf(error))
  }
}

function problemOf(error: unknown): StoreProblem {
  if (error instanceof TooNewError) return 'tooNew'
  const trouble = troubleOf(error)
  return trouble === 'diskFull' || trouble === 'locked' ? trouble : 'unreadable'
}

function openLocked(
  folder: string,
  log: EngineLog,
  migrations: readonly string[],
  unlock: () => void,
): Stores {
  const cacheFile = join(folder, 'cache.db')
  const outbox = openOutbox(join(folder, 'outbox.db'), migrations, log)
  const cache = openOver(outbox.store.sqlite, () => openCache(cacheFile, log))
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
 * it was gathered; any other trouble, a newer program's file and a migration that fails leave it where it is. [KSK-1] [KSK-4]
 */
function openOutbox(
  file: string,
  migrations: readonly string[],
  log: EngineLog,
): { store: Outbox; wasReset: boolean } {
  rejoin(file)
  const open = (): Outbox => {
    const sqlite = openSqlite(file, 'precious')
    return openOver(sqlite, () => makeOutbox(sqlite, migrations))
  }
  const wasEmptied = isEmptied(file)
  if (wasEmptied) log.warn('the outbox was emptied and its log moved aside', { movedTo: moveAside(file) })
  const wasLeft = takeSalvaged(file) || wasEmptied
  try {
    const store = open()
    dropSalvaged(file)
    sayAside(file, log)
    return { store, wasReset: wasLeft }
  } catch (error) {
    if (troubleOf(error) !== 'corrupt') throw error
    const saved = salvageOutbox(file, migrations)
    const movedTo = moveAside(file)
    takeSalvaged(file)
    log.warn('the outbox is broken and was moved aside', { movedTo, ...saved, reason: String(error) })
    return { store: open(), wasReset: true }
  }
}

/** Nobody but staff deletes what may hold a tap that no hub has; that it is there is said at each start. */
function sayAside(file: string, log: EngineLog): void {
  const aside = listAside(file)
  if (aside.length > 0) log.warn('broken outboxes lie aside: export them, then delete them', { files: aside })
}

/** Opens the disposable file; one that cannot be used, for whatever reason but a full disk, is replaced. [SYN-25] */
function openCache(file: string, log: EngineLog): { store: Cache; wasReset: boolean } {
  try {
    return { store: readCache(file), wasReset: false }
  } catch (error) {
    const trouble = troubleOf(error)
    if (trouble === 'diskFull' || trouble === 'locked') throw error
    log.warn('the cache is unreadable', { reason: String(error) })
    replaceCache(file, log)
    return { store: readCache(file), wasReset: true }
  }
}

/** The newest broken cache stays for whoever looks into it; older ones go. */
function replaceCache(file: string, log: EngineLog): void {
  for (const aside of listAside(file)) deleteDatabase(aside)
  log.warn('the cache begins anew', { movedTo: moveAside(file) })
}

function readCache(file: string): Cache {
  const sqlite = openSqlite(file, 'disposable')
  return openOver(sqlite, () => {
    const cache = makeCache(sqlite)
    // Reads every page that will be read, so that a broken one shows now and not at a tap.
    cache.readMeta()
    return cache
  })
}

/** Closes a database when what is made over it fails. */
function openOver<Made>(sqlite: Sqlite, make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    sqlite.close()
    throw error
  }
}
