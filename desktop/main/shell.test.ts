import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claimInstance } from './shell.ts'
import { SHOW_TIMEOUT_MS, showWindow } from './show-window.ts'
import { ElectronDouble, Machine } from './testing/electron-double.ts'
import { settle, startDouble, StillClock } from './testing/start-double.ts'

const QUIET = { info: () => undefined, warn: () => undefined }

test('[BRG-4] the window is sandboxed and isolated, has no Node, and loads app://carrel', async () => {
  const { electron, window } = await startDouble()
  expect(electron.app.isSandboxed).toBe(true)
  expect(electron.schemes).toEqual(['app'])
  expect(electron.menu).toBe(null)
  expect(window.options).toMatchObject({
    kiosk: true,
    fullscreen: true,
    webPreferences: {
      preload: '/app/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
      devTools: false,
    },
  })
  expect(window.webContents.loads).toEqual([{ url: 'app://carrel/kiosk.html', status: 200 }])
  expect(window.shown).toBe(1)
})

test('[BRG-4] a page navigates nowhere, opens nothing and embeds nothing', async () => {
  const { window, warnings } = await startDouble()
  const page = window.webContents
  for (const url of [
    'https://evil.example',
    'app://carrel/gallery.html',
    'file:///etc/passwd',
    'javascript:1',
  ])
    for (const kind of ['will-navigate', 'will-frame-navigate', 'will-redirect'] as const)
      expect(page.navigate(kind, url)).toBe(false)
  expect(page.mainFrame.url).toBe('app://carrel/kiosk.html')
  expect(page.open()).toBe(false)
  expect(page.embed()).toBe(false)
  expect(warnings).toHaveLength(14)
})

test('[BRG-4] no permission, no device, no download, no address but its own', async () => {
  const { window } = await startDouble()
  const { session } = window.webContents
  for (const permission of ['media', 'geolocation', 'fullscreen', 'clipboard-read'] as const)
    expect(session.isGranted(permission)).toBe(false)
  expect(session.check?.(null, 'media', 'app://carrel', {} as never)).toBe(false)
  expect(session.device?.({} as never)).toBe(false)
  expect(session.isDownloaded()).toBe(false)
  expect(session.isSpelling).toBe(false)
  for (const url of [
    'https://evil.example/x.js',
    'http://127.0.0.1:4710/',
    'file:///etc/passwd',
    'app://carrel.evil/x',
    'app://user@carrel/x',
    'app://other/x',
    'ws://hub.example',
    'devtools://devtools/x',
    'no address',
  ])
    expect(session.isAllowed(url)).toBe(false)
  expect(session.isAllowed('app://carrel/assets/kiosk.js')).toBe(true)
})

test('[BRG-4] a page made later is locked as well', async () => {
  const { electron } = await startDouble()
  const { BrowserWindow } = electron.parts()
  const page = new BrowserWindow({}).webContents
  expect(page.navigate('will-navigate', 'https://evil.example')).toBe(false)
  expect(page.open()).toBe(false)
  expect(page.session.isGranted('media')).toBe(false)
})

test('[KSK-35] a second app on the same folder quits and brings the first to the front; another folder is another kiosk', async () => {
  const machine = new Machine()
  const { window } = await startDouble({}, machine)
  window.isMin = true
  const second = new ElectronDouble(machine)
  expect(claimInstance(second.parts(), join(machine.home, 'kiosk'), QUIET)).toBe(false)
  expect(window).toMatchObject({ isMin: false, focused: 1 })
  expect(claimInstance(new ElectronDouble(machine).parts(), join(machine.home, 'other'), QUIET)).toBe(true)
})

test('[SHL-4] quitting, which is what SIGTERM means, waits for the engine to stop, once, also when stopping fails', async () => {
  const { electron, window, stops } = await startDouble()
  electron.app.quit()
  electron.app.quit()
  expect(electron.app.exitCode).toBe(null)
  expect(window.isDead).toBe(false)
  await settle()
  expect(electron.app.exitCode).toBe(0)
  expect(window.isDead).toBe(true)
  expect(stops).toEqual([1])
})

test('[SHL-2] the window shows when its page has painted, and after a while also when nothing paints', async () => {
  const painting = await startDouble()
  expect([painting.window.shown, painting.seen]).toEqual([1, [1]])
  await painting.clock.pass(SHOW_TIMEOUT_MS)
  expect(painting.window.shown).toBe(1)
  const wayland = new Machine()
  wayland.paintsHidden = false
  const hidden = await startDouble({}, wayland)
  expect([hidden.window.shown, hidden.seen]).toEqual([0, []])
  await hidden.clock.pass(SHOW_TIMEOUT_MS)
  expect([hidden.window.shown, hidden.seen]).toEqual([1, [1]])
})

test('[SHL-2] a window whose page does not load is shown too, and not reported as shown until a page is there', async () => {
  const electron = new ElectronDouble()
  await electron.evaluate(() => undefined)
  const { BrowserWindow } = electron.parts()
  const window = new BrowserWindow({ show: false })
  const clock = new StillClock()
  const seen: number[] = []
  showWindow(window, clock, () => seen.push(1))
  await clock.pass(SHOW_TIMEOUT_MS - 1)
  expect(window.shown).toBe(0)
  await clock.pass(1)
  expect([window.shown, seen]).toEqual([1, []])
  await window.webContents.loadURL('data:text/html,')
  await window.webContents.loadURL('data:text/html,')
  expect([window.shown, seen]).toEqual([1, [1]])
})

test('[SHL-3] Alt+F4 does not close a kiosk; once staff have left full screen, closing ends it for maintenance', async () => {
  const { electron, window, shell, warnings, stops } = await startDouble()
  window.close()
  await settle()
  expect([window.isDead, electron.app.exitCode]).toEqual([false, null])
  expect(warnings).toEqual(['close-refused'])
  expect(shell.leaveFullScreen()).toBe(true)
  expect(window).toMatchObject({ isKiosk: false, isFull: false })
  window.close()
  await settle()
  expect([window.isDead, electron.app.exitCode]).toEqual([true, 75])
  expect(stops).toEqual([1])
  expect(shell.leaveFullScreen()).toBe(false)
})

test('[SHL-3] a plain window for a desk has a frame, is not full screen, lets the display sleep, and is closed as windows are', async () => {
  const { electron, window } = await startDouble({ isFullScreen: false })
  expect(window.options).toMatchObject({ kiosk: false, fullscreen: false, frame: true })
  expect(electron.blockers).toEqual([])
  window.close()
  await settle()
  expect(electron.app.exitCode).toBe(0)
})

test('[SHL-7] a kiosk keeps its display awake', async () => {
  expect((await startDouble()).electron.blockers).toEqual(['prevent-display-sleep'])
})

test('[SHL-4] the end of a Windows session stops the engine, although nothing asks the app to quit', async () => {
  const { electron, window, stops } = await startDouble()
  window.emit('session-end')
  await settle()
  expect([stops, electron.app.exitCode]).toEqual([[1], 0])
})
