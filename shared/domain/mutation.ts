import { Type, type Static } from 'typebox'
import { Level, type ReportRefusal, type WithdrawRefusal } from './occupancy.ts'
import { Id } from './space.ts'

/** Number of a mutation on its kiosk: 1, 2, 3 …, dense. [SYN-2] */
export const MutationId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
export type MutationId = Static<typeof MutationId>

/** The hash of a mutation's kind and body (not of its age): the first 16 bytes of a SHA-256, base64url. [SYN-3] */
export const MutationHash = Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' })
export type MutationHash = Static<typeof MutationHash>

/** "This space is free / busy / full." */
export const ReportBody = Type.Object({ spaceId: Id, level: Level }, { additionalProperties: false })
export type ReportBody = Static<typeof ReportBody>

/** "Undo that report": names the report by its mutation id on the same kiosk (on `origin`'s kiosk when carried over). [OCC-2] */
export const WithdrawBody = Type.Object(
  { spaceId: Id, mutationId: MutationId },
  { additionalProperties: false },
)
export type WithdrawBody = Static<typeof WithdrawBody>

/** What a kiosk can ask for: a kind and its body. */
export type MutationInput = { kind: 'report'; body: ReportBody } | { kind: 'withdraw'; body: WithdrawBody }

/** The largest mutation that a kiosk takes from its screen, in bytes of its JSON. [SYN-15] */
export const MAX_MUTATION_BYTES = 4096

/** The most mutations that wait on a kiosk; one more is refused loudly. [SYN-5] */
export const MAX_OUTBOX_MUTATIONS = 100_000

/** Why the hub, or the kiosk itself, refuses a mutation. A closed list. `internal`: the hub failed on it. [SYN-36] */
export type MutationRefusal =
  | ReportRefusal
  | WithdrawRefusal
  | { why: 'malformed' }
  | { why: 'lost' }
  | { why: 'internal' }
