import type { EngineLog } from '../core/ports.ts'

/** How much a log says; the hub's words for it. */
const QUIET = new Set(['warn', 'error', 'fatal', 'silent'])

/** A log of JSON lines: time, level, event, facts. `level` as in CARREL_LOG: `warn` and above leave `info` out. */
export function makeJsonLog(
  write: (line: string) => void,
  wallMs: () => number,
  level: string | undefined,
): EngineLog {
  const line = (kind: string, event: string, facts: Record<string, unknown> = {}): void =>
    write(`${JSON.stringify({ time: new Date(wallMs()).toISOString(), level: kind, event, ...facts })}\n`)
  return {
    info: (event, facts) => {
      if (!QUIET.has(level ?? 'info')) line('info', event, facts)
    },
    warn: (event, facts) => {
      if (level !== 'silent') line('warn', event, facts)
    },
  }
}
