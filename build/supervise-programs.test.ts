import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { startProgram, type ChildProgram } from './child-programs.ts'
import { untilOneFails } from './supervise-programs.ts'

// With programs that end as Electron does: real processes.

const folder = mkdtempSync(path.join(tmpdir(), 'carrel-watch-'))
const running = new Set<ChildProgram>()

afterEach(async () => {
  await Promise.all([...running].map((child) => child.stop()))
  running.clear()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A program that does what a text says; a window of Electron's, or a program under Node. */
function start(name: string, text: string, isWindow: boolean): ChildProgram {
  const file = path.join(folder, `${name.replace(' ', '-')}.cjs`)
  writeFileSync(file, `#!${process.execPath}\n${text}`)
  chmodSync(file, 0o755)
  const child = startProgram({
    name,
    file: path.relative(path.dirname(import.meta.dirname), file),
    args: [],
    onErrorLine: () => undefined,
    ...(isWindow ? { electron: file } : {}),
  })
  running.add(child)
  return child
}

const STAYS = 'setInterval(() => 0, 9e8)'

test('[SHL-13] a window that somebody closes is said, and the rest goes on; what breaks ends all', async () => {
  for (const [closing, code] of [
    ['door kiosk', 0],
    ['entrance kiosk', 75],
  ] as const) {
    const hub = start('hub', STAYS, false)
    let programs = [hub, start(closing, `process.exit(${code})`, true)]
    const said: string[] = []
    const failed = untilOneFails({
      programs: () => programs,
      remove: (gone) => (programs = programs.filter((one) => one !== gone)),
      startAgain: () => Promise.resolve(false),
      say: (sentence) => said.push(sentence),
    })
    await expect.poll(() => said, { timeout: 20_000 }).toHaveLength(1)
    expect(said[0]).toMatch(
      new RegExp(`^The window of the ${closing} was closed; everything else keeps running\\.`),
    )
    expect(programs).toEqual([hub])
    hub.process.kill('SIGKILL')
    expect((await failed).name).toBe('hub')
  }
}, 60_000)

test.each([
  ['a window that breaks', 'process.exit(70)', true],
  ['a window that is killed', "process.kill(process.pid, 'SIGKILL')", true],
  ['a program that ends by itself', 'process.exit(0)', false],
])(
  '[SHL-13] %s was not closed by anybody',
  async (_what, text, isWindow) => {
    const programs = [start('hub', STAYS, false), start('door kiosk', text, isWindow)]
    const said: string[] = []
    const failed = await untilOneFails({
      programs: () => programs,
      remove: () => undefined,
      startAgain: () => Promise.resolve(false),
      say: (sentence) => said.push(sentence),
    })
    expect([failed.name, said]).toEqual(['door kiosk', []])
  },
  60_000,
)

test.each([
  ['whose store broke', 'process.exit(70)', 'exit code 70'],
  ['that is killed', "process.kill(process.pid, 'SIGKILL')", 'SIGKILL'],
])(
  '[KSK-20] a kiosk %s is started again, and ends everything when it ends three times within a minute',
  async (_what, text, how) => {
    let programs = [start('hub', STAYS, false), start('door kiosk', text, false)]
    const said: string[] = []
    const failed = await untilOneFails({
      programs: () => programs,
      remove: () => undefined,
      startAgain: (gone) => {
        programs = [...programs.filter((one) => one !== gone), start(gone.name, text, false)]
        return Promise.resolve(true)
      },
      say: (sentence) => said.push(sentence),
    })
    const sentence = `The door kiosk stopped unexpectedly (${how}) and was restarted.`
    expect([failed, said]).toEqual([programs[1], [sentence, sentence]])
  },
  60_000,
)

test('[SHL-13] Electron is Electron also where a terminal of an editor would have it be Node', async () => {
  vi.stubEnv('ELECTRON_RUN_AS_NODE', '1')
  const program =
    "console.log('ELECTRON_RUN_AS_NODE' in process.env ? 'kiosk as Node' : 'kiosk window'); setInterval(() => 0, 9e8)"
  expect(await start('door kiosk', program, true).waitForLine('kiosk ')).toBe('kiosk window')
  vi.unstubAllEnvs()
}, 30_000)
