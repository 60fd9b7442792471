import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { KioskMessage, type HubMessage } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import type { DialLine, EngineClock, LineEnd, LineEvents } from '../core/ports.ts'

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

/** Clocks in a test's hand. */
export interface TestClock extends EngineClock {
  bootId: string
  wallErrorMs: number
  /** Lets time pass; timers due on the way fire in order. */
  advance(ms: number): void
  /** Time passes while nothing runs. */
  suspend(ms: number): void
}

/** Makes clocks that stand still until told. */
export function makeTestClock(): TestClock {
  const timers = new Map<number, { atMs: number; run: () => void }>()
  const state = { nowMs: 1_000, asleepMs: 0, nextId: 1 }
  const nextDue = (untilMs: number): [number, { atMs: number; run: () => void }] | undefined =>
    [...timers]
      .filter(([, timer]) => timer.atMs <= untilMs)
      .toSorted(([leftId, left], [rightId, right]) => left.atMs - right.atMs || leftId - rightId)[0]
  const clock: TestClock = {
    bootId: 'boot-1',
    wallErrorMs: 0,
    wallMs: () => HUB_MS + clock.elapsedMs() + clock.wallErrorMs,
    elapsedMs: () => state.nowMs + state.asleepMs,
    after: (delayMs, run) => {
      const id = state.nextId++
      timers.set(id, { atMs: state.nowMs + delayMs, run })
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

/** The other end of dialled lines: a test speaks for the hub. */
export interface ScriptedHub {
  dial: DialLine
  dialled(): number
  isOpen(): boolean
  say(message: HubMessage): void
  sayText(text: string): void
  /** The line ends. */
  cut(why?: LineEnd): void
  /** How often the kiosk asked for a sign of life; the hub gives one only by `pong`. */
  pings(): number
  pong(): void
  /** All that the kiosk sent since the last `hear`. */
  hear(): KioskMessage[]
  /** The newest message of a type among all sent on this line. */
  last<Type extends KioskMessage['type']>(type: Type): Sent<Type> | undefined
  /** Every message of a type on all lines. */
  all<Type extends KioskMessage['type']>(type: Type): Sent<Type>[]
}

/** Makes one that answers nothing by itself. Each text of the kiosk must fit the schema. */
export function makeScriptedHub(): ScriptedHub {
  const everything: KioskMessage[] = []
  const state = { events: null as LineEvents | null, dialled: 0, heard: 0, lineStart: 0, pings: 0 }
  return {
    dial: (_url, events) => {
      state.dialled += 1
      state.events = events
      state.lineStart = everything.length
      return {
        send: (text) => void everything.push(parseKioskText(text)),
        ping: () => {
          state.pings += 1
        },
        close: () => {
          if (state.events === events) state.events = null
        },
      }
    },
    dialled: () => state.dialled,
    isOpen: () => state.events !== null,
    say: (message) => state.events?.received(JSON.stringify(message)),
    sayText: (text) => state.events?.received(text),
    cut: (why = 'closed') => {
      const { events } = state
      state.events = null
      events?.ended(why)
    },
    pings: () => state.pings,
    pong: () => state.events?.ponged(),
    hear: () => {
      const fresh = everything.slice(state.heard)
      state.heard = everything.length
      return fresh
    },
    last: (type) =>
      everything
        .slice(state.lineStart)
        .filter((message): message is Sent<typeof type> => message.type === type)
        .at(-1),
    all: (type) => everything.filter((message): message is Sent<typeof type> => message.type === type),
  }
}
