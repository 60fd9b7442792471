import { startChild, type BenchChild } from './child.ts'
import { ratioFigure, type Benchmark } from './figure.ts'
import type { BareOrder } from './bare-server.ts'
import { startHubProcess } from './hub-process.ts'
import type { StormOrder, StormReport } from './storm-swarm.ts'
import type { SwarmKiosk } from './swarm-kiosk.ts'
import { FAST_SETTINGS } from '../platform/postgres/testing.ts'
import { insertKiosks, makeWorld } from './world.ts'

const KIOSKS = 5000
const AT_ONCE = 400
/** Long enough for every kiosk to have heard a heartbeat (5 s). */
const SETTLE_MS = 6_000

type Swarm = BenchChild<StormOrder, StormReport>

/** Memory of the hub for each kiosk that is connected and idle, against a server that only holds its sockets. */
export const memory: Benchmark = {
  name: 'memory',
  about: 'memory per idle kiosk, 5,000 connected',
  run: async (options) => {
    const world = await makeWorld(FAST_SETTINGS, { fanOut: 10, depth: 2 })
    const swarm: Swarm = startChild('./storm-swarm.ts')
    try {
      const places = Array.from({ length: KIOSKS }, () => world.parentIds[0] ?? 0)
      const kiosks = await insertKiosks(world.pool, world.universityId, places)
      const values: number[] = []
      const baselines: number[] = []
      // Each round takes new processes, since a process seldom gives memory back.
      for (let round = 0; round < options.rounds; round += 1) {
        baselines.push(await ofBareServer(swarm))
        values.push(await ofHub(swarm, world.url, round === 0 ? kiosks : []))
        options.log(
          `  per kiosk ${(values.at(-1) ?? 0).toFixed(1)} KiB, bare ${(baselines.at(-1) ?? 0).toFixed(1)} KiB`,
        )
      }
      const note = 'resident memory after a collection and a heartbeat, less that before the first kiosk'
      return [ratioFigure({ name: 'memory-per-idle-kiosk', unit: 'KiB', values, baselines, atMost: 2, note })]
    } finally {
      await swarm.end()
      await world.stop()
    }
  },
}

async function ofBareServer(swarm: Swarm): Promise<number> {
  const server: BenchChild<BareOrder, number> = startChild('./bare-server.ts')
  try {
    const port = await server.obey('listen')
    const before = await server.obey('memory')
    await swarm.obey({ order: 'bare', port, count: KIOSKS, atOnce: AT_ONCE })
    const after = await server.obey('memory')
    await swarm.obey({ order: 'leave' })
    return (after - before) / KIOSKS / 1024
  } finally {
    await server.end()
  }
}

async function ofHub(swarm: Swarm, url: string, kiosks: SwarmKiosk[]): Promise<number> {
  const hub = await startHubProcess(url)
  try {
    const before = await hub.memoryBytes()
    await swarm.obey({ order: 'connect', url: hub.url, kiosks, atOnce: AT_ONCE })
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    const after = await hub.memoryBytes()
    await swarm.obey({ order: 'leave' })
    return (after - before) / KIOSKS / 1024
  } finally {
    await hub.stop()
  }
}
