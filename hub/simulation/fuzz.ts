import { countOption } from './count-option.ts'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { refuse } from '#shared/domain/decision.ts'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { openAgentTarget, openEngineTarget, type FuzzTarget } from './fuzz-targets.ts'
import { openHttpTarget } from './fuzz-http-target.ts'
import { openHubTarget } from './fuzz-hub-target.ts'
import { FuzzWorld, WellBehaved } from './fuzz-world.ts'
import { runInTemporaryFolders } from './run-in-temporary-folders.ts'

const HELP = `node hub/simulation/fuzz.ts [--messages N] [--seed S] [--interface socket|bridge|agent|http]

N seeded messages (100000) for each interface: the hub's sync socket, the engine's bridge, the agent's socket, the hub's calls
over HTTP (a tenth as many: each asks the database). Half of them are mutations of valid ones. Afterwards memory is within 20 % of before, every answer was on its list, and a
well-behaved kiosk that stayed connected lost nothing. The last line counts interfaces.
`

/** The first messages warm caches and compilers up; memory is measured after them and at the end. */
const WARM_SHARE = 0.2
const MOST_GROWTH = 1.2

/** Each request of this interface waits for the database several times. */
const HTTP_SHARE = 0.1

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    interface: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function memoryBytes(): number {
  for (let turn = 0; turn < 4; turn += 1) collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function fuzzTarget(name: string, seed: number, wanted: number): Promise<string[]> {
  const messages = name === 'http' ? Math.ceil(wanted * HTTP_SHARE) : wanted
  const faults: string[] = []
  const fault = (sentence: string): void => void (faults.length < 20 && faults.push(sentence))
  const world = await FuzzWorld.begin()
  try {
    const good = new WellBehaved(world, await world.openKiosk('well-behaved'))
    // Codes that look right must not cost a database's work each: the hub's own limit is tested where it lives.
    const engine = await world.openKiosk('called', () => Promise.resolve(refuse({ why: 'codeRefused' })))
    const targets: Record<string, () => FuzzTarget | Promise<FuzzTarget>> = {
      socket: () => openHubTarget(world, fault),
      bridge: () => openEngineTarget(world, engine, fault),
      agent: () => openAgentTarget(world, engine, fault),
      http: () => openHttpTarget(world.pool, fault),
    }
    const target = await targets[name]?.()
    if (target === undefined) return [`there is no interface ${name}`]
    good.start()
    const random = makeSeededRandom(seed)
    let before = 0
    const startMs = performance.now()
    for (let sent = 0; sent < messages; sent += 1) {
      if (sent === Math.floor(messages * WARM_SHARE)) before = memoryBytes()
      await target.send(random)
      // The good kiosk shares this thread: it must get its turn.
      if (sent % 200 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await target.close()
    faults.push(...(await good.end()))
    const after = memoryBytes()
    process.stdout.write(
      `${name}: ${messages} messages, seed ${seed}, ${Math.round(performance.now() - startMs)} ms, memory ${megabytes(before)} → ${megabytes(after)} MB\n`,
    )
    if (after > before * MOST_GROWTH)
      faults.push(`memory grew from ${megabytes(before)} to ${megabytes(after)} MB`)
  } finally {
    await world.undo.all()
  }
  return faults
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1)
}

async function main(): Promise<number> {
  const names = values.interface === undefined ? ['socket', 'bridge', 'agent', 'http'] : [values.interface]
  const seed = countOption('seed', values.seed, 0)
  const messages = countOption('messages', values.messages, 1)
  let [passed, failed] = [0, 0]
  for (const name of names) {
    const faults = await fuzzTarget(name, seed, messages)
    for (const sentence of faults) process.stdout.write(`  ${name}: ${sentence}\n`)
    if (faults.length === 0) passed += 1
    else failed += 1
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

if (values.help) process.stdout.write(HELP)
else await runInTemporaryFolders(main)
