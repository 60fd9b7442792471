import type { MutationRefusal } from '#shared/domain/mutation.ts'

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

/** What release 0.1 reads of a mutation beside kind and body; a kind that it does not know has none of it. */
export interface FirstReleaseColumns {
  /** The space that it is on; 0: on none. */
  spaceId: number
  /** A report's level, 0 to 2. */
  level: number | null
  /** What the space showed when a report was made: level and hub time, ms since 1970. */
  beforeLevel: number | null
  beforeAtMs: number | null
}

/** What release 0.1 reads of a kind that it does not know: it sends it, and shows nothing for it. */
export const NO_COLUMNS: FirstReleaseColumns = {
  spaceId: 0,
  level: null,
  beforeLevel: null,
  beforeAtMs: null,
}

/** A mutation as it is first written. */
export interface NewMutation extends FirstReleaseColumns {
  /** Its name on the wire; an outbox holds any, also those that are not registered here. */
  kind: string
  /** Canonical JSON of its body. */
  body: string
  hash: string
  /** What only its newest mutation may be merged into; null: none may. [SYN-5] */
  fold: string | null
  /** JSON of what its rows showed when it was made; null: its kind keeps none, or keeps it in columns. */
  before: string | null
  /** The mutation that this one, an undo, takes back, by its number in this table; null: none, or it is held no more. */
  targetId: number | null
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
