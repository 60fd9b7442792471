import { loadFeed } from '../spaces/load-feed.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { makeHubClock } from '../platform/clock.ts'
import { makeSeal } from '../platform/secrets/head-signature.ts'
import { noLog } from '../platform/log.ts'
import { noMetrics } from '../platform/metrics.ts'
import type { KioskLine, LineHandler } from '../platform/ports.ts'
import { attach } from '../platform/connections/sync-route.ts'
import { openPool, type Database } from '../platform/postgres/database.ts'
import { makeMember, type Member } from '../platform/broadcast/audience-parts.ts'
import { Audience } from '../platform/broadcast/fan-out.ts'
import { makeReaders } from '../platform/broadcast/feed.ts'
import { makeInFlight } from '../platform/writer/in-flight.ts'
import { makeKioskView } from '../platform/broadcast/kiosk-view.ts'
import { cutParts } from '../platform/broadcast/frame-chunks.ts'
import { machineMs, ownCpuMs, serveOrders } from './child.ts'

// The hub's fan-out by itself, in a process of its own: what it is told of are commits as the writer tells them, so that
// the database's share of two cores does not hide what showing the changes costs.

/** What a bench asks of the audience. */
export type AudienceOrder =
  | { order: 'listen'; databaseUrl: string; universityId: number; roomIds: number[] }
  | { order: 'change'; perSecond: number; stretchMs: number }
  | { order: 'changeOneByOne'; count: number }
  | { order: 'levels' }

/** What it did. `commits`: clock and moment (machine ms) of each; the bare way has none. */
export interface AudienceReport {
  port: number
  cpuMs: number
  elapsedMs: number
  changeCount: number
  commits: [number, number][]
  /** Room by room, what every screen must show. */
  levels: number[]
}

/** One commit every so often, as the group commit makes them when it is busy. */
const COMMIT_MS = 5

interface Scene {
  audience: Audience
  pool: Database
  lines: Set<KioskLine>
  roomIds: number[]
  levels: number[]
  epoch: string
  factsClock: number
  clock: number
  next: number
}

const held: { scene: Scene | null } = { scene: null }

function scene(): Scene {
  if (held.scene === null) throw new Error('nobody listens yet')
  return held.scene
}

async function listen(databaseUrl: string, universityId: number, roomIds: number[]): Promise<number> {
  const pool = openPool(databaseUrl, { maxConnections: 4 })
  const inFlight = makeInFlight()
  const seal = makeSeal(Buffer.alloc(32))
  const audience = new Audience(
    {
      pool,
      clock: makeHubClock(),
      log: noLog,
      metrics: noMetrics,
      inFlight,
      turnstile: makeReaders(),
      view: makeKioskView({ seal: () => seal, nowMs: () => Date.now(), heartbeatMs: 5_000, load: loadFeed }),
      factsMoved: () => undefined,
    },
    universityId,
  )
  const first = await audience.open(null, false, 0)
  if (first === null) throw new Error('no such university')
  const { rows } = await pool.query<{ factsClock: number }>(
    'select facts_clock as "factsClock" from universities where id = $1',
    [universityId],
  )
  held.scene = {
    audience,
    pool,
    lines: new Set(),
    roomIds,
    levels: roomIds.map(() => 0),
    epoch: first.epoch,
    factsClock: rows[0]?.factsClock ?? 0,
    clock: first.to,
    next: 0,
  }
  return serveLines(scene())
}

async function serveLines(the: Scene): Promise<number> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket) =>
    attach({ accept: (line) => admit(the, line) }, socket, { host: '', address: '' }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function admit(the: Scene, line: KioskLine): LineHandler {
  const end = (): void => line.terminate()
  const member: Member = makeMember(line, { isOld: false, told: 0, nowMs: performance.now(), end })
  the.lines.add(line)
  void the.audience.open(null, false, 0).then((answer) => {
    if (answer !== null) the.audience.admit(member, answer, null)
  })
  return {
    received: () => undefined,
    receivedTooLarge: () => undefined,
    ended: () => {
      the.lines.delete(line)
      the.audience.leave(member)
    },
  }
}

/** The next `count` rooms change: each once in a commit. */
function takeLeaves(
  the: Scene,
  count: number,
  clock: number,
): Parameters<Audience['committed']>[0]['leaves'] {
  const reportedAtMs = Date.now()
  return Array.from({ length: count }, () => {
    const place = (the.next * 7919) % the.roomIds.length
    the.next += 1
    const level = ((the.levels[place] ?? 0) + 1) % 3
    the.levels[place] = level
    const id = the.roomIds[place] ?? 0
    return { id, level: level as 0 | 1 | 2, reportedAtMs, clock, mutationId: 1, kioskId: 1 }
  })
}

async function change(perSecond: number, stretchMs: number): Promise<Omit<AudienceReport, 'port'>> {
  const the = scene()
  const startMs = machineMs()
  const startCpuMs = ownCpuMs()
  const commits: [number, number][] = []
  let changeCount = 0
  while (machineMs() - startMs < stretchMs) {
    const due = Math.floor(((machineMs() - startMs) * perSecond) / 1000) - changeCount
    if (due > 0) {
      the.clock += 1
      const leaves = takeLeaves(the, Math.min(due, the.roomIds.length), the.clock)
      changeCount += leaves.length
      commits.push([the.clock, machineMs()])
      const { epoch, factsClock, clock } = the
      the.audience.committed({
        epoch,
        clock,
        factsClock,
        isStep: true,
        nowMs: Date.now(),
        answers: [],
        leaves: [...leaves],
      })
    }
    await pause(COMMIT_MS)
  }
  const elapsedMs = machineMs() - startMs
  await pause(500)
  return { cpuMs: ownCpuMs() - startCpuMs, elapsedMs, changeCount, commits, levels: the.levels }
}

/** The plain way: every change is a frame of its own to everybody, made once and sent through the same lines. */
async function changeOneByOne(count: number): Promise<Omit<AudienceReport, 'port'>> {
  const the = scene()
  const startMs = machineMs()
  const startCpuMs = ownCpuMs()
  for (let step = 0; step < count; step += 1) {
    // Beyond the clock of any commit, and never applied: the screens of this round are not looked at.
    const [leaf] = takeLeaves(the, 1, the.clock)
    if (leaf === undefined) continue
    const { buffers } = cutParts(the.epoch, the.clock, the.clock + 1, {
      rows: [],
      levels: [[leaf.id, the.clock, leaf.level, leaf.reportedAtMs]],
      gone: [],
    })
    for (const buffer of buffers) for (const line of the.lines) line.send(buffer)
    await pause(0)
  }
  while ([...the.lines].some((line) => line.bufferedBytes() > 0)) await pause(1)
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

serveOrders(async (order: AudienceOrder): Promise<AudienceReport> => {
  switch (order.order) {
    case 'listen':
      return { ...NOTHING, port: await listen(order.databaseUrl, order.universityId, order.roomIds) }
    case 'change':
      return { ...NOTHING, ...(await change(order.perSecond, order.stretchMs)) }
    case 'changeOneByOne':
      return { ...NOTHING, ...(await changeOneByOne(order.count)) }
    case 'levels':
      return { ...NOTHING, levels: scene().levels }
  }
})
