import type { ConnectionError, KioskMessage, Limits } from '#shared/wire/messages.ts'
import type { ConnectionEnd } from '../core/ports.ts'
import type { Core } from '../core/core.ts'
import type { RowApplier } from './apply-rows.ts'
import type { Questions } from './questions.ts'

/** The state of one connection to the hub, shared by the functions that handle its messages. It ends with the connection. */
export interface SessionState {
  readonly core: Core
  /** Host and port of the hub, which the proof signs. [SYN-10] */
  readonly host: string
  readonly rowApplier: RowApplier
  /** What was sent that the hub answers. [SYN-40] */
  readonly questions: Questions
  send(message: KioskMessage): void
  end(why: SessionEnd): void
  /** To be called when the connection became live, and with each heartbeat. */
  statusChanged(): void
  /** The protocol that the hello named; 0 before it. */
  protocol: number
  /** What both ends named: no other collection comes, no other kind is pushed. Empty before the welcome. [SYN-34] */
  capabilities: ReadonlySet<string>
  /** Names of the collections that come beside spaces. */
  collections: ReadonlySet<string>
  /** What was written into the log once, and is not again: rows that are left out, a kind that is held back. */
  readonly toldOnce: Set<string>
  /** The hello that was sent was to resume: should the hub challenge again, the next one is signed. [SYN-39] */
  isResuming: boolean
  /** `opening` until the hello is sent, `helloSent` until the welcome, `catchingUp` until the rows are here. */
  phase: 'opening' | 'helloSent' | 'catchingUp' | 'live' | 'ended'
  epoch: string
  ticket: string
  /** The hub's head at the welcome: live once the rows are so far. */
  head: number
  limits: Limits
  /** The push that waits for its ack: its last id, when it was sent (elapsed ms), and after how long it is sent again. */
  inFlight: { to: number; sentMs: number; ackTimeoutMs: number } | null
  /** The greatest id that was sent on this connection: an ack counts no further. [SYN-29] */
  sentTo: number
  /** Rows were requested, or the first of their parts came; null: none are due. Counts the heartbeats since the last part. */
  rowsRequested: { heartbeatCount: number } | null
  /** Cancels the request that is planned after a digest mismatch; null: none is. */
  cancelRepair: (() => void) | null
}

/** How a connection ended. */
export type SessionEnd =
  | { why: 'connection'; end: ConnectionEnd }
  /** Nothing was received for too long, or the handshake took too long. */
  | { why: 'silent' }
  | { why: 'bye'; retryAfterMs: number }
  | { why: 'err'; code: ConnectionError['code'] }
  /** The device's own key is damaged: nothing can be signed with it. [KSK-15] */
  | { why: 'keyUnreadable' }
  /** This device has a new identity. */
  | { why: 'forked' }
  /** The hub sent something that is not in the protocol. */
  | { why: 'malformed' }
  /** The device's own disk did not take what had to be stored. */
  | { why: 'notWritten' }
