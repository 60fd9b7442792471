import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeCheck } from '#shared/wire/parse.ts'
import { HttpError } from '#shared/wire/http-error.ts'
import { TEST_CERTIFICATE, TEST_KEY } from './admin/testing-certificate.ts'
import { makeLogger } from './platform/log.ts'
import { codeOf } from './platform/http/errors.ts'
import { enrolRequestOf, makeTestApp, makeTestDevice } from './testing/testing-app.ts'
import { openPool } from './platform/postgres/database.ts'
import { makeEmptyDatabase, makeTestDatabase, type TestDatabase } from './platform/postgres/testing.ts'

let database: TestDatabase
const apps: FastifyInstance[] = []

beforeAll(async () => {
  database = await makeTestDatabase('app')
})
afterAll(() => database.drop())
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function makeApp(parts: Parameters<typeof makeTestApp>[1] = {}): Promise<FastifyInstance> {
  const app = await makeTestApp(database.pool, parts)
  apps.push(app)
  return app
}

async function listening(parts: Parameters<typeof makeTestApp>[1] = {}): Promise<number> {
  const app = await makeApp(parts)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** Every answer that is not a success has the one shape, and nothing of the inside in it. */
function errorOf(answer: { statusCode: number; body: string }): [number, string] {
  const body: unknown = JSON.parse(answer.body)
  expect(makeCheck(HttpError)(body).ok).toBe(true)
  expect(answer.body).not.toMatch(/stack|node_modules|\.ts:/)
  return [answer.statusCode, (body as HttpError).error]
}

const ENROL = '/api/v1/kiosks/enrol'

describe('a refusal is of the closed list', () => {
  test('for an address that does not exist, or not so', async () => {
    const app = await makeApp()
    expect(errorOf(await app.inject('/nothing'))).toEqual([404, 'notFound'])
    const answer = await app.inject({ method: 'GET', url: `${ENROL}?x=1` })
    expect(errorOf(answer)).toEqual([405, 'methodNotAllowed'])
    expect(answer.headers['allow']).toBe('POST')
    expect(errorOf(await app.inject({ method: 'DELETE', url: '/livez/' }))).toEqual([405, 'methodNotAllowed'])
    expect(errorOf(await app.inject('/%61pi/v1/kiosks/enrol'))).toEqual([405, 'methodNotAllowed'])
    expect(errorOf(await app.inject('/%zz'))).toEqual([400, 'malformed'])
  })

  test('for a body that is no JSON, too large, empty, or of another type', async () => {
    const app = await makeApp()
    const send = (
      payload: string,
      type = 'application/json',
    ): Promise<{ statusCode: number; body: string }> =>
      app.inject({ method: 'POST', url: ENROL, payload, headers: { 'content-type': type } })
    expect(errorOf(await send('{"code":'))).toEqual([400, 'malformed'])
    expect(errorOf(await send(''))).toEqual([400, 'malformed'])
    expect(errorOf(await send('{"__proto__":{"x":1}}'))).toEqual([400, 'malformed'])
    expect(errorOf(await send(JSON.stringify('x'.repeat(140_000))))).toEqual([413, 'tooLarge'])
    expect(errorOf(await send('<code/>', 'text/xml'))).toEqual([415, 'unsupportedMediaType'])
  })

  test('for bytes that are no HTTP at all', async () => {
    const socket = connect(await listening(), '127.0.0.1')
    socket.write('hello?\r\n\r\n')
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    const [head = '', body = ''] = bytes.toString().split('\r\n\r\n')
    expect(head).toContain('HTTP/1.1 400')
    expect(errorOf({ statusCode: 400, body })).toEqual([400, 'malformed'])
    socket.destroy()
  })

  test('for a fault of ours: written to the log, and the caller learns nothing', async () => {
    const lines: string[] = []
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString())
        done()
      },
    })
    const sync = async (app: FastifyInstance): Promise<void> => {
      app.get('/boom', () => {
        throw new Error('the inner secret')
      })
    }
    const app = await makeApp({ logger: makeLogger('error', stream), sync })
    const answer = await app.inject('/boom')
    expect(errorOf(answer)).toEqual([500, 'internal'])
    expect(answer.body).not.toContain('secret')
    expect(lines.join('')).toContain('the inner secret')
  })

  test('for a database that is away: try again later', async () => {
    const pool = openPool('postgresql://carrel@/carrel?host=/nonexistent')
    const app = await makeTestApp(pool)
    apps.push(app)
    const payload = enrolRequestOf(makeTestDevice(), '0000-0000-0000-0000', 'localhost:80')
    const answer = await app.inject({ method: 'POST', url: ENROL, payload })
    expect(errorOf(answer)).toEqual([503, 'unavailable'])
    expect(answer.headers['retry-after']).toBe('5')
    await pool.end()
  })
})

describe('[EDG-9] a client who hangs up', () => {
  /** What is in the log after a request that stopped in the middle. */
  async function logAfter(send: (socket: Socket) => void): Promise<string[]> {
    const lines: string[] = []
    const port = await listening({
      logger: makeLogger('debug', { write: (line) => void lines.push(line) }),
      sync: async (app) => {
        app.get('/slow', async () => Readable.from(slowly()))
      },
    })
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    send(socket)
    await once(socket, 'close')
    // What the hub has to say of it, it says at once.
    await delay(400)
    return lines.filter((line) => /"level":"(warn|error|fatal)"|"stack"/.test(line))
  }
  async function* slowly(): AsyncGenerator<string> {
    for (let round = 0; round < 1_000; round += 1) {
      yield 'x'.repeat(10_000)
      await delay(5)
    }
  }
  const head = `POST ${ENROL} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`

  test.each([
    ['in a body of a declared length', `${head}content-length: 5000\r\n\r\n{"code":`],
    ['before its body', `${head}content-length: 5000\r\n\r\n`],
    ['in a body in pieces', `${head}transfer-encoding: chunked\r\n\r\n8\r\n{"code":\r\n`],
    ['in an answer', 'GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ])('%s leaves no stack and no warning in the log', async (_where, bytes) => {
    for (const end of ['destroy', 'resetAndDestroy'] as const)
      expect(
        await logAfter((socket) => {
          socket.write(bytes)
          setTimeout(() => socket[end](), 50)
        }),
      ).toEqual([])
  })

  test('is distinguished from a database that breaks a connection in the same words', () => {
    const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
    expect(codeOf(broken)).toBe('unavailable')
    // A statement, or a wait for a lock, that was cut since it took too long.
    for (const code of ['57014', '55P03']) expect(codeOf({ code })).toBe('unavailable')
  })
})

describe('[EDG-17] a connection', () => {
  /** All that the hub sends on a connection until it ends it. */
  async function answerTo(bytes: string): Promise<string> {
    const app = await makeApp()
    app.server.headersTimeout = 100
    await app.listen({ host: '127.0.0.1', port: 0 })
    const address = app.server.address()
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1')
    socket.on('error', () => undefined)
    let text = ''
    socket.on('data', (data: Buffer) => {
      text += data.toString()
    })
    await once(socket, 'connect')
    if (bytes !== '') socket.write(bytes)
    await once(socket, 'close')
    return text
  }

  test.each([
    ['that never sent a byte', ''],
    ['that stopped in the middle of its headers', 'GET /livez HTTP/1.1\r\nhost: loc'],
  ])('%s is closed without a word', async (_which, bytes) => {
    expect(await answerTo(bytes)).toBe('')
  })

  test('with what is no request is told so', async () => {
    expect(await answerTo('what is this\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"error":"malformed"/)
  })
})

describe('the Host', () => {
  const config = { host: '0.0.0.0', hostNames: ['carrel.example.org'], proxies: [], tls: null }

  test('may be loopback or a configured name, with any port', async () => {
    const app = await makeApp({ config })
    for (const host of ['localhost', '127.0.0.1:4710', '[::1]:4710', 'Carrel.Example.org:443'])
      expect((await app.inject({ url: '/livez', headers: { host } })).statusCode).toBe(200)
  })

  test('may be the address that the connection came in at', async () => {
    const app = await makeApp({ config })
    const inject = { url: '/livez', headers: { host: '127.0.0.2' }, remoteAddress: '127.0.0.1' }
    expect(errorOf(await app.inject(inject))).toEqual([421, 'hostRefused'])
    await app.listen({ host: '127.0.0.2', port: 0 })
    const address = app.server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    expect((await fetch(`http://127.0.0.2:${port}/livez`)).status).toBe(200)
  })

  test('may not be another name that was pointed at this machine', async () => {
    const app = await makeApp({ config })
    for (const host of [
      'evil.example',
      'carrel.example.org.evil.example',
      'localhost.evil.example',
      'local host',
    ])
      expect(errorOf(await app.inject({ url: '/livez', headers: { host } }))).toEqual([421, 'hostRefused'])
  })

  test('is checked for websockets too', async () => {
    const sync = async (app: FastifyInstance): Promise<void> => {
      app.get('/socket', { websocket: true }, (socket) => socket.send('hello'))
    }
    const port = await listening({ sync })
    const good = new WebSocket(`ws://127.0.0.1:${port}/socket/`)
    const [message] = (await once(good, 'message')) as [Buffer]
    expect(message.toString()).toBe('hello')
    expect(good.extensions).toBe('')
    good.terminate()
    const bad = new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers: { host: 'evil.example' } })
    const [, response] = (await once(bad, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(response.statusCode).toBe(421)
    response.resume()
    await once(response, 'close')
  })
})

test('[SYN-26] with a certificate it speaks TLS only, on its websocket too', async () => {
  const sync = async (app: FastifyInstance): Promise<void> => {
    app.get('/socket', { websocket: true }, (socket) => socket.send('hello'))
  }
  const tls = { cert: TEST_CERTIFICATE, key: TEST_KEY }
  const port = await listening({ sync, config: { host: '127.0.0.1', hostNames: [], proxies: [], tls } })
  const trusting = new WebSocket(`wss://localhost:${port}/socket`, { ca: TEST_CERTIFICATE })
  const [message] = (await once(trusting, 'message')) as [Buffer]
  expect(message.toString()).toBe('hello')
  trusting.terminate()
  const [untrusting] = (await once(new WebSocket(`wss://localhost:${port}/socket`), 'error')) as [Error]
  expect(untrusting.message).toMatch(/self.signed certificate/)
  const [plain] = (await once(new WebSocket(`ws://127.0.0.1:${port}/socket`), 'error')) as [Error]
  expect(plain.message).toMatch(/hang up|reset|400|Parse Error/i)
})

test('[SYN-15] a frame above 64 KiB ends its socket', async () => {
  const sync = async (app: FastifyInstance): Promise<void> => {
    app.get('/socket', { websocket: true }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('message', (data: Buffer) => socket.send(String(data.length)))
    })
  }
  const socket = new WebSocket(`ws://127.0.0.1:${await listening({ sync })}/socket`)
  await once(socket, 'open')
  socket.send('x'.repeat(65_536))
  const [answer] = (await once(socket, 'message')) as [Buffer]
  expect(answer.toString()).toBe('65536')
  socket.send('x'.repeat(65_537))
  const [code] = (await once(socket, 'close')) as [number]
  expect(code).toBe(1009)
})

test('going down, it closes its websockets, and ends those that do not answer', async () => {
  const sync = async (instance: FastifyInstance): Promise<void> => {
    instance.get('/socket', { websocket: true }, (socket) => socket.send('hello'))
  }
  const app = await makeTestApp(database.pool, { sync })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/socket`
  const [polite, deaf] = [new WebSocket(url), new WebSocket(url)]
  await Promise.all([once(polite, 'message'), once(deaf, 'message')])
  deaf.pause()
  const closed = once(polite, 'close')
  await app.close()
  expect((await closed)[0]).toBe(1001)
  deaf.resume()
  deaf.terminate()
})

describe('health', () => {
  const ready = { database: 'ok', migrations: 'ok', jobs: 'ok' }

  test('/livez and /readyz, with and without a slash at the end', async () => {
    const app = await makeApp()
    for (const url of ['/livez', '/livez/', '/readyz', '/readyz/'])
      expect((await app.inject(url)).statusCode).toBe(200)
    expect((await app.inject('/readyz')).json()).toEqual({ isReady: true, parts: ready })
  })

  test('names late jobs', async () => {
    const app = await makeApp({ lateJobs: () => ['purge'] })
    const answer = await app.inject('/readyz')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toEqual({ isReady: false, parts: { ...ready, jobs: 'failing' } })
    expect((await app.inject('/livez')).statusCode).toBe(200)
  })

  test('names missing migrations', async () => {
    const empty = await makeEmptyDatabase()
    const app = await makeTestApp(empty.pool)
    const answer = await app.inject('/readyz')
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { isReady: false, parts: { ...ready, migrations: 'failing' } },
    ])
    await app.close()
    await empty.drop()
  })

  test('names a database that is away, or hangs', async () => {
    const away = openPool('postgresql://carrel@/carrel?host=/nonexistent')
    const app = await makeTestApp(away, { logger: pino({ level: 'silent' }) })
    const failing = { isReady: false, parts: { database: 'failing', migrations: 'failing', jobs: 'ok' } }
    expect((await app.inject('/readyz')).json()).toEqual(failing)
    await app.close()
    await away.end()
    const full = openPool(database.url, { maxConnections: 1 })
    const held = await full.connect()
    const hanging = await makeTestApp(full)
    expect((await hanging.inject('/readyz')).json()).toEqual(failing)
    held.release()
    await hanging.close()
    await full.end()
  })
})
