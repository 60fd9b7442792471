import { connect } from 'node:net'
import { rmSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BEAT_EVERY_MS, SILENT_ENGINE_MS } from '#shared/wire/bridge.ts'
import { DRAIN_MS } from '../engine/api/call-gate.ts'
import { FIRST_PAINT_TIMEOUT_MS, CHECK_INTERVAL_MS, PAINT_TIMEOUT_MS } from '../engine/screen/page-watch.ts'
import { TOKEN_TIMEOUT_MS } from './bridge-socket.ts'
import { HIDDEN_SCREEN_MS, NO_SCREEN_MS } from './watch-screens.ts'
import { CLOSE_TIMEOUT_MS } from './agent.ts'
import { ask, makeScreenFolder, startTestAgent, TestScreen, TOKEN } from './testing/test-agent.ts'

let running: Awaited<ReturnType<typeof startTestAgent>>
beforeEach(async () => {
  running = await startTestAgent()
})
afterEach(() => running.agent.stop())

/** So little that nobody takes it for a standstill. */
const STEP_MS = 500

/** A clock that watches look at, moved by the test. */
class StillClock {
  nowMs = 0
  waiting: (() => void)[] = []
  elapsedMs = (): number => this.nowMs
  after = (_delayMs: number, run: () => void): (() => void) => {
    this.waiting.push(run)
    return () => {
      this.waiting = this.waiting.filter((one) => one !== run)
    }
  }
  pass(ms: number): void {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      this.nowMs += STEP_MS
      const due = this.waiting
      this.waiting = []
      for (const run of due) run()
    }
  }
}

describe('files', () => {
  test('[BRG-3] the page comes with the strict policy and is never kept; a hashed file is', async () => {
    const page = await ask(running.agent.port, '/kiosk.html?theme=dark')
    expect(page.status).toBe(200)
    expect(page.body).toContain('<title>kiosk</title>')
    const policy = page.headers['content-security-policy']
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(policy).toContain("script-src 'self';")
    expect(page.headers['x-content-type-options']).toBe('nosniff')
    expect(page.headers['referrer-policy']).toBe('no-referrer')
    expect(page.headers['cross-origin-resource-policy']).toBe('same-origin')
    expect(page.headers['cache-control']).toBe('no-store')
    const script = await ask(running.agent.port, '/assets/kiosk-a1B2c3D4.js')
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(script.headers['cache-control']).toContain('immutable')
  })

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..\\secret.txt',
    '//etc/passwd',
    '/kiosk.html/../../secret.txt',
    '/kiosk.html%00',
    '/__proto__',
    '/constructor',
    '/assets',
    '/',
    '/*',
  ])('[BRG-3] %s names no file', async (path) => {
    const answer = await ask(running.agent.port, path)
    expect(answer.status).toBe(404)
    expect(answer.body).toBe('')
  })

  test('[BRG-3] a foreign Host is misdirected, also on /health and on an upgrade', async () => {
    const { port } = running.agent
    for (const host of [
      'localhost:' + port,
      'carrel.example:' + port,
      '127.0.0.1',
      '127.0.0.1:1',
      '[::1]:' + port,
    ]) {
      for (const path of ['/kiosk.html', '/health', '/bridge']) {
        expect((await ask(port, path, { host })).status).toBe(421)
      }
    }
    expect((await ask(port, '/health')).status).toBe(204)
  })

  test('[BRG-3] a foreign Origin is refused, and anything but reading is not allowed', async () => {
    const { port } = running.agent
    for (const origin of [
      'http://evil.example',
      'null',
      `http://localhost:${port}`,
      `https://127.0.0.1:${port}`,
    ])
      expect((await ask(port, '/kiosk.html', { origin })).status).toBe(403)
    expect((await ask(port, '/kiosk.html', { origin: `http://127.0.0.1:${port}` })).status).toBe(200)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect((await ask(port, '/kiosk.html', {}, method)).status).toBe(405)
  })

  test('[KSK-18] HEAD says whether a page would come, and no more; one that is not there any more is 404 for both', async () => {
    const screenFolder = makeScreenFolder()
    const updated = await startTestAgent({ screenFolder })
    const askBoth = () =>
      Promise.all(['HEAD', 'GET'].map((method) => ask(updated.agent.port, '/kiosk.html', {}, method)))
    try {
      const [head, got] = await askBoth()
      expect(head).toMatchObject({ status: 200, body: '' })
      const { date: _now, connection: _end, ...headers } = got?.headers ?? {}
      delete headers['transfer-encoding']
      expect(head?.headers).toMatchObject(headers)
      // An update is copying.
      rmSync(join(screenFolder, 'kiosk.html'))
      expect((await askBoth()).map(({ status }) => status)).toEqual([404, 404])
      expect(updated.warnings).toEqual(['screen-file-unreadable', 'screen-file-unreadable'])
    } finally {
      await updated.agent.stop()
    }
  })

  test('[BRG-3] it listens on 127.0.0.1 only', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    const others = ['::1', '127.0.0.2', ...addresses.filter((one) => !one.internal).map((one) => one.address)]
    for (const host of others) {
      const socket = connect({ host, port: running.agent.port })
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
      expect(`${host} ${error.code}`).toMatch(/ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH|EHOSTUNREACH|EINVAL/)
    }
  })

  test('[KSK-34] a port that is taken and a folder that is not there reject', async () => {
    await expect(startTestAgent({ port: running.agent.port })).rejects.toThrow('EADDRINUSE')
    await expect(startTestAgent({ screenFolder: makeScreenFolder() + '-not' })).rejects.toThrow('ENOENT')
  })

  test('[KSK-23] one that cannot listen leaves no timer, which would keep its process alive', async () => {
    const timers = new Set<symbol>()
    const clock = {
      elapsedMs: () => 0,
      after: () => {
        const timer = Symbol('timer')
        timers.add(timer)
        return () => void timers.delete(timer)
      },
    }
    await expect(startTestAgent({ port: running.agent.port, clock })).rejects.toThrow('EADDRINUSE')
    expect(timers.size).toBe(0)
  })

  test('[KSK-34] a client that never finishes its headers is dropped', async () => {
    const socket = connect({ host: '127.0.0.1', port: running.agent.port })
    await once(socket, 'connect')
    socket.write('GET /kiosk.html HTTP/1.1\r\nHost: ')
    let told = ''
    socket.on('data', (data) => (told += data.toString()))
    await once(socket, 'close')
    expect(told).not.toContain('200')
  }, 15_000)

  test('[BRG-3] the printed address carries the token in its fragment', () => {
    expect(running.agent.url).toBe(`http://127.0.0.1:${running.agent.port}/kiosk.html#token=${TOKEN}`)
  })
})

describe('bridge', () => {
  test('[BRG-3] no upgrade for a foreign or absent Origin, a foreign Host or another path', async () => {
    const { port } = running.agent
    const own = `http://127.0.0.1:${port}`
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    const tries: [string, Record<string, string>, number][] = [
      ['/bridge', {}, 403],
      ['/bridge', { origin: 'http://evil.example' }, 403],
      ['/bridge', { origin: 'null' }, 403],
      ['/bridge', { origin: own, host: `rebound.example:${port}` }, 421],
      ['/bridge', { origin: `http://rebound.example:${port}`, host: `rebound.example:${port}` }, 421],
      ['/bridge/', { origin: own }, 404],
      ['/kiosk.html', { origin: own }, 404],
    ]
    for (const [path, headers, status] of tries)
      expect(await ask(port, path, { ...upgrade, ...key, ...headers })).toMatchObject({ status })
    expect(running.echo.listeners.size).toBe(0)
  })

  test.each([
    ['a wrong token', JSON.stringify({ token: 'wrong' })],
    ['a token of another length', JSON.stringify({ token: TOKEN + 'x' })],
    ['the beginning of the token', JSON.stringify({ token: TOKEN.slice(0, -1) })],
    ['the end of the token', JSON.stringify({ token: TOKEN.slice(1) })],
    ['an empty token', JSON.stringify({ token: '' })],
    ['a token with company', JSON.stringify({ token: TOKEN, more: 1 })],
    ['no object', JSON.stringify(TOKEN)],
    ['no JSON', TOKEN],
    ['a call first', JSON.stringify({ id: 1, name: 'enrol', input: { code: 'x' } })],
    ['bytes', Buffer.from(JSON.stringify({ token: TOKEN }))],
  ])('[BRG-3] %s closes the socket with nothing told', async (_title, message) => {
    const screen = new TestScreen(running.agent.port)
    await once(screen.socket, 'open')
    screen.socket.send(message)
    screen.socket.send(JSON.stringify({ token: TOKEN }))
    expect(await screen.ended).toBe(1008)
    expect(screen.received).toEqual([])
    expect(running.echo.calls).toEqual([])
  })

  test('[BRG-3] a token that does not come within 2 s closes the socket with nothing sent', async () => {
    const screen = new TestScreen(running.agent.port)
    await once(screen.socket, 'open')
    const openedMs = performance.now()
    expect(await screen.ended).toBe(1008)
    expect(performance.now() - openedMs).toBeGreaterThan(1_800)
    expect(screen.received).toEqual([])
  })

  test('[BRG-2] two screens get the newest of every slice, then every change, and their own answers', async () => {
    const one = await new TestScreen(running.agent.port).show()
    const two = await new TestScreen(running.agent.port).show()
    for (const screen of [one, two]) await screen.hear((message) => message.slice === 'kiosk')
    expect(await one.call(7, 'reportOccupancy', { spaceId: 1, level: 2 })).toEqual({
      ok: true,
      value: { name: 'reportOccupancy', input: { spaceId: 1, level: 2 } },
    })
    running.echo.publish('outbox', { waitingCount: 1, alarm: null, refused: [] })
    for (const screen of [one, two]) await screen.hear((message) => message.slice === 'outbox')
    expect(two.received.some((message) => message.id !== undefined)).toBe(false)
    one.socket.close()
    await one.ended
    await expect.poll(() => running.echo.listeners.size).toBe(1)
    two.socket.terminate()
    await expect.poll(() => running.echo.listeners.size).toBe(0)
  })

  test('[BRG-1] what has a number but does not fit is malformed; what has none ends the socket', async () => {
    const screen = await new TestScreen(running.agent.port).show()
    const malformed = { ok: false, refusal: { why: 'malformed' } }
    expect(await screen.call(1, 'x'.repeat(65), {})).toEqual(malformed)
    screen.socket.send(JSON.stringify({ id: 2, name: 3 }))
    await screen.hear((message) => message.id === 2)
    screen.socket.send(JSON.stringify({ id: 3, name: 'enrol', input: {}, more: true }))
    await screen.hear((message) => message.id === 3)
    for (const id of [2, 3]) expect(screen.received.find((one) => one.id === id)?.output).toEqual(malformed)
    expect(running.echo.calls).toEqual([])
    screen.socket.send('{"id":-1}')
    expect(await screen.ended).toBe(1008)
  })

  test('[BRG-1] a fault of the engine is answered `internal` and ends nothing', async () => {
    const screen = await new TestScreen(running.agent.port).show()
    expect(await screen.call(1, 'fail', {})).toEqual({ ok: false, refusal: { why: 'internal' } })
    expect(running.warnings).toEqual(['call-failed'])
    expect(await screen.call(2, 'echo', null)).toEqual({ ok: true, value: { name: 'echo', input: null } })
  })

  test('[KSK-34] calls beyond the rate are refused `tooFast` and do not reach the engine', async () => {
    const slow = await startTestAgent({ callsPerSecond: 1 })
    try {
      const screen = await new TestScreen(slow.agent.port).show()
      for (let id = 1; id <= 10; id += 1) await screen.call(id, 'echo', id)
      expect(await screen.call(11, 'echo', 11)).toMatchObject({ ok: false, refusal: { why: 'tooFast' } })
      expect(slow.echo.calls).toHaveLength(10)
    } finally {
      await slow.agent.stop()
    }
  })

  test('[SCR-3] /health answers 503 while a screen that should paint does not, until it paints, hides or is gone', async () => {
    const clock = new StillClock()
    const watched = await startTestAgent({ clock })
    const wait = (ms: number): void => clock.pass(ms)
    const health = async (): Promise<number> => (await ask(watched.agent.port, '/health')).status
    try {
      const screen = await new TestScreen(watched.agent.port).show()
      await screen.call(1, 'painted', { isVisible: true })
      wait(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
      expect(await health()).toBe(204)
      wait(CHECK_INTERVAL_MS)
      expect(await health()).toBe(503)
      expect(watched.warnings).toEqual(['screen-not-painting'])
      await screen.call(2, 'painted', { isVisible: false })
      wait(2 * PAINT_TIMEOUT_MS)
      expect(await health()).toBe(204)
      await screen.call(3, 'painted', { isVisible: true })
      wait(PAINT_TIMEOUT_MS)
      expect(await health()).toBe(503)
      screen.socket.terminate()
      await expect.poll(health).toBe(204)
    } finally {
      await watched.agent.stop()
    }
  })

  test('[SCR-8] /health answers 503 while a screen is there that never painted at all', async () => {
    const clock = new StillClock()
    const watched = await startTestAgent({ clock })
    const health = async (): Promise<number> => (await ask(watched.agent.port, '/health')).status
    try {
      await new TestScreen(watched.agent.port).show()
      await expect.poll(() => clock.waiting.length).toBe(3)
      clock.pass(FIRST_PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
      expect(await health()).toBe(204)
      clock.pass(CHECK_INTERVAL_MS)
      expect(await health()).toBe(503)
    } finally {
      await watched.agent.stop()
    }
  })

  test('[KSK-19] /health answers 503 once no screen has been open for a minute: one that vanished, and one that never came', async () => {
    const clock = new StillClock()
    const watched = await startTestAgent({ clock })
    const health = () => ask(watched.agent.port, '/health')
    const status = async (): Promise<number> => (await health()).status
    try {
      // A socket that shows no token is no screen.
      const mute = new TestScreen(watched.agent.port)
      await once(mute.socket, 'open')
      clock.pass(NO_SCREEN_MS - CHECK_INTERVAL_MS)
      expect(await status()).toBe(204)
      clock.pass(CHECK_INTERVAL_MS)
      expect(await health()).toMatchObject({ status: 503, body: 'No screen is open.\n' })
      const [first, second] = [new TestScreen(watched.agent.port), new TestScreen(watched.agent.port)]
      await Promise.all([first.show(), second.show()])
      await Promise.all([first, second].map((screen) => screen.call(1, 'painted', { isVisible: false })))
      expect(await status()).toBe(204)
      clock.pass(10 * NO_SCREEN_MS)
      first.socket.terminate()
      await expect.poll(() => watched.echo.listeners.size).toBe(1)
      clock.pass(2 * NO_SCREEN_MS)
      expect(await status()).toBe(204)
      // As a browser does whose page crashed.
      second.socket.terminate()
      await expect.poll(() => watched.echo.listeners.size).toBe(0)
      clock.pass(NO_SCREEN_MS - CHECK_INTERVAL_MS)
      expect(await status()).toBe(204)
      clock.pass(CHECK_INTERVAL_MS)
      expect(await health()).toMatchObject({ status: 503, body: 'No screen is open.\n' })
      await new TestScreen(watched.agent.port).show()
      await expect.poll(status).toBe(204)
    } finally {
      await watched.agent.stop()
    }
  })

  describe('a process that stood still', () => {
    /** Timers are the machine's own; what it says of elapsed time can jump. */
    async function startJumping() {
      const jumped = { ms: 0 }
      const clock = {
        elapsedMs: () => performance.now() + jumped.ms,
        after: (delayMs: number, run: () => void) => {
          const timer = setTimeout(run, delayMs)
          return () => clearTimeout(timer)
        },
      }
      const { agent, echo } = await startTestAgent({ clock })
      const screen = await new TestScreen(agent.port).show()
      await screen.hear(({ slice }) => slice === 'beat')
      return { agent, echo, screen, jumped }
    }
    const tap = JSON.stringify({ id: 1, name: 'reportOccupancy', input: { spaceId: 1, level: 2 } })

    for (const [how, end] of [
      ['closed its connection', (socket: TestScreen['socket']) => socket.close()],
      ['vanished', (socket: TestScreen['socket']) => socket.terminate()],
    ] as const)
      test(`[KSK-17] does not what a page asked that ${how} since, also after less than five seconds without a beat`, async () => {
        const { agent, echo, screen, jumped } = await startJumping()
        jumped.ms += SILENT_ENGINE_MS - BEAT_EVERY_MS
        screen.socket.send(tap, () => end(screen.socket))
        await screen.ended
        await new Promise((resolve) => setTimeout(resolve, 2 * DRAIN_MS))
        expect(echo.calls).toEqual([])
        await agent.stop()
      })

    test('[KSK-17] does what a page asked that still waits, as after a sleep, by a clock that counts it', async () => {
      const { agent, echo, screen, jumped } = await startJumping()
      jumped.ms += 3_600_000
      expect(await screen.call(1, 'reportOccupancy', { spaceId: 1, level: 2 })).toMatchObject({ ok: true })
      expect(echo.calls).toHaveLength(1)
      // The connection is the same: no page says that the kiosk is away because it slept.
      await screen.hear(({ slice, value }) => slice === 'beat' && value !== undefined)
      expect(screen.socket.readyState).toBe(screen.socket.OPEN)
      await agent.stop()
    })

    test('[KSK-17] [BRG-3] reads a token that lies on its connection before it calls it late', async () => {
      const screen = new TestScreen(running.agent.port)
      await once(screen.socket, 'open')
      // Both ends are of this process: the token is on its way when it stands still for longer than a token may take.
      screen.socket.send(JSON.stringify({ token: TOKEN }))
      const untilMs = performance.now() + TOKEN_TIMEOUT_MS + 100
      while (performance.now() < untilMs);
      await screen.hear(({ slice }) => slice === 'beat')
      expect(screen.socket.readyState).toBe(screen.socket.OPEN)
    })
  })

  test('[KSK-19] /health answers 503 also where all that is open has been hidden for a quarter of an hour, or hides that the last to be seen is gone', async () => {
    const clock = new StillClock()
    const watched = await startTestAgent({ clock })
    const health = () => ask(watched.agent.port, '/health')
    const status = async (): Promise<number> => (await health()).status
    const hide = (screen: TestScreen, isVisible: boolean) => screen.call(1, 'painted', { isVisible })
    try {
      const [hidden, seen] = [new TestScreen(watched.agent.port), new TestScreen(watched.agent.port)]
      await Promise.all([hidden.show(), seen.show()])
      await hide(hidden, false)
      clock.pass(HIDDEN_SCREEN_MS)
      await hide(seen, true)
      expect(await status()).toBe(204)
      seen.socket.terminate()
      await expect.poll(() => watched.echo.listeners.size).toBe(1)
      clock.pass(NO_SCREEN_MS - STEP_MS)
      expect(await status()).toBe(204)
      clock.pass(STEP_MS)
      expect(await health()).toMatchObject({ status: 503, body: 'No screen is visible.\n' })
      hidden.received.length = 0
      await hide(hidden, true)
      expect(await status()).toBe(204)
      hidden.received.length = 0
      await hide(hidden, false)
      clock.pass(HIDDEN_SCREEN_MS + NO_SCREEN_MS - STEP_MS)
      expect(await status()).toBe(204)
      clock.pass(STEP_MS)
      expect(await health()).toMatchObject({ status: 503, body: 'No screen is visible.\n' })
    } finally {
      await watched.agent.stop()
    }
  })

  test('[KSK-34] a frame above 64 KiB ends its socket, and only that one', async () => {
    const quiet = await new TestScreen(running.agent.port).show()
    const loud = await new TestScreen(running.agent.port).show()
    loud.socket.send('x'.repeat(65_537))
    expect(await loud.ended).toBe(1009)
    expect(await quiet.call(1, 'echo', 1)).toMatchObject({ ok: true })
  })

  test('[KSK-34] screens beyond sixteen are turned away', async () => {
    const screens = await Promise.all(
      Array.from({ length: 16 }, () => new TestScreen(running.agent.port).show()),
    )
    const extra = new TestScreen(running.agent.port)
    expect(await extra.ended).toBe(1006)
    expect(await screens[0]?.call(1, 'echo', 1)).toMatchObject({ ok: true })
  })
})

test('[KSK-34] an agent that stops does not wait for a screen that hangs, nor for a file half read', async () => {
  const clock = new StillClock()
  const stopping = await startTestAgent({ clock })
  const screen = await new TestScreen(stopping.agent.port).show()
  await screen.hear((message) => message.slice === 'kiosk')
  screen.socket.pause()
  const half = connect({ host: '127.0.0.1', port: stopping.agent.port })
  half.on('error', () => undefined)
  half.write('GET /kiosk.html HTTP/1.1\r\n')
  await once(half, 'connect')
  // Answered after what came before it was read.
  await ask(stopping.agent.port, '/health')
  const stopped = stopping.agent.stop()
  clock.pass(CLOSE_TIMEOUT_MS)
  // Whoever waited for the screen would wait half a minute, and for the file for ever.
  await expect(stopped).resolves.toBeUndefined()
  screen.socket.terminate()
}, 25_000)
