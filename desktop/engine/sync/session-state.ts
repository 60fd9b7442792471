import type { ConnectionError, KioskMessage, Limits } from '#shared/wire/messages.ts'
import type { LineEnd } from '../core/ports.ts'
import type { Core } from '../core/core.ts'
import type { RowsIntake } from './apply-rows.ts'

/** What both sides of one line know of each other. Everything here ends with the line. */
export interface Conversation {
  readonly core: Core
  readonly host: string
  readonly rows: RowsIntake
  send(message: KioskMessage): void
  end(why: SessionEnd): void
  /** The line became live, or what the screen says of it changed. */
  changed(): void
  /** `opening` until the hello is sent, `greeted` until the welcome, `catchingUp` until the rows are here. */
  phase: 'opening' | 'greeted' | 'catchingUp' | 'live' | 'ended'
  epoch: string
  ticket: string
  /** The head of the welcome: live from there on. */
  head: number
  limits: Limits
  /** The push that waits for its ack: its last id, when it was sent, and how long to wait before it is sent again. */
  inFlight: { to: number; sentMs: number; patienceMs: number } | null
  /** The greatest id that was sent on this line: an ack settles nothing beyond it. [SYN-29] */
  sentTo: number
  /** Rows were asked for, or the first of their parts came; `beats` heartbeats have come since the last part. */
  asked: { beats: number } | null
  /** Takes back the pull that is planned after a mismatch. */
  cancelRepair: (() => void) | null
}

/** How a line ended. */
export type SessionEnd =
  | { why: 'line'; end: LineEnd }
  /** Nothing was heard for too long, or the handshake took too long. */
  | { why: 'silent' }
  | { why: 'bye'; retryAfterMs: number }
  | { why: 'err'; code: ConnectionError['code'] }
  /** The device's own key is damaged: nothing can be proven with it. [KSK-15] */
  | { why: 'keyUnreadable' }
  /** This device has a new identity. */
  | { why: 'forked' }
  /** The hub said something that is not in the protocol. */
  | { why: 'malformed' }
  /** The device's own disk did not take what had to be kept. */
  | { why: 'notWritten' }
