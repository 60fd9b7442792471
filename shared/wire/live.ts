import { Type, type Static } from 'typebox'
import { CollectionRows, GoneRow, LevelRow, SpaceRow } from './messages.ts'
import { Id } from '../domain/space.ts'

// The messages of the live socket of people's pages, /api/v1/live: one JSON text per frame. Pages say who they are, once,
// and ask whether the connection still works; everything else comes down. Rules LIV-n.

const closed = { additionalProperties: false }
const Clock = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const TimeMs = Type.Number({ minimum: 0, maximum: 8_640_000_000_000_000 })
const Epoch = Type.String({ minLength: 1, maxLength: 64 })

/** The most bytes of one frame from a page. [LIV-4] */
export const MAX_LIVE_FRAME_BYTES_UP = 2_048

/**
 * Query of the address by which a page says that it takes rows of collections. A page of the release before says nothing, and
 * is sent hours among the facts of its spaces; a hub of the release before passes over it, and sends them so too. [LIV-10]
 */
export const LIVE_TAKES_COLLECTIONS = 'takes=collections'

/** Time between heartbeats, ms: a page that misses one says so. [LIV-3] [POR-8] */
export const LIVE_HEARTBEAT_MS = 5_000

/** Most questions of one socket between two heartbeats; each page waits for its answer. [LIV-5] */
export const MAX_LIVE_PROBES = 10

/** Page, within 5 s and never again: the ticket of POST /live/ticket, and what it holds already (null: nothing). [LIV-1] */
export const LiveHello = Type.Object(
  {
    type: Type.Literal('hello'),
    ticket: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    since: Type.Union([Type.Null(), Type.Object({ epoch: Epoch, head: Clock }, closed)]),
  },
  closed,
)
export type LiveHello = Static<typeof LiveHello>

const ProbeId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

/** Page, after a welcome that takes it: does the connection still work? A page that slept cannot know. [LIV-5] */
export const LiveProbe = Type.Object({ type: Type.Literal('probe'), id: ProbeId }, closed)
export type LiveProbe = Static<typeof LiveProbe>

/** Hub: the answer to a probe, with the hub's time. All messages sent before it have arrived before it. [LIV-5] */
export const LiveAlive = Type.Object({ type: Type.Literal('alive'), id: ProbeId, nowMs: TimeMs }, closed)
export type LiveAlive = Static<typeof LiveAlive>

/** A space as members see it, the same for all of them; what is personal comes in `person`. [LIV-2] */
export const LiveSpace = Type.Object(
  {
    ...SpaceRow.properties,
    version: Type.Integer({ minimum: 1 }),
    /** False: not on public screens; it counts in no other space. */
    isOnKiosks: Type.Boolean(),
  },
  closed,
)
export type LiveSpace = Static<typeof LiveSpace>

/** Hub: the socket is open. A snapshot (or, after `since`, changes) and `person` follow. */
export const LiveWelcome = Type.Object(
  {
    type: Type.Literal('welcome'),
    nowMs: TimeMs,
    heartbeatMs: Type.Integer({ minimum: 1 }),
    /** True: it answers a `probe`. Hubs of the release before leave it out, and end a socket that asks. [LIV-5] */
    takesProbes: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type LiveWelcome = Static<typeof LiveWelcome>

/** Hub: what concerns only this person. Sent after the welcome, and again as a whole whenever something of it changed. [LIV-2] */
export const LivePerson = Type.Object(
  {
    type: Type.Literal('person'),
    /** Spaces that they made and that live. */
    mine: Type.Array(Id),
    /** Spaces on their own dashboard. */
    tracked: Type.Array(Id),
    /** Whether they are of the super group, which edits every space. */
    mayEditAll: Type.Boolean(),
    /** A report older than this does not count, ms. */
    staleMs: Type.Integer({ minimum: 1 }),
  },
  closed,
)
export type LivePerson = Static<typeof LivePerson>

const Parted = {
  epoch: Epoch,
  /** The head after the last part. */
  to: Clock,
  /** This part, counted from 1; the parts of one answer come in order and are taken together. */
  part: Type.Integer({ minimum: 1 }),
  parts: Type.Integer({ minimum: 1 }),
  changes: Type.Object(
    {
      rows: Type.Array(LiveSpace),
      /** [id, clock, level, reportedAtMs] of rows that are held already. */
      levels: Type.Array(LevelRow),
      /** [id, clock] of spaces that were deleted. */
      gone: Type.Array(GoneRow),
    },
    closed,
  ),
  /** Rows of collections that pages see, of the university and of this person; taken with `changes`. [LIV-10] */
  collections: Type.Optional(CollectionRows),
}

/** Hub: all spaces of the university, not yet let ones too; what was held before is dropped. [LIV-2] */
export const LiveSnapshot = Type.Object({ type: Type.Literal('snapshot'), ...Parted }, closed)
export type LiveSnapshot = Static<typeof LiveSnapshot>

/**
 * Hub: what changed after `from`, which may be earlier than what is held: a row counts when its clock is beyond that of
 * the row held. A held head below `from`, or another epoch: something was missed, dial again. [LIV-2]
 */
export const LiveChanges = Type.Object({ type: Type.Literal('changes'), from: Clock, ...Parted }, closed)
export type LiveChanges = Static<typeof LiveChanges>

/** Hub, at each interval while it knows that the session lives. [LIV-3] */
export const LiveHeartbeat = Type.Object(
  { type: Type.Literal('heartbeat'), epoch: Epoch, head: Clock, nowMs: TimeMs },
  closed,
)
export type LiveHeartbeat = Static<typeof LiveHeartbeat>

/**
 * Why the hub ends a live socket. A closed list. `signedOut`: the session ended, sign in anew. `tooMany`: this session has
 * enough other sockets, or the hub has; come again much later. `epochChanged`: come again with `since` null. Every other: a new
 * ticket, and again after a jittered pause.
 */
export const LiveEnd = Type.Enum([
  'ticketRefused',
  'signedOut',
  'malformed',
  'tooLarge',
  'helloTimeout',
  'tooMany',
  'epochChanged',
  'stalled',
  'goingDown',
  'internal',
])
export type LiveEnd = Static<typeof LiveEnd>

/** Hub: the last message before the socket closes. */
export const LiveEnded = Type.Object({ type: Type.Literal('end'), why: LiveEnd }, closed)
export type LiveEnded = Static<typeof LiveEnded>

/** All that a page may say. */
export const LiveClientMessage = Type.Union([LiveHello, LiveProbe])
export type LiveClientMessage = Static<typeof LiveClientMessage>

/** All that the hub may say. */
export const LiveHubMessage = Type.Union([
  LiveWelcome,
  LivePerson,
  LiveSnapshot,
  LiveChanges,
  LiveHeartbeat,
  LiveAlive,
  LiveEnded,
])
export type LiveHubMessage = Static<typeof LiveHubMessage>
