import { createServer as createPlainServer, type Server } from 'node:http'
import { createServer } from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import type { HubConnection, ConnectionEnd } from '../core/ports.ts'
import { makePostEnrolment } from './post-enrolment.ts'
import { TEST_CERTIFICATE, TEST_KEY } from '../testing/certificates.ts'
import { listenLocally, stopListening } from '../testing/local-server.ts'
import { ENROL_REQUEST } from '../testing/test-engine.ts'
import { makeWebSocketConnect } from './websocket-connection.ts'

afterEach(() => {
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
})

function secureServer(): Server {
  return createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY })
}

/** A server that sends back what it receives, and the Host header that it was asked for. */
function echo(server: Server): void {
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) => {
    socket.send(`host ${request.headers.host ?? ''}`)
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
}

interface TestConnection {
  connection: HubConnection
  received: string[]
  ended: Promise<ConnectionEnd>
  waitForReceived(count: number): Promise<void>
}

function connect(url: string, ca: string | null): TestConnection {
  const received: string[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const end: { resolve: (why: ConnectionEnd) => void } = { resolve: () => undefined }
  const ended = new Promise<ConnectionEnd>((resolve) => (end.resolve = resolve))
  const connection = makeWebSocketConnect(ca)(url, {
    opened: () => undefined,
    received: (text) => {
      received.push(text)
      for (const wait of waiting) if (received.length >= wait.count) wait.resolve()
    },
    ponged: () => undefined,
    ended: (why) => end.resolve(why),
  })
  const waitForReceived = (count: number): Promise<void> =>
    new Promise((resolve) => {
      if (received.length >= count) resolve()
      else waiting.push({ count, resolve })
    })
  return { connection, received, ended, waitForReceived }
}

describe('connecting', () => {
  it('[SYN-10] asks for the host that the proof will sign, with its port', async () => {
    const server = createPlainServer()
    echo(server)
    const port = await listenLocally(server)
    const { connection, received, waitForReceived } = connect(`ws://127.0.0.1:${port}/api/v1/sync`, null)
    await waitForReceived(1)
    connection.send('hello')
    await waitForReceived(2)
    expect(received).toEqual([`host ${new URL(`ws://127.0.0.1:${port}`).host}`, 'hello'])
    connection.close()
  })

  it('[SYN-26] accepts the configured authority and nobody else’s certificate', async () => {
    const server = secureServer()
    echo(server)
    const port = await listenLocally(server)
    const trusted = connect(`wss://127.0.0.1:${port}/`, TEST_CERTIFICATE)
    await trusted.waitForReceived(1)
    trusted.connection.close()
    expect(await connect(`wss://127.0.0.1:${port}/`, null).ended).toBe('certificateAuthority')
  })

  it('[SYN-26] accepts a good certificate only for the names that are in it', async () => {
    const server = secureServer()
    echo(server)
    const port = await listenLocally(server, '127.0.0.2')
    expect(await connect(`wss://127.0.0.2:${port}/`, TEST_CERTIFICATE).ended).toBe('certificateHost')
    const post = makePostEnrolment(TEST_CERTIFICATE)
    expect(await post(`https://127.0.0.2:${port}`, ENROL_REQUEST)).toEqual({
      ok: false,
      refusal: { why: 'certificateHost' },
    })
  })

  it('[SYN-26] checks also when the environment says not to', async () => {
    const server = secureServer()
    echo(server)
    const port = await listenLocally(server)
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    expect(await connect(`wss://127.0.0.1:${port}/`, null).ended).toBe('certificateAuthority')
    const post = makePostEnrolment(null)
    expect(await post(`https://127.0.0.1:${port}`, ENROL_REQUEST)).toEqual({
      ok: false,
      refusal: { why: 'certificateAuthority' },
    })
  })

  it('[SYN-60] says that nobody is there, or that the other side hung up', async () => {
    const server = createPlainServer()
    const port = await listenLocally(server)
    stopListening(server)
    expect(await connect(`ws://127.0.0.1:${port}/`, null).ended).toBe('unreachable')
    const hanging = createPlainServer()
    new WebSocketServer({ server: hanging }).on('connection', (socket) => socket.close())
    expect(await connect(`ws://127.0.0.1:${await listenLocally(hanging)}/`, null).ended).toBe('closed')
  })
})
