import { startWorker, type WorkerProcess } from './worker-process.ts'
import {
  limitFigure,
  median,
  quantile,
  ratioFigure,
  type Benchmark,
  type BenchOptions,
  type Figure,
} from './figure.ts'
import type { BareRequest } from './bare-server.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import type { StormRequest, StormAnswer } from './storm-process.ts'
import { query } from '../platform/postgres/database.ts'
import { DURABLE, insertKiosks, makeWorld, type World } from './world.ts'

const KIOSKS = 5000

interface Scene {
  world: World
  load: WorkerProcess<StormRequest, StormAnswer>
  bare: WorkerProcess<BareRequest, number>
  barePort: number
}

/** Five thousand kiosks come again after the hub was restarted. */
export const storm: Benchmark = {
  name: 'storm',
  about: '5,000 kiosks reconnect after a restart of the hub',
  run: async (options) => {
    const world = await makeWorld(DURABLE, { fanOut: 10, depth: 2 })
    const load: Scene['load'] = startWorker('./storm-process.ts')
    const bare: Scene['bare'] = startWorker('./bare-server.ts')
    try {
      const scene = { world, load, bare, barePort: await bare.request('listen') }
      return await measure(scene, options)
    } finally {
      await Promise.all([load.end(), bare.end()])
      await world.stop()
    }
  },
}

async function measure(scene: Scene, options: BenchOptions): Promise<Figure[]> {
  const { world, load } = scene
  const places = Array.from(
    { length: KIOSKS },
    (_, index) => world.parentIds[index % world.parentIds.length] ?? 0,
  )
  const kiosks = await insertKiosks(world.pool, world.universityId, places)
  await query(world.pool, 'vacuum analyze')
  const first = await startHubProcess(world.url)
  const running = { hub: first, port: Number(new URL(first.url).port) }
  try {
    await load.request({ kind: 'connect', url: first.url, kiosks, atOnce: KIOSKS })
    return [await measureAtOnce(scene, running, options), ...(await measureJittered(scene, running))]
  } finally {
    await running.hub.stop()
  }
}

interface Running {
  hub: HubProcess
  port: number
}

/** kill -9, and up again on the same port; what its event loop did at the start is forgotten. */
async function restart(running: Running, world: World): Promise<void> {
  await running.hub.kill()
  running.hub = await startHubProcess(world.url, running.port)
  await running.hub.longestStallMs()
}

/** Everybody dials in the same moment. */
async function measureAtOnce(
  { world, load, barePort }: Scene,
  running: Running,
  options: BenchOptions,
): Promise<Figure> {
  const values: number[] = []
  const baselines: number[] = []
  const stalls: number[] = []
  for (let round = 0; round < options.rounds; round += 1) {
    await load.request({ kind: 'leave' })
    const bare = await load.request({ kind: 'bare', port: barePort, count: KIOSKS, atOnce: KIOSKS })
    baselines.push(last(bare))
    await load.request({ kind: 'leave' })
    await restart(running, world)
    const { url } = running.hub
    values.push(last(await load.request({ kind: 'connect', url, kiosks: [], atOnce: KIOSKS })))
    stalls.push(await running.hub.longestStallMs())
    options.log(
      `  all live after ${Math.round(values.at(-1) ?? 0)} ms, bare ${Math.round(baselines.at(-1) ?? 0)} ms, longest stall ${Math.round(stalls.at(-1) ?? 0)} ms`,
    )
  }
  return ratioFigure({
    name: 'storm-at-once',
    unit: 'ms',
    values,
    baselines,
    atMost: 3,
    limitedBy:
      'writes to sockets, most of the hub’s time then: each connection is sent its upgrade, a challenge, a welcome and its answers, by the bare server the upgrade and one message',
    note: `until the last is live, no jitter, all dial in the same moment; both listen with the same queue; longest stall of the hub ${stalls.map(Math.round).join(', ')} ms`,
  })
}

/** As the real engine waits between its tries; taps are on their way when the hub is killed. */
async function measureJittered({ world, load }: Scene, running: Running): Promise<Figure[]> {
  const { url } = running.hub
  await load.request({ kind: 'tap' })
  const coming = load.request({ kind: 'return', url, isJittered: true, seed: 1 })
  await pause(30)
  await restart(running, world)
  const { latenciesMs } = await coming
  const stallMs = await running.hub.longestStallMs()
  const { madeCount } = await load.request({ kind: 'settle' })
  return jittered(latenciesMs, stallMs, madeCount, await countReports(world))
}

function jittered(
  latenciesMs: readonly number[],
  stallMs: number,
  madeCount: number,
  storedCount: number,
): Figure[] {
  const seconds = latenciesMs.map((ms) => ms / 1000)
  return [
    limitFigure({
      name: 'storm-jittered-last',
      value: Math.max(...seconds),
      unit: 's',
      atMost: 65,
      note: `from the lost connection to live, as the engine waits; p50 ${median(seconds).toFixed(1)} s, p99 ${quantile(seconds, 0.99).toFixed(1)} s`,
    }),
    limitFigure({
      name: 'storm-jittered-stall',
      value: stallMs,
      unit: 'ms',
      atMost: 200,
      note: 'longest pause of the hub’s event loop',
    }),
    limitFigure({
      name: 'storm-lost',
      value: Math.abs(madeCount - storedCount),
      unit: 'reports',
      atMost: 0,
      note: `${madeCount} reports made, one of each kiosk on its way when the hub was killed; ${storedCount} stored`,
    }),
  ]
}

async function countReports({ pool, universityId }: World): Promise<number> {
  const [row] = await query<{ count: number }>(
    pool,
    'select count(*)::int as count from occupancy_reports where university_id = $1',
    [universityId],
  )
  return row?.count ?? 0
}

function last({ latenciesMs }: StormAnswer): number {
  return Math.max(...latenciesMs)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
