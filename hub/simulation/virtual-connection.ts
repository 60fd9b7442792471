import type { ConnectToHub, HubConnection, ConnectionEvents } from '../../desktop/engine/core/ports.ts'
import type { Connection, ConnectionHandler } from '../platform/ports.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Who answers a dialled connection: a running hub that accepts it, or nobody. */
export type Accept = (connection: Connection, url: string) => ConnectionHandler

/** How the network between one kiosk and the hubs is just now. */
export interface NetworkConditions {
  /** Connections cannot be opened, and what is under way is lost without a notification. */
  isPartitioned: boolean
  /** One direction's delay, ms. */
  delayMs: number
  /** Chance that a push, an ack or live changes arrive twice. */
  twiceChance: number
  /** Stops what arrives at the device while it sleeps. */
  isAsleep(): boolean
  fraction(): number
}

/** What the observer of a network is called with: every frame that arrives. */
export interface FrameWatch {
  up(owner: object, text: string): void
  down(owner: object, text: string): void
  twice(): void
}

const TWICE = /^\{"type":"(push|ack|changes|heartbeat)"/
const TCP_GIVES_UP_MS = 120_000

/**
 * One connection: ordered within itself, as TCP is, and able to break in every way in which TCP breaks: both ends are
 * notified, one is, or none is, and what was under way may still arrive after the next connection is open.
 */
export class VirtualConnection {
  readonly hub: object
  readonly owner: object
  /** Whether the kiosk's end still takes the connection for open; and the hub's. */
  isNearOpen = true
  isFarOpen = false
  isSilent = false
  private isHubGone = false
  private isPaused = false
  private lastUpMs = 0
  private lastDownMs = 0
  private bufferedUp: string[] = []
  private readonly bufferedDown: (() => void)[] = []
  private downBytes = 0
  private handler: ConnectionHandler | null = null
  private readonly time: VirtualTime
  private readonly way: NetworkConditions
  private readonly watch: FrameWatch
  private readonly events: ConnectionEvents

  constructor(
    time: VirtualTime,
    way: NetworkConditions,
    watch: FrameWatch,
    events: ConnectionEvents,
    hub: object,
    owner: object,
  ) {
    this.time = time
    this.way = way
    this.watch = watch
    this.events = events
    this.hub = hub
    this.owner = owner
  }

  open(accept: Accept, url: string): void {
    this.time.after(this.way.delayMs, () => {
      if (!this.isNearOpen || this.isSilent || this.isHubGone || this.way.isPartitioned) return
      this.isFarOpen = true
      this.events.opened()
      this.handler = accept(this.farEnd(), url)
    })
  }

  nearEnd(): HubConnection {
    return {
      send: (text) => this.sendUp(text),
      ping: (payload) => this.time.after(this.way.delayMs, () => this.pong(payload)),
      close: () => {
        this.isNearOpen = false
        this.tellFar(this.way.delayMs)
      },
    }
  }

  /** Breaks now: what is on its way is lost, both ends are notified. */
  cut(): void {
    this.isSilent = true
    this.endNear(1)
    this.endFar(1)
  }

  /** The kiosk is notified of the end now; what it sent still reaches the hub, `lateMs` later, and then the hub is notified too. */
  cutLate(lateMs: number): void {
    this.lastUpMs = Math.max(this.lastUpMs, this.time.nowMs + lateMs)
    this.endNear(1)
    this.endFar(lateMs + 2 * this.way.delayMs)
  }

  /** Nothing arrives any more and no end is notified, until TCP itself gives up. */
  silence(): void {
    this.isSilent = true
    this.endFar(TCP_GIVES_UP_MS)
    this.endNear(TCP_GIVES_UP_MS)
  }

  /** The hub's process is gone: its end is no more; the kiosk is notified unless the machine went with it. */
  hubDied(isTold: boolean): void {
    this.isHubGone = true
    this.isFarOpen = false
    this.handler = null
    this.endNear(isTold ? 1 : TCP_GIVES_UP_MS)
  }

  /** The kiosk's process is gone: nothing reaches it; the hub is notified unless the device lost power. */
  kioskDied(isTold: boolean): void {
    this.isNearOpen = false
    this.endFar(isTold ? 1 : TCP_GIVES_UP_MS)
  }

  private farEnd(): Connection {
    return {
      send: (text) => this.sendDown(typeof text === 'string' ? text : text.toString('utf8')),
      bufferedBytes: () => this.downBytes,
      pause: () => {
        this.isPaused = true
      },
      resume: () => {
        this.isPaused = false
        for (const text of this.bufferedUp.splice(0)) this.deliverUp(text)
      },
      close: () => this.closeFar(),
      terminate: () => this.closeFar(),
    }
  }

  private sendUp(text: string): void {
    if (!this.isNearOpen) return
    const sends = this.twice(text) ? 2 : 1
    for (let sent = 0; sent < sends; sent += 1) {
      this.lastUpMs = Math.max(this.lastUpMs, this.time.nowMs + this.jitteredMs())
      this.time.after(this.lastUpMs - this.time.nowMs, () => this.deliverUp(text))
    }
  }

  private deliverUp(text: string): void {
    if (this.isSilent || this.way.isPartitioned || !this.isFarOpen) return
    if (this.isPaused) this.bufferedUp.push(text)
    else {
      this.watch.up(this.owner, text)
      this.handler?.received(text)
    }
  }

  private sendDown(text: string): void {
    if (!this.isFarOpen) return
    const sends = this.twice(text) ? 2 : 1
    this.downBytes += text.length * sends
    for (let sent = 0; sent < sends; sent += 1) {
      this.lastDownMs = Math.max(this.lastDownMs, this.time.nowMs + this.jitteredMs())
      this.time.after(this.lastDownMs - this.time.nowMs, () => this.deliverDown(text))
    }
  }

  private deliverDown(text: string): void {
    // A connection that loses everything keeps the hub's buffer full, as a real one would.
    if (this.isSilent || this.way.isPartitioned) return
    this.arrive(() => {
      this.downBytes -= text.length
      if (!this.isNearOpen) return
      this.watch.down(this.owner, text)
      this.events.received(text)
    })
  }

  /** What arrives at a device that sleeps waits, in its order, until it is awake. */
  private arrive(take: () => void): void {
    if (this.bufferedDown.length === 0 && !(this.way.isAsleep() && this.isNearOpen)) return take()
    this.bufferedDown.push(take)
    if (this.bufferedDown.length === 1) this.takeWhenAwake()
  }

  private takeWhenAwake(): void {
    this.time.after(1_000, () => {
      if (this.way.isAsleep() && this.isNearOpen) return this.takeWhenAwake()
      for (const take of this.bufferedDown.splice(0)) take()
    })
  }

  /** A ping has arrived; the hub's websocket answers it, in order with what it sends. */
  private pong(payload: string): void {
    if (this.isSilent || this.isHubGone || this.way.isPartitioned || !this.isFarOpen) return
    this.lastDownMs = Math.max(this.lastDownMs, this.time.nowMs + this.way.delayMs)
    this.time.after(this.lastDownMs - this.time.nowMs, () => {
      if (this.isSilent || this.way.isPartitioned) return
      this.arrive(() => {
        if (this.isNearOpen) this.events.ponged(payload)
      })
    })
  }

  private twice(text: string): boolean {
    if (this.way.twiceChance === 0 || !TWICE.test(text) || this.way.fraction() >= this.way.twiceChance)
      return false
    this.watch.twice()
    return true
  }

  private jitteredMs(): number {
    return this.way.delayMs * (0.5 + this.way.fraction())
  }

  private closeFar(): void {
    if (!this.isFarOpen) return
    this.isFarOpen = false
    this.handler?.ended()
    // What was sent before the close arrives before it.
    if (!this.isSilent) this.endNear(Math.max(1, this.lastDownMs - this.time.nowMs + 1))
  }

  private tellFar(delayMs: number): void {
    if (!this.isSilent) this.endFar(Math.max(delayMs, this.lastUpMs - this.time.nowMs + 1))
  }

  private endNear(delayMs: number): void {
    this.time.after(delayMs, () => {
      if (!this.isNearOpen) return
      if (this.way.isAsleep()) return this.endNear(1_000)
      this.isNearOpen = false
      this.events.ended('closed')
    })
  }

  private endFar(delayMs: number): void {
    this.time.after(delayMs, () => {
      if (!this.isFarOpen) return
      this.isFarOpen = false
      this.handler?.ended()
    })
  }
}

/** A dial function for one kiosk and its network; `pick` names the hub that answers, or null when none does. */
export function makeDial(
  time: VirtualTime,
  way: NetworkConditions,
  watch: FrameWatch,
  owner: object,
  pick: () => { hub: object; accept: Accept } | null,
  opened: (connection: VirtualConnection) => void,
): ConnectToHub {
  return (url, events) => {
    const far = way.isPartitioned ? null : pick()
    const line = new VirtualConnection(time, way, watch, events, far?.hub ?? {}, owner)
    if (far === null) {
      time.after(way.isPartitioned ? 5_000 : way.delayMs, () => {
        if (!line.isNearOpen) return
        line.isNearOpen = false
        events.ended('unreachable')
      })
    } else {
      opened(line)
      line.open(far.accept, url)
    }
    return line.nearEnd()
  }
}
