import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import { backoffMs } from '../../desktop/engine/sync/backoff.ts'
import type { ClientSocket } from './minimal-websocket.ts'
import { machineMs, serveRequests } from './worker-process.ts'
import { dialWithWs, KioskConnection, pushText, type LoadKiosk } from './load-kiosk.ts'

// Thousands of kiosks that come at once, in a process of their own.

/** What a bench asks for. `atOnce`: handshakes under way at the same time. `isJittered`: as the real engine waits between its tries; else all at once. */
export type StormRequest =
  | { kind: 'connect'; url: string; kiosks: LoadKiosk[]; atOnce: number }
  | { kind: 'bare'; port: number; count: number; atOnce: number }
  | { kind: 'tap' }
  | { kind: 'return'; url: string; isJittered: boolean; seed: number }
  | { kind: 'settle' }
  | { kind: 'leave' }

/** Ms until each was live, and mutations made so far. */
export interface StormAnswer {
  latenciesMs: number[]
  madeCount: number
}

const storm = {
  kiosks: [] as LoadKiosk[],
  connections: new Map<LoadKiosk, KioskConnection>(),
  bare: [] as { socket: ClientSocket; closed: Promise<void> }[],
  settled: (): void => undefined,
}

const EVENTS = {
  acked: (): void => storm.settled(),
  changes: (): void => undefined,
}

/** Runs one after the other for each, `atOnce` side by side; gives ms from the start to the end of each. */
async function timed<Item>(
  items: readonly Item[],
  atOnce: number,
  run: (item: Item) => Promise<void>,
): Promise<number[]> {
  const startMs = machineMs()
  const waiting = items.values()
  const latenciesMs: number[] = []
  const work = async (): Promise<void> => {
    for (const item of waiting) {
      await run(item)
      latenciesMs.push(machineMs() - startMs)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return latenciesMs
}

/** Opens all connections; a place among those under way is free again once the websocket is open, and the rest of the welcome goes on. */
async function openAll(url: string, atOnce: number): Promise<number[]> {
  const startMs = machineMs()
  const live: Promise<number>[] = []
  await timed(storm.kiosks, atOnce, async (kiosk) => {
    const connection = new KioskConnection(url, kiosk, EVENTS, dialWithWs)
    storm.connections.set(kiosk, connection)
    live.push(connection.ready().then(() => machineMs() - startMs))
    await connection.opened
  })
  return Promise.all(live)
}

async function openBare(port: number, count: number, atOnce: number): Promise<number[]> {
  return timed(Array.from({ length: count }), atOnce, async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    const socket = dialWithWs(`http://127.0.0.1:${port}`, {
      opened: resolve,
      frame: () => undefined,
      closed: closed.resolve,
    })
    storm.bare.push({ socket, closed: closed.promise })
    await promise
  })
}

/** Each makes one report more; nobody waits for its ack. */
function tap(): void {
  for (const kiosk of storm.kiosks) {
    const id = kiosk.nextId
    kiosk.nextId += 1
    storm.connections.get(kiosk)?.socket.send(pushText(kiosk, id, id))
  }
}

/** Waits for the hub to go, then comes again until it is there; ms are from when the connection was lost. */
async function reconnectAll(request: Extract<StormRequest, { kind: 'return' }>): Promise<number[]> {
  const random = makeSeededRandom(request.seed)
  return Promise.all(
    storm.kiosks.map(async (kiosk) => {
      await storm.connections.get(kiosk)?.closed
      const lostMs = machineMs()
      await dialUntilLive(kiosk, request, random)
      return machineMs() - lostMs
    }),
  )
}

async function dialUntilLive(
  kiosk: LoadKiosk,
  { url, isJittered }: { url: string; isJittered: boolean },
  random: SeededRandom,
): Promise<void> {
  for (let failedTries = 0; ; failedTries += 1) {
    await new Promise((resolve) => setTimeout(resolve, isJittered ? backoffMs(failedTries, random) : 50))
    const connection = new KioskConnection(url, kiosk, EVENTS, dialWithWs)
    try {
      await connection.ready()
      storm.connections.set(kiosk, connection)
      return
    } catch {
      connection.socket.terminate()
    }
  }
}

/** Sends again what was not acknowledged, and waits until everything is. */
async function settle(): Promise<void> {
  for (const kiosk of storm.kiosks)
    if (kiosk.ackedId < kiosk.nextId - 1)
      storm.connections.get(kiosk)?.socket.send(pushText(kiosk, kiosk.ackedId + 1, kiosk.nextId - 1))
  await new Promise<void>((resolve) => {
    storm.settled = () => {
      if (storm.kiosks.every(({ ackedId, nextId }) => ackedId === nextId - 1)) resolve()
    }
    storm.settled()
  })
  storm.settled = () => undefined
}

async function leave(): Promise<void> {
  const ends = [...storm.bare, ...storm.connections.values()]
  storm.bare = []
  storm.connections.clear()
  for (const { socket } of ends) socket.terminate()
  await Promise.all(ends.map(({ closed }) => closed))
}

async function answer(request: StormRequest): Promise<number[]> {
  switch (request.kind) {
    case 'connect':
      storm.kiosks = request.kiosks.length > 0 ? request.kiosks : storm.kiosks
      return openAll(request.url, request.atOnce)
    case 'bare':
      return openBare(request.port, request.count, request.atOnce)
    case 'tap':
      tap()
      return []
    case 'return':
      return reconnectAll(request)
    case 'settle':
      await settle()
      return []
    case 'leave':
      await leave()
      return []
  }
}

serveRequests(async (request: StormRequest): Promise<StormAnswer> => ({
  latenciesMs: await answer(request),
  madeCount: storm.kiosks.reduce((sum, { nextId }) => sum + nextId - 1, 0),
}))
