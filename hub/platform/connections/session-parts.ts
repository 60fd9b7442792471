import type { Reply } from '#shared/wire/messages.ts'
import type { Seal } from '../secrets/head-signature.ts'
import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Chance, HubClock } from '../ports.ts'
import type { Audience } from '../broadcast/fan-out.ts'
import type { ForkAnswer } from './sync-features.ts'
import type { HelloDesk } from './handshake-batcher.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { Session } from './session.ts'
import type { Sightings } from './status-batcher.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** What every session of a hub shares. */
export interface SessionParts {
  clock: HubClock
  chance: Chance
  log: HubLog
  metrics: HubMetrics
  inFlight: InFlight
  writer: TenantWriter
  desk: HelloDesk
  sightings: Sightings
  heartbeatMs: number
  seal(): Seal
  /** Hub time, ms since 1970. */
  nowMs(): number
  /** A session was opened: it is the newest of its kiosk, an older one here ends. [SYN-12] */
  enter(session: Session): Audience
  left(session: Session): void
  /** [SYN-22] */
  checkPin(kiosk: { kioskId: number; universityId: number }, pin: string): Promise<Reply['answer']>
  /** The id of the forked device's new identity, or why it gets none. [SYN-12] */
  fork(proven: { kioskId: number; universityId: number }, publicKey: string): Promise<ForkAnswer>
}
