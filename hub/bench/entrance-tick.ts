import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { limitFigure, median, quantile, ratioFigure, type Benchmark } from './figure.ts'

const PROGRAM = fileURLToPath(new URL('../../desktop/renderer/gallery/measure-ticks.ts', import.meta.url))

/** What the program prints: ms of each tick. */
interface Ticks {
  spaceCount: number
  tickMs: number[]
  wholeMs: number[]
}

/** What an entrance works out every five seconds, as time goes by over a tree of 11,111 spaces, against all of it anew. */
export const entranceTick: Benchmark = {
  name: 'entrance-tick',
  about:
    'what five seconds change on the screen of an entrance with 11,111 spaces, against working all of it out again',
  run: async (options) => {
    const values: number[] = []
    const baselines: number[] = []
    const slowest: number[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM])
      const { tickMs, wholeMs } = JSON.parse(stdout) as Ticks
      values.push(median(tickMs))
      baselines.push(median(wholeMs))
      slowest.push(quantile(tickMs, 0.99))
      options.log(`  ${values.at(-1)?.toFixed(2)} ms, whole ${baselines.at(-1)?.toFixed(2)} ms`)
    }
    const note = 'the middle one of 720 ticks, in which 2,500 reports become stale; without drawing'
    return [
      ratioFigure({ name: 'entrance-tick-ratio', unit: 'ms', values, baselines, atMost: 0.2, note }),
      limitFigure({
        name: 'entrance-tick-ms',
        value: median(values),
        unit: 'ms',
        atMost: 2,
        note: `the same, against its limit; p99 ${median(slowest).toFixed(1)} ms`,
      }),
    ]
  },
}
