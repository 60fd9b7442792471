import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES } from '#shared/wire/rest.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { makeTestApp } from '../../testing/testing-app.ts'

let database: TestDatabase
let app: FastifyInstance

beforeAll(async () => {
  database = await makeTestDatabase('same_site')
  app = await makeTestApp(database.pool, {
    config: { host: '127.0.0.1', hostNames: ['carrel.example'], proxies: ['127.0.0.1'], tls: null },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

async function send(
  headers: Record<string, string>,
  url = '/api/v1/auth/logout',
  method: 'POST' | 'GET' = 'POST',
): Promise<string> {
  const { statusCode, body } = await app.inject({
    method,
    url,
    headers: { host: 'carrel.example', ...headers },
  })
  return `${statusCode} ${body === '' ? '' : ((JSON.parse(body) as { error?: string }).error ?? '')}`.trim()
}

/** As bytes on a line: a client of HTTP writes addresses its own way. */
async function sendRaw(method: string, url: string, headers: Record<string, string>): Promise<number> {
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const lines = Object.entries({ host: 'carrel.example', 'content-length': '0', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  socket.write(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d+)/.exec(bytes.toString())?.[1])
}

describe('[IDN-15] a call that changes something', () => {
  test.each([
    [{}, '204'],
    [{ 'sec-fetch-site': 'same-origin' }, '204'],
    [{ 'sec-fetch-site': 'none' }, '204'],
    [{ 'sec-fetch-site': 'same-site' }, '403 crossSite'],
    [{ 'sec-fetch-site': 'cross-site' }, '403 crossSite'],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://carrel.example' }, '403 crossSite'],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, '204'],
    [{ origin: 'http://carrel.example' }, '204'],
    [{ origin: 'https://carrel.example' }, '403 crossSite'],
    [{ origin: 'https://carrel.example', 'x-forwarded-proto': 'https' }, '204'],
    [{ origin: 'http://carrel.example:8080' }, '403 crossSite'],
    [{ origin: 'http://carrel.example.evil.example' }, '403 crossSite'],
    [{ origin: 'https://evil.example' }, '403 crossSite'],
    [{ origin: 'null' }, '403 crossSite'],
  ])('with %j: %s', async (headers, answer) => {
    expect(await send(headers)).toBe(answer)
  })

  test('is refused on every route of the contract, whatever the slash at its end', async () => {
    const changing = Object.keys(ROUTES).filter((name) => !name.startsWith('GET '))
    expect(changing.length).toBeGreaterThan(20)
    for (const name of changing) {
      const [method = 'POST', path = ''] = name.split(' ')
      for (const url of [path, `${path}/`]) {
        const answer = await app.inject({
          method: method as 'POST',
          url: `/api/v1${url.replaceAll(/:\w+/g, '1')}`,
          headers: { host: 'carrel.example', 'sec-fetch-site': 'cross-site' },
        })
        expect([name, answer.statusCode]).toEqual([name, 403])
      }
    }
  })

  test('is not what a page that only reads does; a socket is', async () => {
    expect(await send({ 'sec-fetch-site': 'cross-site' }, '/api/v1/me', 'GET')).toBe('401 signInNeeded')
    const upgrade = { 'sec-fetch-site': 'cross-site', connection: 'upgrade', upgrade: 'websocket' }
    expect(await send(upgrade, '/api/v1/sync', 'GET')).toBe('403 crossSite')
  })

  test.each([
    '/%61pi/v1/auth/logout',
    '/api/%761/auth/logout',
    '/api/v1/auth/%6Cogout/',
    'http://carrel.example/api/v1/auth/logout',
    '/api/v1/nothing',
    '/nothing',
    '/',
  ])('[EDG-1] is checked whatever the way in which its address is written: %s', async (url) => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      expect(await sendRaw('POST', url, headers)).toBe(403)
      const upgrade = { ...headers, connection: 'upgrade', upgrade: 'websocket' }
      expect(await sendRaw('GET', url, upgrade)).toBe(403)
    }
  })

  test('and under a name that is not the hub’s nobody is answered', async () => {
    expect(await send({ host: 'evil.example', 'sec-fetch-site': 'same-origin' })).toBe('421 hostRefused')
  })
})
