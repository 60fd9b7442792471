import { parseArgs } from 'node:util'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { countOption } from './count-option.ts'
import { KillWorld } from './kill-world.ts'
import { runInTemporaryFolders } from './run-in-temporary-folders.ts'

const HELP = `node hub/simulation/kill-rounds.ts [--rounds N] [--seed S]

Two hub processes on one real PostgreSQL process, kiosks in processes of their own, real sockets. In each round some of
them are killed with signal 9 at seeded moments while every kiosk is tapped; afterwards every tap that was shown as
saved is stored exactly once, and database, caches and screens say the same. The last line counts rounds.
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

async function main(): Promise<number> {
  const seed = countOption('seed', values.seed, 0)
  const rounds = countOption('rounds', values.rounds, 1)
  const world = await KillWorld.begin(makeSeededRandom(seed))
  let [passed, failed] = [0, 0]
  try {
    for (let round = 0; round < rounds; round += 1) {
      const startMs = performance.now()
      const faults = await world.playRound()
      if (faults.length === 0) passed += 1
      else failed += 1
      process.stdout.write(
        `round ${round}: ${world.lastKills.join(', ')}; ${world.tapCount} taps in all; ${Math.round(performance.now() - startMs)} ms${faults.length === 0 ? '' : ' – a promise was broken'}\n`,
      )
      for (const fault of faults.slice(0, 20)) process.stdout.write(`  ${fault}\n`)
      if (faults.length > 0) process.stdout.write(`  seed ${seed}\n${world.printed()}\n`)
      if (faults.length > 0) break
    }
  } finally {
    await world.end()
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

if (values.help) process.stdout.write(HELP)
else await runInTemporaryFolders(main)
