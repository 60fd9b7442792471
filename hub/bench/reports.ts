import { hasPgbench, reportsAlone, reportsTogether, type AloneOptions } from './baseline.ts'
import { median, ratioFigure, spread, type Benchmark, type BenchOptions, type Figure } from './figure.ts'
import { withHotScene, type HotScene } from './hot-scene.ts'
import { measureTapToAck } from './tap-to-ack.ts'
import { DURABLE, insertKiosks, SLOW_FLUSH } from './world.ts'

const CLIENT_COUNTS = [1, 4, 16, 64]

/** Exactly-once reports per second through the whole hub, against one report per commit and against batches from one client. */
export const reports: Benchmark = {
  name: 'reports',
  about: '1,000 kiosks on one university of 11,111 spaces, commits that wait for the disk',
  run: (options) =>
    withHotScene(DURABLE, async (scene) => [
      ...(await measurePushes(scene, options, [
        { perPush: 1, atLeast: 8, together: 0.5 },
        { perPush: 16, atLeast: 20, together: 0.7 },
        { perPush: 64, atLeast: 30, together: 0.7 },
      ])),
      ...(await measureTapToAck(scene, options)),
    ]),
}

/** The same with every flush made 1 ms slower. */
export const slowFlush: Benchmark = {
  name: 'slow-flush',
  about: 'the same with an emulated flush of 1 ms',
  run: (options) =>
    withHotScene(SLOW_FLUSH, (scene) =>
      measurePushes(scene, options, [{ perPush: 1, atLeast: 20, together: null }], 'slow-flush'),
    ),
}

interface PushTarget {
  perPush: number
  atLeast: number
  /** Share of what one client reaches with the same batches; null: not asked. */
  together: number | null
}

/** Reports per second of one round, each way. */
interface Round {
  hub: number
  alone: number
  batches: number
  /** Mutations of the hub's mean commit in this round. */
  batchSize: number
}

type Twins = Omit<AloneOptions, 'clientCount' | 'stretchMs'>

async function measurePushes(
  scene: HotScene,
  options: BenchOptions,
  targets: readonly PushTarget[],
  group = 'reports',
): Promise<Figure[]> {
  const { world } = scene
  const { url, universityId, leafIds } = world
  // The baseline counts on kiosks of its own: those on the line must not find their numbers taken.
  const twins = await insertKiosks(world.pool, universityId, world.parentIds)
  await world.pool.query('vacuum analyze kiosks')
  const alone: Twins = { url, universityId, kioskIds: twins.map(({ id }) => id), leafIds }
  const clientCount = await bestClientCount(alone, options)
  const figures: Figure[] = []
  for (const target of targets) {
    const rounds: Round[] = []
    for (let round = 0; round < options.rounds; round += 1)
      rounds.push(await measureRound(scene, alone, clientCount, target, options))
    figures.push(...toFigures(`${group}-${target.perPush}-per-push`, target, rounds, clientCount))
  }
  return figures
}

async function measureRound(
  { world, hub, swarm }: HotScene,
  twins: Twins,
  clientCount: number,
  { perPush, together }: PushTarget,
  { stretchMs, log }: BenchOptions,
): Promise<Round> {
  const alone = await reportsAlone({ ...twins, clientCount, stretchMs })
  const before = await hub.batches()
  const report = await swarm.obey({ order: 'closedLoop', perPush, stretchMs })
  const after = await hub.batches()
  const batchSize = (after.mutationCount - before.mutationCount) / (after.count - before.count)
  const kioskCount = Math.max(1, Math.round(batchSize / perPush))
  const batch = { kioskCount, perKiosk: perPush, stretchMs }
  const round = {
    hub: (report.ackedCount * 1000) / report.elapsedMs,
    alone,
    batches:
      together === null ? 0 : await reportsTogether(world.pool, world.universityId, twins.kioskIds, batch),
    batchSize,
  }
  const texts = [round.hub, round.alone, round.batches].map(Math.round)
  log(`  ${perPush} per push: ${texts[0]}/s, alone ${texts[1]}/s, one client's batches ${texts[2]}/s`)
  return round
}

function toFigures(
  name: string,
  { atLeast, together }: PushTarget,
  rounds: readonly Round[],
  clientCount: number,
): Figure[] {
  const unit = 'reports/s'
  const values = rounds.map(({ hub }) => hub)
  const size = Math.round(median(rounds.map(({ batchSize }) => batchSize)))
  const note = `best of ${CLIENT_COUNTS.join('/')} clients was ${clientCount}${hasPgbench() ? ', by pgbench' : ''}; mean batch of the hub ${size}; ${spread(values)}/s`
  const baselines = rounds.map(({ alone }) => alone)
  const figures = [ratioFigure({ name, unit, values, baselines, atLeast, note })]
  if (together === null) return figures
  return [
    ...figures,
    ratioFigure({
      name: `${name}-vs-batches`,
      unit,
      values,
      baselines: rounds.map(({ batches }) => batches),
      atLeast: together,
      note: `baseline: the same SQL in batches of the same size (${size}) from one client`,
    }),
  ]
}

async function bestClientCount(alone: Twins, options: BenchOptions): Promise<number> {
  const rates: number[] = []
  for (const clientCount of CLIENT_COUNTS)
    rates.push(await reportsAlone({ ...alone, clientCount, stretchMs: options.stretchMs }))
  options.log(
    `  one report per commit, by clients: ${CLIENT_COUNTS.map((count, index) => `${count}: ${Math.round(rates[index] ?? 0)}/s`).join(', ')}`,
  )
  return CLIENT_COUNTS[rates.indexOf(Math.max(...rates))] ?? 1
}
