import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { parseConfig } from '../../config.ts'
import { startHub } from '../../hub.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'

let database: TestDatabase
let home: string

beforeAll(async () => {
  database = await makeTestDatabase('socket_limits')
  home = mkdtempSync(join(tmpdir(), 'carrel-sockets-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

/** Type of the first message that a socket receives; null while none comes. */
async function firstWord(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [Buffer]
  return (JSON.parse(data.toString()) as { type: string }).type
}

test('[EDG-14] how many sockets one address of the network may have is set by the installation', async () => {
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
  const hub = await startHub(config.value)
  const sockets: WebSocket[] = []
  const dial = (path: string): WebSocket => {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}${path}`)
    sockets.push(socket)
    return socket
  }
  try {
    const words: string[] = []
    for (let round = 0; round < 3; round += 1) {
      words.push(await firstWord(dial('/api/v1/sync')))
    }
    expect(words).toEqual(['challenge', 'challenge', 'bye'])
    const page = dial('/api/v1/live')
    await once(page, 'open')
    expect(await firstWord(dial('/api/v1/live'))).toBe('end')
  } finally {
    for (const socket of sockets) socket.terminate()
    await hub.stop()
  }
})
