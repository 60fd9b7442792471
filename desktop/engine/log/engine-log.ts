import type { LogCode } from './log-codes.ts'

/** Facts of a log line beside its code and its sentence. The four keys that every line has must not be among them. */
export type LogFacts = Record<string, unknown> & { time?: never; level?: never; code?: never; event?: never }

/**
 * Where an engine and its shells write what IT may want to read: a stable code to filter by, a plain sentence to read, and
 * facts. Never a secret, never a person.
 */
export interface EngineLog {
  /** Something that happens in a kiosk that works. */
  info(code: LogCode, sentence: string, facts?: LogFacts): void
  /** Something that somebody may have to look at. */
  warn(code: LogCode, sentence: string, facts?: LogFacts): void
}

/** A log that writes each line to both of two. */
export function makeTeeLog(first: EngineLog, second: EngineLog): EngineLog {
  return {
    info: (code, sentence, facts) => {
      first.info(code, sentence, facts)
      second.info(code, sentence, facts)
    },
    warn: (code, sentence, facts) => {
      first.warn(code, sentence, facts)
      second.warn(code, sentence, facts)
    },
  }
}
