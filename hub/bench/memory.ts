import { startWorker, type WorkerProcess } from './worker-process.ts'
import { ratioFigure, type Benchmark } from './figure.ts'
import type { BareRequest } from './bare-server.ts'
import { startHubProcess } from './hub-process.ts'
import type { StormRequest, StormAnswer } from './storm-process.ts'
import type { LoadKiosk } from './load-kiosk.ts'
import { FAST_SETTINGS } from '../platform/postgres/testing.ts'
import { insertKiosks, makeWorld } from './world.ts'

const KIOSKS = 5000
const AT_ONCE = 400
/** Long enough for every kiosk to have received a heartbeat (5 s). */
const SETTLE_MS = 6_000

type Load = WorkerProcess<StormRequest, StormAnswer>

/** Memory of the hub for each kiosk that is connected and idle, against a server that only holds its sockets. */
export const memory: Benchmark = {
  name: 'memory',
  about: 'memory per idle kiosk, 5,000 connected',
  run: async (options) => {
    const world = await makeWorld(FAST_SETTINGS, { fanOut: 10, depth: 2 })
    const load: Load = startWorker('./storm-process.ts')
    try {
      const places = Array.from({ length: KIOSKS }, () => world.parentIds[0] ?? 0)
      const kiosks = await insertKiosks(world.pool, world.universityId, places)
      const values: number[] = []
      const baselines: number[] = []
      // Each round takes new processes, since a process seldom gives memory back.
      for (let round = 0; round < options.rounds; round += 1) {
        baselines.push(await ofBareServer(load))
        values.push(await ofHub(load, world.url, round === 0 ? kiosks : []))
        options.log(
          `  per kiosk ${(values.at(-1) ?? 0).toFixed(1)} KiB, bare ${(baselines.at(-1) ?? 0).toFixed(1)} KiB`,
        )
      }
      const note = 'resident memory after a collection and a heartbeat, less that before the first kiosk'
      const limitedBy = 'what a hub knows of each session: who it is, its limits, what it holds'
      return [
        ratioFigure({
          name: 'memory-per-idle-kiosk',
          unit: 'KiB',
          values,
          baselines,
          atMost: 1.5,
          limitedBy,
          note,
        }),
      ]
    } finally {
      await load.end()
      await world.stop()
    }
  },
}

async function ofBareServer(load: Load): Promise<number> {
  const server: WorkerProcess<BareRequest, number> = startWorker('./bare-server.ts')
  try {
    const port = await server.request('listen')
    const before = await server.request('memory')
    await load.request({ kind: 'bare', port, count: KIOSKS, atOnce: AT_ONCE })
    const after = await server.request('memory')
    await load.request({ kind: 'leave' })
    return (after - before) / KIOSKS / 1024
  } finally {
    await server.end()
  }
}

async function ofHub(load: Load, url: string, kiosks: LoadKiosk[]): Promise<number> {
  const hub = await startHubProcess(url)
  try {
    const before = await hub.memoryBytes()
    await load.request({ kind: 'connect', url: hub.url, kiosks, atOnce: AT_ONCE })
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    const after = await hub.memoryBytes()
    await load.request({ kind: 'leave' })
    return (after - before) / KIOSKS / 1024
  } finally {
    await hub.stop()
  }
}
