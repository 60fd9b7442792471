import { join } from 'node:path'
import { startWorker, type WorkerProcess } from './worker-process.ts'
import type { EngineRequest, EngineAnswer } from './engine-process.ts'
import { median, quantile, ratioFigure, type Benchmark } from './figure.ts'
import { withKioskScene } from './kiosk-scene.ts'

/** Taps of a round; each waits for the disk. */
const TAPS = 60

/** From the tap to its promise: durable at the kiosk, connected to a running hub, against a bare durable insert of the same bytes. */
export const tapDurable: Benchmark = {
  name: 'tap-durable',
  about: 'a tap until it survives a power cut, against a bare SQLite insert with the same flush',
  run: (options) =>
    withKioskScene({ fanOut: 10, depth: 2 }, async ({ world, hub, folder, codeFor }) => {
      const engine: WorkerProcess<EngineRequest, EngineAnswer> = startWorker('./engine-process.ts')
      try {
        const code = await codeFor(world.rootId, 'entrance')
        await engine.request({ kind: 'open', folder: join(folder, 'kiosk'), hubUrl: hub.url, code })
        await engine.request({ kind: 'waitFor', rowCount: world.leafIds.length })
        const values: number[] = []
        const baselines: number[] = []
        const slowest: number[] = []
        for (let round = 0; round < options.rounds; round += 1) {
          const spaceIds = world.leafIds
          const { tapMs, bareMs } = await engine.request({ kind: 'tap', spaceIds, count: TAPS, folder })
          values.push(median(tapMs))
          baselines.push(median(bareMs))
          slowest.push(quantile(tapMs, 0.99))
          options.log(`  ${values.at(-1)?.toFixed(2)} ms, bare ${baselines.at(-1)?.toFixed(2)} ms`)
        }
        await engine.request({ kind: 'close' })
        const note = `reportOccupancy until it resolves, while acks and frames come in; p99 ${median(slowest).toFixed(1)} ms`
        const limitedBy =
          'what the screen is told before the answer, and the hash, after ten idle ms in which caches went cold'
        return [
          ratioFigure({ name: 'tap-durable', unit: 'ms', values, baselines, atMost: 1.5, limitedBy, note }),
        ]
      } finally {
        await engine.end()
      }
    }),
}
