import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { runTestProgram, type TestProgram } from './run-test-program.ts'

// What a program of `npm test` comes to, by programs that are written here.

function program(body: string, lastLine = '3 passed, 0 failed'): TestProgram {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'carrel-program-')), 'program.mjs')
  writeFileSync(
    file,
    `import { mkdtempSync, rmSync } from 'node:fs'\nimport { tmpdir } from 'node:os'\n${body}\nconsole.log(${JSON.stringify(lastLine)})\n`,
  )
  return { name: 'program', args: [file], counts: 'lastLine', expected: ['program'], timeoutMs: 60_000 }
}

/** Runs it; gives its counts added up, and what it printed. */
async function run(made: TestProgram): Promise<{ passed: number; failed: number; printed: string }> {
  let printed = ''
  const counts = await runTestProgram(made, (part) => (printed += part.toString()))
  const sum = (of: 'passed' | 'failed'): number => counts.reduce((total, count) => total + count[of], 0)
  return { passed: sum('passed'), failed: sum('failed'), printed }
}

const MAKES_ONE = "const made = mkdtempSync(tmpdir() + '/carrel-left-')"

test('a program that leaves a temporary folder behind has failed, and the folder is gone with it', async () => {
  const before = readdirSync(tmpdir())
  expect(await run(program(`${MAKES_ONE}; rmSync(made, { recursive: true })`))).toMatchObject({
    passed: 3,
    failed: 0,
  })
  const left = await run(program(MAKES_ONE))
  expect(left).toMatchObject({ passed: 3, failed: 1 })
  expect(left.printed).toMatch(/^left behind: carrel-left-/m)
  const after = readdirSync(tmpdir()).filter((name) => !before.includes(name))
  expect(after.filter((name) => !name.startsWith('carrel-program-'))).toEqual([])
})

test('what a run that was killed left is cleared away by the next; what others use is not touched', async () => {
  const orphan = path.join(tmpdir(), 'carrel-tests-999999999-abcdef')
  const alive = path.join(tmpdir(), `carrel-tests-${process.pid}-abcdef`)
  for (const folder of [orphan, alive]) mkdirSync(folder)
  await run(program(''))
  expect(readdirSync(tmpdir())).not.toContain(path.basename(orphan))
  expect(readdirSync(tmpdir())).toContain(path.basename(alive))
})

test('a program that counts nothing has proven nothing, and failed; one that counts not all that it should as well', async () => {
  expect(await run(program('', '0 passed, 0 failed'))).toMatchObject({ passed: 0, failed: 1 })
  expect(await run(program('', 'all is well'))).toMatchObject({ passed: 0, failed: 1 })
  const half = await run({ ...program(''), expected: ['program', 'another'] })
  expect(half).toMatchObject({ passed: 3, failed: 1 })
  expect(half.printed).toContain('nothing was tested by another\n')
})

test('a program that ends with an error and counted no failure has failed', async () => {
  expect(await run(program('process.exitCode = 3'))).toMatchObject({ passed: 3, failed: 1 })
  expect(await run(program('process.exitCode = 1', '3 passed, 2 failed'))).toMatchObject({
    passed: 3,
    failed: 2,
  })
})

test('a program that hangs is ended, and has failed', async () => {
  const pidFile = path.join(mkdtempSync(path.join(tmpdir(), 'carrel-program-')), 'pid')
  const hangs = program(
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => 0, 9e8)`,
  )
  const ended = await run({ ...hangs, timeoutMs: 10_000 })
  expect(ended).toMatchObject({ passed: 3, failed: 1 })
  expect(ended.printed).toContain('ended: program took too long\n')
  expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow('ESRCH')
})
