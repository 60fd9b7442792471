import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ROOT } from './launcher.mjs'
import { mainConfig } from './vite.main.ts'

// The built bundle of the main process, as Electron starts it: an ES-module entry in a process of its own. Under Node, on
// the double that is held to Electron's documentation.

const TIMEOUT_MS = 20_000
const TEST_MS = 45_000

const home = mkdtempSync(path.join(tmpdir(), 'carrel-bundle-'))
const running = new Set<ChildProcess>()

beforeAll(async () => {
  await build(mainConfig(path.join(home, 'shell')))
  writeFileSync(path.join(home, 'shell', 'package.json'), '{"type":"module"}')
  mkdirSync(path.join(home, 'renderer'))
  writeFileSync(path.join(home, 'renderer', 'kiosk.html'), '<!doctype html>')
}, 60_000)

afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  running.clear()
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

interface Bundle {
  process: ChildProcess
  said: () => string
  /** Resolves when a line begins so; rejects after a while with what was said instead. */
  waitForLine(beginning: string): Promise<string>
  /** Resolves with the exit code; rejects when it goes on living. */
  ended: () => Promise<number | null>
  look: () => Promise<unknown>
}

function start(args: string[], chromium: string[] = []): Bundle {
  const folder = mkdtempSync(path.join(home, 'kiosk-'))
  const runner = path.join(ROOT, 'desktop/main/testing/run-bundle.ts')
  const own = args.includes('--portal') ? args : [...args, '--folder', folder]
  const child = fork(runner, [path.join(home, 'shell', 'main.js'), ...chromium, ...own], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, TMPDIR: folder, CARREL_HOME: folder },
  })
  running.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text))
  const until = async <Value>(look: () => Value | undefined): Promise<Value> => {
    const deadline = performance.now() + TIMEOUT_MS
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (performance.now() > deadline) throw new Error(`waited too long; it printed: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    process: child,
    said: () => said,
    waitForLine: (beginning) => until(() => said.split('\n').find((line) => line.startsWith(beginning))),
    ended: () =>
      until(() => (child.exitCode === null && child.signalCode === null ? undefined : [child.exitCode])).then(
        ([code]) => code ?? null,
      ),
    look: async () => {
      child.send('look')
      const [seen] = (await once(child, 'message')) as [unknown]
      return seen
    },
  }
}

const KIOSK = ['--name', 'Door', '--hub', 'http://127.0.0.1:1']

test(
  '[SHL-1] the built bundle, evaluated as an ES-module entry, opens the kiosk’s window',
  async () => {
    const bundle = start(KIOSK)
    await bundle.waitForLine('kiosk window')
    expect(await bundle.look()).toEqual({
      isReady: true,
      url: 'app://carrel/kiosk.html',
      shown: 1,
      isDead: false,
      blockers: ['prevent-display-sleep'],
    })
  },
  TEST_MS,
)

test(
  '[SHL-1] [POR-7] so it does the portal’s',
  async () => {
    const bundle = start(['--portal', '--hub', 'http://127.0.0.1:1'])
    await bundle.waitForLine('portal window')
    expect(await bundle.look()).toMatchObject({ url: expect.stringMatching(/^data:text/), blockers: [] })
  },
  TEST_MS,
)

test(
  '[SHL-6] Chromium’s switches may stand before the bundle and beside our options; a slip of the pen may not',
  async () => {
    const bundle = start([...KIOSK, '--touch-events=enabled'], ['--ozone-platform=wayland', '--lang=sl'])
    await bundle.waitForLine('kiosk window')
    const slip = start(['--nmae', 'Door'])
    expect(await slip.ended()).toBe(2)
    expect(slip.said()).toContain('did you mean --name?')
  },
  TEST_MS,
)

test(
  '[SHL-3] [SHL-4] Alt+F4 does not end the kiosk; SIGTERM does, with its engine closed and code 0',
  async () => {
    const bundle = start(KIOSK)
    await bundle.waitForLine('kiosk window')
    bundle.process.send('close')
    expect(await bundle.look()).toMatchObject({ isDead: false })
    bundle.process.kill('SIGTERM')
    expect(await bundle.ended()).toBe(0)
  },
  TEST_MS,
)

test(
  '[SHL-12] the app reports its own version, also where it is not packed and Electron would report its own',
  async () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      version: string
    }
    const asked: unknown[] = []
    const hub = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => asked.push(JSON.parse(text)))
      request.on('end', () => response.writeHead(403).end())
    }).listen(0, '127.0.0.1')
    await once(hub, 'listening')
    try {
      const { port } = hub.address() as AddressInfo
      const bundle = start(['--name', 'Door', '--hub', `http://127.0.0.1:${port}`, '--code', 'ABCD'])
      await bundle.waitForLine('This enrolment code is wrong')
      expect(asked).toMatchObject([{ appVersion: version }])
    } finally {
      hub.close()
    }
  },
  TEST_MS,
)

test.each(['throw', 'reject'])(
  '[SHL-5] %s: no dialog stands over the kiosk, the app ends with code 70',
  async (message) => {
    const bundle = start(KIOSK)
    await bundle.waitForLine('kiosk window')
    bundle.process.send(message)
    expect(await bundle.ended()).toBe(70)
    expect(bundle.said()).toContain('nobody caught me')
    expect(bundle.said()).not.toContain('dialog')
  },
  TEST_MS,
)

test(
  '[SHL-5] what is written to a terminal that is gone is lost, and no fault',
  async () => {
    const bundle = start(KIOSK)
    await bundle.waitForLine('kiosk window')
    bundle.process.stdout?.destroy()
    bundle.process.stderr?.destroy()
    // Each refused close is written down.
    bundle.process.send('close')
    expect(await bundle.look()).toMatchObject({ isDead: false })
    bundle.process.send('close')
    expect(await bundle.look()).toMatchObject({ isDead: false })
    bundle.process.kill('SIGTERM')
    expect(await bundle.ended()).toBe(0)
  },
  TEST_MS,
)

test(
  '[SHL-5] the app ends when the one who started it is gone',
  async () => {
    const bundle = start(KIOSK)
    await bundle.waitForLine('kiosk window')
    bundle.process.disconnect()
    expect(await bundle.ended()).toBe(0)
  },
  TEST_MS,
)
