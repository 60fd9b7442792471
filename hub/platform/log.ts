import { pino, type DestinationStream, type Logger } from 'pino'
import { LOG_CODES, type LogCode } from './log-codes.ts'

/**
 * Where the hub writes what IT may want to read: a stable code, a plain sentence, and facts. In JSON they are `code`, `msg`
 * and the facts beside them. Never a secret, never a person.
 */
export interface HubLog {
  debug(code: LogCode, sentence: string, facts?: Record<string, unknown>): void
  info(code: LogCode, sentence: string, facts?: Record<string, unknown>): void
  warn(code: LogCode, sentence: string, facts?: Record<string, unknown>): void
  error(code: LogCode, sentence: string, facts?: Record<string, unknown>): void
}

/** How much is written. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
/** A level of the log; it writes its own lines and those of all levels after it in the list. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Writes nothing: for tests. */
export const noLog: HubLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

const REDACTED = '[redacted]'
const SECRET_NAME =
  /^(code|ticket|nonce|proof|mac|pin|key|cookie|set-?cookie|authorization)$|(password|passphrase|secret|token|api_?key|private_?key|public_?key|code_?hash|pin_?hash|enrolment_?code)$/i
const CREDENTIALS = /(\w+:\/\/[^\s:/@]*):[^\s@]*@/g
const MAX_DEPTH = 6

/**
 * JSON lines, by default on standard error, so that standard output stays for what programs read. Whatever its depth,
 * a fact named like a secret (code, token, key, password, authorization, cookie …) is not written.
 */
export function makeLogger(
  level: LogLevel,
  stream: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (facts) => ({ ...codeOf(facts), ...(redact(withoutCode(facts), 0) as Record<string, unknown>) }),
      },
      serializers: { err: errorFacts },
    },
    stream,
  )
}

/** The logger as the hub's own code calls it. */
export function makeHubLog(logger: Logger): HubLog {
  return {
    debug: (code, sentence, facts = {}) => logger.debug({ ...facts, code }, sentence),
    info: (code, sentence, facts = {}) => logger.info({ ...facts, code }, sentence),
    warn: (code, sentence, facts = {}) => logger.warn({ ...facts, code }, sentence),
    error: (code, sentence, facts = {}) => logger.error({ ...facts, code }, sentence),
  }
}

/** The code of the hub's own lines. A fact of that name is a secret: a kiosk's enrolment code, or one that was guessed. */
function codeOf({ code }: Record<string, unknown>): { code?: string } {
  return typeof code === 'string' && code in LOG_CODES ? { code } : {}
}

function withoutCode(facts: Record<string, unknown>): Record<string, unknown> {
  if (codeOf(facts).code === undefined) return facts
  const { code: _code, ...others } = facts
  return others
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replaceAll(CREDENTIALS, '$1:[redacted]@')
  if (value instanceof Error) return errorFacts(value)
  if (typeof value !== 'object' || value === null) return value
  // Requests, sockets and the like belong to their own serialisers; only plain facts are walked.
  const isPlain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value))
  if (!isPlain) return value
  if (depth > MAX_DEPTH) return REDACTED
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    SECRET_NAME.test(name) && item !== null && typeof item !== 'boolean' ? REDACTED : redact(item, depth + 1),
  ])
  return Object.fromEntries(entries)
}

/** Facts of an error that were taken before. */
function isFacts(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Message, code and stack of an error; not its other fields, where drivers keep statements and values. */
function errorFacts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return isFacts(error) ? error : { message: String(error) }
  const clean = (text: string): string => text.replaceAll(CREDENTIALS, '$1:[redacted]@')
  return {
    type: error.name,
    message: clean(error.message),
    ...('code' in error ? { errorCode: error.code } : {}),
    ...(error.stack === undefined ? {} : { stack: clean(error.stack) }),
  }
}
