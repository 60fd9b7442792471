import { Type, type Static } from 'typebox'
import { canonicalJson } from '../domain/canonical-json.ts'
import { Assignment, KeyGrade } from '../domain/kiosk.ts'
import { MutationHash, MutationId } from '../domain/mutation.ts'
import { Level } from '../domain/occupancy.ts'
import { Id, SpaceFacts } from '../domain/space.ts'
import { OpeningHours } from '../domain/week-time.ts'

// The messages between kiosk and hub: one JSON text per websocket frame. PROTOCOL.md holds the rules.

const Clock = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const TimeMs = Type.Number({ minimum: 0, maximum: 8_640_000_000_000_000 })
const Epoch = Type.String({ minLength: 1, maxLength: 64 })
const Ticket = Type.String({ minLength: 1, maxLength: 64 })
const Mac = Type.String({ minLength: 1, maxLength: 64 })
const Short = Type.String({ maxLength: 64 })

/** The most bytes of one frame from a kiosk. [SYN-15] */
export const MAX_FRAME_BYTES_UP = 65_536

/** The most bytes of one part of a snapshot or catch-up. [SYN-9] */
export const MAX_PART_BYTES = 131_072

/** The most capabilities of one message, and the most characters of one. [SYN-34] */
export const MAX_CAPABILITIES = 64
export const MAX_CAPABILITY_LENGTH = 40

/** The most mutations of one push; the frame's bytes bound it too. */
export const MAX_PUSH_MUTATIONS = 256

/** What a row says of a space. Since protocol 3 without hours: they are rows of the collection `hours`. [SYN-31] */
export const RowFacts = Type.Object(
  { ...SpaceFacts.properties, hours: Type.Optional(OpeningHours) },
  { additionalProperties: false },
)
export type RowFacts = Static<typeof RowFacts>

/**
 * One space on its way down. `rows` carry all of it; `levels` only what a report changes, as
 * [id, clock, level, reportedAtMs], to keep the many small frames small. Composites travel as rows without level:
 * every kiosk sums them up by itself. [SYN-8] [OCC-3]
 */
export const SpaceRow = Type.Object(
  {
    id: Id,
    clock: Clock,
    level: Type.Union([Level, Type.Null()]),
    reportedAtMs: Type.Union([TimeMs, Type.Null()]),
    facts: RowFacts,
  },
  { additionalProperties: false },
)
export type SpaceRow = Static<typeof SpaceRow>

/** [id, clock, level, reportedAtMs]: the hot part of a row that the kiosk holds already. */
export const LevelRow = Type.Tuple([
  Id,
  Clock,
  Type.Union([Level, Type.Null()]),
  Type.Union([TimeMs, Type.Null()]),
])
export type LevelRow = Static<typeof LevelRow>

/** [id, clock]: the space is gone from kiosks. [SYN-8] */
export const GoneRow = Type.Tuple([Id, Clock])
export type GoneRow = Static<typeof GoneRow>

/** Changed rows of one university. */
export const ChangedRows = Type.Object(
  {
    rows: Type.Array(SpaceRow),
    levels: Type.Array(LevelRow),
    gone: Type.Array(GoneRow),
  },
  { additionalProperties: false },
)
export type ChangedRows = Static<typeof ChangedRows>

/** A row of a collection on its way down; `body` null: it is gone. Who owns the collection checks the body. [SYN-31] */
export const CollectionRow = Type.Object(
  { id: Id, clock: Clock, body: Type.Union([Type.Null(), Type.Object({}, { additionalProperties: true })]) },
  { additionalProperties: false },
)
export type CollectionRow = Static<typeof CollectionRow>

/** Changed rows of collections, by the collection's name; spaces are not among them. [SYN-31] */
export const CollectionRows = Type.Record(
  Type.String({ pattern: '^[a-z][A-Za-z]{0,39}$' }),
  Type.Array(CollectionRow),
)
export type CollectionRows = Static<typeof CollectionRows>

/** Names of capabilities, such as `rows/hours@1` and `kind/report@1`. Unknown ones are ignored. [SYN-34] */
export const Capabilities = Type.Array(Type.String({ minLength: 1, maxLength: MAX_CAPABILITY_LENGTH }), {
  maxItems: MAX_CAPABILITIES,
})
export type Capabilities = Static<typeof Capabilities>

/** What a kiosk's rows cover: the space whose line they are of, and the capabilities by which rows beside spaces were sent. [SYN-35] */
export const Holds = Type.Object(
  { spaceId: Type.Union([Id, Type.Null()]), collections: Capabilities },
  { additionalProperties: false },
)
export type Holds = Static<typeof Holds>

/** Hub: the first word, and what the proof must sign. */
export const Challenge = Type.Object(
  { type: Type.Literal('challenge'), nonce: Short, protocols: Type.Array(Type.Integer()) },
  { additionalProperties: false },
)
export type Challenge = Static<typeof Challenge>

/** The greatest head of this epoch that the hub sent with its signature; it proves that the database was once there. [SYN-17] */
export const SignedHead = Type.Object(
  { epoch: Epoch, head: Clock, mac: Mac },
  { additionalProperties: false },
)
export type SignedHead = Static<typeof SignedHead>

/** A key with which the kiosk's next hellos may prove themselves instead of a signature, and until when. [SYN-38] */
export const Resume = Type.Object(
  {
    /** 32 bytes, base64url: key of an HMAC-SHA256 over `helloStatement`. */
    key: Type.String({ minLength: 1, maxLength: 64 }),
    /** Hub time. */
    untilMs: TimeMs,
  },
  { additionalProperties: false },
)
export type Resume = Static<typeof Resume>

/** Kiosk: who I am, what I have, what I hold. `proof` signs `helloStatement`. [SYN-10] */
export const Hello = Type.Object(
  {
    type: Type.Literal('hello'),
    protocol: Type.Integer(),
    kioskId: Id,
    ticket: Type.Union([Ticket, Type.Null()]),
    /** Random name of the device's boot: a new one means that elapsed times cannot be compared. */
    boot: Short,
    epoch: Type.Union([Epoch, Type.Null()]),
    cursor: Clock,
    nextMutationId: MutationId,
    /** Lowest mutation id that the kiosk can still send; nextMutationId when it holds none. [SYN-18] */
    oldestRetained: MutationId,
    /** Highest id that the kiosk knows to be acknowledged; 0 for none. */
    ackedTo: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    sealed: Type.Union([SignedHead, Type.Null()]),
    appVersion: Short,
    keyGrade: KeyGrade,
    /** Since protocol 3, and then always: what it can take and send. [SYN-34] */
    capabilities: Type.Optional(Capabilities),
    /** Since protocol 3, and then always. [SYN-35] */
    holds: Type.Optional(Holds),
    /** Since protocol 3: the proof is no signature, but made with the key that a welcome gave until then. [SYN-38] */
    resumeUntilMs: Type.Optional(TimeMs),
    proof: Type.String({ minLength: 1, maxLength: 128 }),
  },
  { additionalProperties: false },
)
export type Hello = Static<typeof Hello>

/** Kiosk, after `err forked`, or after the welcome and before its first push: take this new key; the old one has just signed on this connection. [SYN-12] */
export const Fork = Type.Object(
  { type: Type.Literal('fork'), publicKey: Type.String({ minLength: 1, maxLength: 128 }) },
  { additionalProperties: false },
)
export type Fork = Static<typeof Fork>

/** Hub: the new identity of a forked device. It closes; the kiosk comes again under the new name. [SYN-12] */
export const Forked = Type.Object(
  { type: Type.Literal('forked'), kioskId: Id },
  { additionalProperties: false },
)
export type Forked = Static<typeof Forked>

/** What the hub asks of this connection. */
export const Limits = Type.Object(
  {
    heartbeatMs: Type.Integer({ minimum: 1 }),
    maxFrameBytes: Type.Integer({ minimum: 1 }),
    maxPushMutations: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
)
export type Limits = Static<typeof Limits>

/** Hub: the connection is open. `head` is read in the snapshot that serves the rows. [SYN-10] [SYN-11] */
export const Welcome = Type.Object(
  {
    type: Type.Literal('welcome'),
    epoch: Epoch,
    head: Clock,
    mac: Mac,
    /** Numbers beyond it the hub does not know. Those up to it are settled by acks alone. [SYN-29] */
    lastMutationId: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    nowMs: TimeMs,
    ticket: Ticket,
    assignment: Assignment,
    limits: Limits,
    /** Since protocol 3: those of the hello that the hub knows too; only these are used on this connection. [SYN-34] */
    capabilities: Type.Optional(Capabilities),
    /** Since protocol 3, and then always; goes with `ticket`. [SYN-38] */
    resume: Type.Optional(Resume),
  },
  { additionalProperties: false },
)
export type Welcome = Static<typeof Welcome>

const Parted = {
  epoch: Epoch,
  /** The cursor after the last part. */
  to: Clock,
  /** This part, counted from 1. */
  part: Type.Integer({ minimum: 1 }),
  parts: Type.Integer({ minimum: 1 }),
  changes: ChangedRows,
  /** Since protocol 3, where there are any. Applied with `changes`, in the same transaction. [SYN-31] */
  collections: Type.Optional(CollectionRows),
}

/** Hub: everything, in parts; staged, then switched in one transaction. Starts from nothing. [SYN-9] */
export const Snapshot = Type.Object(
  { type: Type.Literal('snapshot'), ...Parted },
  { additionalProperties: false },
)
export type Snapshot = Static<typeof Snapshot>

/** Hub: what changed after `from`. [SYN-8] */
export const Changes = Type.Object(
  { type: Type.Literal('changes'), from: Clock, ...Parted },
  { additionalProperties: false },
)
export type Changes = Static<typeof Changes>

/** A mutation on its way up. Kind and body are checked one by one, so that an unknown kind is answered `err upgrade` and a bad body is refused alone. [SYN-7] [SYN-13] */
export const PushedMutation = Type.Object(
  {
    id: MutationId,
    hash: MutationHash,
    kind: Short,
    body: Type.Unknown(),
    /** Elapsed ms since the tap within this boot; null: restarted in between. [OCC-7] */
    ageMs: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
    /** Hub time of the last contact before the tap. */
    contactMs: TimeMs,
    /** A mutation carried over from an identity that was forked or enrolled anew. [SYN-12] */
    origin: Type.Optional(
      Type.Object({ kioskId: Id, id: MutationId, hash: MutationHash }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
)
export type PushedMutation = Static<typeof PushedMutation>

/** Kiosk: what waits, contiguous and oldest first; one push in flight. [SYN-4] */
export const Push = Type.Object(
  {
    type: Type.Literal('push'),
    mutations: Type.Array(PushedMutation, { minItems: 1, maxItems: MAX_PUSH_MUTATIONS }),
  },
  { additionalProperties: false },
)
export type Push = Static<typeof Push>

/** How a mutation ended that was not simply done. */
export const RefusedOutcome = Type.Object(
  {
    id: MutationId,
    why: Type.Enum([
      'unknownSpace',
      'spaceDeleted',
      'composite',
      'outsideSubtree',
      'unknownReport',
      'alreadyWithdrawn',
      'malformed',
      'lost',
      // Since protocol 3: a fault of the hub's own, recorded; before, `malformed`. [SYN-36]
      'internal',
    ]),
  },
  { additionalProperties: false },
)
export type RefusedOutcome = Static<typeof RefusedOutcome>

/** Hub, only after COMMIT has returned: all ids up to `lastMutationId` are settled at `head`; what is not listed was done. [SYN-6] */
export const Ack = Type.Object(
  {
    type: Type.Literal('ack'),
    lastMutationId: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    /** Clock of the commit that settled them (of an earlier one, at most, for ids that were known already). */
    head: Clock,
    mac: Mac,
    outcomes: Type.Array(RefusedOutcome),
  },
  { additionalProperties: false },
)
export type Ack = Static<typeof Ack>

/** Kiosk: stored up to here, under this ticket. Sent once live after a welcome, and as the answer to each heartbeat. [SYN-11] */
export const Applied = Type.Object(
  {
    type: Type.Literal('applied'),
    cursor: Clock,
    ticket: Ticket,
    /** Mutations that wait for their ack. */
    waitingCount: Type.Integer({ minimum: 0 }),
    /** The device's own wall clock, ms since 1970; only ever shown to IT. [SYN-16] */
    wallMs: Type.Number(),
  },
  { additionalProperties: false },
)
export type Applied = Static<typeof Applied>

/** Kiosk: my cursor is behind; send what is missing. `cursor` 0 with `isLost` asks for a snapshot. [SYN-8] */
export const Pull = Type.Object(
  { type: Type.Literal('pull'), cursor: Clock, isLost: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)
export type Pull = Static<typeof Pull>

/** Hub, at each interval. `digest` is that of `head`. [SYN-14] */
export const Heartbeat = Type.Object(
  { type: Type.Literal('heartbeat'), epoch: Epoch, head: Clock, mac: Mac, nowMs: TimeMs, digest: Short },
  { additionalProperties: false },
)
export type Heartbeat = Static<typeof Heartbeat>

/** Hub: the kiosk's assignment or settings changed. */
export const Reassigned = Type.Object(
  { type: Type.Literal('assignment'), assignment: Assignment },
  { additionalProperties: false },
)
export type Reassigned = Static<typeof Reassigned>

/** Hub: I go down, or shed load; come again after this long (jittered by the kiosk). */
export const Bye = Type.Object(
  { type: Type.Literal('bye'), retryAfterMs: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
)
export type Bye = Static<typeof Bye>

/** Why a connection ends or a message is not taken. A closed list. */
export const ConnectionErrorCode = Type.Enum([
  'malformed',
  'tooLarge',
  'unexpected',
  'helloTimeout',
  'badProof',
  'unknownKiosk',
  'revoked',
  'forked',
  'upgrade',
  'superseded',
  'epochChanged',
  'stalled',
  'unknownRequest',
  'internal',
])
export type ConnectionErrorCode = Static<typeof ConnectionErrorCode>

/** Hub: something is wrong. `fatal`: the connection closes right after. */
export const ConnectionError = Type.Object(
  { type: Type.Literal('err'), code: ConnectionErrorCode, fatal: Type.Boolean() },
  { additionalProperties: false },
)
export type ConnectionError = Static<typeof ConnectionError>

/** Kiosk: something that needs the connection now and is never stored on the device. */
export const Request = Type.Object(
  {
    type: Type.Literal('request'),
    id: Type.Integer({ minimum: 1 }),
    /** Is this the PIN of the diagnostics page? At most 5 tries per kiosk in 15 minutes. [SYN-22] */
    ask: Type.Object(
      { kind: Type.Literal('checkPin'), pin: Type.String({ maxLength: 32 }) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
export type Request = Static<typeof Request>

/** Hub: the answer to a request. */
export const Reply = Type.Object(
  {
    type: Type.Literal('reply'),
    id: Type.Integer({ minimum: 1 }),
    answer: Type.Enum(['yes', 'no', 'tooManyTries']),
  },
  { additionalProperties: false },
)
export type Reply = Static<typeof Reply>

/** All that a kiosk may say. */
export const KioskMessage = Type.Union([Hello, Fork, Push, Applied, Pull, Request])
export type KioskMessage = Static<typeof KioskMessage>

/** All that a hub may say. */
export const HubMessage = Type.Union([
  Challenge,
  Forked,
  Welcome,
  Snapshot,
  Changes,
  Ack,
  Heartbeat,
  Reassigned,
  Bye,
  ConnectionError,
  Reply,
])
export type HubMessage = Static<typeof HubMessage>

/** Text that a kiosk's proof signs (Ed25519, base64url): a context, the hub's host as dialled, the nonce, every other field of the hello. [SYN-10] */
export function helloStatement(host: string, nonce: string, hello: Omit<Hello, 'proof'>): string {
  return ['carrel kiosk hello 1', host, nonce, canonicalJson(hello)].join('\n')
}

/** Text of whose HMAC, by a secret of the hubs, a resume key is made: whose it is, under which ticket, until when. [SYN-38] */
export function resumeStatement(
  { kioskId, publicKey, ticket }: { kioskId: number; publicKey: string; ticket: string },
  untilMs: number,
): string {
  return ['carrel kiosk resume 1', String(kioskId), publicKey, ticket, String(untilMs)].join('\n')
}

/** Text that an enrolling kiosk signs to show that it holds the key. [SYN-20] */
export function enrolStatement(host: string, code: string, publicKey: string): string {
  return ['carrel kiosk enrol 1', host, code, publicKey].join('\n')
}

/** Text that the hub signs with its MAC: the database of this university was at `head` in `epoch`. [SYN-17] */
export function headStatement(universityId: number, epoch: string, head: number): string {
  return ['carrel head 1', String(universityId), epoch, String(head)].join('\n')
}

/** Text of which a mutation's hash is taken. [SYN-3] */
export function mutationStatement(kind: string, body: unknown): string {
  return `${kind}\n${canonicalJson(body)}`
}
