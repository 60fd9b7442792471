import type { Decision } from '#shared/domain/decision.ts'
import type { CertificateError } from '#shared/wire/bridge.ts'
import type { EnrolRequest, EnrolResponse } from '#shared/wire/rest.ts'

// What an engine needs from the world. Everything else in its folders is plain Node and SQLite, so that a test or a
// simulation can replace the clock, the connection and the random source.

/** The device's clocks and timers. */
export interface EngineClock {
  /** The wall clock, ms since 1970. Only shown and measured, never used to order anything. [SYN-16] */
  wallMs(): number
  /** Elapsed ms on a clock that runs on while the machine is suspended; comparable only within one `bootId`. */
  elapsedMs(): number
  /** How much too little a reading of `elapsedMs` may be, ms. [SYN-43] */
  readonly resolutionMs: number
  /** Random name of this boot of the machine. */
  readonly bootId: string
  /** Calls back once after a delay in ms; returns a function that cancels. */
  after(delayMs: number, run: () => void): () => void
}

/** Why a connection ended, as far as the device knows. */
export type ConnectionEnd = 'closed' | 'unreachable' | CertificateError

/** What happens on a connection. Nothing is called after `ended`. */
export interface ConnectionEvents {
  opened(): void
  received(text: string): void
  /** The other end answered a `ping`, and sends its payload back. In order with what it sends as texts. */
  ponged(payload: string): void
  ended(why: ConnectionEnd): void
}

/** An open or opening connection to a hub. */
export interface HubConnection {
  send(text: string): void
  /** Sends a websocket ping of at most 125 bytes; the other end's websocket answers it by itself, without its program. */
  ping(payload: string): void
  close(): void
}

/** Opens a websocket to `url`; calls the events later, never before it returned. Never throws. */
export type ConnectToHub = (url: string, events: ConnectionEvents) => HubConnection

/** Why an enrolment failed. */
export type EnrolRefusal = { why: 'codeRefused' | 'hubUnreachable' | 'tooManyCodes' | CertificateError }

/** Posts an enrolment to a hub's HTTP API. Never throws, never rejects. */
export type PostEnrolment = (
  hubUrl: string,
  request: EnrolRequest,
) => Promise<Decision<EnrolResponse, EnrolRefusal>>
