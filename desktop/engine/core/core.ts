import type { Assignment } from '#shared/domain/kiosk.ts'
import type { MutationRefusal } from '#shared/domain/mutation.ts'
import type { LinkSlice, OutboxSlice, SpaceView } from '#shared/wire/bridge.ts'
import type { SignedHead } from '#shared/wire/messages.ts'
import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import type { ClockFacts } from '../sync/certificate-trouble.ts'
import type { KioskConfig } from '../config/kiosk-config.ts'
import type { HubTime } from '../clock/hub-time.ts'
import type { Mirror } from '../store/mirror.ts'
import { foldSpace, type Reached } from '../screen/overlay.ts'
import type { DialLine, EngineClock, EngineLog, PostEnrolment } from './ports.ts'
import type { Screen } from '../screen/slice-publisher.ts'
import type { CachedSpace } from '../store/cache.ts'
import { isSqliteError, troubleOf } from '../store/sqlite.ts'
import type { Stores } from '../store/stores.ts'
import type { Taps } from '../screen/pending-mutations.ts'

/** What an engine is made of. */
export interface EngineOptions {
  /** The kiosk's own folder; one process at a time. */
  folder: string
  config: KioskConfig
  appVersion: string
  clock: EngineClock
  dial: DialLine
  post: PostEnrolment
  random: SeededRandom
  /** Random bytes as base64url. */
  secret(byteCount: number): string
  log: EngineLog
  /** Lets the operating system's desktop be seen; false where there is none. */
  leaveFullScreen?(): boolean
  /** The version that it says it speaks; a simulation pretends another. [SYN-13] */
  protocol?: number
}

/**
 * Why an engine can do nothing more in this process: its outbox broke under way, or its folder cannot be opened. The shell
 * ends with exit code 70, and its supervisor starts it anew. [KSK-1] [KSK-3]
 */
export type EngineFailure = 'storeBroken' | 'storeUnusable'

/** Counts and alarms that only live as long as the process. */
export interface Health {
  alarm: OutboxSlice['alarm']
  /** What the hub last said of this kiosk's place cannot be shown here. [KSK-5] */
  isAssignmentRefused: boolean
  failure: EngineFailure | null
  mismatchCount: number
  cacheResetCount: number
  refused: { mutationId: number; spaceId: number; why: MutationRefusal['why'] }[]
  link: { status: LinkSlice['status']; reason: LinkSlice['reason'] }
}

/** All parts of a running engine. Commands and the hub link work on it; each part has one owner. */
export interface Core {
  readonly options: EngineOptions
  readonly stores: Stores
  readonly mirror: Mirror
  readonly taps: Taps
  readonly hubTime: HubTime
  readonly screen: Screen
  readonly health: Health
  /** The kiosk's place, as last told; null before the first welcome. */
  readonly place: { told: { assignment: Assignment; movedAtMs: number | null } | null }
  /** The greatest head that the hub sealed in its present epoch. [SYN-17] */
  readonly seal: { held: SignedHead | null }
  /** Tells whoever runs this engine that it must be started anew. */
  readonly failed: PromiseWithResolvers<EngineFailure>
}

/** How far the confirmed rows are, for the fold. */
export function reachedOf(core: Pick<Core, 'mirror' | 'stores'>): Reached {
  return {
    cursor: core.mirror.cursor,
    isSameEpoch: core.mirror.epoch === core.stores.outbox.identity().epoch,
  }
}

/** What this device knows of its own date: only what was heard in this boot is certain. */
export function clockFactsOf({ options, hubTime }: Pick<Core, 'options' | 'hubTime'>): ClockFacts {
  return {
    wallMs: options.clock.wallMs(),
    offsetMs: hubTime.contact() === null ? null : hubTime.clockOffsetMs(),
    lastContactMs: hubTime.lastContactMs(),
  }
}

/** One space as it is shown: its row folded with this kiosk's taps. [SYN-19] */
export function viewOf(
  core: Pick<Core, 'mirror' | 'stores' | 'taps'>,
  space: CachedSpace,
  reached = reachedOf(core),
): SpaceView {
  return {
    id: space.id,
    ...space.facts,
    ...foldSpace(space, core.taps.of(space.id), reached, core.taps.settledReport(space.id)),
    isWaiting: core.taps.isWaiting(space.id),
  }
}

/**
 * Runs something that writes to `outbox.db`. False when the disk did not take it: then nothing of it is written and the
 * alarm is raised. Any other exception is a mistake of ours and goes on to the engine's door.
 */
export function isWritten(core: Core, write: () => void): boolean {
  if (core.health.failure !== null) return false
  try {
    write()
  } catch (error) {
    if (!isDiskTrouble(core, error)) throw error
    return false
  }
  if (core.health.alarm === 'diskFull') raiseAlarm(core, core.stores.wasOutboxReset ? 'outboxReset' : null)
  return true
}

/**
 * Whether something failed because `outbox.db` cannot be read or written any more: then the alarm is raised. One that is
 * broken, or on a disk that fails, is for the next start: nothing more is promised here, and the process is to end. [KSK-3]
 */
export function isDiskTrouble(core: Core, error: unknown): boolean {
  const trouble = troubleOf(error)
  if (trouble === null) return false
  core.options.log.warn('the outbox has trouble', { trouble, reason: String(error) })
  if (trouble === 'diskFull') raiseAlarm(core, 'diskFull')
  if (trouble !== 'corrupt' && trouble !== 'failing') return true
  raiseAlarm(core, trouble === 'corrupt' ? 'outboxReset' : 'diskFailing')
  if (core.health.failure === null) {
    core.health.failure = 'storeBroken'
    core.failed.resolve('storeBroken')
  }
  return true
}

/**
 * The same for `cache.db`. One that cannot be used is moved aside: its rows go on being shown until the snapshot is here.
 * Where even that fails, it is tried again with the next write. [SYN-25] [KSK-7]
 */
export function isCached(core: Core, write: () => void): boolean {
  if (!core.stores.hasCache() && !isCacheReset(core)) return false
  try {
    write()
    return true
  } catch (error) {
    core.stores.cache.rollback()
    const trouble = troubleOf(error)
    if (trouble === null && !isSqliteError(error)) throw error
    core.options.log.warn('the cache has trouble', { trouble, reason: String(error) })
    if (trouble === 'diskFull') raiseAlarm(core, 'diskFull')
    else if (trouble !== 'locked') isCacheReset(core)
    return false
  }
}

/** Begins an empty cache. False, with the alarm, where the disk does not let it. */
export function isCacheReset(core: Core): boolean {
  core.mirror.forget()
  try {
    core.stores.resetCache()
  } catch (error) {
    core.options.log.warn('the cache cannot begin anew and is tried again', { reason: String(error) })
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
