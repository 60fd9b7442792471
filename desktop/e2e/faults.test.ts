import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Page } from '@playwright/test'
import type { Assignment } from '#shared/domain/kiosk.ts'
import { demoAssignment, idAt, placeSpaces, spaceViews } from '#shared/fixtures/builders.ts'
import { DEMO_CAMPUS, DEMO_REPORTS } from '#shared/fixtures/campus.ts'
import type { Slices, SpaceView } from '#shared/wire/bridge.ts'
import { KioskHost } from './kiosk-host.ts'
import { expect, test as base } from './testing.ts'

// Pages that break: no white screen, no screen that stays dead. The kiosk is real and has no hub: nothing here needs one.

const test = base.extend<{ kiosk: KioskHost }>({
  kiosk: async ({ context }, run) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'carrel-faults-'))
    const kiosk = new KioskHost('Door 7', 'http://127.0.0.1:1', folder)
    await kiosk.start()
    await run(kiosk)
    await Promise.all(context.pages().map((page) => page.close()))
    await kiosk.remove()
  },
})

const HOME = 'Set up this screen'

/** Tells a page something else than its engine does of these slices, as long as `isBroken` says so. */
async function tellInstead(
  page: Page,
  slices: Partial<Slices>,
  state: { isBroken: boolean } = { isBroken: true },
): Promise<void> {
  await page.routeWebSocket(/\/bridge$/, (screen) => {
    const agent = screen.connectToServer()
    agent.onMessage((message) => {
      const { slice } = JSON.parse(String(message)) as { slice?: keyof Slices }
      const value = slice === undefined || !state.isBroken ? undefined : slices[slice]
      screen.send(value === undefined ? message : JSON.stringify({ slice, value }))
    })
  })
}

function enrolledAt(assignment: Assignment): Partial<Slices> {
  return { kiosk: { state: 'enrolled', assignment, movedAtMs: null } }
}

/** A place that no page can draw: its names, and those of what is in it, are none. */
function brokenPlace(role: 'door' | 'entrance'): Partial<Slices> {
  const space: SpaceView = {
    id: 1,
    parentId: null,
    name: {} as string,
    kind: 'floor',
    location: null,
    details: {},
    capacity: null,
    hours: { weekly: null, closures: [] },
    level: null,
    reportedAtMs: null,
    isWaiting: false,
  }
  const spaces = [space, { ...space, id: 2, parentId: 1, kind: 'room' as const }]
  return {
    ...enrolledAt(demoAssignment({ role, spaceId: 1 })),
    spaces: { isWhole: true, spaces, gone: [] },
  }
}

/** What a page tells its engine from now on. */
function recordCalls(page: Page): string[] {
  const calls: string[] = []
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => calls.push(String(payload))))
  return calls
}

/** A page's first try to load itself that nobody answers. */
async function findsNobody(page: Page): Promise<void> {
  await page.waitForEvent('requestfailed', {
    predicate: (request) => request.failure()?.errorText === 'net::ERR_CONNECTION_REFUSED',
    timeout: 60_000,
  })
}

for (const role of ['door', 'entrance'] as const)
  test(`[SCR-1] ${role}: a place that cannot be drawn ends in a plain sentence in three languages, and the screen comes back by itself`, async ({
    page,
    kiosk,
    complaints,
  }) => {
    test.slow()
    complaints.expect(/React error #31/)
    const place = { isBroken: true }
    await tellInstead(page, brokenPlace(role), place)
    await page.goto(kiosk.url)
    for (const title of [
      'Something went wrong on this page',
      'Na tej strani je prišlo do napake',
      '這個頁面發生錯誤',
    ])
      await expect(page.getByRole('heading', { name: title })).toBeVisible()
    await expect(page.getByRole('alert')).toContainText('It will restart in a moment.')
    place.isBroken = false
    await expect(page.getByRole('heading', { name: HOME })).toBeVisible({ timeout: 60_000 })
  })

test('[SCR-1] [KSK-18] a page that broke while its agent is away stays, and comes back with it', async ({
  page,
  kiosk,
  complaints,
}) => {
  test.slow()
  complaints.expect(/React error #31|net::ERR_/)
  const place = { isBroken: true }
  await tellInstead(page, brokenPlace('door'), place)
  await page.goto(kiosk.url)
  const fault = page.getByRole('heading', { name: 'Something went wrong on this page' })
  await expect(fault).toBeVisible()
  const tried = findsNobody(page)
  await kiosk.kill()
  await tried
  await expect(fault).toBeVisible()
  place.isBroken = false
  await kiosk.start()
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible({ timeout: 60_000 })
})

test('[SCR-12] a time zone that the browser does not know is reported to the engine once; the screen goes on, and its time says in which zone it is', async ({
  page,
  kiosk,
}) => {
  const calls = recordCalls(page)
  const nowMs = Date.now()
  const placed = placeSpaces(DEMO_CAMPUS.spaces)
  const spaceId = idAt(placed, DEMO_CAMPUS.doorPath)
  await tellInstead(page, {
    ...enrolledAt({ ...demoAssignment({ role: 'door', spaceId }), timezone: 'Mars/Olympus' }),
    link: { status: 'online', hubNowMs: nowMs, hubNowPlusMinusMs: 0, lastContactMs: nowMs, reason: null },
    spaces: { isWhole: true, spaces: spaceViews(placed, DEMO_REPORTS, nowMs), gone: [] },
  })
  await page.goto(kiosk.url)
  await expect(page.locator('.state-word')).toHaveText(/^(Free|Busy|Full)$/)
  await expect(page.locator('.state-time')).toHaveText(/^\d\d:\d\d [A-Z]{3}/)
  await expect(page.locator('.today')).toHaveText('')
  const faults = (): string[] => calls.filter((text) => text.includes('"logFault"'))
  await expect.poll(() => faults().length).toBe(1)
  expect(faults()[0]).toContain('Mars/Olympus')
})

test('[SCR-2] what is thrown outside of drawing is reported to the engine, and the screen goes on', async ({
  page,
  kiosk,
  complaints,
}) => {
  complaints.expect(/a fault of this test/)
  const calls = recordCalls(page)
  await page.goto(kiosk.url)
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible()
  await page.evaluate(() => {
    setTimeout(() => {
      throw new Error('a fault of this test')
    })
    void Promise.reject(new Error('a fault of this test, promised'))
  })
  const faults = (): string[] => calls.filter((text) => text.includes('"logFault"'))
  await expect.poll(() => faults().length).toBe(2)
  expect(faults().join(' ')).toContain('a fault of this test, promised')
  await page.getByRole('button', { name: 'SL Slovenščina' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'sl')
})

test('[SCR-3] a page says that it paints; one whose thread hangs turns /health to 503 until it is gone', async ({
  page,
  kiosk,
}) => {
  test.slow()
  const calls = recordCalls(page)
  await page.goto(kiosk.url)
  await expect.poll(() => calls.some((text) => text.includes('"painted"')), { timeout: 30_000 }).toBe(true)
  const health = async (): Promise<number> => (await fetch(new URL('/health', kiosk.url))).status
  expect(await health()).toBe(204)
  await page.evaluate(() => {
    setTimeout(() => {
      const endMs = performance.now() + 30_000
      while (performance.now() < endMs);
    })
  })
  await expect.poll(health, { timeout: 40_000 }).toBe(503)
  // The thread is free again: it paints, and says so.
  await expect.poll(health, { timeout: 60_000 }).toBe(204)
})

const FAILED = [
  'This screen did not load completely',
  'Ta zaslon se ni naložil v celoti',
  '這個畫面未能完整載入',
]

for (const [what, pattern] of [
  ['program', /\/assets\/kiosk-[^/]+\.js$/],
  ['style', /\/assets\/kiosk-[^/]+\.css$/],
] as const)
  test(`[KSK-18] a page whose ${what} came back as 404 says so in three languages, and loads itself until it comes`, async ({
    page,
    kiosk,
    complaints,
  }) => {
    test.slow()
    complaints.expect(/404/)
    const asked: number[] = []
    await page.route(pattern, (route) => {
      asked.push(Date.now())
      return asked.length <= 2 ? route.fulfill({ status: 404 }) : route.continue()
    })
    await page.goto(kiosk.url)
    for (const name of FAILED) await expect(page.getByRole('heading', { name })).toBeVisible()
    await expect(page.getByRole('heading', { name: FAILED[0] ?? '' })).toHaveCount(0, { timeout: 60_000 })
    await expect(page.getByRole('heading', { name: HOME })).toBeVisible({ timeout: 60_000 })
    // Each time twice as late.
    const [first = 0, second = 0, third = 0] = asked
    expect(asked).toHaveLength(3)
    expect(second - first).toBeGreaterThanOrEqual(5_000)
    expect(third - second).toBeGreaterThanOrEqual(10_000)
  })

test('[KSK-18] a page that did not come in full stays while nobody serves it, and comes with the kiosk', async ({
  page,
  kiosk,
  complaints,
}) => {
  test.slow()
  complaints.expect(/404|net::ERR_/)
  let isBroken = true
  await page.route(/\/assets\/kiosk-[^/]+\.js$/, (route) =>
    isBroken ? route.fulfill({ status: 404 }) : route.continue(),
  )
  await page.goto(kiosk.url)
  const tried = findsNobody(page)
  await kiosk.kill()
  await tried
  await expect(page.getByRole('heading', { name: FAILED[0] ?? '' })).toBeVisible()
  isBroken = false
  await kiosk.start()
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible({ timeout: 60_000 })
})

const LOADING = ['One moment, please', 'Trenutek, prosimo', '請稍候']

test('[KSK-18] a page that lost its agent before any of its files came says so in three languages, and comes by itself', async ({
  page,
  kiosk,
  complaints,
}) => {
  test.slow()
  complaints.expect(/ERR_CONNECTION_REFUSED/)
  let isAway = true
  await page.route(/^(?!.*kiosk\.html)/, (route) =>
    isAway ? route.abort('connectionrefused') : route.continue(),
  )
  await page.goto(kiosk.url)
  for (const name of FAILED) await expect(page.getByRole('heading', { name })).toBeVisible()
  isAway = false
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible({ timeout: 30_000 })
})

test('[KSK-18] a program that does not come is waited for with words, longer each time; one that comes late stays', async ({
  page,
  kiosk,
}) => {
  test.slow()
  await page.clock.install()
  const held: (() => Promise<void>)[] = []
  await page.route(/\/assets\/kiosk-[^/]+\.js$/, (route) => void held.push(() => route.continue()))
  const failed = page.getByRole('heading', { name: FAILED[0] ?? '' })
  await page.goto(kiosk.url, { waitUntil: 'commit' })
  for (const name of LOADING) await expect(page.getByRole('heading', { name })).toBeVisible()
  await page.clock.fastForward(40_000)
  await expect(failed).toBeHidden()
  await page.clock.fastForward(20_000)
  for (const name of FAILED) await expect(page.getByRole('heading', { name })).toBeVisible()
  await expect(page.getByRole('heading', { name: LOADING[0] ?? '' })).toBeHidden()

  await page.clock.fastForward(5_000)
  await expect.poll(() => held.length).toBe(2)
  await page.clock.fastForward(90_000)
  await expect(failed).toBeHidden()
  await page.clock.fastForward(30_000)
  await expect(failed).toBeVisible()
  await held[1]?.()
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible()
  await expect(failed).toBeHidden()
  // No reload takes it away again.
  await page.clock.fastForward(60_000)
  await page.waitForTimeout(1_000)
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible()
  expect(held).toHaveLength(2)
})

base('[KSK-16] a kiosk without Electron whose terminal is gone goes on', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-terminal-'))
  // Its code is tried again and again, and each time that is said.
  const args = [
    '--name',
    'Door 8',
    '--hub',
    'http://127.0.0.1:1',
    '--folder',
    folder,
    '--port',
    '0',
    '--code',
    'ABCD',
  ]
  const program = path.join(import.meta.dirname, '../agent/kiosk.ts')
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    child.stdout.destroy()
    child.stderr.destroy()
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    expect((await fetch(new URL('/health', line.slice('kiosk '.length)))).status).toBe(204)
  } finally {
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    rmSync(folder, { recursive: true, force: true })
  }
})
