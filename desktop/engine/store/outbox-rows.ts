import type { MutationRefusal } from '#shared/domain/mutation.ts'
import type { Level } from '#shared/domain/occupancy.ts'

/** Acknowledged mutations are kept this long, for a hub that was restored from an older backup. [SYN-18] */
export const RETENTION_MS = 7 * 86_400_000

/** Who this device is. */
export interface DeviceIdentity {
  kioskId: number | null
  universityId: number | null
  privateKey: string | null
  pendingKey: string | null
  wasRevoked: boolean
  ticket: string | null
  /** The hub's epoch in which `ackedHead` counts; null: never welcomed. */
  epoch: string | null
  /** Hub time of the last welcome; 0 for none. */
  contactMs: number
}

/** A mutation as it is first written. */
export interface NewMutation {
  kind: 'report' | 'withdraw'
  spaceId: number
  /** Canonical JSON of its body. */
  body: string
  hash: string
  level: Level | null
  targetId: number | null
  beforeLevel: Level | null
  beforeAtMs: number | null
  boot: string
  elapsedMs: number
  contactMs: number
  atMs: number
}

/** A mutation as it is stored. Its origin: the kiosk, id and hash under which it was first made, null: under these. */
export interface StoredMutation extends NewMutation {
  id: number
  originKioskId: number | null
  originId: number | null
  originHash: string | null
  ackedHead: number | null
  refusal: MutationRefusal['why'] | null
}

/** The hub's acknowledgement of all mutations up to an id, at a head; `outcomes` names those that it refused. */
export interface AckFacts {
  lastMutationId: number
  head: number
  outcomes: readonly { id: number; why: MutationRefusal['why'] }[]
}

/** What of a welcome the outbox stores, in one transaction. */
export interface WelcomeFacts {
  ticket: string
  epoch: string
  head: number
  lastMutationId: number
  nowMs: number
}
