import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { WebSocket, type RawData } from 'ws'
import {
  LIVE_HEARTBEAT_MS,
  LIVE_TAKES_COLLECTIONS,
  LiveHubMessage,
  type LiveEnd,
  type LiveHello,
  type LiveSpace,
} from '#shared/wire/live.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import { makeHubClock } from '../platform/clock.ts'
import type { TestPerson } from '../accounts/testing-people.ts'
import type { Database } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { ConnectionHandler } from '../platform/ports.ts'
import type { SyncCore, SyncDependencies } from '../platform/connections/sync-core.ts'
import { makeTestCore } from './testing-campus.ts'
import { liveRoute } from '../platform/connections/live-route.ts'
import { makeTestApp } from './testing-app.ts'
import { makeTestTenant, SpaceCalls, type TestTenant } from './testing-spaces.ts'

type Typed<Type extends LiveHubMessage['type']> = Extract<LiveHubMessage, { type: Type }>

const check = makeCheck(LiveHubMessage)

/** A page's real live socket: every message is checked against its schema and kept in order. */
export class LivePage {
  readonly socket: WebSocket
  readonly received: LiveHubMessage[] = []
  /** Whole frames, for what must not be in any. */
  readonly texts: string[] = []
  /** Status of an upgrade that was refused. */
  refusedWith: number | null = null
  private waiting: (() => void)[] = []

  constructor(host: string, headers: Record<string, string> = {}, query = `?${LIVE_TAKES_COLLECTIONS}`) {
    this.socket = new WebSocket(`ws://${host}/api/v1/live${query}`, { headers })
    this.socket.on('message', (data: RawData) => {
      const text = (data as Buffer).toString()
      const checked = check(JSON.parse(text))
      if (!checked.ok) throw new Error(`no message of a hub: ${text}`)
      this.texts.push(text)
      this.received.push(checked.value)
      this.wake()
    })
    this.socket.on('close', () => this.wake())
    this.socket.on('unexpected-response', (_request, response) => {
      this.refusedWith = response.statusCode ?? 0
      this.socket.emit('close')
    })
    this.socket.on('error', () => undefined)
  }

  async opened(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open')
    return this
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Takes the next message of a type, whatever came before it; waits for it. */
  async next<Type extends LiveHubMessage['type']>(type: Type): Promise<Typed<Type>> {
    for (;;) {
      const index = this.received.findIndex((message) => message.type === type)
      if (index >= 0) return this.received.splice(index, 1)[0] as Typed<Type>
      if (this.socket.readyState > WebSocket.OPEN)
        throw new Error(`closed before ${type}: ${JSON.stringify(this.received)}`)
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  /** Waits for the end, and gives the last message. */
  async ended(): Promise<LiveEnd | null> {
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, 'close')
    const last = this.received.at(-1)
    return last?.type === 'end' ? last.why : null
  }
}

/** Spaces as a page holds them after what it received. */
export function applyLiveMessages(messages: readonly LiveHubMessage[]): Map<number, LiveSpace> {
  const spaces = new Map<number, LiveSpace>()
  for (const message of messages) {
    if (message.type !== 'snapshot' && message.type !== 'changes') continue
    if (message.type === 'snapshot' && message.part === 1) spaces.clear()
    const { rows, levels, gone } = message.changes
    for (const row of rows) if (row.clock > (spaces.get(row.id)?.clock ?? -1)) spaces.set(row.id, row)
    for (const [id, clock, level, reportedAtMs] of levels) {
      const held = spaces.get(id)
      if (held !== undefined && clock > held.clock) spaces.set(id, { ...held, clock, level, reportedAtMs })
    }
    for (const [id] of gone) spaces.delete(id)
  }
  return spaces
}

/** A space of an HTTP answer as the live socket sends it: nothing personal, and its hours apart. */
export function asLive(space: PeopleSpace): object {
  const { isMine: _mine, isTracked: _tracked, isMineToEdit: _edit, ...row } = space
  const { hours: _hours, ...facts } = row.facts
  return { ...row, facts }
}

/** Bodies of a collection as a page holds them after what it received, by id. */
export function applyLiveRows(messages: readonly LiveHubMessage[], name: string): Map<number, object> {
  const held = new Map<number, { clock: number; body: object | null }>()
  for (const message of messages) {
    if (message.type !== 'snapshot' && message.type !== 'changes') continue
    if (message.type === 'snapshot' && message.part === 1) held.clear()
    for (const { id, clock, body } of message.collections?.[name] ?? [])
      if (clock > (held.get(id)?.clock ?? -1)) held.set(id, { clock, body })
  }
  return new Map([...held].flatMap(([id, { body }]) => (body === null ? [] : [[id, body]])))
}

/** Nobody sits through the seconds of a hello that never comes, and of heartbeats. */
const HELD_MS = [5_000, LIVE_HEARTBEAT_MS]

/** A frame is sent this long after the one before, at most. */
const LONGEST_TICK_MS = 300

/** Hubs on one database as far as people's pages go, with timers that the test runs. */
export class LiveHubs {
  /** How far their clocks are ahead of the real one. */
  aheadMs = 0
  private areTicksHeld = false
  private readonly pool: Database
  private readonly changes: Partial<SyncDependencies>
  private readonly hubs: LiveHub[] = []
  private held: { ms: number; run: () => void }[] = []

  constructor(pool: Database, changes: Partial<SyncDependencies> = {}) {
    this.pool = pool
    this.changes = changes
  }

  async start(): Promise<LiveHub> {
    const real = makeHubClock()
    const clock = {
      ...real,
      elapsedMs: () => real.elapsedMs() + this.aheadMs,
      after: (ms: number, run: () => void) => {
        const isHeld = HELD_MS.includes(ms) || (this.areTicksHeld && ms <= LONGEST_TICK_MS)
        if (!isHeld) return real.after(ms, run)
        this.held.push({ ms, run })
        return () => {
          this.held = this.held.filter((timer) => timer.run !== run)
        }
      },
    }
    const core = makeTestCore(this.pool, { ...this.changes, clock })
    const app = await makeTestApp(this.pool, { writer: core.writer, live: liveRoute(core.live) })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const address = app.server.address()
    const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const hub = new LiveHub(core, app, host)
    this.hubs.push(hub)
    return hub
  }

  /** Whether a timer of so many ms waits. */
  isHeld(ms: number): boolean {
    return this.held.some((timer) => timer.ms === ms)
  }

  runTimers(ms: number): void {
    this.run((timer) => timer.ms === ms)
  }

  /** Lets no frame go out while `work` runs: what changes meanwhile comes in one, however slow the machine is. */
  async betweenTicks(work: () => Promise<unknown>): Promise<void> {
    this.areTicksHeld = true
    await work().finally(() => {
      this.areTicksHeld = false
    })
    this.run((timer) => timer.ms <= LONGEST_TICK_MS)
  }

  private run(isDue: (timer: { ms: number }) => boolean): void {
    const due = this.held.filter(isDue)
    this.held = this.held.filter((timer) => !isDue(timer))
    for (const { run } of due) run()
  }

  async stop(): Promise<void> {
    for (const { core, app } of this.hubs) {
      await core.stop()
      await app.close()
    }
  }
}

/** One of the hubs, with its app, its core and the timers that the test runs. */
export class LiveHub {
  readonly core: SyncCore
  readonly app: FastifyInstance
  readonly host: string
  readonly calls: SpaceCalls

  constructor(core: SyncCore, app: FastifyInstance, host: string) {
    this.core = core
    this.app = app
    this.host = host
    this.calls = new SpaceCalls(app)
  }

  async ticketOf(person: TestPerson): Promise<string> {
    const answer = await this.calls.call(person, 'POST /live/ticket')
    if (answer.status !== 201) throw new Error(`no ticket: ${answer.status}`)
    return (answer.body as { ticket: string }).ticket
  }

  /** A socket that has sent what it is to send, and received nothing yet. */
  async dial(said: unknown, query?: string): Promise<LivePage> {
    const page = await new LivePage(this.host, {}, query).opened()
    page.send(said)
    return page
  }

  /** A page of somebody, welcomed; one of the release before with another `query`. */
  async open(person: TestPerson, since: LiveHello['since'] = null, query?: string): Promise<LivePage> {
    const page = await this.dial({ type: 'hello', ticket: await this.ticketOf(person), since }, query)
    await page.next('welcome')
    return page
  }
}

/** A page of a core, without a socket. */
export interface CorePage {
  /** Types of all that it was sent. */
  readonly sent: string[]
  readonly handler: ConnectionHandler
  say(message: unknown): void
}

/** Connects one. */
export function dialCore(core: Pick<SyncCore, 'live'>): CorePage {
  const sent: string[] = []
  const connection = {
    send: (text: string | Buffer) => void sent.push((JSON.parse(text.toString()) as LiveHubMessage).type),
    bufferedBytes: () => 0,
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
    terminate: () => undefined,
  }
  const handler = core.live.accept(connection, { address: '192.0.2.7' })
  const say = (message: unknown): void => handler.received(JSON.stringify(message))
  return { sent, handler, say }
}

/** What each test of live pages begins with; the database is the same for all of a file. */
export interface LiveScene {
  readonly database: TestDatabase
  /** All hubs of the test. */
  readonly hubs: LiveHubs
  /** The first of them. */
  readonly hub: LiveHub
  /** A university with people. */
  readonly tenant: TestTenant
  /** Makes another one. */
  makeTenant(): Promise<TestTenant>
}

/** Makes a database for the tests of a file, and for each of them a hub and a university; `changes` makes what is special about the hubs. */
export function makeLiveScene(
  name: string,
  changes: (pool: Database) => Partial<SyncDependencies> = () => ({}),
): LiveScene {
  let database: TestDatabase
  let hubs: LiveHubs
  let hub: LiveHub
  let tenant: TestTenant
  let count = 0
  const makeTenant = (): Promise<TestTenant> => {
    count += 1
    return makeTestTenant(database.pool, `Live ${count}`)
  }
  beforeAll(async () => {
    database = await makeTestDatabase(name)
  })
  afterAll(() => database.drop())
  beforeEach(async () => {
    hubs = new LiveHubs(database.pool, changes(database.pool))
    tenant = await makeTenant()
    hub = await hubs.start()
  })
  afterEach(() => hubs.stop())
  return {
    get database() {
      return database
    },
    get hubs() {
      return hubs
    },
    get hub() {
      return hub
    },
    get tenant() {
      return tenant
    },
    makeTenant,
  }
}
