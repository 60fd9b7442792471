import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startScratchServer } from '../platform/postgres/testing.ts'
import { countOption } from './count-option.ts'
import { runInTemporaryFolders } from './run-in-temporary-folders.ts'
import { simulate } from './simulate.ts'

const HELP = `npm run prove -- [--ops N] [--seed S] [--rounds N] [--fuzz N] - goes on where npm test ends

  --ops N      operations of the simulation (500000)
  --seed S     of everything (the time of day)
  --rounds N   kill rounds on real processes after it (100; 0: none)
  --fuzz N     messages per interface after that (1000000; 0: none)

Prints operations per second, the ratio to real time and how often each fault fired; on a failure the seed and a shrunk
list of operations. Exit code 0 only if everything held; the last line counts.
`

const { values } = parseArgs({
  options: {
    ops: { type: 'string', default: '500000' },
    seed: { type: 'string' },
    rounds: { type: 'string', default: '100' },
    fuzz: { type: 'string', default: '1000000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Runs a script of this folder to its end. True: it passed. */
function run(script: string, args: readonly string[]): Promise<boolean> {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' })
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code === 0))
  })
}

async function simulateAll(operations: number, seed: number): Promise<{ passed: number; failed: number }> {
  const server = await startScratchServer()
  try {
    return await simulate(server, {
      operations,
      seed,
      onlyRound: null,
      shrinkWithinMs: 300_000,
      watch: null,
      sideBySide: 2,
      say,
    })
  } finally {
    await server.stop()
  }
}

async function prove(): Promise<number> {
  const seed = countOption('seed', values.seed ?? String(Date.now() % 1_000_000), 0)
  const operations = countOption('ops', values.ops, 1)
  const rounds = countOption('rounds', values.rounds, 0)
  const messages = countOption('fuzz', values.fuzz, 0)
  say(`seed ${seed}`)
  const totals = await simulateAll(operations, seed)
  const scripts: [string, string, number][] = [
    ['./kill-rounds.ts', '--rounds', rounds],
    ['./fuzz.ts', '--messages', messages],
  ]
  for (const [script, option, count] of scripts) {
    if (count === 0) continue
    if (await run(script, [option, String(count), '--seed', String(seed)])) totals.passed += 1
    else totals.failed += 1
  }
  say(`${totals.passed} passed, ${totals.failed} failed`)
  return totals.failed === 0 ? 0 : 1
}

if (values.help) process.stdout.write(HELP)
else await runInTemporaryFolders(prove)
