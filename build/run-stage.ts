import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { LEASH, LEASH_HOLDER, ROOT } from './house.mjs'
import { makeStageFolders } from './stage-folders.ts'
import type { Command, Count, Stage } from './stages.ts'

/** A stage that hangs is ended after this many times its budget, and counts as failed. A busy machine may be slow without being wrong. */
const PATIENCE = 10

/** Runs a stage's commands one after the other, whatever becomes of them, and adds up what they counted. */
export async function runStage(stage: Stage): Promise<Count & { seconds: number }> {
  const began = performance.now()
  const deadline = began + stage.budgetSeconds * PATIENCE * 1000
  const total: Count = { passed: 0, failed: 0, skips: [] }
  for (const command of stage.commands) {
    const count = await runCommand(command, deadline - performance.now())
    total.passed += count.passed
    total.failed += count.failed
    total.skips.push(...count.skips)
  }
  return { ...total, seconds: (performance.now() - began) / 1000 }
}

/** Runs a program in temporary folders of its own; one that passes and leaves something there has failed after all. */
export async function runCommand(command: Command, patienceMs: number): Promise<Count> {
  const folders = makeStageFolders()
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-count-'))
  const file = path.join(folder, 'count.json')
  try {
    const { code, lastLine, isOverTime } = await runProgram(command, file, folders.env, patienceMs)
    const count = readCount(command, file, lastLine)
    if (isOverTime) process.stdout.write(`ended: ${command.args[0]} took too long\n`)
    // A program that fails without having counted a failure failed in something that it does not count.
    const silent = isOverTime || (code !== 0 && (count?.failed ?? 0) === 0) ? 1 : 0
    const { passed, failed, skips } = count ?? { passed: 0, failed: 0, skips: [] }
    // Counted, and nothing was there to count: no test was found.
    const empty = count !== null && passed + failed + skips.length === 0 ? 1 : 0
    if (empty > 0) process.stdout.write(`nothing was tested by ${command.args.join(' ')}\n`)
    const left = failed + silent === 0 ? folders.left() : []
    for (const name of left) process.stdout.write(`left behind: ${name}\n`)
    return { passed, failed: failed + silent + empty + left.length, skips }
  } finally {
    folders.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Ended {
  code: number
  lastLine: string
  isOverTime: boolean
}

function runProgram(
  command: Command,
  countFile: string,
  folders: NodeJS.ProcessEnv,
  patienceMs: number,
): Promise<Ended> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...folders,
    // Playwright would keep what it compiled in the temporary folder, and compile it anew in each run.
    PWTEST_CACHE_DIR: path.join(ROOT, 'node_modules/.cache/playwright'),
    [LEASH_HOLDER]: String(process.pid),
    CARREL_COUNT_FILE: countFile,
    PLAYWRIGHT_JSON_OUTPUT_NAME: countFile,
  }
  if (!process.stdout.isTTY)
    Object.assign(env, command.counts === 'vitest' ? { NO_COLOR: '1' } : { FORCE_COLOR: '0' })
  const child = spawn(process.execPath, ['--import', LEASH, ...command.args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let tail = ''
  let isOverTime = false
  child.stdout?.on('data', (part: Buffer) => {
    process.stdout.write(part)
    tail = (tail + part.toString('utf8')).slice(-4096)
  })
  child.stderr?.on('data', (part: Buffer) => process.stdout.write(part))
  const impatience = setTimeout(
    () => {
      isOverTime = true
      child.kill('SIGKILL')
    },
    Math.max(0, patienceMs),
  )
  const stop = (signal: NodeJS.Signals): void => {
    child.kill(signal)
    process.exitCode = 1
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(impatience)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve({ code: code ?? 1, lastLine: tail.trimEnd().split('\n').at(-1) ?? '', isOverTime })
    })
  })
}

function readCount(command: Command, file: string, lastLine: string): Count | null {
  if (command.counts === 'lastLine') {
    const found = /^(\d+) passed, (\d+) failed/.exec(lastLine)
    return found === null ? null : { passed: Number(found[1]), failed: Number(found[2]), skips: [] }
  }
  try {
    const report: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return command.counts === 'vitest' ? (report as Count) : countPlaywright(report as PlaywrightSuite)
  } catch {
    return null
  }
}

interface PlaywrightSuite {
  suites?: PlaywrightSuite[]
  specs?: {
    title: string
    tests: { status: string; annotations: { type: string; description?: string }[] }[]
  }[]
}

/** Adds up Playwright's JSON report. A test that passed only at a second try counts as failed. */
function countPlaywright(suite: PlaywrightSuite): Count {
  const count: Count = { passed: 0, failed: 0, skips: [] }
  for (const { title, tests } of suite.specs ?? [])
    for (const test of tests) {
      const reason = test.annotations.find((each) => each.type === 'skip')?.description
      if (test.status === 'expected') count.passed += 1
      else if (test.status === 'skipped') count.skips.push(`${title}: ${reason ?? 'no reason given'}`)
      else count.failed += 1
    }
  for (const inner of suite.suites ?? []) {
    const below = countPlaywright(inner)
    count.passed += below.passed
    count.failed += below.failed
    count.skips.push(...below.skips)
  }
  return count
}
