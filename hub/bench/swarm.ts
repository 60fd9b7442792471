import { performance } from 'node:perf_hooks'
import { CheapSocket } from './cheap-socket.ts'
import { serveOrders } from './child.ts'
import { reportTexts } from './report-texts.ts'
import { SwarmConnection, type Dial, type SwarmKiosk } from './swarm-kiosk.ts'

// A process of its own, so that the load's work is not counted as the hub's. Speaks over the IPC channel of its parent.

/** What the bench asks of a swarm. */
export type SwarmOrder =
  | { order: 'connect'; url: string; kiosks: SwarmKiosk[] }
  | { order: 'closedLoop'; perPush: number; stretchMs: number }
  | { order: 'openLoop'; perSecond: number; stretchMs: number }
  | { order: 'count' }

/** What it answers: elapsed ms, mutations acknowledged, and tap→ack times in ms. */
export interface SwarmReport {
  elapsedMs: number
  ackedCount: number
  latenciesMs: number[]
}

const dial: Dial = (url, events) => new CheapSocket(url, events)

/** A set of lines that are driven together. */
class Swarm {
  private lines: SwarmConnection[] = []
  private kiosks: SwarmKiosk[] = []
  private readonly sentAt = new Map<number, number>()
  private onAck: (connection: SwarmConnection, lastMutationId: number) => void = () => undefined

  async connect(url: string, kiosks: SwarmKiosk[]): Promise<SwarmReport> {
    this.kiosks = kiosks
    const startMs = performance.now()
    const events = {
      acked: (connection: SwarmConnection, last: number): void => this.onAck(connection, last),
      changes: (): void => undefined,
    }
    this.lines = this.kiosks.map((kiosk) => new SwarmConnection(url, kiosk, events, dial))
    const latenciesMs: number[] = []
    await Promise.all(
      this.lines.map(async (line) => {
        await line.ready()
        latenciesMs.push(performance.now() - startMs)
      }),
    )
    return { elapsedMs: performance.now() - startMs, ackedCount: 0, latenciesMs }
  }

  /** Every line keeps one push in flight; the clock stops when all are acknowledged. */
  closedLoop(perPush: number, stretchMs: number): Promise<SwarmReport> {
    const startMs = performance.now()
    const latenciesMs: number[] = []
    let ackedCount = 0
    let openCount = this.lines.length
    return new Promise((resolve) => {
      this.onAck = (line, last) => {
        if (last !== line.kiosk.nextId - 1) return
        const nowMs = performance.now()
        latenciesMs.push(nowMs - (this.sentAt.get(line.kiosk.id) ?? nowMs))
        ackedCount += perPush
        if (nowMs - startMs < stretchMs) {
          this.push(line, perPush)
          return
        }
        openCount -= 1
        if (openCount === 0) resolve({ elapsedMs: nowMs - startMs, ackedCount, latenciesMs })
      }
      for (const line of this.lines) this.push(line, perPush)
    })
  }

  /** Taps arrive at a fixed rate whatever the hub does; a kiosk that still waits keeps the tap and its time. */
  openLoop(perSecond: number, stretchMs: number): Promise<SwarmReport> {
    const startMs = performance.now()
    const latenciesMs: number[] = []
    const waiting = new Map<SwarmConnection, number[]>(this.lines.map((line) => [line, []]))
    const inFlight = new Map<SwarmConnection, number[]>()
    let tapCount = 0
    const send = (connection: SwarmConnection): void => {
      const taps = waiting.get(connection)?.splice(0, 64) ?? []
      if (taps.length === 0) return
      inFlight.set(connection, taps)
      this.push(connection, taps.length)
    }
    return new Promise((resolve) => {
      this.onAck = (line, last) => {
        if (last !== line.kiosk.nextId - 1) return
        const nowMs = performance.now()
        for (const at of inFlight.get(line) ?? []) latenciesMs.push(nowMs - at)
        inFlight.delete(line)
        send(line)
      }
      const timer = setInterval(() => {
        const elapsedMs = performance.now() - startMs
        const due = Math.floor((Math.min(elapsedMs, stretchMs) / 1000) * perSecond)
        for (; tapCount < due; tapCount += 1) {
          const line = this.lines[tapCount % this.lines.length]
          if (line === undefined) continue
          waiting.get(line)?.push(startMs + (tapCount / perSecond) * 1000)
          if (!inFlight.has(line)) send(line)
        }
        if (elapsedMs > stretchMs && latenciesMs.length >= tapCount) {
          clearInterval(timer)
          resolve({ elapsedMs, ackedCount: latenciesMs.length, latenciesMs })
        }
      }, 1)
    })
  }

  /** All that was ever acknowledged. */
  count(): SwarmReport {
    const ackedCount = this.kiosks.reduce((sum, { ackedId }) => sum + ackedId, 0)
    return { elapsedMs: 0, ackedCount, latenciesMs: [] }
  }

  private push(connection: SwarmConnection, count: number): void {
    const { kiosk } = connection
    const mutations = reportTexts(kiosk, kiosk.nextId, kiosk.nextId + count - 1)
    kiosk.nextId += count
    this.sentAt.set(kiosk.id, performance.now())
    connection.socket.send(`{"type":"push","mutations":[${mutations}]}`)
  }
}

const swarm = new Swarm()

function obey(message: SwarmOrder): Promise<SwarmReport> | SwarmReport {
  switch (message.order) {
    case 'connect':
      return swarm.connect(message.url, message.kiosks)
    case 'closedLoop':
      return swarm.closedLoop(message.perPush, message.stretchMs)
    case 'openLoop':
      return swarm.openLoop(message.perSecond, message.stretchMs)
    case 'count':
      return swarm.count()
  }
}

serveOrders(obey)
