import { expect, test } from 'vitest'
import { HANG_MS } from './recovery.ts'
import { runMain } from './run-main.ts'
import { ElectronDouble, Machine } from './testing/electron-double.ts'
import { ProcessDouble, settle, StillClock } from './testing/start-double.ts'
import type { WindowDouble } from './testing/page-doubles.ts'

const HUB = 'https://hub.example'

/** A hub that can go away, and answer as a proxy does for one that has. */
class HubDouble {
  status: number | null = 200
  answerIn({ servers }: ElectronDouble): void {
    if (this.status === null) servers.delete(HUB)
    else servers.set(HUB, () => new Response(null, { status: this.status ?? 200 }))
  }
}

/** Starts the whole app with `--portal`. */
async function start(hub = new HubDouble(), machine = new Machine(), args = ['--portal', '--hub', HUB]) {
  const electron = new ElectronDouble(machine)
  hub.answerIn(electron)
  const clock = Object.assign(new StillClock(), { bootId: 'boot', resolutionMs: 0, wallMs: () => 0 })
  const said: string[] = []
  const printed: string[] = []
  const around = {
    args: [...args, '--no-sandbox'],
    env: {},
    appVersion: '0.0.1',
    clock,
    log: { info: () => undefined, warn: () => undefined },
    preloadFile: '/app/preload.cjs',
    screenFolder: '/nowhere',
    print: (line: string) => printed.push(line),
    process: new ProcessDouble(),
    say: (sentence: string) => said.push(sentence),
  }
  await electron.evaluate(() => runMain(electron.parts(), around))
  await settle()
  await electron.windows[0]?.webContents.lastLoad
  return { electron, clock, said, printed }
}

function windowOf(electron: ElectronDouble): WindowDouble {
  const [window] = electron.windows
  if (!window) throw new Error('no window was made')
  return window
}

function pageOf(electron: ElectronDouble): WindowDouble['webContents'] {
  return windowOf(electron).webContents
}

test('[POR-7] the portal is an ordinary window on the hub itself, with no bridge in it', async () => {
  const { electron, printed } = await start()
  const window = windowOf(electron)
  expect(printed).toEqual(['portal window'])
  expect(window.webContents.loads).toEqual([{ url: `${HUB}/`, status: 200 }])
  expect(window.shown).toBe(1)
  expect(window).toMatchObject({ isKiosk: false, isFull: false })
  expect(window.options).toMatchObject({
    width: 1280,
    height: 860,
    webPreferences: {
      partition: 'persist:portal',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      devTools: false,
    },
  })
  expect(window.options.webPreferences).not.toHaveProperty('preload')
  expect(electron.app.isSandboxed).toBe(true)
  expect(electron.schemes).toEqual([])
  const frame = { sender: window.webContents, senderFrame: window.webContents.mainFrame }
  await expect(electron.invoke(frame, 'call', 'reportOccupancy', {})).rejects.toThrow('No handler')
})

test('[POR-7] its page goes nowhere but to the hub, in the one window, and embeds nothing', async () => {
  const { electron } = await start()
  const page = pageOf(electron)
  for (const url of [
    'https://evil.example/',
    'https://hub.example.evil/',
    'https://hub.example:444/',
    'http://hub.example/',
    'https://user@hub.example/',
    'blob:https://hub.example/1',
    'data:text/html,x',
    'file:///etc/passwd',
    'app://carrel/kiosk.html',
    'javascript:1',
    'mailto:a@hub.example',
  ]) {
    for (const kind of ['will-navigate', 'will-frame-navigate', 'will-redirect'] as const)
      expect(page.navigate(kind, url)).toBe(false)
    expect(page.open(url)).toBe(false)
  }
  expect(page.embed()).toBe(false)
  expect(page.loads).toHaveLength(1)
  expect(page.navigate('will-redirect', `${HUB}/sign-in`)).toBe(true)
  expect(page.open(`${HUB}/spaces`)).toBe(false)
  await settle()
  expect(page.loads.at(-1)).toEqual({ url: `${HUB}/spaces`, status: 200 })
  expect(electron.windows).toHaveLength(1)
})

test('[POR-7] no permission, no device, nothing from elsewhere, and no file but the page’s own', async () => {
  const { session } = pageOf((await start()).electron)
  for (const permission of ['media', 'geolocation', 'fullscreen', 'clipboard-read'] as const)
    expect(session.isGranted(permission)).toBe(false)
  expect(session.check?.(null, 'media', HUB, {} as never)).toBe(false)
  expect(session.device?.({} as never)).toBe(false)
  for (const url of [
    'https://evil.example/x.js',
    'http://hub.example/x.js',
    'ws://hub.example/api/v1/live',
    'wss://evil.example/',
    'app://carrel/kiosk.html',
    'file:///etc/passwd',
    'data:text/html,x',
    'devtools://devtools/x',
  ])
    expect(session.isAllowed(url)).toBe(false)
  for (const url of [`${HUB}/assets/portal.js`, 'wss://hub.example/api/v1/live', 'data:image/png;base64,'])
    expect(session.isAllowed(url)).toBe(true)
  expect(session.isDownloaded(`${HUB}/api/v1/openapi.json`)).toBe(false)
  expect(session.isDownloaded('blob:https://evil.example/1')).toBe(false)
  expect(session.isDownloaded(`blob:${HUB}/1`)).toBe(true)
})

test('[POR-7] a hub that cannot be reached is said in three languages, without a program, and tried again on a tap', async () => {
  const hub = new HubDouble()
  hub.status = null
  const { electron, clock } = await start(hub)
  const page = pageOf(electron)
  const shown = decodeURIComponent(page.mainFrame.url)
  expect(page.mainFrame.url).toMatch(/^data:text\/html;/)
  expect([...shown.matchAll(/lang="([^"]+)"><h1>/g)].map(([, lang]) => lang)).toEqual(['en', 'sl', 'zh-TW'])
  expect(shown.match(/href="[^"]+"/g)).toEqual(Array(3).fill(`href="${HUB}/"`))
  expect(shown).toContain("default-src 'none'")
  expect(shown).not.toContain('<script')
  expect(windowOf(electron).shown).toBeGreaterThan(0)
  await clock.pass(3_600_000)
  expect(page.loads).toHaveLength(1)
  expect(await page.follow(`${HUB}/`)).toBe(true)
  await settle()
  expect(page.mainFrame.url).toMatch(/^data:/)
  hub.status = 200
  hub.answerIn(electron)
  expect(await page.follow(`${HUB}/`)).toBe(true)
  expect(page.loads.at(-1)).toEqual({ url: `${HUB}/`, status: 200 })
  expect(page.mainFrame.url).toBe(`${HUB}/`)
})

test('[POR-7] what a proxy says for a hub that is away is said in our words; a load given up is no fault', async () => {
  const hub = new HubDouble()
  hub.status = 502
  const { electron } = await start(hub)
  const page = pageOf(electron)
  expect(page.mainFrame.url).toMatch(/^data:/)
  hub.status = 404
  hub.answerIn(electron)
  await page.follow(`${HUB}/nothing`)
  page.emit('did-fail-load', {}, -3, 'ERR_ABORTED', `${HUB}/`, true)
  page.emit('did-fail-load', {}, -102, 'ERR_CONNECTION_REFUSED', `${HUB}/frame`, false)
  await settle()
  expect(page.mainFrame.url).toBe(`${HUB}/nothing`)
})

test('[POR-7] a page that crashes or hangs comes back; a window that was closed does not, and ends the app', async () => {
  const { electron, clock } = await start()
  const window = windowOf(electron)
  const page = window.webContents
  page.crash('oom')
  await clock.pass(250)
  expect(page.isGone).toBe(false)
  window.emit('unresponsive')
  await clock.pass(HANG_MS)
  expect(page.isGone).toBe(true)
  await clock.pass(500)
  expect(page.isGone).toBe(false)
  expect(page.loads).toHaveLength(3)
  page.crash('killed')
  window.close()
  await clock.pass(60_000)
  expect(page.loads).toHaveLength(3)
  expect(electron.app.exitCode).toBe(0)
})

test('[POR-7] a second start shows the first; a kiosk and another hub are apps of their own', async () => {
  const machine = new Machine()
  const first = await start(new HubDouble(), machine)
  windowOf(first.electron).isMin = true
  const second = await start(new HubDouble(), machine)
  expect(second.electron.app.exitCode).toBe(0)
  expect(second.electron.windows).toEqual([])
  expect(windowOf(first.electron)).toMatchObject({ isMin: false, focused: 1 })
  const other = await start(new HubDouble(), machine, ['--portal', '--hub', 'http://127.0.0.1:1'])
  expect(other.electron.windows).toHaveLength(1)
  const folders = [first, other].map(({ electron }) => electron.app.paths.get('userData'))
  expect(new Set(folders).size).toBe(2)
  for (const folder of folders) expect(folder).toMatch(/Carrel.portal-[0-9a-f]{16}$/)
})

test('[POR-7] a hub that is not encrypted is one sentence, and no window', async () => {
  const { electron, said } = await start(new HubDouble(), new Machine(), [
    '--portal',
    '--hub',
    'http://hub.example',
  ])
  expect(said).toEqual([
    '--hub: The connection to the hub would not be encrypted. Write it like https://carrel.example.edu.',
  ])
  expect(electron.windows).toEqual([])
  expect(electron.app.exitCode).toBe(2)
})
