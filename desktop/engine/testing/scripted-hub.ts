import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { KioskMessage, type HubMessage } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import type { ConnectToHub, EngineClock, ConnectionEnd, ConnectionEvents } from '../core/ports.ts'

/** Hub time at which tests begin. */
export const HUB_MS = 1_800_000_000_000

/** An empty folder for one test, gone after it. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-engine-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const parseKiosk = makeParse(KioskMessage)

/** A kiosk's text as a message; throws where it does not fit the schema. */
export function parseKioskText(text: string): KioskMessage {
  const parsed = parseKiosk(text)
  if (!parsed.ok) throw new Error(`the kiosk sent ${parsed.refusal.at} ${parsed.refusal.reason}`)
  return parsed.value
}

/** Clocks that a test moves. */
export interface TestClock extends EngineClock {
  bootId: string
  wallErrorMs: number
  /** Lets time pass; timers due on the way fire in order. */
  advance(ms: number): void
  /** Time passes while nothing runs. */
  suspend(ms: number): void
}

/** Makes clocks that stand still until a test moves them. */
export function makeTestClock(): TestClock {
  const timers = new Map<number, { atMs: number; run: () => void }>()
  const state = { nowMs: 1_000, asleepMs: 0, nextId: 1 }
  const nextDue = (untilMs: number): [number, { atMs: number; run: () => void }] | undefined =>
    [...timers]
      .filter(([, timer]) => timer.atMs <= untilMs)
      .toSorted(([leftId, left], [rightId, right]) => left.atMs - right.atMs || leftId - rightId)[0]
  const clock: TestClock = {
    resolutionMs: 0,
    bootId: 'boot-1',
    wallErrorMs: 0,
    wallMs: () => HUB_MS + clock.elapsedMs() + clock.wallErrorMs,
    elapsedMs: () => state.nowMs + state.asleepMs,
    after: (delayMs, run) => {
      const id = state.nextId++
      timers.set(id, { atMs: state.nowMs + delayMs, run })
      // What is due now runs by itself, as on a device, and no test has to advance a clock that stands still.
      if (delayMs <= 0) queueMicrotask(() => timers.delete(id) && run())
      return () => void timers.delete(id)
    },
    advance: (ms) => {
      const untilMs = state.nowMs + ms
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        const [id, timer] = due
        timers.delete(id)
        state.nowMs = Math.max(state.nowMs, timer.atMs)
        timer.run()
      }
      state.nowMs = untilMs
    },
    suspend: (ms) => {
      state.asleepMs += ms
    },
  }
  return clock
}

type Sent<Type extends KioskMessage['type']> = Extract<KioskMessage, { type: Type }>

/** The hub's end of the kiosk's connections, controlled by a test. */
export interface ScriptedHub {
  connect: ConnectToHub
  connectionCount(): number
  isOpen(): boolean
  say(message: HubMessage): void
  sayText(text: string): void
  /** Ends the connection. */
  cut(why?: ConnectionEnd): void
  /** How many pings the kiosk sent; only `pong` answers them. */
  pings(): number
  /** Answers the newest ping, or the one that had this payload. */
  pong(payload?: string): void
  /** All that the kiosk sent since the last call. */
  takeNewMessages(): KioskMessage[]
  /** The newest message of a type that was sent on this connection. */
  last<Type extends KioskMessage['type']>(type: Type): Sent<Type> | undefined
  /** Every message of a type on all connections. */
  all<Type extends KioskMessage['type']>(type: Type): Sent<Type>[]
}

/** Makes one that answers nothing by itself. Each text of the kiosk must fit the schema. */
export function makeScriptedHub(): ScriptedHub {
  const everything: KioskMessage[] = []
  const state = {
    events: null as ConnectionEvents | null,
    connections: 0,
    taken: 0,
    connectionStart: 0,
    pings: 0,
    payload: '',
  }
  return {
    connect: (_url, events) => {
      state.connections += 1
      state.events = events
      state.connectionStart = everything.length
      return {
        send: (text) => void everything.push(parseKioskText(text)),
        ping: (payload) => {
          state.pings += 1
          state.payload = payload
        },
        close: () => {
          if (state.events === events) state.events = null
        },
      }
    },
    connectionCount: () => state.connections,
    isOpen: () => state.events !== null,
    say: (message) => state.events?.received(JSON.stringify(message)),
    sayText: (text) => state.events?.received(text),
    cut: (why = 'closed') => {
      const { events } = state
      state.events = null
      events?.ended(why)
    },
    pings: () => state.pings,
    pong: (payload = state.payload) => state.events?.ponged(payload),
    takeNewMessages: () => {
      const fresh = everything.slice(state.taken)
      state.taken = everything.length
      return fresh
    },
    last: (type) =>
      everything
        .slice(state.connectionStart)
        .filter((message): message is Sent<typeof type> => message.type === type)
        .at(-1),
    all: (type) => everything.filter((message): message is Sent<typeof type> => message.type === type),
  }
}
