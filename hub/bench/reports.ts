import { installBaseline, hasPgbench, reportsAlone, reportsTogether } from './baseline.ts'
import {
  median,
  quantile,
  ratioFigure,
  limitFigure,
  spread,
  type Benchmark,
  type BenchOptions,
  type Figure,
} from './figure.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import { startChild, type BenchChild } from './child.ts'
import type { SwarmOrder, SwarmReport } from './swarm.ts'
import { BIG_TREE, DURABLE, insertKiosks, makeWorld, SLOW_FLUSH, type World } from './world.ts'
import { query } from '../store/database.ts'
import type { SwarmKiosk } from './swarm-kiosk.ts'

const CLIENT_COUNTS = [1, 4, 16, 64]

/** One hot university on a running hub, with a thousand kiosks live. */
interface Scene {
  world: World
  hub: HubProcess
  swarm: BenchChild<SwarmOrder, SwarmReport>
}

/** Exactly-once reports per second through the whole hub, against one report per commit and against batches from one client. */
export const reports: Benchmark = {
  name: 'reports',
  about: '1,000 kiosks on one university of 11,111 spaces, commits that wait for the disk',
  run: (options) =>
    withScene(DURABLE, async (scene) => [
      ...(await measurePushes(scene, options, [
        { perPush: 1, atLeast: 8, together: 0.5 },
        { perPush: 16, atLeast: 20, together: 0.7 },
        { perPush: 64, atLeast: 30, together: 0.7 },
      ])),
      ...(await measureLatency(scene, options)),
    ]),
}

/** The same with every flush made 1 ms slower. */
export const slowFlush: Benchmark = {
  name: 'slow-flush',
  about: 'the same with an emulated flush of 1 ms',
  run: (options) =>
    withScene(SLOW_FLUSH, (scene) =>
      measurePushes(scene, options, [{ perPush: 1, atLeast: 20, together: null }], 'slow-flush'),
    ),
}

async function withScene(
  settings: Record<string, string>,
  run: (scene: Scene) => Promise<Figure[]>,
): Promise<Figure[]> {
  const world = await makeWorld(settings, BIG_TREE)
  await installBaseline(world.pool)
  const made = await insertKiosks(world.pool, world.universityId, world.parentIds)
  // The baseline counts on kiosks of its own: those on the line must not find their numbers taken.
  const hub = await startHubProcess(world.url)
  const swarm = startChild<SwarmOrder, SwarmReport>('./swarm.ts')
  try {
    // They hold the tree already, as kiosks do that were there yesterday.
    const { epoch, cursor } = await loadHead(world)
    const kiosks = made.map((kiosk) => ({ ...kiosk, epoch, cursor }))
    await swarm.obey({ order: 'connect', url: hub.url, kiosks })
    const figures = await run({ world, hub, swarm })
    await checkExactlyOnce(world, swarm, kiosks)
    return figures
  } finally {
    await swarm.end()
    await hub.stop()
    await world.stop()
  }
}

async function loadHead({ pool, universityId }: World): Promise<{ epoch: string; cursor: number }> {
  const [head] = await query<{ epoch: string; cursor: number }>(
    pool,
    'select epoch, clock as cursor from universities where id = $1',
    [universityId],
  )
  if (head === undefined) throw new Error('the university is gone')
  return head
}

/** A figure counts only when every acknowledged report is stored, each once. */
async function checkExactlyOnce(
  world: World,
  swarm: Scene['swarm'],
  kiosks: readonly SwarmKiosk[],
): Promise<void> {
  const { ackedCount } = await swarm.obey({ order: 'count' })
  const [stored] = await query<{ count: number }>(
    world.pool,
    'select count(*)::int as count from occupancy_reports where kiosk_id = any($1)',
    [kiosks.map(({ id }) => id)],
  )
  if (stored?.count !== ackedCount) throw new Error(`${ackedCount} acknowledged, ${stored?.count} stored`)
}

interface PushTarget {
  perPush: number
  atLeast: number
  /** Share of what one client reaches with the same batches; null: not asked. */
  together: number | null
}

async function measurePushes(
  scene: Scene,
  options: BenchOptions,
  targets: readonly PushTarget[],
  group = 'reports',
): Promise<Figure[]> {
  const { world, hub, swarm } = scene
  const twins = await insertKiosks(world.pool, world.universityId, world.parentIds)
  const twinIds = twins.map(({ id }) => id)
  await world.pool.query('vacuum analyze kiosks')
  const alone = {
    url: world.url,
    universityId: world.universityId,
    kioskIds: twinIds,
    leafIds: world.leafIds,
  }
  const clientCount = await bestClientCount(alone, options)
  const figures: Figure[] = []
  for (const { perPush, atLeast, together } of targets) {
    const values: number[] = []
    const baselines: number[] = []
    const batches: number[] = []
    const sizes: number[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      baselines.push(await reportsAlone({ ...alone, clientCount, stretchMs: options.stretchMs }))
      const before = await hub.batches()
      const report = await swarm.obey({ order: 'closedLoop', perPush, stretchMs: options.stretchMs })
      values.push((report.ackedCount * 1000) / report.elapsedMs)
      const after = await hub.batches()
      const size = (after.mutationCount - before.mutationCount) / (after.count - before.count)
      sizes.push(size)
      const kioskCount = Math.max(1, Math.round(size / perPush))
      if (together !== null)
        batches.push(
          await reportsTogether(world.pool, world.universityId, twinIds, {
            kioskCount,
            perKiosk: perPush,
            stretchMs: options.stretchMs,
          }),
        )
      options.say(
        `  ${perPush} per push: ${Math.round(values.at(-1) ?? 0)}/s, alone ${Math.round(baselines.at(-1) ?? 0)}/s, one client's batches ${Math.round(batches.at(-1) ?? 0)}/s`,
      )
    }
    const name = `${group}-${perPush}-per-push`
    const note = `best of ${CLIENT_COUNTS.join('/')} clients was ${clientCount}${hasPgbench() ? ', by pgbench' : ''}; mean batch of the hub ${Math.round(median(sizes))}; ${spread(values)}/s`
    figures.push(ratioFigure({ name, unit: 'reports/s', values, baselines, atLeast, note }))
    if (together !== null)
      figures.push(
        ratioFigure({
          name: `${name}-vs-batches`,
          unit: 'reports/s',
          values,
          baselines: batches,
          atLeast: together,
          note: `baseline: the same SQL in batches of the same size (${Math.round(median(sizes))}) from one client`,
        }),
      )
  }
  return figures
}

async function bestClientCount(
  alone: Omit<Parameters<typeof reportsAlone>[0], 'clientCount' | 'stretchMs'>,
  options: BenchOptions,
): Promise<number> {
  const rates: number[] = []
  for (const clientCount of CLIENT_COUNTS)
    rates.push(await reportsAlone({ ...alone, clientCount, stretchMs: options.stretchMs }))
  options.say(
    `  one report per commit, by clients: ${CLIENT_COUNTS.map((count, index) => `${count}: ${Math.round(rates[index] ?? 0)}/s`).join(', ')}`,
  )
  return CLIENT_COUNTS[rates.indexOf(Math.max(...rates))] ?? 1
}

/** Tap→ack while taps come at a fixed rate, whatever the hub does. */
async function measureLatency({ swarm }: Scene, options: BenchOptions): Promise<Figure[]> {
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
    options.say(`  ${perSecond}/s: p99 ${rounds.map((p99) => p99.toFixed(1)).join(', ')} ms`)
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
