import { expect, test } from 'vitest'
import { leaveFullScreen } from './kiosk-window.ts'
import { claimInstance } from './shell.ts'
import { ElectronDouble, Machine } from './testing/electron-double.ts'
import { settle, startDouble } from './testing/start-double.ts'

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
    expect(session.isLet(url)).toBe(false)
  expect(session.isLet('app://carrel/assets/kiosk.js')).toBe(true)
})

test('[BRG-4] a page made later is locked as well', async () => {
  const { electron } = await startDouble()
  const { BrowserWindow } = electron.parts()
  const page = new BrowserWindow({}).webContents
  expect(page.navigate('will-navigate', 'https://evil.example')).toBe(false)
  expect(page.open()).toBe(false)
  expect(page.session.isGranted('media')).toBe(false)
})

test('a second app on the same folder quits and brings the first to the front; another folder is another kiosk', async () => {
  const machine = new Machine()
  const { window } = await startDouble({}, machine)
  window.isMin = true
  const second = new ElectronDouble(machine)
  expect(claimInstance(second.parts(), '/kiosk')).toBe(false)
  expect(second.app.hasQuit).toBe(true)
  expect(window).toMatchObject({ isMin: false, focused: 1 })
  expect(claimInstance(new ElectronDouble(machine).parts(), '/other')).toBe(true)
})

test('quitting waits for the engine to stop, once, also when stopping fails', async () => {
  const { electron, window, stops } = await startDouble()
  window.close()
  electron.app.quit()
  expect(electron.app.hasQuit).toBe(false)
  await settle()
  expect(electron.app.hasQuit).toBe(true)
  expect(stops).toEqual([1])
  const failing = await startDouble({ stop: () => Promise.reject(new Error('disk')) })
  failing.electron.app.quit()
  await settle()
  expect(failing.electron.app.hasQuit).toBe(true)
  expect(failing.warnings).toContain('not stopped cleanly')
})

test('a plain window for a desk has a frame and is not full screen', async () => {
  const { window } = await startDouble({ isFullScreen: false })
  expect(window.options).toMatchObject({ kiosk: false, fullscreen: false, frame: true })
})

test('full screen is left when the engine asks for it, and not once the window is gone', async () => {
  const { window } = await startDouble()
  expect(leaveFullScreen(window)).toBe(true)
  expect(window).toMatchObject({ isKiosk: false, isFull: false })
  window.close()
  expect(leaveFullScreen(window)).toBe(false)
})
