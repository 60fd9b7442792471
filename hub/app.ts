import { randomBytes } from 'node:crypto'
import { fastifyCookie } from '@fastify/cookie'
import websocket from '@fastify/websocket'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyRequest,
} from 'fastify'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import {
  CALL_LIMITS,
  FAILED_ENROLMENTS,
  REQUEST_LIMITS,
  type CallLimits,
  type RequestLimits,
  type AttemptLimit,
} from '#shared/domain/conduct.ts'
import { MAX_FRAME_BYTES_UP } from '#shared/wire/messages.ts'
import { type HubConfig } from './config.ts'
import { makeTrust, parseNetworkAddress } from './platform/http/network-address.ts'
import { hostWithoutPort } from './platform/http/request-target.ts'
import { makeAccessTokens } from './accounts/access-tokens.ts'
import { makeAuthenticate } from './accounts/actors.ts'
import { countAttempt, countAccountAttempt } from './platform/http/account-limits.ts'
import type { IdentityDependencies } from './accounts/account-dependencies.ts'
import { makeHubLog, type HubLog } from './platform/log.ts'
import { registerRoutes } from './all-routes.ts'
import { decorateClientAddress } from './platform/http/client-address.ts'
import { closeSockets } from './platform/connections/close-sockets.ts'
import { enrolRoute } from './kiosks/enrol.ts'
import { answerRefusal, handleErrors, rawRefusal } from './platform/http/errors.ts'
import { makeHandle, type CallBounds } from './platform/http/handle.ts'
import { makeRunCall, makeRunInTurn, type RunInTurn } from './platform/http/call-queue.ts'
import { makeHubClock, makeRandomSource } from './platform/clock.ts'
import { makeFairQueue, type FairQueue } from './platform/fair-queue.ts'
import { noMetrics, observeQueue, type CallQueueName, type HubMetrics } from './platform/metrics.ts'
import { makeHeavyReads, type HeavyReads } from './spaces/heavy-reads.ts'
import { healthRoutes } from './platform/http/health.ts'
import { makePortal } from './portal.ts'
import { guardSameSite } from './platform/http/same-site.ts'
import type { Database } from './platform/postgres/database.ts'
import type { TenantWriter } from './platform/writer/tenant-writer.ts'

/** What the app is given. */
export interface AppDependencies {
  config: Pick<HubConfig, 'host' | 'hostNames' | 'proxies' | 'tls'>
  logger: Logger
  /** Connections of calls over HTTP. */
  pool: Database
  /** Connections that no call takes; readiness is asked there, so that it speaks of the database alone. `pool` unless said. [EDG-24] */
  reservedPool?: Database
  lateJobs(): string[] | Promise<string[]>
  /** The kiosks' websocket. */
  sync: FastifyPluginAsync
  /** The live websocket of people's pages. */
  live: FastifyPluginAsync
  /** Group commit of the sync core. */
  writer: TenantWriter
  identity: IdentityDependencies
  /** How many requests for universities may wait; REQUEST_LIMITS unless said. */
  requestLimits?: RequestLimits
  /** Called for peers that send X-Forwarded-For without being trusted. [EDG-5] */
  forwardedBy?: (peer: string) => void
  /** FAILED_ENROLMENTS unless said. */
  failedEnrolments?: AttemptLimit
  /** CALL_LIMITS unless said. */
  callLimits?: CallLimits
  /** None unless said. */
  metrics?: HubMetrics
  /** Folder of built screens, for tests. */
  screenFolder?: string
}

/** The largest is a place with all that may be said of it in twelve languages, 92 kB in Chinese. [TXT-1] */
const MAX_BODY_BYTES = 131_072
/** For the whole of a request to come in; Fastify's own default is to wait for ever. */
const REQUEST_TIMEOUT_MS = 30_000
/**
 * For a connection without traffic: a reader that stalls, or a slow answer. With all password slots taken the last new
 * password waits eight seconds on a usual machine, and close to a minute on a slow, busy one. [IDN-25]
 */
const CONNECTION_TIMEOUT_MS = 120_000
/** Somebody who sends a header byte by byte holds a connection no longer than this. */
const HEADERS_TIMEOUT_MS = 10_000
const CHECK_INTERVAL_MS = 2_000
const SOCKET_OPTIONS = {
  maxPayload: MAX_FRAME_BYTES_UP,
  // Compression costs six times the processor and five times the memory for frames that are small already.
  perMessageDeflate: false,
  // Pings are answered by the route, which checks unsent bytes first.
  autoPong: false,
  // A socket that does not answer a close is ended after this, ms, and holds its place until then: a half-open one never answers. [SYN-10] [LIV-4]
  closeTimeout: 1_000,
}
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1']

/** Builds the hub's HTTP side, apart from listening. */
export async function buildApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const { config } = dependencies
  const log = makeHubLog(dependencies.logger)
  const portal = makePortal(dependencies.screenFolder)
  const app = makeServer(config, dependencies.logger, portal.answerNotFound)
  // Without its hook: only the calls that need a cookie parse one.
  await app.register(fastifyCookie, { hook: false })
  handleErrors(app, log, portal.answerNotFound)
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    log.debug('request', 'A request was answered.', {
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    })
  })
  await app.register(websocket, {
    options: SOCKET_OPTIONS,
    errorHandler: (error, socket) => endBrokenSocket(error, socket, log),
    preClose: () => closeSockets(app.websocketServer),
  })
  // After the websocket plugin, which ends the sockets of upgrades that are refused here.
  checkHost(app, config)
  decorateClientAddress(app, makeTrust(config.proxies), dependencies.forwardedBy ?? (() => undefined))
  guardSameSite(app)
  const { pool, reservedPool = pool, callLimits = CALL_LIMITS, metrics = noMetrics } = dependencies
  await app.register(healthRoutes({ pool: reservedPool, lateJobs: dependencies.lateJobs }))
  const queues = makeQueues(callLimits, metrics)
  const failures = dependencies.failedEnrolments ?? FAILED_ENROLMENTS
  const { writer } = dependencies
  const enrol = { pool, run: writer.runAlone.bind(writer) }
  await app.register(enrolRoute({ ...enrol, log, failures, runInTurn: queues.enrolments }))
  const tokens = makeAccessTokens(pool, () => randomBytes(32))
  const bounds: CallBounds = {
    runCall: makeRunCall(queues.calls, callLimits),
    ...boundsOfPeople(dependencies, makeHeavyReads(queues.heavyReads)),
  }
  registerRoutes(makeHandle(app, makeAuthenticate(pool, tokens), bounds), {
    ...dependencies.identity,
    pool,
    log,
    tokens,
    writer,
    requestLimits: dependencies.requestLimits ?? REQUEST_LIMITS,
  })
  await app.register(dependencies.sync)
  await app.register(dependencies.live)
  await portal.register(app)
  return app
}

/** The queues in which calls wait. */
function makeQueues(
  { heavyReads, waitMs }: CallLimits,
  metrics: HubMetrics,
): { calls: RunInTurn; enrolments: RunInTurn; heavyReads: FairQueue } {
  const clock = makeHubClock()
  const random = makeRandomSource()
  const turnsOf = (name: CallQueueName): RunInTurn =>
    makeRunInTurn({
      queue: makeFairQueue({ clock, observer: observeQueue(metrics, name) }),
      clock,
      random,
      waitMs,
    })
  return {
    calls: turnsOf('calls'),
    enrolments: turnsOf('enrolments'),
    heavyReads: makeFairQueue({ clock, atOnce: heavyReads, observer: observeQueue(metrics, 'heavyReads') }),
  }
}

/** What one person may do and read. */
function boundsOfPeople(
  { identity, pool }: Pick<AppDependencies, 'identity' | 'pool'>,
  heavyReads: HeavyReads,
): Omit<CallBounds, 'runCall'> {
  const limits = { ...identity, pool }
  return {
    countAct: ({ actor, address }) =>
      countAttempt(limits, 'act', { account: `user ${actor.userId}`, address }),
    runHeavyRead: async ({ actor, reply }, wait, run) => {
      const counted = await countAccountAttempt(limits, 'read', `user ${actor.userId}`)
      return counted.ok ? heavyReads.run(actor.userId, { reply, wait }, run) : counted
    },
  }
}

function makeServer(
  config: AppDependencies['config'],
  loggerInstance: FastifyBaseLogger,
  answerNotFound: ReturnType<typeof makePortal>['answerNotFound'],
): FastifyInstance {
  return Fastify({
    ...(config.tls === null ? {} : { https: config.tls }),
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // Requests during shutdown are still answered as usual.
    return503OnClosing: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CHECK_INTERVAL_MS },
    trustProxy: config.proxies.length === 0 ? false : makeTrust(config.proxies),
    routerOptions: { ignoreTrailingSlash: true },
    // Of an address that cannot be decoded no route and no hook hears.
    frameworkErrors: (_error, request, reply) =>
      void (answerNotFound(request, reply) ?? answerRefusal(reply, 'malformed')),
    // Without an answer where nothing came in time: a browser's spare connection would take it for that of its next request. [EDG-17]
    clientErrorHandler: ({ code }, socket) => {
      if (socket.writable && code !== 'ERR_HTTP_REQUEST_TIMEOUT') socket.write(rawRefusal('malformed'))
      socket.destroy()
    },
  })
}

/** A broken connection is normal, and ws closes it itself; any other error is a bug of the hub. */
function endBrokenSocket(error: Error & { code?: string }, socket: WebSocket, log: HubLog): void {
  const isLine = /^(WS_ERR_|ECONN|EPIPE|ETIMEDOUT)/.test(error.code ?? '')
  if (isLine) log.debug('socket-broke', 'A websocket broke.', { errorCode: error.code })
  else {
    log.error('socket-failed', 'A websocket ended by a bug of the hub.', { err: error })
    socket.terminate()
  }
}

/**
 * Refuses unknown host names: a page elsewhere must not reach the hub through a visitor's browser by a name that was
 * pointed at this machine. Known are loopback, the address that the connection came in at, CARREL_HOST and CARREL_HOSTS.
 */
function checkHost(app: FastifyInstance, config: AppDependencies['config']): void {
  const known = new Set([...LOOPBACK_NAMES, config.host.toLowerCase(), ...config.hostNames])
  app.addHook('onRequest', async (request, reply) => {
    const name = hostWithoutPort(request.host ?? '')
    if (known.has(name) || name === localAddress(request)) return undefined
    return answerRefusal(reply, 'hostRefused')
  })
}

function localAddress(request: FastifyRequest): string {
  return parseNetworkAddress(request.socket.localAddress ?? '') ?? ''
}
