import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { Type, type TSchema } from 'typebox'
import { REQUEST_LIMITS, type RequestLimits } from '#shared/domain/conduct.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { LIMIT_NAMES, readLimits, type HubLimits } from './config-limits.ts'
import { MIN_SECRET_LENGTH } from './platform/secrets/server-secret.ts'
import { LOG_LEVELS, type LogLevel } from './platform/log.ts'
import { parseProxies } from './platform/http/network-address.ts'
import { hostWithoutPort } from './platform/http/request-target.ts'

/** The configuration of a hub. */
export interface HubConfig extends HubLimits {
  /** Folder for everything that the hub stores. */
  home: string
  host: string
  /** 0 takes any free port. */
  port: number
  /** Port of /metrics, on loopback only. */
  metricsPort: number
  /** Null: the embedded PostgreSQL, below `home`. */
  databaseUrl: string | null
  logLevel: LogLevel
  /** Names under which kiosks and browsers may address this hub, beside loopback and `host`. Lower case, no port. */
  hostNames: string[]
  /** Addresses and ranges of reverse proxies whose X-Forwarded-… headers are believed, as `makeTrust` takes them. */
  proxies: string[]
  /** Certificate and key (PEM); null: plain HTTP, for loopback or behind a proxy that speaks TLS. */
  tls: { cert: string; key: string } | null
  /** Where that key is; null without one. */
  tlsKeyFile: string | null
  /** Where people find this hub, for example https://carrel.example.org; null: where it listens. */
  publicUrl: string | null
  /** The mail server; null: mails become files in the data folder. */
  smtpUrl: string | null
  /** Whom mails are from. */
  mailFrom: string
  /** What keys are derived from; null: kept in the data folder. */
  secret: string | null
  /** File that describes the universities' directories; null: there are none. */
  ldapConfig: string | null
  /** How many requests for universities may wait: in all, and from one address of the network. [UNI-1] */
  requestLimits: RequestLimits
  /** Whether an empty database gets what development begins with. Never in production. [OPS-1] [OPS-3] */
  isDevelopmentSeeded: boolean
  isProduction: boolean
}

/** Default ports: hub, and its metrics. */
export const DEFAULT_PORT = 4710
/** Port of /metrics unless CARREL_METRICS_PORT says otherwise. */
export const DEFAULT_METRICS_PORT = 4719

/** Nobody's: for mails that become files. */
const DEFAULT_MAIL_FROM = 'Carrel <carrel@localhost>'

const Port = Type.String({ pattern: '^\\d{1,5}$' })
const Count = Type.String({ pattern: '^\\d{1,5}$' })
const Text = Type.String({ minLength: 1, maxLength: 4096 })
const Names = Type.String({ pattern: '^\\s*[A-Za-z0-9.:_\\[\\]-]+(\\s*,\\s*[A-Za-z0-9.:_\\[\\]-]+)*\\s*$' })

const PositiveCount = Type.String({ pattern: '^[1-9]\\d{0,5}$' })

/** Each variable: its shape, and the sentence for one that does not fit. */
const VARIABLES: Record<string, { schema: TSchema; advice: string }> = {
  CARREL_HOME: {
    // Node never comes back from making a folder in one of these: nodejs/node takes "no such file" for a missing parent.
    schema: Type.String({ pattern: '^(?!/+(proc|sys)(/|$))', minLength: 1, maxLength: 4096 }),
    advice: 'must name a folder on a disk',
  },
  CARREL_HOST: {
    schema: Type.String({ pattern: '^[A-Za-z0-9.:-]+$' }),
    advice: 'must be an address or a host name, for example 127.0.0.1 or 0.0.0.0',
  },
  CARREL_PORT: { schema: Port, advice: 'must be a port number from 0 (any free one) to 65535' },
  CARREL_METRICS_PORT: { schema: Port, advice: 'must be a port number from 0 (any free one) to 65535' },
  DATABASE_URL: {
    schema: Type.String({ pattern: '^postgres(ql)?://.+' }),
    advice: 'must look like postgresql://user@host/database',
  },
  CARREL_LOG: { schema: Type.Enum([...LOG_LEVELS]), advice: `must be one of ${LOG_LEVELS.join(', ')}` },
  CARREL_HOSTS: {
    schema: Names,
    advice: 'must be host names separated by commas, for example carrel.example.org',
  },
  TRUST_PROXY: { schema: Text, advice: 'must be addresses of your proxies separated by commas' },
  CARREL_TLS_CERT: { schema: Text, advice: 'must name a PEM file' },
  CARREL_TLS_KEY: { schema: Text, advice: 'must name a PEM file' },
  PUBLIC_URL: {
    schema: Type.String({ pattern: '^https?://[A-Za-z0-9.\\[\\]:-]+/?$' }),
    advice: 'must be where people find this hub, for example https://carrel.example.org',
  },
  SMTP_URL: {
    schema: Type.String({ pattern: '^smtps?://[^\\s]+$' }),
    advice: 'must look like smtps://user:password@mail.example.org',
  },
  MAIL_FROM: {
    schema: Type.String({
      pattern: '^([^<>@\\p{Cc}]*<[^<>@\\s]+@[^<>@\\s]+>|[^<>@\\s]+@[^<>@\\s]+)$',
      maxLength: 300,
    }),
    advice: 'must be an address, for example Carrel <carrel@example.org>',
  },
  CARREL_SECRET: {
    schema: Type.String({ minLength: MIN_SECRET_LENGTH, maxLength: 1024 }),
    advice: `must have at least ${MIN_SECRET_LENGTH} characters, for example what "openssl rand -base64 48" prints`,
  },
  LDAP_CONFIG: { schema: Text, advice: 'must name a JSON file' },
  CARREL_MOST_REQUESTS: { schema: Count, advice: 'must be a number of requests, for example 100' },
  CARREL_MOST_REQUESTS_PER_ADDRESS: { schema: Count, advice: 'must be a number of requests, for example 3' },
  CARREL_DEV_SEED: { schema: Type.Enum(['true', 'false']), advice: 'must be true or false' },
  ...Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, { schema: PositiveCount, advice: 'must be a number from 1 to 999999' }]),
  ),
  NODE_ENV: { schema: Type.String({ maxLength: 40 }), advice: 'must be a word such as production' },
}

/** Names of all variables that a hub obeys. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(VARIABLES)

type Environment = Record<string, string | undefined>

/** Checks the environment. Refused with one plain sentence for each fault; a value itself is never repeated. */
export function parseConfig(
  environment: Environment,
): Decision<HubConfig, { why: 'config'; problems: string[] }> {
  const read = (name: string): string | undefined => environment[name] || undefined
  const problems = Object.entries(VARIABLES).flatMap(([name, { schema, advice }]) => {
    const value = read(name)
    return value === undefined || makeCheck(schema)(value).ok ? [] : [`${name} ${advice}.`]
  })
  const port = Number(read('CARREL_PORT') ?? DEFAULT_PORT)
  const metricsPort = Number(read('CARREL_METRICS_PORT') ?? DEFAULT_METRICS_PORT)
  if (port > 65535) problems.push('CARREL_PORT must be at most 65535.')
  if (metricsPort > 65535) problems.push('CARREL_METRICS_PORT must be at most 65535.')
  if (port === metricsPort && port !== 0) problems.push('CARREL_PORT and CARREL_METRICS_PORT must differ.')
  const publicUrl = originOf(read('PUBLIC_URL'))
  const tls = readTls(read('CARREL_TLS_CERT'), read('CARREL_TLS_KEY'))
  if (!tls.ok) problems.push(tls.refusal)
  const trusted = read('TRUST_PROXY')
  const proxies = trusted === undefined ? accept([]) : parseProxies(trusted)
  if (!proxies.ok) problems.push(...proxies.refusal)
  if (problems.length > 0 || !tls.ok || !proxies.ok) return refuse({ why: 'config', problems })
  return accept({
    home: resolve(read('CARREL_HOME') ?? defaultHome(environment)),
    host: read('CARREL_HOST') ?? '127.0.0.1',
    port,
    metricsPort,
    databaseUrl: read('DATABASE_URL') ?? null,
    logLevel: (read('CARREL_LOG') ?? 'info') as LogLevel,
    hostNames: [
      ...listOf(read('CARREL_HOSTS')).map(hostWithoutPort),
      ...(publicUrl === null ? [] : [hostWithoutPort(new URL(publicUrl).host)]),
    ],
    proxies: proxies.value,
    tls: tls.value,
    tlsKeyFile: tls.value === null ? null : (read('CARREL_TLS_KEY') ?? null),
    publicUrl,
    smtpUrl: read('SMTP_URL') ?? null,
    mailFrom: read('MAIL_FROM') ?? DEFAULT_MAIL_FROM,
    secret: read('CARREL_SECRET') ?? null,
    ldapConfig: read('LDAP_CONFIG') ?? null,
    requestLimits: {
      inAll: Number(read('CARREL_MOST_REQUESTS') ?? REQUEST_LIMITS.inAll),
      perAddress: Number(read('CARREL_MOST_REQUESTS_PER_ADDRESS') ?? REQUEST_LIMITS.perAddress),
    },
    isDevelopmentSeeded: read('CARREL_DEV_SEED') === 'true',
    ...readLimits((name) => Number(read(name)) || null),
    isProduction: read('NODE_ENV') === 'production',
  })
}

/** Words of secrets that are in examples, and texts with too few different characters to be one. */
const EXAMPLE_SECRET = /change.?me|example|secret|replace|insert|your.?|password|12345/i
const MIN_DIFFERENT_CHARACTERS = 12

/** What a hub that serves people still lacks, one sentence each; a hub in production does not start with any. [IDN-13] */
export function decideProduction(config: HubConfig): string[] {
  if (!config.isProduction) return []
  const { publicUrl, smtpUrl, mailFrom, secret, isDevelopmentSeeded } = config
  const problems: string[] = []
  if (isDevelopmentSeeded)
    problems.push(
      'CARREL_DEV_SEED is for development: it creates a university whose people everyone can sign in as. Remove it in production.',
    )
  if (publicUrl === null)
    problems.push('PUBLIC_URL must be set in production: the address at which people find this hub.')
  else if (!publicUrl.startsWith('https:') && !isLoopback(hostWithoutPort(new URL(publicUrl).host)))
    problems.push('PUBLIC_URL must begin with https in production.')
  if (smtpUrl === null)
    problems.push('SMTP_URL must be set in production: the mail server that sends emails.')
  if (mailFrom === DEFAULT_MAIL_FROM)
    problems.push('MAIL_FROM must be set in production: the address that sends emails.')
  if (secret === null)
    problems.push(
      'CARREL_SECRET must be set in production, for example to what "openssl rand -base64 48" prints.',
    )
  else if (EXAMPLE_SECRET.test(secret) || new Set(secret).size < MIN_DIFFERENT_CHARACTERS)
    problems.push('CARREL_SECRET looks like an example: set it to what "openssl rand -base64 48" prints.')
  return problems
}

/** Whether a host means this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

function originOf(url: string | undefined): string | null {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : null
}

/** As root a folder that the database's own user can reach; else the user's folder for data (XDG base directories). */
export function defaultHome(environment: Environment, isRoot: boolean = process.getuid?.() === 0): string {
  if (isRoot) return '/var/lib/carrel'
  return join(
    environment['XDG_DATA_HOME'] || join(environment['HOME'] || homedir(), '.local', 'share'),
    'carrel',
  )
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function readTls(cert: string | undefined, key: string | undefined): Decision<HubConfig['tls'], string> {
  if (cert === undefined && key === undefined) return accept(null)
  if (cert === undefined || key === undefined)
    return refuse('CARREL_TLS_CERT and CARREL_TLS_KEY must be set together.')
  for (const file of [cert, key])
    if (!existsSync(file))
      return refuse(`There is no file ${file}. Check CARREL_TLS_CERT and CARREL_TLS_KEY.`)
  try {
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    createSecureContext(tls)
    return accept(tls)
  } catch (error) {
    const isUnreadable = (error as NodeJS.ErrnoException).syscall !== undefined
    return refuse(
      isUnreadable
        ? 'The files of CARREL_TLS_CERT and CARREL_TLS_KEY must be readable by the hub.'
        : 'CARREL_TLS_CERT and CARREL_TLS_KEY must hold a certificate and the key that belongs to it, both as PEM.',
    )
  }
}
