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

/** A line that comes back by itself until it is stopped. */
export interface Live {
  stop(): void
  /** The browser woke up or is on a network again: no more waiting. */
  nudge(): void
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

/** Keeps a live line to the hub; what it brings goes to `take`. */
export function openLive(parts: LiveParts): Live {
  const line = {
    isStopped: false,
    tries: 0,
    socket: null as LiveSocket | null,
    heartbeatMs: FIRST_HEARTBEAT_MS,
  }
  const timers = { retry: idle, watch: idle, grace: idle }

  const connect = async (): Promise<void> => {
    timers.retry = idle
    const answer = await parts.ticket()
    if (line.isStopped) return
    if (!answer.ok) return again((answer.refusal.retryAfterS ?? 0) * 1000)
    const socket = parts.dial()
    line.socket = socket
    socket.onopen = () =>
      socket.send(JSON.stringify({ type: 'hello', ticket: answer.value.ticket, since: parts.held() }))
    socket.onmessage = ({ data }) =>
      line.socket === socket && hear(JSON.parse(String(data)) as LiveHubMessage)
    socket.onclose = () => line.socket === socket && again()
    watch()
  }
  const hear = (message: LiveHubMessage): void => {
    if (message.type === 'end') return ended(message.why)
    if (message.type === 'welcome') {
      line.tries = 0
      line.heartbeatMs = message.heartbeatMs
      timers.grace()
      timers.grace = idle
      parts.onStatus('live')
    }
    watch()
    if (!parts.take(message)) again()
  }
  const ended = (why: LiveEnd): void => {
    if (why === 'signedOut') {
      stop()
      return parts.onSignedOut()
    }
    if (why === 'epochChanged') parts.dropHeld()
    again(why === 'tooMany' ? CROWDED_PAUSE_MS : 0)
  }
  /** Two missed heartbeats, and the line is dead whatever it looks like. */
  const watch = (): void => {
    timers.watch()
    timers.watch = parts.after(line.heartbeatMs * 2.5, () => again())
  }
  const again = (atLeastMs = 0): void => {
    hangUp()
    if (line.isStopped) return
    if (timers.grace === idle) timers.grace = parts.after(GRACE_MS, () => parts.onStatus('offline'))
    const delayMs = atLeastMs + pauseMs(line.tries, parts.chance())
    line.tries += 1
    timers.retry()
    timers.retry = parts.after(delayMs, () => void connect())
  }
  const hangUp = (): void => {
    const { socket } = line
    line.socket = null
    timers.watch()
    socket?.close()
  }
  const stop = (): void => {
    line.isStopped = true
    for (const forget of Object.values(timers)) forget()
    hangUp()
  }
  const nudge = (): void => {
    if (line.isStopped || timers.retry === idle) return
    timers.retry()
    line.tries = 0
    void connect()
  }
  void connect()
  return { stop, nudge }
}

const idle = (): void => undefined
