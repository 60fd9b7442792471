import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { EXIT_WITH_PARENT, PARENT_PID_VARIABLE, ROOT } from './launcher.mjs'
import { makeTemporaryFolders } from '../hub/simulation/temporary-folders.ts'
import { COUNT_FILE_VARIABLE, readCounts, type Count, type CountSource } from './test-counts.ts'

/** A program of `npm test`. */
export interface TestProgram {
  /** Of what is not one test's: that it hung, or left something behind. */
  name: string
  /** Node's arguments. */
  args: string[]
  counts: CountSource
  /** Names that its counts must have; one of them without any test has failed. */
  expected: string[]
  /** One that hangs is ended after so long, and has failed. */
  timeoutMs: number
}

/** Runs a program in temporary folders of its own and gives what it counted; one that passes and leaves something there has failed after all. */
export async function runTestProgram(
  program: TestProgram,
  write: (part: Buffer | string) => void = (part) => void process.stdout.write(part),
): Promise<Count[]> {
  const folders = makeTemporaryFolders()
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-count-'))
  const file = path.join(folder, 'count.json')
  try {
    const { code, lastLine, isOverTime } = await run(program, { file, env: folders.env, write })
    const counts = readCounts(program.counts, program.name, { file, lastLine }) ?? []
    const faults = isOverTime ? [`ended: ${program.name} took too long`] : []
    // A program that fails without having counted a failure failed in something that it does not count.
    if (!isOverTime && code !== 0 && !counts.some(({ failed }) => failed > 0))
      faults.push(`${program.name} ended with exit code ${code}`)
    for (const name of program.expected)
      if (!counts.some((count) => count.name === name && countOf(count) > 0))
        faults.push(`nothing was tested by ${name}`)
    if (faults.length === 0 && !counts.some(({ failed }) => failed > 0))
      faults.push(...folders.left().map((name) => `left behind: ${name}`))
    for (const fault of faults) write(`${fault}\n`)
    if (faults.length === 0) return counts
    return [...counts, { name: program.name, passed: 0, failed: faults.length, skips: [] }]
  } finally {
    folders.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

function countOf({ passed, failed, skips }: Count): number {
  return passed + failed + skips.length
}

interface Ended {
  code: number
  lastLine: string
  isOverTime: boolean
}

function run(
  program: TestProgram,
  parts: { file: string; env: NodeJS.ProcessEnv; write: (part: Buffer) => void },
): Promise<Ended> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...parts.env,
    // Playwright would keep what it compiled in the temporary folder, and compile it anew in each run.
    PWTEST_CACHE_DIR: path.join(ROOT, 'node_modules/.cache/playwright'),
    [PARENT_PID_VARIABLE]: String(process.pid),
    [COUNT_FILE_VARIABLE]: parts.file,
    PLAYWRIGHT_JSON_OUTPUT_NAME: parts.file,
  }
  if (!process.stdout.isTTY)
    Object.assign(env, program.counts === 'vitest' ? { NO_COLOR: '1' } : { FORCE_COLOR: '0' })
  const child = spawn(process.execPath, ['--import', EXIT_WITH_PARENT, ...program.args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let tail = ''
  let isOverTime = false
  child.stdout?.on('data', (part: Buffer) => {
    parts.write(part)
    tail = (tail + part.toString('utf8')).slice(-4096)
  })
  child.stderr?.on('data', (part: Buffer) => parts.write(part))
  const timeout = setTimeout(() => {
    isOverTime = true
    child.kill('SIGKILL')
  }, program.timeoutMs)
  const stop = (signal: NodeJS.Signals): void => {
    child.kill(signal)
    process.exitCode = 1
  }
  // Not once: a terminal and the launcher tell of one Ctrl-C twice, and the second would end this before it has cleared away.
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timeout)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve({ code: code ?? 1, lastLine: tail.trimEnd().split('\n').at(-1) ?? '', isOverTime })
    })
  })
}
