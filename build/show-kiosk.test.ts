import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { afterEach, expect, test } from 'vitest'
import { startProgram, type ChildProgram } from './child-programs.ts'
import { ELECTRON_TIMEOUT_MS, showKiosk } from './show-kiosk.ts'

// With programs that stand for Electron's: what they do is what a person sees of it.

const folder = mkdtempSync(path.join(tmpdir(), 'carrel-show-'))
const running = new Set<ChildProgram>()

afterEach(async () => {
  await Promise.all([...running].map((child) => child.stop()))
  running.clear()
})

function program(name: string, text: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, `#!${process.execPath}\n${text}`)
  chmodSync(file, 0o755)
  return file
}

async function show(electron: string | null, timeoutMs: number) {
  const said: string[] = []
  const forgotten: ChildProgram[] = []
  const start = (given: string | undefined): ChildProgram => {
    const child = startProgram({
      name: 'door kiosk',
      // Below the project's folder, where a child's file is.
      file: path.relative(path.dirname(import.meta.dirname), browser),
      args: [],
      ...(given === undefined ? {} : { electron: given }),
      onErrorLine: () => undefined,
    })
    running.add(child)
    return child
  }
  const line = await showKiosk(
    {
      name: 'door kiosk',
      startWindow: electron === null ? null : () => start(electron),
      startForBrowser: () => start(undefined),
      remove: (child) => forgotten.push(child),
      say: (sentence) => said.push(sentence),
    },
    timeoutMs,
  )
  return { line, said, forgotten }
}

const browser = program('browser.cjs', 'console.log("kiosk http://127.0.0.1:1/"); setInterval(() => 0, 9e8)')

test('[SHL-8] where Electron shows its window, that is where the kiosk is', async () => {
  const electron = program('shows.cjs', 'console.log("kiosk window"); setInterval(() => 0, 9e8)')
  expect(await show(electron, 20_000)).toEqual({ line: 'kiosk window', said: [], forgotten: [] })
  expect(await show(null, 20_000)).toMatchObject({ line: 'kiosk http://127.0.0.1:1/', said: [] })
}, 30_000)

test('[SHL-8] an Electron that never shows its window is ended after twenty seconds, and the kiosk goes on in the browser', async () => {
  const electron = program('hangs.cjs', 'setInterval(() => 0, 9e8)')
  const shown = await show(electron, 400)
  expect(shown.line).toBe('kiosk http://127.0.0.1:1/')
  expect(shown.said).toEqual([
    'Electron did not show a window for the door kiosk (not within 0.4 s); it continues in the browser.',
  ])
  expect(shown.forgotten.map(({ process: { signalCode } }) => signalCode)).toEqual(['SIGTERM'])
  expect(ELECTRON_TIMEOUT_MS).toBe(20_000)
}, 30_000)

test('[SHL-8] an Electron that ends before says why; one that is no program at all too', async () => {
  const electron = program('ends.cjs', 'console.error("libnss3.so: cannot open"); process.exitCode = 127')
  expect((await show(electron, 20_000)).said).toEqual([
    'Electron did not show a window for the door kiosk (libnss3.so: cannot open); it continues in the browser.',
  ])
  const none = await show(path.join(folder, 'nothing'), 20_000)
  expect(none.line).toBe('kiosk http://127.0.0.1:1/')
  expect(none.said.join()).toContain('ENOENT')
}, 30_000)
