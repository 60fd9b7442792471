import { EventEmitter, once } from 'node:events'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { QueryConfig } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CALL_LIMITS, type CallLimits } from '#shared/domain/conduct.ts'
import type { Contract } from '#shared/wire/contract.ts'
import type { HttpError } from '#shared/wire/http-error.ts'
import { ROUTES } from '#shared/wire/rest.ts'
import { makeTestPerson, type TestPerson } from '../../accounts/testing-people.ts'
import { makeTestApp } from '../../testing/testing-app.ts'
import { callRoute } from '../../testing/testing-calls.ts'
import { makeTestCore } from '../../testing/testing-campus.ts'
import { insertTestKiosk, openTestSession } from '../../testing/testing-kiosk.ts'
import { makeTestTenant, type TestTenant } from '../../testing/testing-spaces.ts'
import type { SyncCore } from '../connections/sync-core.ts'
import { makeFairQueue } from '../fair-queue.ts'
import { noMetrics } from '../metrics.ts'
import type { Database } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { TestClock } from '../testing-clock.ts'
import { makeRunInTurn } from './call-queue.ts'
import { API_PREFIX } from './handle.ts'

/** As many sockets as somebody opened who wanted everything at once. */
const GREEDY = 300
/** For their answers, some of which are held back for seconds; a busy machine takes longer. */
const MANY = { timeout: 50_000 }

let database: TestDatabase
let tenant: TestTenant
let core: SyncCore
let app: FastifyInstance
let port: number
let held: HeldSessions
let counts: { running: number; waiting: number }
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('call_queue')
})
afterAll(() => database.drop())
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `Q${count}`)
  held = new HeldSessions(database.pool)
  core = makeTestCore(database.pool)
})
afterEach(async () => {
  held.letGo()
  await core.stop()
  await app.close()
})

async function serve(limits: Partial<CallLimits> = {}): Promise<void> {
  app = await makeTestApp(held.pool, {
    writer: core.writer,
    callLimits: { ...CALL_LIMITS, ...limits },
    metrics: {
      ...noMetrics,
      calls: (queue, now) => {
        if (queue === 'calls') counts = now
      },
    },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  port = typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** A pool whose statements wait for something before they are sent. */
function interceptStatements(
  pool: Database,
  before: (statement: string | QueryConfig) => Promise<void>,
): Database {
  return new Proxy(pool, {
    get: (of, key) => {
      const value: unknown = Reflect.get(of, key)
      if (typeof value !== 'function') return value
      if (key !== 'query') return value.bind(of) as unknown
      return async (statement: string | QueryConfig, values?: unknown[]): Promise<unknown> => {
        await before(statement)
        return value.call(of, statement, values) as unknown
      }
    },
  })
}

/** A pool that holds up the statement that every call of some people begins with, and counts those. */
class HeldSessions {
  readonly pool: Database
  readonly begun = new Map<number, number>()
  private readonly held = new Set<number>()
  private readonly gate = Promise.withResolvers<void>()

  constructor(pool: Database) {
    this.pool = interceptStatements(pool, async (statement) => {
      // The list of one session that it asks about: `{17}`.
      if (typeof statement !== 'string' && statement.name === 'load-actors')
        await this.pass(Number(String(statement.values?.[0]).replaceAll(/[{}]/g, '')))
    })
  }

  hold({ sessionId }: TestPerson): void {
    this.held.add(sessionId)
  }

  countOf({ sessionId }: TestPerson): number {
    return this.begun.get(sessionId) ?? 0
  }

  letGo(): void {
    this.held.clear()
    this.gate.resolve()
  }

  private async pass(sessionId: number): Promise<void> {
    this.begun.set(sessionId, (this.begun.get(sessionId) ?? 0) + 1)
    if (this.held.has(sessionId)) await this.gate.promise
  }
}

interface Answer {
  status: number
  retryAfter: string | undefined
  error: string | undefined
}

/** One call over a socket of its own. */
class SocketCall {
  readonly answered: Promise<Answer>
  /** Null while there is none. */
  answer: Answer | null = null
  private readonly call: ClientRequest

  constructor(route: string, as: TestPerson | null) {
    const [method = '', path = ''] = route.split(' ')
    this.call = request({
      host: '127.0.0.1',
      port,
      method,
      path: `${API_PREFIX}${path}`,
      headers: { ...as?.headers },
      agent: false,
    })
    this.call.on('error', () => undefined)
    this.answered = this.read()
    this.answered.catch(() => undefined)
    this.call.end()
  }

  hangUp(): void {
    this.call.destroy()
  }

  private async read(): Promise<Answer> {
    const [response] = (await once(this.call, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    const error = text === '' ? undefined : (JSON.parse(text) as Partial<HttpError>).error
    this.answer = { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], error }
    return this.answer
  }
}

const many = (howMany: number, route: string, as: TestPerson | null): SocketCall[] =>
  Array.from({ length: howMany }, () => new SocketCall(route, as))

const answersOf = (calls: readonly SocketCall[]): Answer[] =>
  calls.flatMap(({ answer }) => (answer === null ? [] : [answer]))

const FULL: Answer = { status: 429, retryAfter: '2', error: 'tooMany' }
const LATE: Answer = { status: 503, retryAfter: '5', error: 'unavailable' }

describe('[EDG-20] a session with 300 sockets', () => {
  test.each(['GET /me', 'GET /spaces', 'PUT /spaces/ROOM/tracked', 'GET /me/export', 'POST /live/ticket'])(
    'has two calls of %s run and 64 wait; others and kiosks are served while it waits, and then those 66 are',
    async (named) => {
      await serve()
      const route = named.replace('ROOM', String(tenant.campus.rooms[0]))
      const { student, other, campus } = tenant
      held.hold(student)
      const greedy = many(GREEDY, route, student)
      await expect.poll(() => answersOf(greedy), MANY).toHaveLength(GREEDY - 66)
      expect(answersOf(greedy)).toEqual(Array.from({ length: GREEDY - 66 }, () => FULL))
      expect(held.countOf(student)).toBe(2)
      expect((await new SocketCall('GET /spaces', other).answered).status).toBe(200)
      const kiosk = await insertTestKiosk(database.pool, {
        universityId: campus.universityId,
        spaceId: campus.root,
      })
      const session = await openTestSession(core, kiosk)
      expect((await session.push(kiosk.report(campus.rooms[1], 2))).lastMutationId).toBe(1)
      expect(held.countOf(student)).toBe(2)
      held.letGo()
      await Promise.all(greedy.map(({ answered }) => answered))
      expect(held.countOf(student)).toBe(66)
      expect(greedy.filter(({ answer }) => answer?.error === 'tooMany')).toHaveLength(GREEDY - 66)
      expect((await new SocketCall(route, student).answered).error).not.toBe('tooMany')
    },
  )

  test('takes nothing from another session of the same person', async () => {
    await serve()
    const { student } = tenant
    held.hold(student)
    const greedy = many(100, 'GET /me', student)
    await expect.poll(() => answersOf(greedy)).toHaveLength(34)
    const elsewhere = await makeTestPerson(database.pool, tenant.campus.universityId)
    expect((await new SocketCall('GET /me', elsewhere).answered).status).toBe(200)
  })

  test('[EDG-23] leaves the places of sockets that hang up to those that come; what runs goes on', async () => {
    await serve()
    const { student } = tenant
    held.hold(student)
    const first = many(67, 'GET /me', student)
    await expect.poll(() => answersOf(first)).toEqual([FULL])
    for (const call of first) call.hangUp()
    await expect.poll(() => counts).toEqual({ running: 2, waiting: 0 })
    const second = many(64, 'GET /me', student)
    await expect.poll(() => counts).toEqual({ running: 2, waiting: 64 })
    expect(await new SocketCall('GET /me', student).answered).toEqual(FULL)
    expect(held.countOf(student)).toBe(2)
    held.letGo()
    const done = await Promise.all(second.map(({ answered }) => answered))
    expect(done.every(({ status }) => status === 200)).toBe(true)
    expect(held.countOf(student)).toBe(66)
    await expect.poll(() => counts).toEqual({ running: 0, waiting: 0 })
  })
})

test('[EDG-23] a call that waited until the deadline is told so and when to come again; those that run are finished', async () => {
  await serve({ waitMs: 300 })
  const { student } = tenant
  held.hold(student)
  const calls = many(10, 'GET /me', student)
  await expect.poll(() => answersOf(calls)).toHaveLength(8)
  expect(answersOf(calls)).toEqual(Array.from({ length: 8 }, () => LATE))
  held.letGo()
  const all = await Promise.all(calls.map(({ answered }) => answered))
  expect(all.filter(({ status }) => status === 200)).toHaveLength(2)
})

describe('[EDG-22] calls without a session', () => {
  test('count for their address, which has many at once; who is signed in there does not wait for them', async () => {
    const gate = Promise.withResolvers<void>()
    const asked = { count: 0 }
    const slow = interceptStatements(database.pool, async (statement) => {
      if (typeof statement !== 'string' || !/from universities/.test(statement)) return
      asked.count += 1
      await gate.promise
    })
    held = new HeldSessions(slow)
    await serve({ perAddress: { running: 5, waiting: 10 } })
    const strangers = many(20, 'GET /universities', null)
    await expect.poll(() => answersOf(strangers)).toHaveLength(5)
    expect(answersOf(strangers)).toEqual(Array.from({ length: 5 }, () => FULL))
    expect(asked.count).toBe(5)
    expect((await new SocketCall('GET /me', tenant.student).answered).status).toBe(200)
    gate.resolve()
    const all = await Promise.all(strangers.map(({ answered }) => answered))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(15)
  })
})

test('[EDG-22] [IDN-25] calls that check a password wait in slots of their own, and not with the others of their address', async () => {
  await serve({ perAddress: { running: 0, waiting: 0 } })
  const signIn = await callRoute(app, 'POST /auth/token', {
    body: { email: 'nobody@example.edu', password: 'wrong, and long enough' },
  })
  expect(signIn.status).toBe(401)
  expect(await callRoute(app, 'GET /universities')).toMatchObject({ status: 429 })
  const withSlots = Object.entries<Contract>(ROUTES).filter(([, { hasPasswordSlots }]) => hasPasswordSlots)
  const withPassword = Object.entries<Contract>(ROUTES).filter(
    ([, { who, body }]) => who === 'anyone' && body?.properties['password'] !== undefined,
  )
  expect(withSlots).toEqual(withPassword)
})

describe('[EDG-25] a refusal for too many', () => {
  test('is held back for two to four seconds, not all for the same time, and no longer than somebody waits for it', async () => {
    const clock = new TestClock()
    const fractions = [0, 0.5, 1, 1]
    const runInTurn = makeRunInTurn({
      queue: makeFairQueue({ clock }),
      clock,
      random: { fraction: () => fractions.shift() ?? 0 },
      waitMs: CALL_LIMITS.waitMs,
    })
    const limit = { running: 1, waiting: 0 }
    const gate = Promise.withResolvers<void>()
    const refused: number[] = []
    const ask = async (raw: EventEmitter): Promise<void> => {
      const reply = { raw } as unknown as FastifyReply
      const done = await runInTurn({ reply, owner: 'session 7', limit }, () => gate.promise)
      if (!done.ok) refused.push(clock.elapsedMs())
    }
    const [running, leaving] = [new EventEmitter(), new EventEmitter()]
    void ask(running)
    for (const raw of [new EventEmitter(), new EventEmitter(), new EventEmitter(), leaving]) void ask(raw)
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    await turn()
    leaving.emit('close')
    await turn()
    for (let ms = 0; ms < 4_000; ms += 1_000) {
      clock.advance(1_000)
      await turn()
    }
    expect(refused).toEqual([0, 2_000, 3_000, 4_000])
    expect(clock.timerCount).toBe(0)
    gate.resolve()
  })
})
