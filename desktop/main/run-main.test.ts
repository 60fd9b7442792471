import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDeviceClock } from '../engine/clock/device-clock.ts'
import type { LogFacts } from '../engine/log/engine-log.ts'
import { runMain } from './run-main.ts'
import { ElectronDouble, mainFrameOf } from './testing/electron-double.ts'
import { makeScreens, ProcessDouble, settle } from './testing/start-double.ts'

/** Runs the whole app, with the real engine on a real folder. */
async function run(
  args: string[],
  prepare: (parts: ElectronDouble) => void = () => undefined,
  clock = makeDeviceClock(),
) {
  const electron = new ElectronDouble()
  const process = new ProcessDouble()
  prepare(electron)
  const said: string[] = []
  const printed: string[] = []
  const warnings: string[] = []
  const context = {
    args,
    env: {},
    appVersion: '0.0.1',
    clock,
    log: {
      info: () => undefined,
      warn: (_code: string, _sentence: string, facts?: LogFacts) => warnings.push(JSON.stringify(facts)),
    },
    preloadFile: '/app/preload.cjs',
    screenFolder: makeScreens(),
    print: (line: string) => printed.push(line),
    process,
    say: (sentence: string) => said.push(sentence),
  }
  await electron.evaluate(() => runMain(electron.parts(), context))
  await settle()
  await electron.windows[0]?.webContents.lastLoad
  return { electron, process, said, printed, warnings }
}

function slicesOf(electron: ElectronDouble, name: string): unknown[] {
  const [window] = electron.windows
  if (!window) throw new Error('no window was made')
  electron.send(mainFrameOf(window), 'listen')
  return window.webContents.sent.flatMap(({ args }) => (args[0] === name ? [args[1]] : []))
}

test('[BRG-2] [BRG-4] the app shows the real engine of a kiosk that is not enrolled, and closes it when it quits', async () => {
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
  const { electron, printed } = await run(args)
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
  expect(electron.app.exitCode).toBe(0)
  // The folder is free again: a second app opens it and is not refused as locked.
  const again = await run(args)
  expect(slicesOf(again.electron, 'kiosk')).toMatchObject([{ state: 'notEnrolled' }])
  again.electron.app.quit()
  await settle()
})

test('[KSK-33] a broken configuration is shown full screen, in plain language', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'carrel-run-')), 'kiosk.json')
  writeFileSync(file, JSON.stringify({ name: 'Door', hub: { url: 5 } }))
  const { electron } = await run(['--config', file])
  expect(electron.windows[0]?.isKiosk).toBe(true)
  expect(slicesOf(electron, 'kiosk')).toMatchObject([
    { state: 'configError', file, problems: [{ at: 'hub.url', problem: 'This must be text.' }] },
  ])
})

test('[SHL-4] a command line that cannot be used is one sentence, no window, and exit code 2', async () => {
  for (const args of [
    ['--nmae', 'x'],
    ['--name', 'x', '--hub', 'http://hub.example'],
  ]) {
    const { electron, said } = await run(args)
    expect(said).toHaveLength(1)
    expect(electron.windows).toEqual([])
    expect(electron.app.exitCode).toBe(2)
  }
})

test('--help prints what there is, and --export what the outbox holds; neither opens a window', async () => {
  const help = await run(['--help'])
  expect(help.printed.join()).toContain('--portal')
  expect([help.electron.windows, help.electron.app.exitCode]).toEqual([[], 0])
  const folder = mkdtempSync(join(tmpdir(), 'carrel-run-'))
  const kiosk = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', folder]
  const shown = await run([...kiosk, '--window'])
  const exported = await run([...kiosk, '--export'])
  shown.electron.app.quit()
  await settle()
  expect(JSON.parse(exported.printed.join())).toMatchObject({ outboxes: [{ mutations: [] }], unreadable: [] })
  expect([exported.electron.windows, exported.electron.app.exitCode]).toEqual([[], 0])
  expect((await run(['--export', '--folder', '/nowhere'])).electron.app.exitCode).toBe(2)
})

test('[SHL-5] what nobody caught ends the app with a code for the supervisor, after the engine was closed', async () => {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    const folder = mkdtempSync(join(tmpdir(), 'carrel-run-'))
    const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', folder]
    const { electron, process, warnings } = await run(args)
    process.emit(event, new Error('nobody caught me'))
    process.emit(event, new Error('nor me'))
    await settle()
    expect(electron.app.exitCode).toBe(70)
    expect(warnings.join()).toContain('nobody caught me')
    const again = await run(args)
    expect(slicesOf(again.electron, 'kiosk')).toMatchObject([{ state: 'notEnrolled' }])
    again.electron.app.quit()
    await settle()
  }
})

test('[SHL-5] a terminal that was closed ends nothing; a starter that is gone ends the app', async () => {
  const { electron, process } = await run(['--config', '/nowhere/kiosk.json'])
  for (const stream of [process.stdout, process.stderr]) stream.emit('error', new Error('EPIPE'))
  await settle()
  expect(electron.app.exitCode).toBe(null)
  process.emit('disconnect')
  await settle()
  expect(electron.app.exitCode).toBe(0)
})

test('[SHL-5] a fault before Electron is ready ends the app with a code too', async () => {
  const { electron, warnings } = await run(['--config', '/nowhere/kiosk.json'], (parts) => {
    parts.app.requestSingleInstanceLock = () => {
      throw new Error('no such folder')
    }
  })
  expect(electron.app.exitCode).toBe(70)
  expect(warnings.join()).toContain('no such folder')
})

test('[SHL-14] why its page or the app itself ended stands in the log of the kiosk’s folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-run-'))
  const { electron, process } = await run([
    '--name',
    'Door',
    '--hub',
    'http://127.0.0.1:1',
    '--folder',
    folder,
  ])
  electron.windows[0]?.webContents.crash('oom')
  process.emit('uncaughtException', new Error('nobody caught me'))
  await expect.poll(() => electron.app.exitCode).toBe(70)
  const log = readFileSync(join(folder, 'log', 'kiosk.log'), 'utf8')
  expect(log).toMatch(/"code":"page-process-gone".*"oom"/)
  expect(log).toMatch(/"code":"app-failed".*nobody caught me/)
})

test('[KSK-1] an app whose kiosk cannot open its folder says so, and leaves with exit code 70', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'carrel-run-')), 'taken')
  writeFileSync(file, '')
  const clock = makeDeviceClock()
  const fast = { ...clock, after: (ms: number, then: () => void) => clock.after(ms / 50, then) }
  const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', file, '--window']
  const { electron, said } = await run(args, () => undefined, fast)
  expect(slicesOf(electron, 'kiosk')).toEqual([{ state: 'storeError', advice: 'unreadable' }])
  await expect.poll(() => electron.app.exitCode, { timeout: 30_000 }).toBe(70)
  expect(said).toEqual(['The kiosk must be restarted (storeUnusable).'])
})
