import type { Decision } from '#shared/domain/decision.ts'
import type { LiveEnd, LiveHubMessage } from '#shared/wire/live.ts'
import { abandonSocket, type PageSocket } from '../common/page-socket.ts'
import type { Refusal } from './api.ts'
import type { Connection } from './store.ts'

/** What the connection needs of the page it runs in. */
export interface LiveParts {
  /** A one-time ticket: the socket's address carries no secret. [POR-1] */
  ticket(): Promise<Decision<{ ticket: string }, Refusal>>
  open(): PageSocket
  /** What is held already; null: nothing. */
  position(): { epoch: string; head: number } | null
  /** Takes a message; false: something was missed, and the connection is opened anew. */
  apply(message: LiveHubMessage): boolean
  /** Held rows are of a database that is no more: they are to be fetched anew. */
  dropTree(): void
  onStatus(status: Connection['status']): void
  onSignedOut(): void
  after(delayMs: number, run: () => void): () => void
  /** This device's own time, ms; it goes on while the device sleeps, as timers do not. */
  nowMs(): number
  /** From 0 up to, but not including, 1. */
  random(): number
}

/** Pauses between tries double from here up to there, ms; each is a random part of it, so that pages do not come at once. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
/** Where the hub has too many sockets already. */
const CROWDED_PAUSE_MS = 120_000
/** A connection that is back within this never looked offline, ms; until then the page says that it connects. */
const OFFLINE_AFTER_MS = 3_000
/** How long opening a connection may take until the welcome, ms. */
const WELCOME_TIMEOUT_MS = 8_000
/** After so many heartbeats without a message the page no longer says "Live". [POR-8] */
const LATE_BEATS = 1.5
/** How long the hub has to answer whether the connection still works, ms. */
const PROBE_MS = 2_500
/** A message as young as this is proof enough for a page that is looked at again, ms. */
const YOUNG_MS = 1_000

/** The pause before a try, ms: full jitter, never less than a quarter second. */
export function pauseMs(tries: number, random: number): number {
  return Math.max(250, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * random)
}

const idle = (): void => undefined

/** A socket that the hub welcomed. */
interface OpenSocket {
  heartbeatMs: number
  takesProbes: boolean
  /** When the hub was last known to be there, by this device's time. */
  aliveMs: number
  /** The question that waits for its answer; null: the connection is not in doubt. */
  probeId: number | null
}

/** A live connection to the hub, which reconnects by itself until it is stopped; its messages go to `take`. */
export class LiveConnection {
  private readonly parts: LiveParts
  private readonly timers = { retry: idle, watch: idle, grace: idle }
  private status: Connection['status'] = 'connecting'
  private isStopped = false
  private tries = 0
  private probeCount = 0
  private socket: PageSocket | null = null
  private open: OpenSocket | null = null

  constructor(parts: LiveParts) {
    this.parts = parts
    void this.connect()
  }

  stop(): void {
    this.isStopped = true
    for (const cancel of Object.values(this.timers)) cancel()
    this.closeSocket()
  }

  /** Somebody is there, or the browser is on a network again: no more waiting. */
  retryNow(): void {
    if (this.isStopped || this.open !== null) return
    // A try that is under way may have begun too early: the next one comes soon.
    this.tries = 0
    if (this.timers.retry === idle) return
    this.timers.retry()
    void this.connect()
  }

  /**
   * The page was asleep or out of sight, or the network is another one (`isSure`): whatever the connection looks like, it may be
   * dead. It says so at once, and asks the hub. [POR-8]
   */
  checkNow(isSure = false): void {
    if (this.isStopped) return
    const { open } = this
    if (open === null) return this.retryNow()
    if (isSure || this.parts.nowMs() - open.aliveMs > YOUNG_MS) this.probe(open)
  }

  /** Called as often as the page can: time that went by unnoticed is seen here, before anything is drawn. [POR-8] */
  checkTimeouts(): void {
    const { open } = this
    if (open !== null && this.isLate(open)) this.probe(open)
  }

  private async connect(): Promise<void> {
    this.timers.retry = idle
    const answer = await this.parts.ticket()
    if (this.isStopped) return
    if (!answer.ok) return this.reconnect((answer.refusal.retryAfterS ?? 0) * 1000)
    this.closeSocket()
    const socket = this.parts.open()
    const openedAtMs = this.parts.nowMs()
    this.socket = socket
    const { ticket } = answer.value
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', ticket, since: this.parts.position() }))
    socket.onmessage = ({ data }) => this.receive(JSON.parse(String(data)) as LiveHubMessage, openedAtMs)
    socket.onclose = () => this.reconnect()
    this.startTimeout(WELCOME_TIMEOUT_MS, () => this.reconnect())
  }

  private receive(message: LiveHubMessage, openedAtMs: number): void {
    if (message.type === 'end') return this.ended(message.why)
    const nowMs = this.parts.nowMs()
    if (message.type === 'welcome') {
      // From before a sleep: its time is not this one.
      if (nowMs - openedAtMs > WELCOME_TIMEOUT_MS) return this.reconnect()
      const { heartbeatMs, takesProbes = false } = message
      this.open = { heartbeatMs, takesProbes, aliveMs: nowMs, probeId: null }
      this.tries = 0
    }
    // What lay in the socket while the page slept proves nothing about the connection.
    this.checkTimeouts()
    const { open } = this
    if (open === null) return
    if (message.type === 'alive' && message.id === open.probeId) open.probeId = null
    if (open.probeId === null) this.markAlive(open, nowMs)
    else if (message.type === 'heartbeat' || message.type === 'alive') return
    if (!this.parts.apply(message)) this.reconnect()
  }

  private ended(why: LiveEnd): void {
    if (why === 'signedOut') {
      this.stop()
      return this.parts.onSignedOut()
    }
    if (why === 'epochChanged') this.parts.dropTree()
    this.reconnect(why === 'tooMany' ? CROWDED_PAUSE_MS : 0)
  }

  private isLate(open: OpenSocket): boolean {
    return open.probeId === null && this.parts.nowMs() - open.aliveMs > open.heartbeatMs * LATE_BEATS
  }

  /** The hub is there at this moment. */
  private markAlive(open: OpenSocket, nowMs: number): void {
    open.aliveMs = nowMs
    this.timers.grace()
    this.timers.grace = idle
    this.setStatus('live')
    this.startTimeout(open.heartbeatMs * LATE_BEATS + 1, () => this.probe(open))
  }

  /** Says that nothing is known, and asks; to a hub that takes no questions it connects anew. [LIV-5] */
  private probe(open: OpenSocket): void {
    if (open !== this.open || open.probeId !== null) return
    this.markUncertain()
    if (!open.takesProbes) return this.reconnect()
    this.probeCount += 1
    open.probeId = this.probeCount
    this.startTimeout(PROBE_MS, () => this.reconnect())
    this.socket?.send(JSON.stringify({ type: 'probe', id: open.probeId }))
  }

  private markUncertain(): void {
    if (this.status === 'live') this.setStatus('connecting')
    if (this.timers.grace === idle)
      this.timers.grace = this.parts.after(OFFLINE_AFTER_MS, () => this.setStatus('offline'))
  }

  private setStatus(status: Connection['status']): void {
    if (this.status !== status) this.parts.onStatus(status)
    this.status = status
  }

  private startTimeout(delayMs: number, run: () => void): void {
    this.timers.watch()
    this.timers.watch = this.parts.after(delayMs, run)
  }

  private reconnect(atLeastMs = 0): void {
    this.closeSocket()
    if (this.isStopped) return
    this.markUncertain()
    const delayMs = atLeastMs + pauseMs(this.tries, this.parts.random())
    this.tries += 1
    this.timers.retry()
    this.timers.retry = this.parts.after(delayMs, () => void this.connect())
  }

  private closeSocket(): void {
    const { socket } = this
    this.socket = null
    this.open = null
    this.timers.watch()
    if (socket !== null) abandonSocket(socket)
  }
}
