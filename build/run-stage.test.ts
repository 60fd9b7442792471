import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from './run-stage.ts'
import type { Command } from './stages.ts'

// What a stage of `npm test` comes to, by programs that are written here.

const HANGS_AFTER_MS = 60_000

function program(body: string): Command {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'carrel-program-')), 'program.mjs')
  writeFileSync(
    file,
    `import { mkdtempSync, rmSync } from 'node:fs'\nimport { tmpdir } from 'node:os'\n${body}\nconsole.log('3 passed, 0 failed')\n`,
  )
  return { args: [file], counts: 'lastLine' }
}

const MAKES_ONE = "const made = mkdtempSync(tmpdir() + '/carrel-left-')"

test('a program that leaves a temporary folder behind has failed, and the folder is gone with it', async () => {
  const before = readdirSync(tmpdir())
  expect(
    await runCommand(program(`${MAKES_ONE}; rmSync(made, { recursive: true })`), HANGS_AFTER_MS),
  ).toEqual({
    passed: 3,
    failed: 0,
    skips: [],
  })
  expect(await runCommand(program(MAKES_ONE), HANGS_AFTER_MS)).toEqual({ passed: 3, failed: 1, skips: [] })
  const after = readdirSync(tmpdir()).filter((name) => !before.includes(name))
  expect(after.filter((name) => !name.startsWith('carrel-program-'))).toEqual([])
})

test('what a run that was killed left is cleared away by the next; what others use is not touched', async () => {
  const orphan = path.join(tmpdir(), 'carrel-stage-999999999-abcdef')
  const alive = path.join(tmpdir(), `carrel-stage-${process.pid}-abcdef`)
  for (const folder of [orphan, alive]) mkdirSync(folder)
  await runCommand(program(''), HANGS_AFTER_MS)
  expect(readdirSync(tmpdir())).not.toContain(path.basename(orphan))
  expect(readdirSync(tmpdir())).toContain(path.basename(alive))
})

test('a program that counts nothing has proven nothing, and failed', async () => {
  const none = program('')
  const [file = ''] = none.args
  writeFileSync(file, "console.log('0 passed, 0 failed')\n")
  expect(await runCommand(none, HANGS_AFTER_MS)).toEqual({ passed: 0, failed: 1, skips: [] })
})
