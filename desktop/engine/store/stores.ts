import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { EngineLog } from '../ports.ts'
import { makeCache, type Cache } from './cache.ts'
import { lockFolder } from './lock.ts'
import { makeOutbox, type Outbox } from './outbox.ts'
import { moveAside, openSqlite, TooNewError, troubleOf, type Sqlite } from './sqlite.ts'

/** What a kiosk keeps on its disk, held by this process alone. */
export interface Stores {
  outbox: Outbox
  cache: Cache
  /** `outbox.db` was unreadable and lies aside: what waited in it is not lost, but not sent either. [SYN-25] */
  wasOutboxReset: boolean
  wasCacheReset: boolean
  /** Throws the cache away and starts an empty one. */
  resetCache(): void
  close(): void
}

/** Why the stores cannot be opened. */
export type StoreProblem = 'diskFull' | 'unreadable' | 'locked'

/** Opens a kiosk's folder, made when it is missing (mode 0700). */
export function openStores(folder: string, log: EngineLog): Decision<Stores, StoreProblem> {
  let unlock: (() => void) | null = null
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    unlock = lockFolder(join(folder, 'lock.db'))
    if (unlock === null) return refuse('locked')
    return accept(openLocked(folder, log, unlock))
  } catch (error) {
    unlock?.()
    log.warn('the folder cannot be opened', { reason: String(error) })
    return refuse(troubleOf(error) === 'diskFull' && !isForbidden(error) ? 'diskFull' : 'unreadable')
  }
}

/** SQLite says "cannot open" where the folder is another user's: more room would not help. */
function isForbidden(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_CANTOPEN'
}

function openLocked(folder: string, log: EngineLog, unlock: () => void): Stores {
  const cacheFile = join(folder, 'cache.db')
  const outbox = openOrMoveAside(join(folder, 'outbox.db'), openOutbox, log)
  const cache = openOrMoveAside(cacheFile, openCache, log)
  const stores: Stores = {
    outbox: outbox.store,
    cache: cache.store,
    wasOutboxReset: outbox.wasReset,
    wasCacheReset: cache.wasReset,
    resetCache: () => {
      stores.cache.sqlite.close()
      log.warn('the cache begins anew', { movedTo: moveAside(cacheFile) })
      stores.cache = openCache(cacheFile)
    },
    close: () => {
      stores.cache.rollback()
      stores.cache.sqlite.close()
      stores.outbox.sqlite.close()
      unlock()
    },
  }
  return stores
}

function openOutbox(file: string): Outbox {
  return openOver(openSqlite(file, 'precious'), makeOutbox)
}

function openCache(file: string): Cache {
  return openOver(openSqlite(file, 'disposable'), (sqlite) => {
    const cache = makeCache(sqlite)
    // Reads every page that will be read, so that a broken one shows now and not at a tap.
    cache.readMeta()
    return cache
  })
}

function openOver<Store>(sqlite: Sqlite, make: (sqlite: Sqlite) => Store): Store {
  try {
    return make(sqlite)
  } catch (error) {
    sqlite.close()
    throw error
  }
}

/** Opens a store; a broken file is moved aside and a fresh one made. Trouble of the disk, and a newer program's file, throw. */
function openOrMoveAside<Store>(
  file: string,
  open: (file: string) => Store,
  log: EngineLog,
): { store: Store; wasReset: boolean } {
  try {
    return { store: open(file), wasReset: false }
  } catch (error) {
    const trouble = troubleOf(error)
    if (error instanceof TooNewError || trouble === 'diskFull' || trouble === 'locked') throw error
    log.warn('a file is unreadable and was moved aside', { movedTo: moveAside(file), reason: String(error) })
    return { store: open(file), wasReset: true }
  }
}
