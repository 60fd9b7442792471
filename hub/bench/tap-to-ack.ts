import { limitFigure, median, quantile, spread, type BenchOptions, type Figure } from './figure.ts'
import type { HotScene } from './hot-scene.ts'

/** Tap→ack while taps come at a fixed rate, whatever the hub does. */
export async function measureTapToAck({ swarm }: HotScene, options: BenchOptions): Promise<Figure[]> {
  const most = await swarm.obey({ order: 'closedLoop', perPush: 1, stretchMs: options.stretchMs })
  const half = Math.floor((most.ackedCount * 1000) / most.elapsedMs / 2)
  const figures: Figure[] = []
  for (const { perSecond, atMost } of [
    { perSecond: 1000, atMost: 15 },
    { perSecond: 5000, atMost: 25 },
    { perSecond: half, atMost: null },
  ]) {
    const rounds: number[] = []
    const middles: number[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      const { latenciesMs } = await swarm.obey({ order: 'openLoop', perSecond, stretchMs: options.stretchMs })
      rounds.push(quantile(latenciesMs, 0.99))
      middles.push(median(latenciesMs))
    }
    options.log(`  ${perSecond}/s: p99 ${rounds.map((p99) => p99.toFixed(1)).join(', ')} ms`)
    figures.push(
      limitFigure({
        name: atMost === null ? 'reports-tap-to-ack-half-of-maximum' : `reports-tap-to-ack-${perSecond}`,
        value: median(rounds),
        unit: 'ms p99',
        ...(atMost === null ? {} : { atMost }),
        note: `open loop at ${perSecond}/s; p50 ${median(middles).toFixed(1)} ms; p99 by round ${spread(rounds, 1)}`,
      }),
    )
  }
  return figures
}
