import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { CALLS_PER_SECOND, type EngineApi } from '#shared/wire/bridge.ts'
import { makeCallGate } from '../engine/api/call-gate.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { listScreenFiles } from '../engine/screen/screen-files.ts'
import { MAX_BRIDGE_BYTES, serveBridge } from './bridge-socket.ts'
import { decideRequest } from './decide-request.ts'
import { serveScreen } from './serve-screen.ts'
import { watchScreens } from './watch-screens.ts'

/** The one address that the agent listens on. [BRG-3] */
const LOOPBACK = '127.0.0.1'

/** A device has one screen; a second one and a technician's browser are plenty. */
const MAX_SCREENS = 16

/** Open connections: a browser opens six for files, and every screen keeps one. */
const MAX_CONNECTIONS = 128

/** How long a screen may take for the closing handshake when the agent stops. */
export const CLOSE_TIMEOUT_MS = 500

/** What an agent needs. */
export interface AgentOptions {
  engine: EngineApi
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: number
  /** Folder of the built screens, with kiosk.html in it. */
  screenFolder: string
  /** Secret that a screen must show; 32 random bytes where none is given. */
  token?: string
  /** Calls that one screen may make per second on average; more are refused `tooFast`. */
  callsPerSecond?: number
  /** The clock by which screens are watched and their calls limited; the process's own where none is given. */
  clock?: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
}

const PAGE_CLOCK: Pick<EngineClock, 'after' | 'elapsedMs'> = {
  elapsedMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** A running agent. */
export interface Agent {
  /** Where the screen is, with the token in its fragment, which browsers never send. */
  url: string
  port: number
  stop(): Promise<void>
}

/**
 * Serves the engine's screens to a browser of this machine. Rejects where the port is taken or the folder of screens
 * cannot be read. A page in another tab, another user of the machine and a name that rebinds get nothing. [BRG-3]
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const token = options.token ?? randomBytes(32).toString('base64url')
  const files = listScreenFiles(options.screenFolder)
  const server = makeServer()
  const port = (): number => portOf(server)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BRIDGE_BYTES,
    perMessageDeflate: false,
  })
  const clock = options.clock ?? PAGE_CLOCK
  const screens = watchScreens(clock, options.log)
  const serving = {
    engine: options.engine,
    token,
    log: options.log,
    clock,
    callsPerSecond: options.callsPerSecond ?? CALLS_PER_SECOND,
    screens,
    gate: makeCallGate(clock),
  }
  server.on('request', (request, response) => {
    serveScreen({ files, port, log: options.log, problem: screens.problem }, request, response)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const status = upgradeStatus(request, port(), sockets.clients.size)
    if (status !== 101) return refuseUpgrade(socket, status)
    return sockets.handleUpgrade(request, socket, head, (screen) => serveBridge(serving, screen))
  })
  try {
    await listen(server, options.port)
  } catch (error) {
    // Its timer would keep a process alive that has nothing to serve. [KSK-23]
    serving.gate.end()
    throw error
  }
  const url = `http://${LOOPBACK}:${port()}/kiosk.html#token=${token}`
  const stop = (): Promise<void> => {
    serving.gate.end()
    return stopAll(server, sockets, clock)
  }
  return { url, port: port(), stop }
}

function makeServer(): Server {
  const server = createServer({
    maxHeaderSize: 16_384,
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
  })
  server.maxConnections = MAX_CONNECTIONS
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

function upgradeStatus(request: IncomingMessage, port: number, screenCount: number): number {
  const { host, origin } = request.headers
  const decision = decideRequest({ host, origin }, port, true)
  if (!decision.ok) return decision.refusal.status
  if (request.url !== '/bridge') return 404
  return screenCount < MAX_SCREENS ? 101 : 503
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, LOOPBACK, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

function stopAll(server: Server, screens: WebSocketServer, clock: Pick<EngineClock, 'after'>): Promise<void> {
  return new Promise((resolve) => {
    for (const screen of screens.clients) screen.close(1001)
    const terminateAll = (): void => {
      for (const screen of screens.clients) screen.terminate()
    }
    const cancel = clock.after(CLOSE_TIMEOUT_MS, terminateAll)
    server.close(() => {
      cancel()
      terminateAll()
      screens.close(() => resolve())
    })
    server.closeAllConnections()
  })
}
