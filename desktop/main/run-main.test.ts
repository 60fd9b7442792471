import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDeviceClock } from '../engine/device-clock.ts'
import { runMain } from './run-main.ts'
import { ElectronDouble, mainFrameOf } from './testing/electron-double.ts'
import { makeScreens, settle } from './testing/start-double.ts'

/** Runs the whole app, with the real engine on a real folder. */
async function run(args: string[], clock = makeDeviceClock()) {
  const electron = new ElectronDouble()
  electron.app.ready.resolve()
  const said: string[] = []
  const printed: string[] = []
  const code = await runMain(electron.parts(), {
    args,
    env: {},
    clock,
    log: { info: () => undefined, warn: () => undefined },
    preloadFile: '/app/preload.cjs',
    screenFolder: makeScreens(),
    print: (line) => printed.push(line),
    say: (sentence) => said.push(sentence),
  })
  return { electron, said, printed, code }
}

function slicesOf(electron: ElectronDouble, name: string): unknown[] {
  const [window] = electron.windows
  if (!window) throw new Error('no window was made')
  electron.send(mainFrameOf(window), 'listen')
  return window.webContents.sent.flatMap(({ args }) => (args[0] === name ? [args[1]] : []))
}

test('[BRG-2] [BRG-4] the app shows the real engine of a kiosk that has no place yet, and closes it when it quits', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-run-'))
  const args = [
    '--name',
    'Door',
    '--hub',
    'http://127.0.0.1:1',
    '--folder',
    folder,
    '--no-sandbox',
    '--window',
  ]
  const { electron, printed, code } = await run(args)
  expect(code).toBe(0)
  expect(printed).toEqual(['kiosk window'])
  expect(electron.windows[0]?.isKiosk).toBe(false)
  expect(slicesOf(electron, 'kiosk')).toMatchObject([{ state: 'notEnrolled', name: 'Door' }])
  const [window] = electron.windows
  const own = window && mainFrameOf(window)
  expect(own && (await electron.invoke(own, 'call', 'toString', {}))).toEqual({
    ok: false,
    refusal: { why: 'unknownCall' },
  })
  electron.app.quit()
  await settle()
  expect(electron.app.hasQuit).toBe(true)
  // The folder is free again: a second app opens it and is not told that it is locked.
  const again = await run(args)
  expect(slicesOf(again.electron, 'kiosk')).toMatchObject([{ state: 'notEnrolled' }])
  again.electron.app.quit()
  await settle()
})

test('a broken configuration is shown full screen, in plain language', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'carrel-run-')), 'kiosk.json')
  writeFileSync(file, JSON.stringify({ name: 'Door', hub: { url: 5 } }))
  const { electron } = await run(['--config', file])
  expect(electron.windows[0]?.isKiosk).toBe(true)
  expect(slicesOf(electron, 'kiosk')).toMatchObject([
    { state: 'configError', file, problems: [{ at: 'hub.url', problem: 'This must be text.' }] },
  ])
})

test('a command line that cannot be meant is one sentence, and no window', async () => {
  for (const args of [
    ['--nmae', 'x'],
    ['--name', 'x', '--hub', 'http://hub.example'],
  ]) {
    const { electron, said, code } = await run(args)
    expect(code).toBe(2)
    expect(said).toHaveLength(1)
    expect(electron.windows).toEqual([])
    expect(electron.app.hasQuit).toBe(true)
  }
})

test('[KSK-1] an app whose kiosk cannot open its folder says so, and leaves with exit code 70', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'carrel-run-')), 'taken')
  writeFileSync(file, '')
  const clock = makeDeviceClock()
  const fast = { ...clock, after: (ms: number, then: () => void) => clock.after(ms / 50, then) }
  const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', file, '--window']
  const { electron, said } = await run(args, fast)
  expect(slicesOf(electron, 'kiosk')).toEqual([{ state: 'storeError', advice: 'unreadable' }])
  await expect.poll(() => electron.app.exitCode, { timeout: 5_000 }).toBe(70)
  expect(said).toEqual(['The kiosk must be started anew (storeUnusable).'])
})
