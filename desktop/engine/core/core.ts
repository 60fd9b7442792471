import type { Assignment } from '#shared/domain/kiosk.ts'
import type { LinkSlice, OutboxSlice } from '#shared/wire/bridge.ts'
import type { Resume, SignedHead } from '#shared/wire/messages.ts'
import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import type { ClockFacts } from '../sync/certificate-error.ts'
import type { KioskConfig } from '../config/kiosk-config.ts'
import type { HubTime } from '../clock/hub-time.ts'
import type { KioskMirror } from '../store/mirror.ts'
import type { Collections } from '../collections/collection.ts'
import type { Kinds } from '../kinds/kind.ts'
import type { AppliedPosition } from '../kinds/pending-mutation.ts'
import type { EngineLog } from '../log/engine-log.ts'
import type { ConnectToHub, EngineClock, PostEnrolment } from './ports.ts'
import type { SlicePublisher } from '../screen/slice-publisher.ts'
import type { Stores } from '../store/stores.ts'
import type { PendingMutations } from '../screen/pending-mutations.ts'

/** What an engine needs. */
export interface EngineOptions {
  /** The kiosk's own folder; one process at a time. */
  folder: string
  config: KioskConfig
  appVersion: string
  clock: EngineClock
  connect: ConnectToHub
  postEnrolment: PostEnrolment
  /** For jitter only, never for secrets. */
  random: SeededRandom
  /** That many random bytes, as base64url. */
  makeSecret(byteCount: number): string
  log: EngineLog
  /** Leaves full screen, so that the desktop can be used; false where there is no window. */
  leaveFullScreen?(): boolean
  /** The kinds of mutations that it drafts and shows; only a test names others than all. */
  kinds?: Kinds
  /** The collections that it holds; only a test names others than all. */
  collections?: Collections
  /** The protocol version that it says it speaks; only a simulation names another than its own. [SYN-13] */
  protocol?: number
}

/**
 * Why an engine can do nothing more in this process: its outbox broke while it ran, or its folder cannot be opened. The
 * shell ends with exit code 70, and its supervisor starts it again. [KSK-1] [KSK-3]
 */
export type EngineFailure = 'storeBroken' | 'storeUnusable'

/** Counts and alarms that live only as long as the process. */
export interface Health {
  alarm: OutboxSlice['alarm']
  /** The hub's newest assignment of this kiosk cannot be shown here. [KSK-5] */
  isAssignmentRefused: boolean
  failure: EngineFailure | null
  /** How often the digest of the rows differed from the hub's. [SYN-14] */
  mismatchCount: number
  /** How often in a row it differed after all rows had come anew. */
  mismatchesInARow: number
  /** Rows that were left out, since nobody here asked for them or could read them. [SYN-31] */
  leftOutCount: number
  cacheResetCount: number
  /** Mutations that the hub refused in the last minute, oldest first. [SYN-7] */
  refused: OutboxSlice['refused']
  link: { status: LinkSlice['status']; reason: LinkSlice['reason'] }
}

/** All parts of a running engine. Commands and the hub link work on it; each part has one owner. */
export interface Core {
  readonly options: EngineOptions
  readonly stores: Stores
  readonly kinds: Kinds
  readonly collections: Collections
  readonly mirror: KioskMirror
  readonly pending: PendingMutations
  readonly hubTime: HubTime
  readonly screen: SlicePublisher
  readonly health: Health
  /** The kiosk's assignment as the hub last gave it, and when it moved (hub time, ms); null before the first welcome. */
  readonly assignment: { current: { assignment: Assignment; movedAtMs: number | null } | null }
  /** What the hub named in its newest welcome: no other kind is drafted. [SYN-34] */
  readonly capabilities: { current: ReadonlySet<string> }
  /** The greatest head that the hub signed in its present epoch; null before the first. [SYN-17] */
  readonly headSignature: { newest: SignedHead | null }
  /** What the newest welcome gave for the next hello, and whose it is. In memory alone: no disk, and no copy of one, has it. [SYN-38] */
  readonly resume: { newest: (Resume & { kioskId: number; ticket: string }) | null }
  /** Settles when the process is to be started again. */
  readonly failed: PromiseWithResolvers<EngineFailure>
}

/** How far the confirmed rows are: what the overlay is folded by. */
export function appliedPositionOf(core: Pick<Core, 'mirror' | 'stores'>): AppliedPosition {
  return {
    cursor: core.mirror.cursor,
    isSameEpoch: core.mirror.epoch === core.stores.outbox.identity().epoch,
  }
}

/** What this device knows of its own date: only the hub's time received in this boot is certain. [KSK-10] */
export function clockFactsOf({ options, hubTime }: Pick<Core, 'options' | 'hubTime'>): ClockFacts {
  return {
    wallMs: options.clock.wallMs(),
    offsetMs: hubTime.clockOffsetMs(),
    lastContactMs: hubTime.lastContactMs(),
  }
}
