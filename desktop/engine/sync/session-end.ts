import type { LineError } from '#shared/wire/messages.ts'
import type { LineEnd } from '../ports.ts'

/** How a line ended. */
export type SessionEnd =
  | { why: 'line'; end: LineEnd }
  /** Nothing was heard for too long, or the handshake took too long. */
  | { why: 'silent' }
  | { why: 'bye'; retryAfterMs: number }
  | { why: 'err'; code: LineError['code'] }
  /** The device's own key is damaged: nothing can be proven with it. [KSK-15] */
  | { why: 'keyUnreadable' }
  /** This device has a new identity. */
  | { why: 'forked' }
  /** The hub said something that is not in the protocol. */
  | { why: 'malformed' }
  /** The device's own disk did not take what had to be kept. */
  | { why: 'notWritten' }
