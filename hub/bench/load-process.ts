import { performance } from 'node:perf_hooks'
import { MinimalWebSocket } from './minimal-websocket.ts'
import { serveRequests } from './worker-process.ts'
import { KioskConnection, pushText, type Dial, type LoadKiosk } from './load-kiosk.ts'

// A process of its own, so that the load's work is not counted as the hub's. Speaks over the IPC channel of its parent.

/** What a bench asks for. */
export type LoadRequest =
  | { kind: 'connect'; url: string; kiosks: LoadKiosk[] }
  | { kind: 'closedLoop'; perPush: number; stretchMs: number }
  | { kind: 'openLoop'; perSecond: number; stretchMs: number }
  | { kind: 'count' }

/** What it answers: elapsed ms, mutations acknowledged, and tap→ack times in ms. */
export interface LoadAnswer {
  elapsedMs: number
  ackedCount: number
  latenciesMs: number[]
  /** In an open loop, of each of these times: the part that this process spent itself, late with the tap, ms. */
  ownMs?: number[]
  /** Of a count: what the kiosks remember. */
  kiosks?: LoadKiosk[]
}

const dial: Dial = (url, events) => new MinimalWebSocket(url, events)

/** A tap of an open loop: when it was due, and when this process came to it. */
interface Tap {
  dueMs: number
  madeMs: number
}

/** Kiosks that report together. */
class Load {
  private connections: KioskConnection[] = []
  private kiosks: LoadKiosk[] = []
  private readonly sentAt = new Map<number, number>()
  private onAck: (connection: KioskConnection, lastMutationId: number) => void = () => undefined

  async connect(url: string, kiosks: LoadKiosk[]): Promise<LoadAnswer> {
    this.kiosks = kiosks
    const startMs = performance.now()
    const events = {
      acked: (connection: KioskConnection, last: number): void => this.onAck(connection, last),
      changes: (): void => undefined,
    }
    this.connections = this.kiosks.map((kiosk) => new KioskConnection(url, kiosk, events, dial))
    const latenciesMs: number[] = []
    await Promise.all(
      this.connections.map(async (connection) => {
        await connection.ready()
        latenciesMs.push(performance.now() - startMs)
      }),
    )
    return { elapsedMs: performance.now() - startMs, ackedCount: 0, latenciesMs }
  }

  /** Every kiosk keeps one push in flight; the clock stops when all are acknowledged. */
  closedLoop(perPush: number, stretchMs: number): Promise<LoadAnswer> {
    const startMs = performance.now()
    const latenciesMs: number[] = []
    let ackedCount = 0
    let openCount = this.connections.length
    return new Promise((resolve) => {
      this.onAck = (connection, last) => {
        if (last !== connection.kiosk.nextId - 1) return
        const nowMs = performance.now()
        latenciesMs.push(nowMs - (this.sentAt.get(connection.kiosk.id) ?? nowMs))
        ackedCount += perPush
        if (nowMs - startMs < stretchMs) {
          this.push(connection, perPush)
          return
        }
        openCount -= 1
        if (openCount === 0) resolve({ elapsedMs: nowMs - startMs, ackedCount, latenciesMs })
      }
      for (const connection of this.connections) this.push(connection, perPush)
    })
  }

  /** Taps arrive at a fixed rate whatever the hub does; a kiosk that still waits keeps the tap and its time. */
  openLoop(perSecond: number, stretchMs: number): Promise<LoadAnswer> {
    const startMs = performance.now()
    const latenciesMs: number[] = []
    const ownMs: number[] = []
    const waiting = new Map<KioskConnection, Tap[]>(this.connections.map((connection) => [connection, []]))
    const inFlight = new Map<KioskConnection, Tap[]>()
    let tapCount = 0
    const send = (connection: KioskConnection): void => {
      const taps = waiting.get(connection)?.splice(0, 64) ?? []
      if (taps.length === 0) return
      inFlight.set(connection, taps)
      this.push(connection, taps.length)
    }
    return new Promise((resolve) => {
      this.onAck = (connection, last) => {
        if (last !== connection.kiosk.nextId - 1) return
        const nowMs = performance.now()
        for (const { dueMs, madeMs } of inFlight.get(connection) ?? []) {
          latenciesMs.push(nowMs - dueMs)
          ownMs.push(madeMs - dueMs)
        }
        inFlight.delete(connection)
        send(connection)
      }
      const timer = setInterval(() => {
        const madeMs = performance.now()
        const elapsedMs = madeMs - startMs
        const due = Math.floor((Math.min(elapsedMs, stretchMs) / 1000) * perSecond)
        for (; tapCount < due; tapCount += 1) {
          const connection = this.connections[tapCount % this.connections.length]
          if (connection === undefined) continue
          waiting.get(connection)?.push({ dueMs: startMs + (tapCount / perSecond) * 1000, madeMs })
          if (!inFlight.has(connection)) send(connection)
        }
        if (elapsedMs > stretchMs && latenciesMs.length >= tapCount) {
          clearInterval(timer)
          resolve({ elapsedMs, ackedCount: latenciesMs.length, latenciesMs, ownMs })
        }
      }, 1)
    })
  }

  /** All that was ever acknowledged. */
  count(): LoadAnswer {
    const ackedCount = this.kiosks.reduce((sum, { ackedId }) => sum + ackedId, 0)
    return { elapsedMs: 0, ackedCount, latenciesMs: [], kiosks: this.kiosks }
  }

  private push(connection: KioskConnection, count: number): void {
    const { kiosk } = connection
    const text = pushText(kiosk, kiosk.nextId, kiosk.nextId + count - 1)
    kiosk.nextId += count
    this.sentAt.set(kiosk.id, performance.now())
    connection.socket.send(text)
  }
}

const load = new Load()

function answer(request: LoadRequest): Promise<LoadAnswer> | LoadAnswer {
  switch (request.kind) {
    case 'connect':
      return load.connect(request.url, request.kiosks)
    case 'closedLoop':
      return load.closedLoop(request.perPush, request.stretchMs)
    case 'openLoop':
      return load.openLoop(request.perSecond, request.stretchMs)
    case 'count':
      return load.count()
  }
}

serveRequests(answer)
