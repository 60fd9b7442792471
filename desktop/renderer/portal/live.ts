import type { Decision } from '#shared/domain/decision.ts'
import type { LiveEnd, LiveHubMessage } from '#shared/wire/live.ts'
import type { Refusal } from './api.ts'
import type { Line } from './store.ts'

/** The part of a WebSocket that the line uses. */
export interface LiveSocket {
  send(text: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: (() => void) | null
}

/** What the line needs of the page it runs in. */
export interface LiveParts {
  /** A one-time ticket: the socket's address carries no secret. [POR-1] */
  ticket(): Promise<Decision<{ ticket: string }, Refusal>>
  dial(): LiveSocket
  /** What is held already; null: nothing. */
  held(): { epoch: string; head: number } | null
  /** Takes a message; false: something was missed, and the line is dialled anew. */
  take(message: LiveHubMessage): boolean
  /** Held rows are of a database that is no more: they are to be fetched anew. */
  dropHeld(): void
  onStatus(status: Line['status']): void
  onSignedOut(): void
  after(delayMs: number, run: () => void): () => void
  /** From 0 up to, but not including, 1. */
  chance(): number
}

/** Pauses between tries double from here up to there, ms; each is a random part of it, so that pages do not come at once. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
/** Where the hub has too many sockets already. */
const CROWDED_PAUSE_MS = 120_000
/** A line that is back within this never looked offline, ms. */
const GRACE_MS = 3_000
/** Before the welcome says how often the heart beats. */
const FIRST_HEARTBEAT_MS = 10_000

/** The pause before a try, ms: full jitter, never less than a quarter second. */
export function pauseMs(tries: number, chance: number): number {
  return Math.max(250, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * chance)
}

const idle = (): void => undefined

/** A live line to the hub, which comes back by itself until it is stopped; what it brings goes to `take`. */
export class Live {
  private readonly parts: LiveParts
  private readonly timers = { retry: idle, watch: idle, grace: idle }
  private isStopped = false
  private tries = 0
  private socket: LiveSocket | null = null
  private heartbeatMs = FIRST_HEARTBEAT_MS

  constructor(parts: LiveParts) {
    this.parts = parts
    void this.connect()
  }

  stop(): void {
    this.isStopped = true
    for (const forget of Object.values(this.timers)) forget()
    this.hangUp()
  }

  /** The browser woke up or is on a network again: no more waiting. */
  nudge(): void {
    if (this.isStopped || this.timers.retry === idle) return
    this.timers.retry()
    this.tries = 0
    void this.connect()
  }

  private async connect(): Promise<void> {
    this.timers.retry = idle
    const answer = await this.parts.ticket()
    if (this.isStopped) return
    if (!answer.ok) return this.again((answer.refusal.retryAfterS ?? 0) * 1000)
    const socket = this.parts.dial()
    this.socket = socket
    const { ticket } = answer.value
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', ticket, since: this.parts.held() }))
    socket.onmessage = ({ data }) => {
      if (this.socket === socket) this.hear(JSON.parse(String(data)) as LiveHubMessage)
    }
    socket.onclose = () => {
      if (this.socket === socket) this.again()
    }
    this.watch()
  }

  private hear(message: LiveHubMessage): void {
    if (message.type === 'end') return this.ended(message.why)
    if (message.type === 'welcome') {
      this.tries = 0
      this.heartbeatMs = message.heartbeatMs
      this.timers.grace()
      this.timers.grace = idle
      this.parts.onStatus('live')
    }
    this.watch()
    if (!this.parts.take(message)) this.again()
  }

  private ended(why: LiveEnd): void {
    if (why === 'signedOut') {
      this.stop()
      return this.parts.onSignedOut()
    }
    if (why === 'epochChanged') this.parts.dropHeld()
    this.again(why === 'tooMany' ? CROWDED_PAUSE_MS : 0)
  }

  /** Two missed heartbeats, and the line is dead whatever it looks like. [LIV-3] */
  private watch(): void {
    this.timers.watch()
    this.timers.watch = this.parts.after(this.heartbeatMs * 2.5, () => this.again())
  }

  private again(atLeastMs = 0): void {
    this.hangUp()
    if (this.isStopped) return
    if (this.timers.grace === idle)
      this.timers.grace = this.parts.after(GRACE_MS, () => this.parts.onStatus('offline'))
    const delayMs = atLeastMs + pauseMs(this.tries, this.parts.chance())
    this.tries += 1
    this.timers.retry()
    this.timers.retry = this.parts.after(delayMs, () => void this.connect())
  }

  private hangUp(): void {
    const { socket } = this
    this.socket = null
    this.timers.watch()
    socket?.close()
  }
}
