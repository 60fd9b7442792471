import { spawn } from 'node:child_process'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { runInTemporaryFolders } from '../hub/simulation/run-in-temporary-folders.ts'
import { ROOT } from './launcher.mjs'
import { applyEdit, copyTree } from './mutants/copy-tree.ts'
import { MUTANTS } from './mutants/list.ts'
import type { Mutant } from './mutants/mutant.ts'

const HELP = `npm run mutants [-- --only NAME …]   mutation tests: forty-nine known faults, one at a time, in a copy of the project

Each must turn the test that watches over it red; first each of these tests must be green without a fault. Prints a table.
--only takes a part of a name, and may be there several times.
Exit code 0 only if every fault is caught.
`

const TEST_TIMEOUT_MS = 300_000
/** Two cores: two tests side by side. */
const SIDE_BY_SIDE = 2

interface Verdict {
  mutant: string
  verdict: 'caught' | 'NOT CAUGHT' | 'OUTDATED'
  detail: string
  seconds: number
}

/** Runs a test in a folder. Null: green; else the line that says why not. */
function runTest(folder: string, test: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, test, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (data: Buffer): void => {
      output = (output + data.toString()).slice(-20_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const timer = setTimeout(() => child.kill('SIGKILL'), TEST_TIMEOUT_MS)
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code === 0 ? null : failureLine(output))
    })
  })
}

/** The line that says what is wrong, as well as it can be found. */
function failureLine(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n')
  const at = lines.findIndex((line) => /a promise was broken/.test(line))
  const found =
    at === -1 ? lines.find((line) => /^\s*(FAIL|×|AssertionError|Error)/.test(line)) : lines[at + 1]
  return (found ?? lines.findLast((line) => line.trim() !== '') ?? 'it printed nothing').trim().slice(0, 110)
}

async function tryMutant(mutant: Mutant): Promise<Verdict> {
  const startMs = performance.now()
  const copy = copyTree(ROOT)
  const seconds = (): number => Math.round((performance.now() - startMs) / 1000)
  try {
    for (const edit of mutant.edits) applyEdit(copy.folder, edit)
    const fault = await runTest(copy.folder, mutant.test)
    return fault === null
      ? { mutant: mutant.name, verdict: 'NOT CAUGHT', detail: mutant.test.join(' '), seconds: seconds() }
      : { mutant: mutant.name, verdict: 'caught', detail: fault, seconds: seconds() }
  } catch (error) {
    return { mutant: mutant.name, verdict: 'OUTDATED', detail: String(error), seconds: seconds() }
  } finally {
    copy.remove()
  }
}

/** Tests that are red without any fault: that they catch one would say nothing. */
async function findRedTests(mutants: readonly Mutant[]): Promise<string[]> {
  const copy = copyTree(ROOT)
  try {
    const red: string[] = []
    for (const test of new Set(mutants.map((mutant) => mutant.test))) {
      const fault = await runTest(copy.folder, test)
      if (fault !== null) red.push(`${test.join(' ')}: ${fault}`)
    }
    return red
  } finally {
    copy.remove()
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const { only } = values
  const mutants = MUTANTS.filter(({ name }) => only?.some((part) => name.includes(part)) ?? true)
  const red = await findRedTests(mutants)
  for (const line of red) process.stdout.write(`red without a fault: ${line}\n`)
  if (red.length > 0) return 1
  const waiting = [...mutants]
  const verdicts: Verdict[] = []
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const verdict = await tryMutant(mutant)
      verdicts.push(verdict)
      process.stdout.write(
        `${verdict.verdict.padEnd(10)}  ${verdict.mutant.padEnd(30)}  ${String(verdict.seconds).padStart(4)} s  ${verdict.detail}\n`,
      )
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  const caught = verdicts.filter(({ verdict }) => verdict === 'caught').length
  process.stdout.write(`${caught} of ${mutants.length} faults are caught\n`)
  return caught === mutants.length && mutants.length > 0 ? 0 : 1
}

await runInTemporaryFolders(main)
