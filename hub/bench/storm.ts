import { startChild, type BenchChild } from './child.ts'
import {
  limitFigure,
  median,
  quantile,
  ratioFigure,
  type Benchmark,
  type BenchOptions,
  type Figure,
} from './figure.ts'
import type { BareOrder } from './bare-server.ts'
import { startHubProcess } from './hub-process.ts'
import type { StormOrder, StormReport } from './storm-swarm.ts'
import { query } from '../store/database.ts'
import { DURABLE, insertKiosks, makeWorld, type World } from './world.ts'

const KIOSKS = 5000

interface Scene {
  world: World
  swarm: BenchChild<StormOrder, StormReport>
  bare: BenchChild<BareOrder, number>
  barePort: number
}

/** Five thousand kiosks come again after the hub was restarted. */
export const storm: Benchmark = {
  name: 'storm',
  about: '5,000 kiosks reconnect after a restart of the hub',
  run: async (options) => {
    const world = await makeWorld(DURABLE, { fanOut: 10, depth: 2 })
    const swarm: Scene['swarm'] = startChild('./storm-swarm.ts')
    const bare: Scene['bare'] = startChild('./bare-server.ts')
    try {
      const scene = { world, swarm, bare, barePort: await bare.obey('listen') }
      return await measure(scene, options)
    } finally {
      await Promise.all([swarm.end(), bare.end()])
      await world.stop()
    }
  },
}

async function measure({ world, swarm, barePort }: Scene, options: BenchOptions): Promise<Figure[]> {
  const places = Array.from(
    { length: KIOSKS },
    (_, index) => world.parentIds[index % world.parentIds.length] ?? 0,
  )
  const kiosks = await insertKiosks(world.pool, world.universityId, places)
  await query(world.pool, 'vacuum analyze')
  let hub = await startHubProcess(world.url)
  const port = Number(new URL(hub.url).port)
  try {
    await swarm.obey({ order: 'connect', url: hub.url, kiosks })
    const values: number[] = []
    const baselines: number[] = []
    const stalls: number[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      await swarm.obey({ order: 'leave' })
      baselines.push(last(await swarm.obey({ order: 'bare', port: barePort, count: KIOSKS })))
      await swarm.obey({ order: 'leave' })
      await hub.kill()
      hub = await startHubProcess(world.url, port)
      await hub.longestStallMs()
      values.push(last(await swarm.obey({ order: 'connect', url: hub.url, kiosks: [] })))
      stalls.push(await hub.longestStallMs())
      options.say(
        `  all live after ${Math.round(values.at(-1) ?? 0)} ms, bare ${Math.round(baselines.at(-1) ?? 0)} ms, longest stall ${Math.round(stalls.at(-1) ?? 0)} ms`,
      )
    }
    const atOnce = ratioFigure({
      name: 'storm-at-once',
      unit: 'ms',
      values,
      baselines,
      atMost: 3,
      note: `until the last is live, no jitter, at most 400 handshakes under way; longest stall of the hub ${stalls.map(Math.round).join(', ')} ms`,
    })
    // Taps are on their way when the hub is killed.
    const coming = swarm
      .obey({ order: 'tap' })
      .then(() => swarm.obey({ order: 'return', url: hub.url, isJittered: true, seed: 1 }))
    await pause(30)
    await hub.kill()
    hub = await startHubProcess(world.url, port)
    await hub.longestStallMs()
    const { latenciesMs } = await coming
    const stallMs = await hub.longestStallMs()
    const { madeCount } = await swarm.obey({ order: 'settle' })
    return [atOnce, ...jittered(latenciesMs, stallMs, madeCount, await countReports(world))]
  } finally {
    await hub.stop()
  }
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
      note: `from the lost line to live, as the engine waits; p50 ${median(seconds).toFixed(1)} s, p99 ${quantile(seconds, 0.99).toFixed(1)} s`,
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

function last({ latenciesMs }: StormReport): number {
  return Math.max(...latenciesMs)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
