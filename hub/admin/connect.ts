import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { accept, type Decision } from '#shared/domain/decision.ts'
import type { HubConfig } from '../config.ts'
import { readHubFile } from '../hub-file.ts'
import {
  openPool,
  requireServer,
  DatabaseUnusableError,
  type Database,
} from '../platform/postgres/database.ts'
import { startEmbedded } from '../platform/postgres/embedded.ts'
import { FolderLockedError } from '../platform/postgres/folder-lock.ts'
import { migrate } from '../platform/postgres/migrate.ts'
import { findOwnRole } from '../platform/postgres/own-role.ts'
import { EmbeddedDatabaseError } from '../platform/postgres/postgres-binaries.ts'
import { refusal, type AdminRefusal, type AdminWorld } from './answer.ts'

/**
 * `use` and `make` bring the database up to date first; `look` and `restore` take it as it is. Only `make` and `restore`
 * make one where there is none: a mistyped CARREL_HOME must not become an empty Carrel that is backed up every night.
 */
export type OpenMode = 'use' | 'make' | 'look' | 'restore'

/** Where the embedded database of a data folder is. */
export function embeddedFolder(home: string): string {
  return join(home, 'database')
}

/**
 * Opens the database: that of DATABASE_URL, or of the hub that runs on the data folder, or the data folder's own, which
 * is started for this command alone.
 */
export async function openWorld(
  config: HubConfig,
  mode: OpenMode,
): Promise<Decision<AdminWorld, AdminRefusal>> {
  const hub = readHubFile(config.home)
  const hubUrl = hub?.url ?? null
  try {
    if (config.databaseUrl !== null)
      return accept(await open(config, config.databaseUrl, hubUrl, 'DATABASE_URL', mode))
    if (hub !== null) return accept(await open(config, hub.databaseUrl, hubUrl, 'hub', mode))
    const isMaker = mode === 'make' || mode === 'restore'
    if (!isMaker && !existsSync(join(embeddedFolder(config.home), 'data')))
      return refusal(
        `There is no database in ${config.home}. Set CARREL_HOME or DATABASE_URL to the right place, or create one here with "npm start", "npm run hub" or "university add".`,
      )
    const embedded = await startEmbedded({ folder: embeddedFolder(config.home) })
    try {
      const world = await open(config, embedded.url, null, 'embedded', mode)
      const close = async (): Promise<void> => {
        await world.close()
        await embedded.stop()
      }
      return accept({ ...world, close })
    } catch (error) {
      await embedded.stop()
      throw error
    }
  } catch (error) {
    if (
      error instanceof DatabaseUnusableError ||
      error instanceof EmbeddedDatabaseError ||
      error instanceof FolderLockedError
    )
      return refusal(error.message)
    throw error
  }
}

async function open(
  config: HubConfig,
  databaseUrl: string,
  hubUrl: string | null,
  foundBy: AdminWorld['foundBy'],
  mode: OpenMode,
): Promise<AdminWorld> {
  const pool = await openAsOwner(databaseUrl)
  try {
    if (mode === 'use' || mode === 'make') await migrate(pool)
  } catch (error) {
    await pool.end()
    throw error
  }
  return { config, hubUrl, pool, databaseUrl, foundBy, close: () => pool.end() }
}

/** What a command makes must be the hub's: where DATABASE_URL names a superuser, the hub has a role of its own. [OPS-15] */
async function openAsOwner(databaseUrl: string): Promise<Database> {
  const pool = openPool(databaseUrl, { maxConnections: 2 })
  try {
    await requireServer(pool)
    const role = await findOwnRole(pool)
    if (role === null) return pool
    await pool.end()
    return openPool(databaseUrl, { maxConnections: 2, role })
  } catch (error) {
    await pool.end()
    throw error
  }
}
