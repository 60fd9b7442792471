import { makeSyncFeatures } from './make-sync-features.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import { makeRandomSource, makeHubClock } from './platform/clock.ts'
import { isLoopback, type HubConfig } from './config.ts'
import { seedDevelopment } from './dev-seed.ts'
import { updateHubFile, writeHubFile } from './hub-file.ts'
import { readDirectories } from './directories/directory-config.ts'
import { noDirectories, type Directories } from './directories/directories.ts'
import { makeDirectories } from './directories/make-directories.ts'
import type { IdentityDependencies } from './accounts/account-dependencies.ts'
import { makeIdentity, type Identity } from './make-identity.ts'
import { loadServerSecret } from './platform/secrets/server-secret.ts'
import { makeSetupLink } from './accounts/setup-link.ts'
import { makeJobs, type Jobs } from './platform/jobs/jobs.ts'
import { MAIL_JOB, mailJob } from './platform/mail/mail-job.ts'
import { clearAddressesJob, fillLedgerJob, purgeJob } from './periodic-jobs.ts'
import { digestJob } from './notifications/digest-job.ts'
import { purgeNoticesJob } from './notifications/purge-job.ts'
import { makeHubLog, makeLogger, type HubLog } from './platform/log.ts'
import { makeMetrics, serveMetrics, type HubMetrics } from './platform/metrics.ts'
import type { RandomSource, HubClock } from './platform/ports.ts'
import { liveRoute } from './platform/connections/live-route.ts'
import { syncRoute } from './platform/connections/sync-route.ts'
import { arePagesBuilt } from './portal.ts'
import { findFolderFault, findSecretFault } from './platform/secrets/secret-file.ts'
import { closePool, openPool, requireServer, type Database } from './platform/postgres/database.ts'
import { startSupervisedEmbedded } from './platform/postgres/supervised-embedded.ts'
import { migrate } from './platform/postgres/migrate.ts'
import { connectAsOwnRole } from './platform/postgres/own-role.ts'
import { makeSyncCore } from './platform/connections/sync-core.ts'
import { makeUntrustedProxies } from './platform/http/untrusted-proxies.ts'

/** Connections of kiosks that wait to be accepted, so that they need not retry after a second; the system's own limit is 4096. */
const LISTEN_BACKLOG = 4096

/** Database connections for kiosks, for commits of everybody's changes and for what a hub does by itself; no call over HTTP takes one. [EDG-24] */
const RESERVED_CONNECTIONS = 10
/** For calls over HTTP; their changes of what kiosks hold are commits. */
const HTTP_CONNECTIONS = 10

/** A running hub. */
export interface Hub {
  /** For example http://127.0.0.1:4710. */
  url: string
  metricsUrl: string
  databaseUrl: string
  pool: Database
  /** Link that makes the first platform administrator, valid for an hour; null when there is one. [IDN-13] */
  setupLink: string | null
  /** Disconnects every kiosk with `bye`, stops all parts, and closes the database; a second call waits for the first. */
  stop(): Promise<void>
}

/** What a test may replace. */
export interface HubOptions {
  logger?: Logger
  clock?: HubClock
  random?: RandomSource
  /** Replaces what the configuration would give: limits, for example. */
  identity?: Partial<IdentityDependencies>
  /** Settings of the embedded PostgreSQL. */
  databaseSettings?: Record<string, string>
}

/** The hub cannot start; the message is one sentence for the person at the terminal. */
export class HubStartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HubStartError'
  }
}

/**
 * Starts a whole hub: database, migrations, sync core, jobs, HTTP, metrics. On an error what was started is stopped
 * again. Errors that a person can fix have one sentence as message.
 */
export async function startHub(config: HubConfig, options: HubOptions = {}): Promise<Hub> {
  const logger = options.logger ?? makeLogger(config.logLevel)
  const log = makeHubLog(logger)
  const cleanups: (() => Promise<void>)[] = []
  const stopAll = async (): Promise<void> => {
    for (const step of cleanups.splice(0).toReversed())
      await step().catch((error: unknown) =>
        log.error('part-not-stopped', 'A part of the hub did not stop cleanly.', { err: error }),
      )
  }
  try {
    return await startAll(config, options, logger, log, cleanups, stopAll)
  } catch (error) {
    await stopAll()
    throw error
  }
}

/** Warns of what kiosks or people will miss. */
function warnOfMissingParts({ tls, proxies, host }: HubConfig, log: HubLog): void {
  if (tls === null && proxies.length === 0 && !isLoopback(host))
    log.warn('tls-missing', 'Without TLS, kiosks reach this hub only through a proxy that terminates it.', {
      host,
    })
  if (!arePagesBuilt())
    log.warn('pages-not-built', 'The web pages are not built: run node build/build-screens.ts.')
}

async function startAll(
  config: HubConfig,
  options: HubOptions,
  logger: Logger,
  log: HubLog,
  cleanups: (() => Promise<void>)[],
  stopAll: () => Promise<void>,
): Promise<Hub> {
  warnOfUnsafeSecrets(config, log)
  const databaseUrl =
    config.databaseUrl === null
      ? await startOwnDatabase(config.home, options, log, cleanups)
      : await databaseUrlOfOwnRole(config, config.databaseUrl, log)
  await prepareDatabase(config, databaseUrl, log)
  const pool = openConnections(databaseUrl, RESERVED_CONNECTIONS, log, cleanups)
  const httpPool = openConnections(databaseUrl, HTTP_CONNECTIONS, log, cleanups)
  const clock = options.clock ?? makeHubClock()
  const metrics = makeMetrics()
  const { identity, jobs } = await startIdentity(
    config,
    options,
    { pool, httpPool },
    clock,
    { log, metrics },
    cleanups,
  )
  const core = makeSyncCore({
    pool,
    previewPool: httpPool,
    features: makeSyncFeatures(pool, identity.dependencies.kickMail),
    clock,
    random: options.random ?? makeRandomSource(),
    log,
    metrics,
    limits: { sockets: config.socketLimits },
  })
  const lateJobs = async (): Promise<string[]> => [...core.lateTasks(), ...(await jobs.late())]
  const proxies = makeUntrustedProxies(log, (seen) => updateHubFile(config.home, { unbelievedProxies: seen }))
  const app = await buildApp({
    forwardedBy: (peer) => proxies.record(peer),
    config,
    logger,
    pool: httpPool,
    reservedPool: pool,
    lateJobs,
    sync: syncRoute(core),
    live: liveRoute(core.live),
    writer: core.writer,
    requestLimits: config.requestLimits,
    failedEnrolments: config.failedEnrolments,
    callLimits: config.callLimits,
    metrics,
    identity: identity.dependencies,
  })
  cleanups.push(() => app.close())
  // Kiosks are sent `bye` before their sockets are closed.
  cleanups.push(() => core.stop())
  const metricsServer = await atPort(
    serveMetrics(metrics, config.metricsPort),
    config.metricsPort,
    'CARREL_METRICS_PORT',
  )
  cleanups.push(() => metricsServer.stop())
  const url = await atPort(listen(app, config), config.port, 'CARREL_PORT')
  identity.setListening(url)
  const setupLink = await makeSetupLink(pool, identity.publicUrl())
  const facts = { pid: process.pid, url, databaseUrl, unbelievedProxies: proxies.all() }
  const removeHubFile = writeHubFile(config.home, facts)
  cleanups.push(async () => removeHubFile())
  warnOfMissingParts(config, log)
  log.info('hub-ready', 'The hub is ready.', { url, metricsUrl: metricsServer.url })
  const stopping: { done?: Promise<void> } = {}
  const stop = (): Promise<void> => (stopping.done ??= stopAll())
  return { url, metricsUrl: metricsServer.url, databaseUrl, pool, setupLink, stop }
}

/** The database address that the hub uses: never with a role that can do more than own its database. [OPS-15] */
async function databaseUrlOfOwnRole(config: HubConfig, databaseUrl: string, log: HubLog): Promise<string> {
  const { url, instead } = await connectAsOwnRole(databaseUrl, () => loadServerSecret(config))
  if (instead !== null)
    log.info(
      'own-database-role',
      'The hub uses a database role of its own instead of that of DATABASE_URL.',
      { ...instead },
    )
  return url
}

/** A pool of connections to the hub's database, closed when the hub stops. */
function openConnections(
  databaseUrl: string,
  maxConnections: number,
  log: HubLog,
  cleanups: (() => Promise<void>)[],
): Database {
  const pool = openPool(databaseUrl, {
    maxConnections,
    isBounded: true,
    onIdleError: (error) =>
      log.warn('idle-connection-broke', 'An idle database connection broke.', { err: error }),
  })
  cleanups.push(() => closePool(pool))
  return pool
}

/** Checks the hub's database and brings it up to date, on connections without limits of time. */
async function prepareDatabase(config: HubConfig, databaseUrl: string, log: HubLog): Promise<void> {
  const pool = openPool(databaseUrl, { maxConnections: 2 })
  try {
    await requireServer(pool)
    const { migrations, functions } = await migrate(pool)
    if (migrations.length + functions.length > 0)
      log.info('database-migrated', 'The database was migrated.', { migrations, functions })
    if (config.isDevelopmentSeeded) await seed(config, pool, log)
  } finally {
    await closePool(pool)
  }
}

/** Refused in production, where the variable can only be left over. [OPS-3] */
async function seed({ isProduction }: HubConfig, pool: Database, log: HubLog): Promise<void> {
  if (isProduction) throw new HubStartError('CARREL_DEV_SEED is for development: remove it in production.')
  await seedDevelopment(pool, log)
}

/** Warns of unsafe files; the server's own secret is refused elsewhere, and `admin doctor` has details. [IDN-22] */
function warnOfUnsafeSecrets({ home, tlsKeyFile }: HubConfig, log: HubLog): void {
  const faults = [
    existsSync(home) ? findFolderFault(home) : null,
    tlsKeyFile === null ? null : findSecretFault(tlsKeyFile, { mayGroupRead: true }),
  ]
  for (const fault of faults)
    if (fault !== null) log.warn('secret-unsafe', 'A file with a secret is not safe.', { fault })
}

/** First what may find an error that a person must fix, then what would have to be stopped because of it. */
async function startIdentity(
  config: HubConfig,
  options: HubOptions,
  { pool, httpPool }: { pool: Database; httpPool: Database },
  clock: HubClock,
  reporting: { log: HubLog; metrics: HubMetrics },
  cleanups: (() => Promise<void>)[],
): Promise<{ identity: Identity; jobs: Jobs }> {
  const { log, metrics } = reporting
  const made: { jobs?: Jobs } = {}
  // Directories are asked for sign-ins, and so within calls.
  const directories = openDirectories(config, httpPool, log)
  const kickMail = (): void => void made.jobs?.sweep(MAIL_JOB)
  const identity = await makeIdentity(config, pool, directories, { ...reporting, kickMail }, options.identity)
  cleanups.push(() => identity.passwordChecker.stop())
  const periodic = [
    purgeJob(pool),
    clearAddressesJob(pool),
    fillLedgerJob(pool, log),
    digestJob(pool, kickMail),
    purgeNoticesJob(pool),
  ]
  const jobs = makeJobs({ pool, clock, log, metrics }, { periodic, kinds: [mailJob(pool, identity.mail)] })
  made.jobs = jobs
  await jobs.start()
  cleanups.push(() => jobs.stop())
  return { identity, jobs }
}

/** The directories of LDAP_CONFIG; throws HubStartError when the file has a fault. */
function openDirectories(config: HubConfig, pool: Database, log: HubLog): Directories {
  if (config.ldapConfig === null) return noDirectories
  const directories = readDirectories(config.ldapConfig)
  if (!directories.ok) throw new HubStartError(directories.refusal.join('\n'))
  return makeDirectories(pool, directories.value, log)
}

async function startOwnDatabase(
  home: string,
  options: HubOptions,
  log: HubLog,
  cleanups: (() => Promise<void>)[],
): Promise<string> {
  const embedded = await startSupervisedEmbedded(
    {
      folder: join(home, 'database'),
      log: (line) => {
        const isFatal = /(FATAL|PANIC):(?! +the database system is starting up)/.test(line)
        log[isFatal ? 'warn' : 'debug']('database-log', 'The embedded database logged a line.', { line })
      },
      ...(options.databaseSettings === undefined ? {} : { settings: options.databaseSettings }),
    },
    log,
  )
  cleanups.push(() => embedded.stop())
  return embedded.url
}

async function listen(app: FastifyInstance, config: HubConfig): Promise<string> {
  await app.listen({ host: config.host, port: config.port, backlog: LISTEN_BACKLOG })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  // A wildcard address is none that a kiosk can dial.
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host
  return `${config.tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function atPort<Result>(start: Promise<Result>, port: number, variable: string): Promise<Result> {
  try {
    return await start
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new HubStartError(
        `Port ${port} is in use by another program. Stop it, or set ${variable} to another port.`,
        { cause },
      )
    if (code === 'EACCES')
      throw new HubStartError(`This user cannot listen on port ${port}. Set ${variable} to one above 1023.`, {
        cause,
      })
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new HubStartError(
        'CARREL_HOST is not an address of this machine. Set it to one, for example 127.0.0.1 or 0.0.0.0.',
        { cause },
      )
    throw cause
  }
}
