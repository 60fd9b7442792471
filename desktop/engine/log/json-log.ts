import type { EngineLog, LogFacts } from './engine-log.ts'
import type { LogCode } from './log-codes.ts'

/** Values of CARREL_LOG with which `info` is left out; the hub takes the same. */
const QUIET = new Set(['warn', 'error', 'fatal', 'silent'])

/**
 * A log of JSON lines: `time` (ISO 8601, UTC), `level`, `code`, `event` (the sentence), then the facts. `level` is what
 * CARREL_LOG says: `warn` and what is above it leave `info` out, `silent` leaves all out. `wallMs` gives ms since 1970.
 */
export function makeJsonLog(
  write: (line: string) => void,
  wallMs: () => number,
  level: string | undefined,
): EngineLog {
  const writeLine = (kind: 'info' | 'warn', code: LogCode, event: string, facts: LogFacts = {}): void =>
    write(
      `${JSON.stringify({ time: new Date(wallMs()).toISOString(), level: kind, code, event, ...facts })}\n`,
    )
  return {
    info: (code, sentence, facts) => {
      if (!QUIET.has(level ?? 'info')) writeLine('info', code, sentence, facts)
    },
    warn: (code, sentence, facts) => {
      if (level !== 'silent') writeLine('warn', code, sentence, facts)
    },
  }
}
