import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { Type, type TSchema } from 'typebox'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { LOG_LEVELS, type LogLevel } from './log.ts'

/** All that a hub is told from outside. */
export interface HubConfig {
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
  /** Addresses of reverse proxies whose X-Forwarded-… headers are believed. */
  proxies: string[]
  /** Certificate and key (PEM); null: plain HTTP, for loopback or behind a proxy that speaks TLS. */
  tls: { cert: string; key: string } | null
  isProduction: boolean
}

/** Default ports: hub, and its metrics. */
export const DEFAULT_PORT = 4710
export const DEFAULT_METRICS_PORT = 4719

const Port = Type.String({ pattern: '^\\d{1,5}$' })
const Text = Type.String({ minLength: 1, maxLength: 4096 })
const Names = Type.String({ pattern: '^\\s*[A-Za-z0-9.:_\\[\\]-]+(\\s*,\\s*[A-Za-z0-9.:_\\[\\]-]+)*\\s*$' })

/** Each variable: its shape, and the sentence for one that does not fit. */
const VARIABLES: Record<string, { schema: TSchema; advice: string }> = {
  CARREL_HOME: { schema: Text, advice: 'must name a folder' },
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
    advice: 'must be host names with commas between, for example carrel.example.org',
  },
  CARREL_PROXIES: {
    schema: Names,
    advice: 'must be addresses of your proxies with commas between, for example 10.0.0.5',
  },
  CARREL_TLS_CERT: { schema: Text, advice: 'must name a PEM file' },
  CARREL_TLS_KEY: { schema: Text, advice: 'must name a PEM file' },
  NODE_ENV: { schema: Type.String({ maxLength: 40 }), advice: 'must be a word such as production' },
}

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
  const tls = readTls(read('CARREL_TLS_CERT'), read('CARREL_TLS_KEY'))
  if (!tls.ok) problems.push(tls.refusal)
  if (problems.length > 0 || !tls.ok) return refuse({ why: 'config', problems })
  return accept({
    home: resolve(read('CARREL_HOME') ?? defaultHome(environment)),
    host: read('CARREL_HOST') ?? '127.0.0.1',
    port,
    metricsPort,
    databaseUrl: read('DATABASE_URL') ?? null,
    logLevel: (read('CARREL_LOG') ?? 'info') as LogLevel,
    hostNames: listOf(read('CARREL_HOSTS')).map(withoutPort),
    proxies: listOf(read('CARREL_PROXIES')),
    tls: tls.value,
    isProduction: read('NODE_ENV') === 'production',
  })
}

/** As root a folder that the database's own user can reach; else the user's folder for data (XDG base directories). */
export function defaultHome(environment: Environment, isRoot: boolean = process.getuid?.() === 0): string {
  if (isRoot) return '/var/lib/carrel'
  return join(
    environment['XDG_DATA_HOME'] || join(environment['HOME'] || homedir(), '.local', 'share'),
    'carrel',
  )
}

/** A host as it stands in a Host header, without port and brackets, in lower case. */
export function withoutPort(host: string): string {
  const lower = host.toLowerCase()
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(lower)
  if (bracketed !== null) return bracketed[1] ?? ''
  return isIP(lower) === 6 ? lower : lower.replace(/:\d+$/, '')
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
  for (const file of [cert, key]) if (!existsSync(file)) return refuse(`The TLS file ${file} does not exist.`)
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
