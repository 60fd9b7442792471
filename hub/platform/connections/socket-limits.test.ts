import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { parseConfig } from '../../config.ts'
import { startHub, type Hub } from '../../hub.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'

let database: TestDatabase
let home: string
let hub: Hub
const sockets: WebSocket[] = []

beforeAll(async () => {
  database = await makeTestDatabase('socket_limits')
  home = mkdtempSync(join(tmpdir(), 'carrel-sockets-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})
beforeEach(async () => {
  const config = parseConfig({
    CARREL_HOME: home,
    CARREL_PORT: '0',
    CARREL_METRICS_PORT: '0',
    CARREL_LOG: 'silent',
    DATABASE_URL: database.url,
    CARREL_MOST_NEW_KIOSK_SOCKETS_PER_ADDRESS: '2',
    CARREL_MOST_NEW_PAGE_SOCKETS_PER_ADDRESS: '1',
  })
  if (!config.ok) throw new Error(config.refusal.problems.join())
  hub = await startHub(config.value)
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await hub.stop()
})

function dial(path: string): WebSocket {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}${path}`)
  sockets.push(socket)
  return socket
}

/** The first message that a socket receives; waits for it. */
async function firstMessage(socket: WebSocket): Promise<{ type: string; why?: string }> {
  const [data] = (await once(socket, 'message')) as [Buffer]
  return JSON.parse(data.toString()) as { type: string; why?: string }
}

/** A websocket that reads, and answers nothing. */
async function dialDeaf(path: string): Promise<Socket> {
  const { host, hostname, port } = new URL(hub.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(socket, 'data')
  return socket.resume()
}

/** The frame of a text that is no message. */
const NO_MESSAGE = Buffer.from([0x81, 0x80 | 2, 0, 0, 0, 0, ...Buffer.from('{}')])

test('[EDG-14] how many sockets one address of the network may have is set by the installation', async () => {
  const words: string[] = []
  for (let round = 0; round < 3; round += 1) words.push((await firstMessage(dial('/api/v1/sync'))).type)
  expect(words).toEqual(['challenge', 'challenge', 'bye'])
  const page = dial('/api/v1/live')
  await once(page, 'open')
  expect((await firstMessage(dial('/api/v1/live'))).type).toBe('end')
})

test.each(['/api/v1/sync', '/api/v1/live'])(
  '[SYN-10] [LIV-4] a socket that does not answer when it is asked to close is ended, and its place is free: %s',
  async (path) => {
    for (let round = 0; round < 2; round += 1) {
      const deaf = await dialDeaf(path)
      deaf.write(NO_MESSAGE)
      // By itself the library would wait for half a minute.
      await once(deaf, 'close', { signal: AbortSignal.timeout(15_000) })
    }
    const next = dial(path)
    if (path.endsWith('sync')) expect((await firstMessage(next)).type).toBe('challenge')
    else {
      await once(next, 'open')
      next.send('{}')
      expect(await firstMessage(next)).toEqual({ type: 'end', why: 'malformed' })
    }
  },
)
