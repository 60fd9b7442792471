import { parseArgs } from 'node:util'
import { startScratchServer } from '../platform/postgres/testing.ts'
import { countOption } from './count-option.ts'
import { runInTemporaryFolders } from './run-in-temporary-folders.ts'
import { simulate } from './simulate.ts'

const HELP = `node hub/simulation/run.ts [--ops N] [--seed S] [--round R] [--shrink SECONDS] [--watch PATTERN]

Simulated kiosks and hubs on a real PostgreSQL, one step at a time, while everything fails that can. Prints speed and
faults; on a broken promise the seed and a shrunk list of operations. The last line counts rounds.
`

const { values } = parseArgs({
  options: {
    ops: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    round: { type: 'string' },
    watch: { type: 'string' },
    shrink: { type: 'string', default: '60' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

async function main(): Promise<number> {
  const operations = countOption('ops', values.ops, 1)
  const seed = countOption('seed', values.seed, 0)
  const onlyRound = values.round === undefined ? null : countOption('round', values.round, 0)
  const shrinkWithinMs = countOption('shrink', values.shrink, 0) * 1000
  const server = await startScratchServer()
  try {
    const { passed, failed } = await simulate(server, {
      operations,
      seed,
      onlyRound,
      shrinkWithinMs,
      watch: values.watch ?? null,
      sideBySide: 2,
      say: (line) => void process.stdout.write(`${line}\n`),
    })
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
    return failed === 0 && passed > 0 ? 0 : 1
  } finally {
    await server.stop()
  }
}

if (values.help) process.stdout.write(HELP)
else await runInTemporaryFolders(main)
