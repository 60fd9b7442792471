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
  FAILED_ENROLMENTS,
  REQUEST_LIMITS,
  type RequestLimits,
  type TryLimit,
} from '#shared/domain/conduct.ts'
import { MAX_FRAME_BYTES_UP } from '#shared/wire/messages.ts'
import { type HubConfig } from './config.ts'
import { makeTrust, parseNetworkAddress } from './platform/http/network-address.ts'
import { withoutPort } from './platform/http/host-name.ts'
import { makeAccessTokens } from './accounts/access-tokens.ts'
import { makeAuthenticate } from './accounts/authenticate.ts'
import { knock, knockAccount } from './platform/http/account-limits.ts'
import type { IdentityParts } from './accounts/identity-parts.ts'
import { makeHubLog, type HubLog } from './platform/log.ts'
import { registerRoutes } from './all-routes.ts'
import { giveClientAddress } from './platform/http/client-address.ts'
import { endSockets } from './platform/connections/end-sockets.ts'
import { enrolRoute } from './kiosks/enrol.ts'
import { answerRefusal, handleErrors, rawRefusal } from './platform/http/errors.ts'
import { makeHandle, type CountAct, type PassRead } from './platform/http/handle.ts'
import { makeHeavyReads } from './spaces/heavy-reads.ts'
import { healthRoutes } from './platform/http/health.ts'
import { makePortal } from './portal.ts'
import { guardSameSite } from './platform/http/same-site.ts'
import type { Database } from './platform/postgres/database.ts'
import type { TenantWriter } from './platform/writer/tenant-writer.ts'

/** What an app is made of. */
export interface AppParts {
  config: Pick<HubConfig, 'host' | 'hostNames' | 'proxies' | 'tls'>
  logger: Logger
  pool: Database
  lateJobs(): string[] | Promise<string[]>
  /** The kiosks' websocket. */
  sync: FastifyPluginAsync
  /** The live websocket of people's pages. */
  live: FastifyPluginAsync
  /** Group commit of the sync core. */
  writer: TenantWriter
  identity: IdentityParts
  /** How many requests for universities may wait; REQUEST_LIMITS unless said. */
  requestLimits?: RequestLimits
  /** Told of peers who send X-Forwarded-For without being believed. [EDG-5] */
  forwardedBy?: (peer: string) => void
  /** FAILED_ENROLMENTS unless said. */
  failedEnrolments?: TryLimit
  /** Built screens elsewhere than usual: of tests. */
  screenFolder?: string
}

/** Whole bodies are small: a code and a key. */
const MAX_BODY_BYTES = 65_536
/** For the whole of a request to come in; Fastify's own default is to wait for ever. */
const REQUEST_TIMEOUT_MS = 30_000
/**
 * For a connection on which nothing moves: nobody reads, or an answer is long in coming. The last of a full house of new
 * passwords waits eight seconds on a usual machine, and close to a minute on a slow one that has other work, too. [IDN-25]
 */
const CONNECTION_TIMEOUT_MS = 120_000
/** Somebody who sends a header byte by byte holds a connection no longer than this. */
const HEADERS_TIMEOUT_MS = 10_000
const CHECK_INTERVAL_MS = 2_000
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1']

/** Builds the hub's HTTP side, apart from listening. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config } = parts
  const log = makeHubLog(parts.logger)
  const app = makeServer(config, parts.logger)
  // Its parser is loaded with it; one cookie is read, by the calls that want it.
  await app.register(fastifyCookie, { hook: false })
  const portal = makePortal(parts.screenFolder)
  handleErrors(app, log, portal.answerLost)
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    log.debug('request', {
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    })
  })
  await app.register(websocket, {
    // Compression costs six times the processor and five times the memory for frames that are small already.
    // Pings are answered by the route, which looks at what is unsent.
    options: { maxPayload: MAX_FRAME_BYTES_UP, perMessageDeflate: false, autoPong: false },
    errorHandler: (error, socket) => endBrokenSocket(error, socket, log),
    preClose: () => endSockets(app.websocketServer),
  })
  // After the websocket plugin, which ends the sockets of upgrades that are refused here.
  checkHost(app, config)
  giveClientAddress(app, makeTrust(config.proxies), parts.forwardedBy ?? (() => undefined))
  guardSameSite(app)
  await app.register(healthRoutes({ pool: parts.pool, lateJobs: parts.lateJobs }))
  await app.register(enrolRoute(parts.pool, log, parts.failedEnrolments ?? FAILED_ENROLMENTS))
  const tokens = makeAccessTokens(parts.pool, () => randomBytes(32))
  const countAct: CountAct = ({ actor, address }) =>
    knock({ ...parts.identity, pool: parts.pool }, 'act', { account: `user ${actor.userId}`, address })
  const heavyReads = makeHeavyReads()
  const passRead: PassRead = async ({ actor, reply }, run) => {
    const doors = { ...parts.identity, pool: parts.pool }
    const counted = await knockAccount(doors, 'read', `user ${actor.userId}`)
    return counted.ok ? heavyReads.pass(actor.userId, reply, run) : counted
  }
  registerRoutes(makeHandle(app, makeAuthenticate(parts.pool, tokens), { countAct, passRead }), {
    ...parts.identity,
    pool: parts.pool,
    log,
    tokens,
    writer: parts.writer,
    requestLimits: parts.requestLimits ?? REQUEST_LIMITS,
  })
  await app.register(parts.sync)
  await app.register(parts.live)
  await portal.register(app)
  return app
}

function makeServer(config: AppParts['config'], loggerInstance: FastifyBaseLogger): FastifyInstance {
  return Fastify({
    ...(config.tls === null ? {} : { https: config.tls }),
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // What comes while the hub goes down is still answered in the usual words.
    return503OnClosing: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CHECK_INTERVAL_MS },
    trustProxy: config.proxies.length === 0 ? false : makeTrust(config.proxies),
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (_error, _request, reply) => void answerRefusal(reply, 'malformed'),
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.write(rawRefusal('malformed'))
      socket.destroy()
    },
  })
}

/** A broken line is everyday, and ws ends it itself; anything else that was thrown is a bug of ours. */
function endBrokenSocket(error: Error & { code?: string }, socket: WebSocket, log: HubLog): void {
  const isLine = /^(WS_ERR_|ECONN|EPIPE|ETIMEDOUT)/.test(error.code ?? '')
  if (isLine) log.debug('a line broke', { errorCode: error.code })
  else {
    log.error('a line ended by a fault of ours', { err: error })
    socket.terminate()
  }
}

/**
 * A name that somebody points at this machine is not ours: a page elsewhere must not reach the hub through a visitor's
 * browser. Known are loopback, the address that the connection came in at, CARREL_HOST and CARREL_HOSTS.
 */
function checkHost(app: FastifyInstance, config: AppParts['config']): void {
  const known = new Set([...LOOPBACK_NAMES, config.host.toLowerCase(), ...config.hostNames])
  app.addHook('onRequest', async (request, reply) => {
    const name = withoutPort(request.host ?? '')
    if (known.has(name) || name === localAddress(request)) return undefined
    return answerRefusal(reply, 'hostRefused')
  })
}

function localAddress(request: FastifyRequest): string {
  return parseNetworkAddress(request.socket.localAddress ?? '') ?? ''
}
