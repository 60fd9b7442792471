import { spacesOfKiosks } from '../spaces/space-feed-rows.ts'
import { PROTOCOL } from '#shared/wire/version.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { makeHubClock } from '../platform/clock.ts'
import { makeHeadSignature } from '../platform/secrets/head-signature.ts'
import { noLog } from '../platform/log.ts'
import { noMetrics } from '../platform/metrics.ts'
import type { Connection, ConnectionHandler } from '../platform/ports.ts'
import { attachSocket } from '../platform/connections/sync-route.ts'
import { openPool, type Database } from '../platform/postgres/database.ts'
import { makeMember, type AudienceMember } from '../platform/broadcast/audience-member.ts'
import { Audience } from '../platform/broadcast/fan-out.ts'
import { makeReadSemaphore } from '../platform/broadcast/feed.ts'
import { collectionsOfKiosks } from '../platform/broadcast/collection.ts'
import { formOfProtocol } from '../platform/broadcast/row-form.ts'
import { makeTaker } from '../platform/broadcast/taker.ts'
import { COLLECTIONS } from '../collections.ts'
import { makeInFlight } from '../platform/writer/in-flight.ts'
import { makeKioskView } from '../platform/broadcast/kiosk-view.ts'
import { makeFrameChunks } from '../platform/broadcast/frame-chunks.ts'
import { machineMs, ownCpuMs, serveRequests } from './worker-process.ts'

// The hub's fan-out by itself, in a process of its own: it is notified of commits as the writer does it, so that
// the database's share of two cores does not hide what showing the changes costs.

/** What a bench asks of the audience. */
export type FanOutRequest =
  | { kind: 'listen'; databaseUrl: string; universityId: number; roomIds: number[] }
  | { kind: 'change'; perSecond: number; stretchMs: number }
  | { kind: 'changeOneByOne'; count: number }
  | { kind: 'levels' }

/** What the hub measured. `commits`: clock and moment (machine ms) of each; the bare way has none. */
export interface FanOutAnswer {
  port: number
  cpuMs: number
  elapsedMs: number
  changeCount: number
  commits: [number, number][]
  /** Room by room, what every screen must show. */
  levels: number[]
}

const SEEN = collectionsOfKiosks(COLLECTIONS)
/** What all screens of the bench are sent. */
const TAKER = makeTaker(formOfProtocol(PROTOCOL), SEEN, null)

/** One commit every so often, as the group commit makes them when it is busy. */
const COMMIT_MS = 5

interface Scene {
  audience: Audience
  pool: Database
  connections: Set<Connection>
  roomIds: number[]
  levels: number[]
  epoch: string
  factsClock: number
  clock: number
  next: number
}

const held: { scene: Scene | null } = { scene: null }

function runningScene(): Scene {
  if (held.scene === null) throw new Error('nobody listens yet')
  return held.scene
}

async function listen(databaseUrl: string, universityId: number, roomIds: number[]): Promise<number> {
  const pool = openPool(databaseUrl, { maxConnections: 4 })
  const inFlight = makeInFlight()
  const signature = makeHeadSignature(Buffer.alloc(32))
  const audience = new Audience(
    {
      pool,
      clock: makeHubClock(),
      log: noLog,
      metrics: noMetrics,
      inFlight,
      readSemaphore: makeReadSemaphore(),
      view: makeKioskView({
        headSignature: () => signature,
        nowMs: () => Date.now(),
        heartbeatMs: 5_000,
        spaces: spacesOfKiosks,
        collections: SEEN,
      }),
      factsChanged: () => undefined,
    },
    universityId,
  )
  const first = await audience.readMissed(null, TAKER, 0)
  if (first === null) throw new Error('no such university')
  const { rows } = await pool.query<{ factsClock: number }>(
    'select facts_clock as "factsClock" from universities where id = $1',
    [universityId],
  )
  held.scene = {
    audience,
    pool,
    connections: new Set(),
    roomIds,
    levels: roomIds.map(() => 0),
    epoch: first.epoch,
    factsClock: rows[0]?.factsClock ?? 0,
    clock: first.to,
    next: 0,
  }
  return serveLines(runningScene())
}

async function serveLines(scene: Scene): Promise<number> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket) =>
    attachSocket({ accept: (line) => join(scene, line) }, socket, { host: '', address: '' }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function join(scene: Scene, connection: Connection): ConnectionHandler {
  const end = (): void => connection.terminate()
  const member: AudienceMember = makeMember(connection, {
    taker: TAKER,
    sentClock: 0,
    nowMs: performance.now(),
    end,
  })
  scene.connections.add(connection)
  void scene.audience.readMissed(null, TAKER, 0).then((answer) => {
    if (answer !== null) scene.audience.join(member, answer, null)
  })
  return {
    received: () => undefined,
    receivedTooLarge: () => undefined,
    ended: () => {
      scene.connections.delete(connection)
      scene.audience.leave(member)
    },
  }
}

/** The next `count` rooms change: each once in a commit. */
function takeLeaves(
  scene: Scene,
  count: number,
  clock: number,
): Parameters<Audience['committed']>[0]['leaves'] {
  const reportedAtMs = Date.now()
  return Array.from({ length: count }, () => {
    const place = (scene.next * 7919) % scene.roomIds.length
    scene.next += 1
    const level = ((scene.levels[place] ?? 0) + 1) % 3
    scene.levels[place] = level
    const id = scene.roomIds[place] ?? 0
    return { id, level: level as 0 | 1 | 2, reportedAtMs, clock, mutationId: 1, kioskId: 1 }
  })
}

async function change(perSecond: number, stretchMs: number): Promise<Omit<FanOutAnswer, 'port'>> {
  const current = runningScene()
  const startMs = machineMs()
  const startCpuMs = ownCpuMs()
  const commits: [number, number][] = []
  let changeCount = 0
  while (machineMs() - startMs < stretchMs) {
    const due = Math.floor(((machineMs() - startMs) * perSecond) / 1000) - changeCount
    if (due > 0) {
      current.clock += 1
      const leaves = takeLeaves(current, Math.min(due, current.roomIds.length), current.clock)
      changeCount += leaves.length
      commits.push([current.clock, machineMs()])
      const { epoch, factsClock, clock } = current
      current.audience.committed({
        epoch,
        clock,
        factsClock,
        isStep: true,
        nowMs: Date.now(),
        answers: [],
        leaves: [...leaves],
        hasMail: false,
        rows: new Map(),
      })
    }
    await pause(COMMIT_MS)
  }
  const elapsedMs = machineMs() - startMs
  await pause(500)
  return { cpuMs: ownCpuMs() - startCpuMs, elapsedMs, changeCount, commits, levels: current.levels }
}

/** The plain way: every change is a frame of its own to everybody, made once and sent through the same connections. */
async function changeOneByOne(count: number): Promise<Omit<FanOutAnswer, 'port'>> {
  const current = runningScene()
  const startMs = machineMs()
  const startCpuMs = ownCpuMs()
  for (let step = 0; step < count; step += 1) {
    // Beyond the clock of any commit, and never applied: the screens of this round are not looked at.
    const [leaf] = takeLeaves(current, 1, current.clock)
    if (leaf === undefined) continue
    const { buffers } = makeFrameChunks(current.epoch, current.clock, current.clock + 1, {
      rows: [],
      levels: [[leaf.id, current.clock, leaf.level, leaf.reportedAtMs]],
      gone: [],
    })
    for (const buffer of buffers) for (const line of current.connections) line.send(buffer)
    await pause(0)
  }
  while ([...current.connections].some((line) => line.bufferedBytes() > 0)) await pause(1)
  return {
    cpuMs: ownCpuMs() - startCpuMs,
    elapsedMs: machineMs() - startMs,
    changeCount: count,
    commits: [],
    levels: [],
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms === 0) setImmediate(resolve)
    else setTimeout(resolve, ms)
  })
}

const NOTHING = { port: 0, cpuMs: 0, elapsedMs: 0, changeCount: 0, commits: [], levels: [] }

serveRequests(async (request: FanOutRequest): Promise<FanOutAnswer> => {
  switch (request.kind) {
    case 'listen':
      return { ...NOTHING, port: await listen(request.databaseUrl, request.universityId, request.roomIds) }
    case 'change':
      return { ...NOTHING, ...(await change(request.perSecond, request.stretchMs)) }
    case 'changeOneByOne':
      return { ...NOTHING, ...(await changeOneByOne(request.count)) }
    case 'levels':
      return { ...NOTHING, levels: runningScene().levels }
  }
})
