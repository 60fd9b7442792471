import { startChild, type BenchChild } from './child.ts'
import type { DrainOrder } from './drain.ts'
import { median, ratioFigure, type Benchmark, type Figure } from './figure.ts'
import type { SenderOrder, SenderReport } from './frames-sender.ts'

const KIOSKS = 1000

type Sender = BenchChild<SenderOrder, SenderReport>

/** Frames per second to a thousand kiosks on one core, through the hub's own lines against bare sockets. */
export const frames: Benchmark = {
  name: 'fan-out-frames',
  about: 'the same bytes to 1,000 kiosks from one core',
  run: async (options) => {
    const drain = startChild<DrainOrder, number>('./drain.ts')
    const carrel: Sender = startChild('./frames-sender.ts')
    const bare: Sender = startChild('./frames-sender.ts')
    const stretchMs = options.stretchMs
    try {
      await join(carrel, 'carrel', drain)
      await join(bare, 'bare', drain)
      const figures: Figure[] = []
      for (const byteCount of [200, 2_000, 20_000]) {
        for (const sender of [carrel, bare]) await sender.obey({ order: 'send', byteCount, stretchMs: 500 })
        const values: SenderReport[] = []
        const baselines: SenderReport[] = []
        for (let round = 0; round < options.rounds; round += 1) {
          baselines.push(await bare.obey({ order: 'send', byteCount, stretchMs }))
          values.push(await carrel.obey({ order: 'send', byteCount, stretchMs }))
        }
        figures.push(toFigure(byteCount, values, baselines))
        options.log(`  ${byteCount} B: ${figures.at(-1)?.ratio?.toFixed(2)}×`)
      }
      return figures
    } finally {
      await Promise.all([drain.end(), carrel.end(), bare.end()])
    }
  },
}

async function join(
  sender: Sender,
  way: 'carrel' | 'bare',
  drain: BenchChild<DrainOrder, number>,
): Promise<void> {
  const { port } = await sender.obey({ order: 'listen', way })
  await drain.obey({ port, path: way === 'carrel' ? '/api/v1/sync' : null, count: KIOSKS })
}

/** "On one core": frames per second of the sender's own CPU time, so that neither the receivers' share of the machine nor others' counts. */
function toFigure(
  byteCount: number,
  values: readonly SenderReport[],
  baselines: readonly SenderReport[],
): Figure {
  const perCpuSecond = ({ frameCount, cpuMs }: SenderReport): number => (frameCount * 1000) / cpuMs
  const perSecond = ({ frameCount, busyMs }: SenderReport): number => (frameCount * 1000) / busyMs
  const wall = median(values.map((value, round) => perSecond(value) / perSecond(baselines[round] ?? value)))
  return ratioFigure({
    name: `fan-out-frames-${byteCount}`,
    unit: 'frames/s of one core',
    values: values.map(perCpuSecond),
    baselines: baselines.map(perCpuSecond),
    atLeast: 0.7,
    note: `a frame to each every 50 ms, as the hub ticks, counted per second of the sender’s CPU; by the clock, with the receivers on the same machine, ${Math.round(median(values.map(perSecond))).toLocaleString('en-GB')}/s, ${wall.toFixed(2)}×`,
  })
}
