import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test as base, type Page } from '@playwright/test'
import { makeDeviceClock } from '../engine/clock/device-clock.ts'
import type { Engine } from '../engine/api/engine-api.ts'
import { subscribeWithHeartbeat } from '../engine/screen/page-heartbeat.ts'
import { parseKioskArguments } from '../engine/config/kiosk-arguments.ts'
import { openKiosk } from '../engine/process/open-kiosk.ts'
import { screenFileHeaders, listScreenFiles } from '../engine/screen/screen-files.ts'
import { recordWords } from './word-record.ts'

// The page as Electron shows it, in Chromium itself: the built screens with the policy of app://, the real preload bundle
// and the real engine. What differs: an https address stands for app://carrel, and preload and page share one world.

const ROOT = path.join(import.meta.dirname, '..', '..')
const ORIGIN = 'https://carrel.test'

const TEST_IPC = `
  const heard = new Set()
  window.tellSlice = (name, value) => heard.forEach((hear) => hear({}, name, value))
  const require = () => ({
    contextBridge: { exposeInMainWorld: (name, value) => { window[name] = value } },
    ipcRenderer: {
      invoke: (channel, name, input) => window.testInvoke(channel, name, input),
      send: (channel) => void window.testSend(channel),
      on: (channel, hear) => heard.add(hear),
      off: (channel, hear) => heard.delete(hear),
    },
  })
`

function openTestEngine(folder: string): Engine {
  const args = parseKioskArguments(['--name', 'Door 7', '--hub', 'http://127.0.0.1:1', '--folder', folder])
  if (!args.ok) throw new Error(args.refusal)
  const log = { info: () => undefined, warn: () => undefined }
  const opened = openKiosk(args.value, { env: {}, appVersion: '0', clock: makeDeviceClock(), log })
  if (!opened.ok) throw new Error(opened.refusal)
  return opened.value.engine
}

const test = base.extend<{ engine: Engine }>({
  engine: async ({ page }, run) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'carrel-page-'))
    const engine = openTestEngine(folder)
    await run(engine)
    await page.close()
    engine.stop()
    rmSync(folder, { recursive: true, force: true })
  },
})

/** The main process, in which shell and engine run, as a test holds it up: then it tells nothing. */
interface HeldMain {
  isHeld: boolean
  /** What was to be said meanwhile, in order. */
  waiting: (() => void)[]
  /** How often the page listened: again where it gave the connection up. */
  listens: number
}

/** Lets a page find the screens at ORIGIN and the engine behind the preload. */
async function prepare(page: Page, engine: Engine): Promise<{ calls: string[]; main: HeldMain }> {
  execFileSync(process.execPath, [path.join(ROOT, 'build/vite.main.ts')], { stdio: 'ignore' })
  const preload = readFileSync(path.join(ROOT, 'dist/shell/preload.cjs'), 'utf8')
  const files = listScreenFiles(path.join(ROOT, 'dist/renderer'))
  const calls: string[] = []
  const main: HeldMain = { isHeld: false, waiting: [], listens: 0 }
  await page.route('**/*', (route) => {
    const url = new URL(route.request().url())
    const found = url.origin === ORIGIN ? files.get(url.pathname) : undefined
    if (found === undefined) return route.abort()
    const body = readFileSync(found.file)
    return route.fulfill({ body, headers: screenFileHeaders(found, body, 'none') })
  })
  await page.exposeFunction('testInvoke', (_channel: string, name: string, input: unknown) => {
    calls.push(name)
    return engine.call(name, input)
  })
  let end = (): void => undefined
  await page.exposeFunction('testSend', () => {
    end()
    main.listens += 1
    const log = { warn: () => undefined }
    end = subscribeWithHeartbeat({ engine, clock: makeDeviceClock(), log }, (name, value) => {
      const script = `window.tellSlice(${JSON.stringify(name)}, ${JSON.stringify(value)})`
      const tell = (): void => void page.evaluate(script).catch(() => undefined)
      if (main.isHeld) main.waiting.push(tell)
      else tell()
    })
  })
  await page.addInitScript({ content: `{ ${TEST_IPC}\n${preload} }` })
  return { calls, main }
}

test('[BRG-4] the screens run under the policy of app://, with the real preload and engine, and reach nothing else', async ({
  page,
  engine,
}) => {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  const { calls } = await prepare(page, engine)
  await page.goto(`${ORIGIN}/kiosk.html`)
  await expect(page.getByText('Door 7')).toBeVisible()
  expect(complaints).toEqual([])
  expect(await page.evaluate('Object.keys(window.bridge)')).toEqual(['call', 'onSlice'])
  expect(await page.evaluate("window.bridge.call('enrol', { code: 5 })")).toEqual({
    ok: false,
    refusal: { why: 'malformed' },
  })
  // When the first frame is reported depends on the machine.
  expect(calls.filter((name) => name !== 'painted')).toEqual(['enrol'])
  await expect.poll(() => calls.includes('painted')).toBe(true)
  for (const reach of [
    `fetch('${ORIGIN}/kiosk.html')`,
    `new Promise((done, fail) => { const socket = new WebSocket('ws://127.0.0.1:1/'); socket.onerror = fail; socket.onopen = done })`,
    `new Promise((done, fail) => { const script = document.createElement('script'); script.textContent = 'window.ranInline = 1'; document.body.append(script); setTimeout(() => (window.ranInline ? done() : fail()), 50) })`,
    `import('data:text/javascript,1')`,
  ])
    expect(await page.evaluate(`${reach}.then(() => 'reached', () => 'refused')`)).toBe('refused')
})

test('[KSK-17] a main process that is held up is shown by its page after five seconds, asked nothing, and is back with its next message', async ({
  page,
  engine,
}) => {
  test.slow()
  const { calls, main } = await prepare(page, engine)
  await page.goto(`${ORIGIN}/kiosk.html`)
  await expect(page.getByText('Door 7')).toBeVisible()
  for (const name of ['A', 'B', 'C', 'D']) await page.getByRole('button', { name, exact: true }).click()
  await expect(page.locator('.code-boxes')).toHaveText('ABCD')
  const record = await recordWords(page, '.setup h1')
  main.isHeld = true
  await expect(page.getByRole('heading', { name: 'Back in a moment' })).toBeVisible({ timeout: 30_000 })
  // Five seconds after the last beat, which may have come just before, and a look of the page.
  expect(await record.firstOf('Back in a moment')).toBeLessThan(70)
  const asked = calls.length
  expect(await page.evaluate("document.querySelector('.setup')?.dataset.screen")).toBe('engineAway')
  // More than the five seconds after which a page tells again that it paints.
  const awayAt = await record.tenths()
  await expect.poll(record.tenths, { timeout: 40_000 }).toBeGreaterThan(awayAt + 55)
  expect(calls).toHaveLength(asked)
  expect(main.listens).toBe(2)
  main.isHeld = false
  for (const tell of main.waiting) tell()
  await expect(page.getByText('Door 7')).toBeVisible()
  // Nobody types a code twice because of that.
  await expect(page.locator('.code-boxes')).toHaveText('ABCD')
  await expect.poll(() => calls.length, { timeout: 15_000 }).toBeGreaterThan(asked)
})
