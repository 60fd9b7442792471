import { expect, test } from 'vitest'
import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import { minHeapGrowth } from '../testing/heap-growth.ts'
import type { CallRefusal } from '#shared/wire/bridge.ts'
import { KioskMessage, type Hello, type HubMessage } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import type { EngineOptions } from '../core/core.ts'
import { makeEngine } from './engine.ts'
import { type Engine } from './engine-api.ts'
import type { EngineClock, ConnectionEvents } from '../core/ports.ts'
import type { EngineLog } from '../log/engine-log.ts'
import type { LogCode } from '../log/log-codes.ts'
import { openStores } from '../store/stores.ts'
import {
  ASSIGNMENT,
  changesOf,
  digestOf,
  LIBRARY,
  openTestKiosk,
  type TestKiosk,
} from '../testing/test-engine.ts'
import { makeNonsense, makeValue, mutateValue } from '../testing/fuzz-values.ts'
import { HUB_MS } from '../testing/scripted-hub.ts'

/** As many as take a few seconds; `FUZZ_MESSAGES=100000` goes on. */
const MESSAGES = Number(process.env['FUZZ_MESSAGES'] ?? 10_000)
/** By so much the heap may grow at least in a quarter of them: twice what was seen, whatever their number. */
const KEPT_BYTES = 300_000
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_262)
/** How often a connection gets as far as a good hub would bring it. */
const HELLO_CHANCE = 0.05

const REFUSALS = new Set<CallRefusal['why']>([
  ...(['unknownSpace', 'spaceDeleted', 'outsideSubtree', 'composite', 'unknownReport'] as const),
  ...(['alreadyWithdrawn', 'malformed', 'lost', 'unknownCall', 'notEnrolled', 'revoked', 'tooFast'] as const),
  ...([
    'outboxFull',
    'notSaved',
    'confirmedSince',
    'offline',
    'codeRefused',
    'hubUnreachable',
    'tooManyTries',
    'tooManyCodes',
  ] as const),
  ...(['wrongPin', 'notAllowed'] as const),
])

const CALLS: readonly { name: string; input: unknown }[] = [
  { name: 'reportOccupancy', input: { spaceId: 3, level: 2 } },
  { name: 'withdrawReport', input: { mutationId: 1 } },
  { name: 'enrol', input: { code: 'ABCD-EFGH-JKMN-PQRS' } },
  { name: 'openDiagnostics', input: { pin: '000000' } },
  { name: 'leaveFullScreen', input: {} },
  { name: 'painted', input: { isVisible: true } },
  { name: 'logFault', input: { kind: 'render', text: 'RangeError: a fault' } },
]

/** A clock that jumps from timer to timer. */
interface JumpingClock extends EngineClock {
  jump(): void
}

function makeJumpingClock(): JumpingClock {
  const timers = new Map<number, { atMs: number; run: () => void }>()
  const state = { nowMs: 1_000, id: 0 }
  return {
    bootId: 'boot-1',
    resolutionMs: 0,
    wallMs: () => HUB_MS + state.nowMs,
    elapsedMs: () => state.nowMs,
    after: (delayMs, run) => {
      // What a real timer makes of it: nothing, and at once.
      if (!(delayMs < 2 ** 31)) throw new RangeError(`a timer of ${delayMs} ms`)
      const id = (state.id += 1)
      timers.set(id, { atMs: state.nowMs + delayMs, run })
      if (delayMs <= 0) queueMicrotask(() => timers.delete(id) && run())
      return () => void timers.delete(id)
    },
    jump: () => {
      const [next] = [...timers].toSorted(([, left], [, right]) => left.atMs - right.atMs)
      if (next === undefined) return
      timers.delete(next[0])
      state.nowMs = Math.max(state.nowMs, next[1].atMs)
      next[1].run()
    },
  }
}

const parseKiosk = makeParse(KioskMessage)

/** Warnings that are right with a bad hub; any other is a fault, also one that is added later. */
const EXPECTED_WARNINGS: ReadonlySet<LogCode> = new Set([
  'identity-forked',
  'hub-refused',
  'mutation-refused',
  'digest-mismatch',
  'hub-time-stepped',
  'outbox-copied',
  'page-fault',
  'assignment-not-shown',
])

/** Nothing has to survive the machine here, so nothing waits for the disk. */
function openUnflushed(options: EngineOptions): Engine {
  const opened = openStores(options.folder, options.log)
  if (!opened.ok) throw new Error(opened.refusal)
  opened.value.outbox.sqlite.pragma('synchronous = OFF')
  opened.value.cache.sqlite.pragma('synchronous = OFF')
  return makeEngine(options, opened.value)
}

/** The kiosk under test, and the one hub that it knows. */
class Victim {
  readonly clock = makeJumpingClock()
  readonly faults: string[] = []
  readonly bench: TestKiosk
  connection: ConnectionEvents | null = null
  hello: Hello | null = null
  pushedTo = 0
  private isFollowing = false

  constructor() {
    const log: EngineLog = {
      info: () => undefined,
      warn: (code, _sentence, facts) => {
        if (!EXPECTED_WARNINGS.has(code)) this.faults.push(`${code} ${JSON.stringify(facts)}`)
      },
    }
    this.bench = openTestKiosk({
      open: openUnflushed,
      options: {
        clock: this.clock,
        log,
        connect: (_url, events) => {
          this.connection = events
          this.hello = null
          const end = (): void => {
            if (this.connection === events) this.connection = null
          }
          return { send: (text) => this.hear(text), ping: () => undefined, close: end }
        },
      },
    })
  }

  hear(text: string): void {
    const parsed = parseKiosk(text)
    // Thrown into the engine, this shows as a connection that failed.
    if (!parsed.ok) throw new Error(`the kiosk said ${text.slice(0, 200)}: ${parsed.refusal.at}`)
    const message = parsed.value
    if (message.type === 'hello') this.hello = message
    if (message.type === 'push') this.pushedTo = message.mutations.at(-1)?.id ?? 0
  }

  say(message: HubMessage): void {
    this.connection?.received(JSON.stringify(message))
  }

  cut(): void {
    const { connection } = this
    this.connection = null
    connection?.ended('closed')
  }

  isOnline(): boolean {
    return this.connection !== null && this.bench.seen.link?.status === 'online'
  }

  /** Lets time pass until the kiosk connects; a device that lost its assignment gets it back. */
  async waitForConnection(): Promise<void> {
    for (let turn = 0; this.connection === null; turn += 1) {
      if (turn > 10_000) throw new Error(`the kiosk connects no more: ${JSON.stringify(this.bench.seen)}`)
      if (this.bench.seen.kiosk?.state === 'notEnrolled') await this.bench.engine.call('enrol', { code: 'A' })
      if (this.connection === null) this.clock.jump()
    }
  }

  /** A hub as it should be, up to the live connection. */
  sendHello(): void {
    this.say({ type: 'challenge', nonce: 'n', protocols: [2, 1] })
    const { hello } = this
    if (hello !== null) this.say(this.welcome(hello))
    this.say({
      type: 'snapshot',
      epoch: 'epoch-1',
      to: 6,
      part: 1,
      parts: 1,
      changes: changesOf({ rows: LIBRARY }),
    })
  }

  welcome(hello: Hello | null): HubMessage {
    return {
      type: 'welcome',
      epoch: 'epoch-1',
      head: 6,
      mac: 'mac',
      lastMutationId: hello?.ackedTo ?? 0,
      nowMs: this.clock.wallMs(),
      ticket: 'ticket',
      assignment: ASSIGNMENT,
      limits: { heartbeatMs: 5_000, maxFrameBytes: 65_536, maxPushMutations: 64 },
    }
  }

  /** Valid messages of a hub, as they would be sent on this connection. */
  words(random: SeededRandom): HubMessage {
    const parted = { epoch: 'epoch-1', to: 7, part: 1, parts: random.integerBelow(3) + 1 }
    const level = [3, 7, random.integerBelow(3) as 0 | 1 | 2, this.clock.wallMs()] as [
      number,
      number,
      0 | 1 | 2,
      number,
    ]
    return random.pick<HubMessage>([
      { type: 'challenge', nonce: 'n', protocols: [2, 1] },
      this.welcome(this.hello),
      { type: 'snapshot', ...parted, changes: changesOf({ rows: LIBRARY }) },
      { type: 'changes', from: 6, ...parted, changes: changesOf({ levels: [level], gone: [[6, 7]] }) },
      {
        type: 'ack',
        lastMutationId: this.pushedTo,
        head: 7,
        mac: 'mac',
        outcomes: [{ id: this.pushedTo + 1, why: 'composite' }],
      },
      {
        type: 'heartbeat',
        epoch: 'epoch-1',
        head: 6,
        mac: 'mac',
        nowMs: this.clock.wallMs(),
        digest: digestOf(LIBRARY),
      },
      { type: 'assignment', assignment: ASSIGNMENT },
      { type: 'bye', retryAfterMs: 1_000 },
      {
        type: 'err',
        code: random.pick(['forked', 'upgrade', 'revoked', 'internal'] as const),
        fatal: random.withProbability(0.5),
      },
      { type: 'forked', kioskId: 8 },
      { type: 'reply', id: 1, answer: 'yes' },
    ])
  }

  /** Keeps the connection going while a call waits for it. */
  async call(name: string, input: unknown): Promise<unknown> {
    const answer = this.bench.engine.call(name, input)
    this.isFollowing = true
    void answer.finally(() => {
      this.isFollowing = false
    })
    for (let turn = 0; turn < 20 && this.isFollowing; turn += 1) await Promise.resolve()
    for (let turn = 0; turn < 100 && this.isFollowing; turn += 1) {
      this.clock.jump()
      await Promise.resolve()
      await Promise.resolve()
    }
    return answer
  }
}

function isFromTheList(output: unknown): boolean {
  const { ok, refusal } = output as { ok: boolean; refusal?: { why: CallRefusal['why'] } }
  return ok || (refusal !== undefined && REFUSALS.has(refusal.why))
}

function nextCall(random: SeededRandom): { name: string; input: unknown } {
  const valid = random.pick(CALLS)
  if (random.withProbability(0.1)) return valid
  if (random.withProbability(0.5)) return { name: valid.name, input: mutateValue(random, valid.input) }
  return { name: JSON.stringify(makeValue(random, 0)), input: makeValue(random) }
}

function nextText(random: SeededRandom, victim: Victim): string {
  const words = victim.words(random)
  if (random.withProbability(0.25)) return JSON.stringify(words)
  if (random.withProbability(0.25)) return makeNonsense(random)
  const text = JSON.stringify(mutateValue(random, words)) ?? ''
  return random.withProbability(0.05) ? text.slice(0, random.integerBelow(text.length + 1)) : text
}

test(`[BRG-1] [SYN-15] ${MESSAGES} random messages at an engine's two inputs, calls and hub messages: no fault, nothing kept, and it works on (seed ${SEED})`, async () => {
  const victim = new Victim()
  const random = makeSeededRandom(SEED)
  const throwMany = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent += 1) {
      if (random.withProbability(0.4)) {
        const { name, input } = nextCall(random)
        const output = await victim.call(name, input)
        if (!isFromTheList(output)) throw new Error(`${name} ${JSON.stringify(output)}`)
        continue
      }
      if (victim.connection === null) {
        await victim.waitForConnection()
        if (random.withProbability(HELLO_CHANCE)) victim.sendHello()
      }
      victim.connection?.received(nextText(random, victim))
    }
  }
  await throwMany(MESSAGES / 4)
  const grown = await minHeapGrowth(3, () => throwMany(MESSAGES / 4))
  expect(victim.faults).toEqual([])
  expect(grown).toBeLessThan(KEPT_BYTES)

  // A good hub finds a good kiosk: its taps go up, are settled, and are shown.
  victim.cut()
  for (let turn = 0; turn < 20 && !victim.isOnline(); turn += 1) {
    await victim.waitForConnection()
    victim.sendHello()
    if (!victim.isOnline()) victim.cut()
  }
  expect(victim.isOnline()).toBe(true)
  while ((victim.bench.seen.outbox?.waitingCount ?? 1) > 0) {
    victim.say({ type: 'ack', lastMutationId: victim.pushedTo, head: 6, mac: 'mac', outcomes: [] })
  }
  for (let turn = 0; turn < 50; turn += 1) {
    victim.say({
      type: 'heartbeat',
      epoch: 'epoch-1',
      head: 6,
      mac: 'mac',
      nowMs: victim.clock.wallMs(),
      digest: digestOf(LIBRARY),
    })
    victim.clock.jump()
  }
  expect(await victim.call('reportOccupancy', { spaceId: 4, level: 1 })).toMatchObject({ ok: true })
  victim.say({ type: 'ack', lastMutationId: victim.pushedTo, head: 7, mac: 'mac', outcomes: [] })
  expect(victim.bench.seen.outbox).toMatchObject({ waitingCount: 0, alarm: null })
  expect(victim.bench.screen.get(4)).toMatchObject({ level: 1 })
  victim.bench.engine.stop()
}, 120_000)
