import { makeSyncFeatures } from './sync-features.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import { makeChance, makeHubClock } from './platform/clock.ts'
import { isLoopback, type HubConfig } from './config.ts'
import { seedDevelopment } from './dev-seed.ts'
import { amendHubFile, writeHubFile } from './hub-file.ts'
import { readDirectories } from './directories/directory-config.ts'
import { noDirectories, type DirectoryDesk } from './directories/directory-desk.ts'
import { makeDirectoryDesk } from './directories/directory.ts'
import type { IdentityParts } from './accounts/identity-parts.ts'
import { makeIdentity, type Identity } from './make-identity.ts'
import { loadServerSecret } from './platform/secrets/server-secret.ts'
import { makeSetupLink } from './accounts/setup-link.ts'
import { forgetAddressesJob } from './accounts/forget-addresses.ts'
import { mailJob } from './platform/mail/mail-job.ts'
import { startJobs, type Jobs } from './platform/jobs/jobs.ts'
import { purgeJob } from './purge.ts'
import { makeHubLog, makeLogger, type HubLog } from './platform/log.ts'
import { makeMetrics, serveMetrics, type HubMetrics } from './platform/metrics.ts'
import type { Chance, HubClock } from './platform/ports.ts'
import { liveRoute } from './platform/connections/live-route.ts'
import { syncRoute } from './platform/connections/sync-route.ts'
import { arePagesBuilt } from './portal.ts'
import { findFolderFault, findSecretFault } from './platform/secrets/secret-file.ts'
import { closePool, openPool, requireServer, type Database } from './platform/postgres/database.ts'
import { startKeptEmbedded } from './platform/postgres/kept-embedded.ts'
import { migrate } from './platform/postgres/migrate.ts'
import { takeOwnRole } from './platform/postgres/own-role.ts'
import { makeSyncCore } from './platform/connections/sync-core.ts'
import { makeUnbelievedProxies } from './platform/http/unbelieved-proxies.ts'

/** Kiosks that dial in the same moment wait here instead of trying again after a second; the system's own limit is 4096. */
const LISTEN_BACKLOG = 4096

/** A running hub. */
export interface Hub {
  /** For example http://127.0.0.1:4710. */
  url: string
  metricsUrl: string
  databaseUrl: string
  pool: Database
  /** With which the first platform administrator is made, within an hour; null when there is one. [IDN-13] */
  setupLink: string | null
  /** Says goodbye to every kiosk, ends what runs, and closes the database; the second call waits for the first. */
  stop(): Promise<void>
}

/** What a test may hold in its own hands. */
export interface HubOptions {
  logger?: Logger
  clock?: HubClock
  chance?: Chance
  /** What a test has otherwise than the configuration would: limits, for example. */
  identity?: Partial<IdentityParts>
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
 * Starts a whole hub: database, migrations, sync core, jobs, HTTP, metrics. What was started before a fault is stopped
 * again. Faults that a person can mend are errors with one sentence.
 */
export async function startHub(config: HubConfig, options: HubOptions = {}): Promise<Hub> {
  const logger = options.logger ?? makeLogger(config.logLevel)
  const log = makeHubLog(logger)
  const undo: (() => Promise<void>)[] = []
  const stopAll = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed())
      await step().catch((error: unknown) => log.error('a part did not stop cleanly', { err: error }))
  }
  try {
    return await startParts(config, options, logger, log, undo, stopAll)
  } catch (error) {
    await stopAll()
    throw error
  }
}

/** What is missing for kiosks, or for people. */
function warnOfLacks({ tls, proxies, host }: HubConfig, log: HubLog): void {
  if (tls === null && proxies.length === 0 && !isLoopback(host))
    log.warn('without TLS: kiosks reach this hub only through a proxy that speaks it', { host })
  if (!arePagesBuilt()) log.warn('the pages of people are not built: node build/build-screens.ts builds them')
}

async function startParts(
  config: HubConfig,
  options: HubOptions,
  logger: Logger,
  log: HubLog,
  undo: (() => Promise<void>)[],
  stopAll: () => Promise<void>,
): Promise<Hub> {
  warnOfSecrets(config, log)
  const databaseUrl =
    config.databaseUrl === null
      ? await startOwnDatabase(config.home, options, log, undo)
      : await enterDatabase(config, config.databaseUrl, log)
  const pool = await openDatabase(config, databaseUrl, log, undo)
  const clock = options.clock ?? makeHubClock()
  const metrics = makeMetrics()
  const { identity, jobs } = await startPeople(config, options, pool, clock, { log, metrics }, undo)
  const core = makeSyncCore({
    pool,
    features: makeSyncFeatures(pool),
    clock,
    chance: options.chance ?? makeChance(),
    log,
    metrics,
    limits: { sockets: config.socketLimits },
  })
  const lateJobs = async (): Promise<string[]> => [...core.late(), ...(await jobs.late())]
  const proxies = makeUnbelievedProxies(log, (seen) => amendHubFile(config.home, { unbelievedProxies: seen }))
  const app = await buildApp({
    forwardedBy: (peer) => proxies.saw(peer),
    config,
    logger,
    pool,
    lateJobs,
    sync: syncRoute(core),
    live: liveRoute(core.live),
    writer: core.writer,
    requestLimits: config.requestLimits,
    failedEnrolments: config.failedEnrolments,
    identity: identity.parts,
  })
  undo.push(() => app.close())
  // Kiosks hear goodbye before their sockets are closed.
  undo.push(() => core.stop())
  const metricsServer = await atPort(
    serveMetrics(metrics, config.metricsPort),
    config.metricsPort,
    'CARREL_METRICS_PORT',
  )
  undo.push(() => metricsServer.stop())
  const url = await atPort(listen(app, config), config.port, 'CARREL_PORT')
  identity.setListening(url)
  const setupLink = await makeSetupLink(pool, identity.publicUrl())
  const facts = { pid: process.pid, url, databaseUrl, unbelievedProxies: proxies.all() }
  const removeHubFile = writeHubFile(config.home, facts)
  undo.push(async () => removeHubFile())
  warnOfLacks(config, log)
  log.info('the hub is ready', { url, metricsUrl: metricsServer.url })
  const stopping: { done?: Promise<void> } = {}
  const stop = (): Promise<void> => (stopping.done ??= stopAll())
  return { url, metricsUrl: metricsServer.url, databaseUrl, pool, setupLink, stop }
}

/** The address under which the hub works: never as somebody who can do more than own its database. [OPS-15] */
async function enterDatabase(config: HubConfig, databaseUrl: string, log: HubLog): Promise<string> {
  const { url, instead } = await takeOwnRole(databaseUrl, () => loadServerSecret(config))
  if (instead !== null)
    log.info('the hub works as a role of its own instead of that of DATABASE_URL', { ...instead })
  return url
}

/** The hub's database, checked and brought up to date. */
async function openDatabase(
  config: HubConfig,
  databaseUrl: string,
  log: HubLog,
  undo: (() => Promise<void>)[],
): Promise<Database> {
  const pool = openPool(databaseUrl, {
    maxConnections: 20,
    onIdleError: (error) => log.warn('an idle database connection broke', { err: error }),
  })
  undo.push(() => closePool(pool))
  await requireServer(pool)
  const ran = await migrate(pool)
  if (ran.length > 0) log.info('the database was brought up to date', { migrations: ran })
  if (config.isDevelopmentSeeded) await seed(config, pool, log)
  return pool
}

/** Whoever calls this knows better than a variable that was left behind. [OPS-3] */
async function seed({ isProduction }: HubConfig, pool: Database, log: HubLog): Promise<void> {
  if (isProduction) throw new HubStartError('CARREL_DEV_SEED is for development: remove it in production.')
  await seedDevelopment(pool, log)
}

/** The server's own secret is refused where others can read or exchange it; of the rest doctor says more. [IDN-22] */
function warnOfSecrets({ home, tlsKeyFile }: HubConfig, log: HubLog): void {
  const faults = [
    existsSync(home) ? findFolderFault(home) : null,
    tlsKeyFile === null ? null : findSecretFault(tlsKeyFile, { mayGroupRead: true }),
  ]
  for (const fault of faults) if (fault !== null) log.warn('a secret is not safe', { fault })
}

/** What may find a fault that a person must mend comes before anything that would then have to be ended on its way. */
async function startPeople(
  config: HubConfig,
  options: HubOptions,
  pool: Database,
  clock: HubClock,
  told: { log: HubLog; metrics: HubMetrics },
  undo: (() => Promise<void>)[],
): Promise<{ identity: Identity; jobs: Jobs }> {
  const { log } = told
  const directories = openDirectories(config, pool, log)
  const identity = await makeIdentity(config, pool, directories, told, options.identity)
  undo.push(() => identity.mail.stop())
  undo.push(() => identity.judge.stop())
  const list = [purgeJob(pool), mailJob(identity.mail), forgetAddressesJob(pool)]
  const jobs = await startJobs(pool, list, clock, log)
  undo.push(() => jobs.stop())
  return { identity, jobs }
}

/** The directories of LDAP_CONFIG; a file with a fault keeps the hub from starting. */
function openDirectories(config: HubConfig, pool: Database, log: HubLog): DirectoryDesk {
  if (config.ldapConfig === null) return noDirectories
  const directories = readDirectories(config.ldapConfig)
  if (!directories.ok) throw new HubStartError(directories.refusal.join('\n'))
  return makeDirectoryDesk(pool, directories.value, log)
}

async function startOwnDatabase(
  home: string,
  options: HubOptions,
  log: HubLog,
  undo: (() => Promise<void>)[],
): Promise<string> {
  const embedded = await startKeptEmbedded(
    {
      folder: join(home, 'database'),
      log: (line) =>
        (/(FATAL|PANIC):(?! +the database system is starting up)/.test(line) ? log.warn : log.debug)(
          'database',
          { line },
        ),
      ...(options.databaseSettings === undefined ? {} : { settings: options.databaseSettings }),
    },
    log,
  )
  undo.push(() => embedded.stop())
  return embedded.url
}

async function listen(app: FastifyInstance, config: HubConfig): Promise<string> {
  await app.listen({ host: config.host, port: config.port, backlog: LISTEN_BACKLOG })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  // "Every address" is not one that a kiosk can dial.
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
        `Port ${port} is taken by another program; stop it, or set ${variable} to another port.`,
        { cause },
      )
    if (code === 'EACCES')
      throw new HubStartError(
        `Port ${port} may not be used by this user; set ${variable} to one above 1023.`,
        { cause },
      )
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new HubStartError('CARREL_HOST is not an address of this machine.', { cause })
    throw cause
  }
}
