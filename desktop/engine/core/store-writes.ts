import type { OutboxSlice } from '#shared/wire/bridge.ts'
import { isSqliteError, storeErrorOf } from '../store/sqlite.ts'
import type { Core } from './core.ts'

/**
 * Runs `write`, which writes to `outbox.db`. False when the disk did not take it: then nothing of it is written and the
 * alarm is raised. Any other exception is a fault of the program, and is thrown on to the engine API. [SYN-1]
 */
export function tryWriteOutbox(core: Core, write: () => void): boolean {
  if (core.health.failure !== null) return false
  try {
    write()
  } catch (error) {
    if (!handleDiskError(core, error)) throw error
    return false
  }
  if (core.health.alarm === 'diskFull') raiseAlarm(core, core.stores.wasOutboxReset ? 'outboxReset' : null)
  return true
}

/**
 * True when `error` says that `outbox.db` cannot be read or written any more: then the alarm is raised. A file that is broken,
 * or on a disk that fails, is left to the next start: the engine accepts no more writes, and the process is to end. [KSK-3]
 */
export function handleDiskError(core: Core, error: unknown): boolean {
  const kind = storeErrorOf(error)
  if (kind === null) return false
  core.options.log.warn('outbox-failing', 'The outbox cannot be read or written.', {
    trouble: kind,
    reason: String(error),
  })
  if (kind === 'diskFull') raiseAlarm(core, 'diskFull')
  if (kind !== 'corrupt' && kind !== 'failing') return true
  raiseAlarm(core, kind === 'corrupt' ? 'outboxReset' : 'diskFailing')
  if (core.health.failure === null) {
    core.health.failure = 'storeBroken'
    core.failed.resolve('storeBroken')
  }
  return true
}

/**
 * Runs `write`, which writes to `cache.db`. False when the disk did not take it. A cache that cannot be used is replaced by an
 * empty one, and its rows stay on the screen until the snapshot is here; where even that fails, the next write tries it
 * again. [SYN-25] [KSK-7]
 */
export function tryWriteCache(core: Core, write: () => void): boolean {
  if (!core.stores.hasCache() && !tryResetCache(core)) return false
  try {
    write()
    return true
  } catch (error) {
    core.stores.cache.rollback()
    const kind = storeErrorOf(error)
    if (kind === null && !isSqliteError(error)) throw error
    core.options.log.warn('cache-failing', 'The cache cannot be read or written.', {
      trouble: kind,
      reason: String(error),
    })
    if (kind === 'diskFull') raiseAlarm(core, 'diskFull')
    else if (kind !== 'locked') tryResetCache(core)
    return false
  }
}

/** Replaces the cache by an empty one. False, with the alarm raised, where the disk does not take it. [KSK-7] */
export function tryResetCache(core: Core): boolean {
  core.mirror.resetPosition()
  try {
    core.stores.resetCache()
  } catch (error) {
    core.options.log.warn(
      'cache-reset-failed',
      'The cache could not be replaced by an empty one; the next write tries again.',
      { reason: String(error) },
    )
    if (core.health.alarm === null) raiseAlarm(core, 'diskFailing')
    return false
  }
  core.health.cacheResetCount += 1
  if (core.health.alarm === 'diskFailing' && core.health.failure === null) raiseAlarm(core, null)
  return true
}

function raiseAlarm(core: Core, alarm: OutboxSlice['alarm']): void {
  if (core.health.alarm === alarm) return
  core.health.alarm = alarm
  core.screen.publish('outbox')
}
