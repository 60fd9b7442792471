import { once } from 'node:events'
import { createServer as createPlainServer, type Server } from 'node:http'
import { createServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { uptime } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { makeDeviceClock } from '../clock/device-clock.ts'
import type { Line, LineEnd } from '../core/ports.ts'
import { makePostEnrolment } from './post-enrolment.ts'
import { TEST_CERTIFICATE, TEST_KEY } from '../testing/certificates.ts'
import { makeWsDial } from './websocket-connection.ts'

const closing: (() => void)[] = []

afterEach(() => {
  for (const close of closing.splice(0)) close()
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
})

async function listen(server: Server, address = '127.0.0.1'): Promise<number> {
  server.listen(0, address)
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const bound = server.address()
  if (typeof bound !== 'object' || bound === null) throw new Error('no port')
  return bound.port
}

function secureServer(): Server {
  return createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY })
}

/** A server that sends back what it hears, and the Host header that it was asked for. */
function echo(server: Server): void {
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) => {
    socket.send(`host ${request.headers.host ?? ''}`)
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
}

interface Dialled {
  line: Line
  received: string[]
  ended: Promise<LineEnd>
  heard(count: number): Promise<void>
}

function dial(url: string, ca: string | null): Dialled {
  const received: string[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const end: { resolve: (why: LineEnd) => void } = { resolve: () => undefined }
  const ended = new Promise<LineEnd>((resolve) => (end.resolve = resolve))
  const line = makeWsDial(ca)(url, {
    opened: () => undefined,
    received: (text) => {
      received.push(text)
      for (const wait of waiting) if (received.length >= wait.count) wait.resolve()
    },
    ponged: () => undefined,
    ended: (why) => end.resolve(why),
  })
  const heard = (count: number): Promise<void> =>
    new Promise((resolve) => {
      if (received.length >= count) resolve()
      else waiting.push({ count, resolve })
    })
  return { line, received, ended, heard }
}

describe('dialling', () => {
  it('[SYN-10] asks for the host that the proof will sign, with its port', async () => {
    const server = createPlainServer()
    echo(server)
    const port = await listen(server)
    const { line, received, heard } = dial(`ws://127.0.0.1:${port}/api/v1/sync`, null)
    await heard(1)
    line.send('hello')
    await heard(2)
    expect(received).toEqual([`host ${new URL(`ws://127.0.0.1:${port}`).host}`, 'hello'])
    line.close()
  })

  it('[SYN-26] believes the configured authority and nobody else’s certificate', async () => {
    const server = secureServer()
    echo(server)
    const port = await listen(server)
    const trusted = dial(`wss://127.0.0.1:${port}/`, TEST_CERTIFICATE)
    await trusted.heard(1)
    trusted.line.close()
    expect(await dial(`wss://127.0.0.1:${port}/`, null).ended).toBe('certificateAuthority')
  })

  it('[SYN-26] believes a good certificate only for the names that are in it', async () => {
    const server = secureServer()
    echo(server)
    const port = await listen(server, '127.0.0.2')
    expect(await dial(`wss://127.0.0.2:${port}/`, TEST_CERTIFICATE).ended).toBe('certificateHost')
    const post = makePostEnrolment(TEST_CERTIFICATE)
    expect(await post(`https://127.0.0.2:${port}`, REQUEST)).toEqual({
      ok: false,
      refusal: { why: 'certificateHost' },
    })
  })

  it('[SYN-26] checks also when the environment says not to', async () => {
    const server = secureServer()
    echo(server)
    const port = await listen(server)
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    expect(await dial(`wss://127.0.0.1:${port}/`, null).ended).toBe('certificateAuthority')
    const post = makePostEnrolment(null)
    expect(await post(`https://127.0.0.1:${port}`, REQUEST)).toEqual({
      ok: false,
      refusal: { why: 'certificateAuthority' },
    })
  })

  it('says that nobody is there, or that the other side hung up', async () => {
    const server = createPlainServer()
    const port = await listen(server)
    closing.splice(0).forEach((close) => close())
    expect(await dial(`ws://127.0.0.1:${port}/`, null).ended).toBe('unreachable')
    const hanging = createPlainServer()
    new WebSocketServer({ server: hanging }).on('connection', (socket) => socket.close())
    expect(await dial(`ws://127.0.0.1:${await listen(hanging)}/`, null).ended).toBe('closed')
  })
})

const REQUEST = {
  code: 'CODE',
  publicKey: 'A'.repeat(43),
  name: 'Floor',
  keyGrade: 'file' as const,
  appVersion: '0.0.1',
  proof: 'proof',
}

describe('posting an enrolment', () => {
  async function answering(status: number, body: string): Promise<unknown> {
    const server = createPlainServer((request, response) => {
      request.resume()
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body)
    })
    const port = await listen(server)
    return makePostEnrolment(null)(`http://127.0.0.1:${port}`, REQUEST)
  }

  it('[SYN-20] takes the answer of 200 and 201 alike, and knows each refusal', async () => {
    const place = { kioskId: 7, universityId: 1, spaceId: 2, role: 'door' }
    expect(await answering(201, JSON.stringify(place))).toEqual({ ok: true, value: place })
    expect(await answering(200, JSON.stringify(place))).toEqual({ ok: true, value: place })
    expect(await answering(403, '{}')).toEqual({ ok: false, refusal: { why: 'codeRefused' } })
    expect(await answering(429, '{}')).toEqual({ ok: false, refusal: { why: 'tooManyCodes' } })
    for (const [status, body] of [
      [500, '{}'],
      [200, '{"kioskId":"7"}'],
      [200, '<html>'],
      [302, ''],
      [201, 'x'.repeat(100_000)],
    ] as const)
      expect(await answering(status, body)).toEqual({ ok: false, refusal: { why: 'hubUnreachable' } })
  })

  it('[SYN-20] does not wait for ever for a hub that says nothing', async () => {
    const server = createTcpServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    const answer = await makePostEnrolment(null, 200)(`http://127.0.0.1:${address.port}`, REQUEST)
    expect(answer).toEqual({ ok: false, refusal: { why: 'hubUnreachable' } })
  })
})

describe('the device’s clock', () => {
  it('[OCC-7] counts from the machine’s boot, under one name for all processes', () => {
    const clock = makeDeviceClock()
    expect(Math.abs(clock.elapsedMs() - uptime() * 1000)).toBeLessThan(1_000)
    expect(clock.bootId.length).toBeGreaterThan(8)
    expect(clock.bootId.length).toBeLessThanOrEqual(64)
    if (process.platform === 'linux') expect(makeDeviceClock().bootId).toBe(clock.bootId)
  })

  it('calls back once, and not at all when cancelled', async () => {
    const clock = makeDeviceClock()
    const called: string[] = []
    clock.after(0, () => called.push('cancelled'))()
    clock.after(1, () => called.push('cancelled'))()
    clock.after(0, () => called.push('soon'))
    await new Promise<void>((resolve) => clock.after(5, resolve))
    expect(called).toEqual(['soon'])
  })
})
