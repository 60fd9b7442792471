import { hasPgbench, reportsAlone, reportsTogether, type AloneOptions } from './baseline.ts'
import {
  limitFigure,
  median,
  quantile,
  ratioFigure,
  spread,
  type Benchmark,
  type BenchOptions,
  type Figure,
} from './figure.ts'
import { withBusyUniversity, type BusyUniversity } from './busy-university.ts'
import type { LoadAnswer } from './load-process.ts'
import { DURABLE, insertKiosks, SLOW_FLUSH } from './world.ts'

const CLIENT_COUNTS = [1, 4, 16, 64]

/** Exactly-once reports per second through the whole hub, against one report per commit and against batches from one client. */
export const reports: Benchmark = {
  name: 'reports',
  about: '1,000 kiosks on one university of 11,111 spaces, commits that wait for the disk',
  run: (options) =>
    withBusyUniversity(DURABLE, async (scene) => [
      ...(await measurePushes(scene, options, [
        { perPush: 1, atLeast: 14, together: 0.7 },
        { perPush: 16, atLeast: 40, together: 0.9 },
        { perPush: 64, atLeast: 60, together: 0.97 },
      ])),
      ...(await measureTapToAck(scene, options)),
    ]),
}

/** The same with every flush made 1 ms slower. */
export const slowFlush: Benchmark = {
  name: 'slow-flush',
  about: 'the same with an emulated flush of 1 ms',
  run: (options) =>
    withBusyUniversity(SLOW_FLUSH, (scene) =>
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
  scene: BusyUniversity,
  options: BenchOptions,
  targets: readonly PushTarget[],
  group = 'reports',
): Promise<Figure[]> {
  const { world } = scene
  const { url, universityId, leafIds } = world
  // The baseline counts on kiosks of its own: those that are connected must not find their numbers used.
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
  { world, hub, load }: BusyUniversity,
  twins: Twins,
  clientCount: number,
  { perPush, together }: PushTarget,
  { stretchMs, log }: BenchOptions,
): Promise<Round> {
  const alone = await reportsAlone({ ...twins, clientCount, stretchMs })
  const before = await hub.batches()
  const report = await load.request({ kind: 'closedLoop', perPush, stretchMs })
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

/** How late the load may be with a tap by its own doing, ms p99: its timer's millisecond, and what else it has to do. */
const OWN_MS = 5

/** Tap→ack while taps come at a fixed rate, whatever the hub does; and how much of it was the load's own doing. */
async function measureTapToAck({ load }: BusyUniversity, options: BenchOptions): Promise<Figure[]> {
  const most = await load.request({ kind: 'closedLoop', perPush: 1, stretchMs: options.stretchMs })
  const half = Math.floor((most.ackedCount * 1000) / most.elapsedMs / 2)
  const figures: Figure[] = []
  for (const { perSecond, atMost } of [
    { perSecond: 1000, atMost: 15 },
    { perSecond: 5000, atMost: 25 },
    { perSecond: half, atMost: null },
  ]) {
    const rounds: OpenLoopRound[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      const asked = { kind: 'openLoop', perSecond, stretchMs: options.stretchMs } as const
      rounds.push(toRound(await load.request(asked)))
    }
    const texts = rounds.map(({ p99, own99 }) => `${p99.toFixed(1)} (late by itself ${own99.toFixed(1)})`)
    options.log(`  ${perSecond}/s: p99 ${texts.join(', ')} ms`)
    const name = atMost === null ? 'reports-tap-to-ack-half-of-maximum' : `reports-tap-to-ack-${perSecond}`
    figures.push(...tapToAckFigures(name, perSecond, atMost, rounds))
  }
  return figures
}

/** p50 and p99 of a round from when the load made the taps, ms; p99 of how late it was with them; and its share of all time from when they were due. */
interface OpenLoopRound {
  p50: number
  p99: number
  own99: number
  ownShare: number
}

function toRound({ latenciesMs, ownMs = [] }: LoadAnswer): OpenLoopRound {
  const hubMs = latenciesMs.map((ms, index) => ms - (ownMs[index] ?? 0))
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  return {
    p50: median(hubMs),
    p99: quantile(hubMs, 0.99),
    own99: quantile(ownMs, 0.99),
    ownShare: sum(ownMs) / sum(latenciesMs),
  }
}

function tapToAckFigures(
  name: string,
  perSecond: number,
  atMost: number | null,
  rounds: readonly OpenLoopRound[],
): Figure[] {
  const p99 = rounds.map((round) => round.p99)
  const own = rounds.map((round) => round.own99)
  const share = Math.round(median(rounds.map(({ ownShare }) => ownShare)) * 100)
  return [
    limitFigure({
      name,
      value: median(p99),
      unit: 'ms p99',
      ...(atMost === null ? {} : { atMost }),
      limitedBy:
        'the commit before: a tap waits for that one and its own, each with a flush, on cores that load and database share',
      note: `open loop at ${perSecond}/s, from when the load made a tap; p50 ${median(rounds.map(({ p50 }) => p50)).toFixed(1)} ms; p99 by round ${spread(p99, 1)}`,
    }),
    limitFigure({
      name: `${name}-load`,
      value: median(own),
      unit: 'ms p99',
      atMost: OWN_MS,
      note: `how late the load itself was with a tap: ${share} % of all time from when taps were due to their acks; p99 by round ${spread(own, 1)}`,
    }),
  ]
}
