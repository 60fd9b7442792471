import { startWorker, type WorkerProcess } from './worker-process.ts'
import type { ReceiverRequest } from './frames-receiver.ts'
import { median, ratioFigure, type Benchmark, type Figure } from './figure.ts'
import type { SenderRequest, SenderAnswer } from './frames-sender.ts'

const KIOSKS = 1000

type Sender = WorkerProcess<SenderRequest, SenderAnswer>

/** Frames per second to a thousand kiosks on one core, through the hub's own connections against bare sockets. */
export const frames: Benchmark = {
  name: 'fan-out-frames',
  about: 'the same bytes to 1,000 kiosks from one core',
  run: async (options) => {
    const receiver = startWorker<ReceiverRequest, number>('./frames-receiver.ts')
    const carrel: Sender = startWorker('./frames-sender.ts')
    const bare: Sender = startWorker('./frames-sender.ts')
    const stretchMs = options.stretchMs
    try {
      await join(carrel, 'carrel', receiver)
      await join(bare, 'bare', receiver)
      const figures: Figure[] = []
      for (const byteCount of [200, 2_000, 20_000]) {
        for (const sender of [carrel, bare]) await sender.request({ kind: 'send', byteCount, stretchMs: 500 })
        const values: SenderAnswer[] = []
        const baselines: SenderAnswer[] = []
        for (let round = 0; round < options.rounds; round += 1) {
          baselines.push(await bare.request({ kind: 'send', byteCount, stretchMs }))
          values.push(await carrel.request({ kind: 'send', byteCount, stretchMs }))
        }
        figures.push(toFigure(byteCount, values, baselines))
        options.log(`  ${byteCount} B: ${figures.at(-1)?.ratio?.toFixed(2)}×`)
      }
      return figures
    } finally {
      await Promise.all([receiver.end(), carrel.end(), bare.end()])
    }
  },
}

async function join(
  sender: Sender,
  way: 'carrel' | 'bare',
  receiver: WorkerProcess<ReceiverRequest, number>,
): Promise<void> {
  const { port } = await sender.request({ kind: 'listen', way })
  await receiver.request({ port, path: way === 'carrel' ? '/api/v1/sync' : null, count: KIOSKS })
}

/** "On one core": frames per second of the sender's own CPU time, so that neither the receivers' share of the machine nor others' counts. */
function toFigure(
  byteCount: number,
  values: readonly SenderAnswer[],
  baselines: readonly SenderAnswer[],
): Figure {
  const perCpuSecond = ({ frameCount, cpuMs }: SenderAnswer): number => (frameCount * 1000) / cpuMs
  const perSecond = ({ frameCount, busyMs }: SenderAnswer): number => (frameCount * 1000) / busyMs
  const wall = median(values.map((value, round) => perSecond(value) / perSecond(baselines[round] ?? value)))
  return ratioFigure({
    name: `fan-out-frames-${byteCount}`,
    unit: 'frames/s of one core',
    values: values.map(perCpuSecond),
    baselines: baselines.map(perCpuSecond),
    atLeast: 0.85,
    note: `a frame to each every 50 ms, as the hub ticks, counted per second of the sender’s CPU; by the clock, with the receivers on the same machine, ${Math.round(median(values.map(perSecond))).toLocaleString('en-GB')}/s, ${wall.toFixed(2)}×`,
  })
}
