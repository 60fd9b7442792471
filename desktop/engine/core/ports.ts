import type { Decision } from '#shared/domain/decision.ts'
import type { CertificateTrouble } from '#shared/wire/bridge.ts'
import type { EnrolRequest, EnrolResponse } from '#shared/wire/rest.ts'

// What an engine needs from the world. Everything else in this folder is plain Node and SQLite, so that a test or a
// simulation can hold the clock, the line and chance in its own hands.

/** The device's clocks and timers. */
export interface EngineClock {
  /** The wall clock, ms since 1970. Only shown and measured, never used to order anything. [SYN-16] */
  wallMs(): number
  /** Elapsed ms on a clock that runs on while the machine is suspended; comparable only within one `bootId`. */
  elapsedMs(): number
  /** Random name of this boot of the machine. */
  readonly bootId: string
  /** Calls back once after a delay; returns a function that cancels. */
  after(delayMs: number, run: () => void): () => void
}

/** Why a line ended, as far as the device can tell. */
export type LineEnd = 'closed' | 'unreachable' | CertificateTrouble

/** What happens on a line. Nothing is called after `ended`. */
export interface LineEvents {
  opened(): void
  received(text: string): void
  /** The other end answered a `ping` that was sent before. */
  ponged(): void
  ended(why: LineEnd): void
}

/** An open or opening line to a hub. */
export interface Line {
  send(text: string): void
  /** Asks the other end for a sign of life, which no program there but the websocket itself answers. */
  ping(): void
  close(): void
}

/** Opens a websocket to `url`; answers through events, never synchronously. */
export type DialLine = (url: string, events: LineEvents) => Line

/** Why an enrolment came to nothing. */
export type EnrolRefusal = { why: 'codeRefused' | 'hubUnreachable' | 'tooManyCodes' | CertificateTrouble }

/** Sends an enrolment to a hub's HTTP door. Never throws. */
export type PostEnrolment = (
  hubUrl: string,
  request: EnrolRequest,
) => Promise<Decision<EnrolResponse, EnrolRefusal>>

/** Where an engine writes what IT may want to read. Never a secret, never a person. */
export interface EngineLog {
  info(event: string, facts?: Record<string, unknown>): void
  warn(event: string, facts?: Record<string, unknown>): void
}
