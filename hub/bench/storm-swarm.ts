import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import { backoffMs } from '../../desktop/engine/sync/backoff.ts'
import type { ClientSocket } from './cheap-socket.ts'
import { machineMs, serveOrders } from './child.ts'
import { reportTexts } from './report-texts.ts'
import { SwarmConnection, type SwarmKiosk } from './swarm-kiosk.ts'
import { dialWithWs } from './ws-socket.ts'

// Thousands of kiosks that come at once, in a process of their own.

/** What a bench asks of the storm. `atOnce`: handshakes under way at the same time. `isJittered`: as the real engine waits between its tries; else all at once. */
export type StormOrder =
  | { order: 'connect'; url: string; kiosks: SwarmKiosk[]; atOnce: number }
  | { order: 'bare'; port: number; count: number; atOnce: number }
  | { order: 'tap' }
  | { order: 'return'; url: string; isJittered: boolean; seed: number }
  | { order: 'settle' }
  | { order: 'leave' }

/** Ms until each was live, and mutations made so far. */
export interface StormReport {
  latenciesMs: number[]
  madeCount: number
}

const storm = {
  kiosks: [] as SwarmKiosk[],
  lines: new Map<SwarmKiosk, SwarmConnection>(),
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

/** Opens all lines; a place among those under way is free again once the websocket is open, and the rest of the welcome goes on. */
async function openAll(url: string, atOnce: number): Promise<number[]> {
  const startMs = machineMs()
  const live: Promise<number>[] = []
  await timed(storm.kiosks, atOnce, async (kiosk) => {
    const line = new SwarmConnection(url, kiosk, EVENTS, dialWithWs)
    storm.lines.set(kiosk, line)
    live.push(line.ready().then(() => machineMs() - startMs))
    await line.opened
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
    storm.lines.get(kiosk)?.socket.send(pushText(kiosk, id, id))
  }
}

function pushText(kiosk: SwarmKiosk, from: number, to: number): string {
  return `{"type":"push","mutations":[${reportTexts(kiosk, from, to)}]}`
}

/** Waits for the hub to go, then comes again until it is there; ms are from when the line was lost. */
async function reconnectAll(order: Extract<StormOrder, { order: 'return' }>): Promise<number[]> {
  const random = makeSeededRandom(order.seed)
  return Promise.all(
    storm.kiosks.map(async (kiosk) => {
      await storm.lines.get(kiosk)?.closed
      const lostMs = machineMs()
      await dialUntilLive(kiosk, order, random)
      return machineMs() - lostMs
    }),
  )
}

async function dialUntilLive(
  kiosk: SwarmKiosk,
  { url, isJittered }: { url: string; isJittered: boolean },
  random: SeededRandom,
): Promise<void> {
  for (let failedTries = 0; ; failedTries += 1) {
    await new Promise((resolve) => setTimeout(resolve, isJittered ? backoffMs(failedTries, random) : 50))
    const line = new SwarmConnection(url, kiosk, EVENTS, dialWithWs)
    try {
      await line.ready()
      storm.lines.set(kiosk, line)
      return
    } catch {
      line.socket.terminate()
    }
  }
}

/** Sends again what was not acknowledged, and waits until everything is. */
async function settle(): Promise<void> {
  for (const kiosk of storm.kiosks)
    if (kiosk.ackedId < kiosk.nextId - 1)
      storm.lines.get(kiosk)?.socket.send(pushText(kiosk, kiosk.ackedId + 1, kiosk.nextId - 1))
  await new Promise<void>((resolve) => {
    storm.settled = () => {
      if (storm.kiosks.every(({ ackedId, nextId }) => ackedId === nextId - 1)) resolve()
    }
    storm.settled()
  })
  storm.settled = () => undefined
}

async function leave(): Promise<void> {
  const ends = [...storm.bare, ...storm.lines.values()]
  storm.bare = []
  storm.lines.clear()
  for (const { socket } of ends) socket.terminate()
  await Promise.all(ends.map(({ closed }) => closed))
}

async function obey(order: StormOrder): Promise<number[]> {
  switch (order.order) {
    case 'connect':
      storm.kiosks = order.kiosks.length > 0 ? order.kiosks : storm.kiosks
      return openAll(order.url, order.atOnce)
    case 'bare':
      return openBare(order.port, order.count, order.atOnce)
    case 'tap':
      tap()
      return []
    case 'return':
      return reconnectAll(order)
    case 'settle':
      await settle()
      return []
    case 'leave':
      await leave()
      return []
  }
}

serveOrders(async (order: StormOrder): Promise<StormReport> => ({
  latenciesMs: await obey(order),
  madeCount: storm.kiosks.reduce((sum, { nextId }) => sum + nextId - 1, 0),
}))
