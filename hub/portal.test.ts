import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PORTAL_PATHS } from '#shared/wire/portal-paths.ts'
import { makeTestDatabase, type TestDatabase } from './platform/postgres/testing.ts'
import { makeTestApp } from './testing/testing-app.ts'

const PAGE =
  '<!doctype html><title>Carrel</title><script type="module" src="/assets/portal-abcd1234.js"></script>'

describe('the portal’s files', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-portal-'))
  const world: { database?: TestDatabase; app?: FastifyInstance; bare?: FastifyInstance } = {}

  beforeAll(async () => {
    mkdirSync(path.join(folder, 'assets'))
    writeFileSync(path.join(folder, 'portal.html'), PAGE)
    writeFileSync(path.join(folder, 'kiosk.html'), 'a kiosk')
    writeFileSync(path.join(folder, 'icon.svg'), '<svg/>')
    writeFileSync(path.join(folder, 'manifest.sl.webmanifest'), '{}')
    writeFileSync(path.join(folder, 'assets/portal-abcd1234.js'), 'export {}')
    writeFileSync(path.join(folder, 'assets/portal-abcd1234.js.br'), 'packed')
    const database = await makeTestDatabase()
    world.database = database
    world.app = await makeTestApp(database.pool, { screenFolder: folder })
    world.bare = await makeTestApp(database.pool, { screenFolder: path.join(folder, 'nothing') })
  })

  afterAll(async () => {
    await world.app?.close()
    await world.bare?.close()
    await world.database?.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (
    url: string,
    headers: Record<string, string> = {},
    method: 'GET' | 'HEAD' | 'POST' = 'GET',
  ) => {
    if (world.app === undefined) throw new Error('no app')
    return world.app.inject({ method, url, headers: { host: 'localhost', ...headers } })
  }

  it('[POR-3] every address of the portal gives its page, under a policy that runs nothing inline and is framed by nobody', async () => {
    for (const url of PORTAL_PATHS.map((one) => one.replace(':id', '7'))) {
      const answer = await ask(url, { accept: 'text/html' })
      expect(answer.statusCode, url).toBe(200)
      expect(answer.body).toBe(PAGE)
      expect(answer.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      })
      const policy = String(answer.headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("manifest-src 'self'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
    }
  })

  it('[POR-3] a page that is known already is not sent again, and HEAD sends no body', async () => {
    const { headers } = await ask('/mine')
    expect(headers.etag).toBeTruthy()
    expect((await ask('/mine', { 'if-none-match': String(headers.etag) })).statusCode).toBe(304)
    const head = await ask('/profile', {}, 'HEAD')
    expect([head.statusCode, head.body]).toEqual([200, ''])
  })

  it('[POR-3] files named by their content are kept for ever, and come packed to who can unpack them', async () => {
    const plain = await ask('/assets/portal-abcd1234.js')
    expect(plain.body).toBe('export {}')
    expect(plain.headers).toMatchObject({
      'content-type': expect.stringMatching(/javascript/),
      'cache-control': 'public, max-age=31536000, immutable',
    })
    const packed = await ask('/assets/portal-abcd1234.js', { 'accept-encoding': 'br' })
    expect([packed.body, packed.headers['content-encoding']]).toEqual(['packed', 'br'])
    expect((await ask('/manifest.sl.webmanifest')).headers['content-type']).toMatch(
      /^application\/manifest\+json/,
    )
  })

  it('[POR-3] nothing else of any folder is given', async () => {
    for (const url of [
      '/kiosk.html',
      '/portal.html',
      '/assets/',
      '/assets/../portal.html',
      '/assets/%2e%2e/kiosk.html',
      '/assets/..%2fkiosk.html',
      '/assets/%2e%2e%2f%2e%2e%2fpackage.json',
      '/assets/nothing.js',
      '/icon-192.png',
    ]) {
      const answer = await ask(url)
      expect(answer.statusCode, url).toBe(404)
      expect(answer.headers['cache-control'] ?? '', url).not.toContain('immutable')
      expect(answer.body, url).not.toMatch(/kiosk|doctype|"name": "carrel"/)
    }
  })

  it('[POR-3] [EDG-1] an address where nothing is: a page to who looks for one, an answer in JSON to programs and below /api', async () => {
    // The second cannot be decoded: no route hears of it.
    for (const url of ['/nowhere', '/%E0%A4%A']) {
      const page = await ask(url, { accept: 'text/html,*/*' })
      expect([page.statusCode, page.body], url).toEqual([404, PAGE])
      expect(page.headers['content-security-policy'], url).toContain("frame-ancestors 'none'")
    }
    expect((await ask('/%E0%A4%A')).json()).toMatchObject({ error: 'malformed' })
    expect((await ask('/api/%E0%A4%A', { accept: 'text/html' })).json()).toMatchObject({ error: 'malformed' })
    for (const [url, accept] of [
      ['/nowhere', 'application/json'],
      ['/api/v1/nowhere', 'text/html'],
      ['/%61pi/v1/nowhere?x=1', 'text/html'],
    ] as const) {
      const answer = await ask(url, { accept })
      expect([answer.statusCode, answer.json()]).toMatchObject([404, { error: 'notFound' }])
    }
    expect((await ask('/mine', { accept: 'text/html' }, 'POST')).json()).toMatchObject({
      error: 'methodNotAllowed',
    })
  })

  it('[POR-3] before the screens are built, a plain page says how to build them', async () => {
    const answer = await world.bare?.inject({ method: 'GET', url: '/', headers: { host: 'localhost' } })
    expect(answer?.statusCode).toBe(503)
    expect(answer?.body).toContain('node build/build-screens.ts')
    expect(answer?.headers['content-security-policy']).toContain("default-src 'none'")
  })
})
