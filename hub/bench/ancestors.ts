import { performance } from 'node:perf_hooks'
import { query, type Database } from '../platform/postgres/database.ts'
import { installBaseline } from './baseline.ts'
import {
  limitFigure,
  median,
  ratioFigure,
  spread,
  type Benchmark,
  type BenchOptions,
  type Figure,
} from './figure.ts'
import { BIG_TREE, DURABLE, insertTree, insertUniversity, makeWorld } from './world.ts'

/** Report with all its ancestors, SQL only: batches against one lock-ordered update per report, and the size of the tree. */
export const ancestors: Benchmark = {
  name: 'ancestors',
  about: 'report with all its ancestors, SQL only',
  run: async (options) => {
    const world = await makeWorld(DURABLE, BIG_TREE)
    try {
      await installBaseline(world.pool)
      const batches = await measureBatches(world.pool, world.leafIds, options)
      const sizes = await measureSizes(world.pool, options)
      return [...batches, ...sizes]
    } finally {
      await world.stop()
    }
  },
}

async function measureBatches(
  pool: Database,
  leafIds: readonly number[],
  options: BenchOptions,
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { size, atLeast } of [
    { size: 100, atLeast: 10 },
    { size: 1000, atLeast: 25 },
  ]) {
    const values: number[] = []
    const baselines: number[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      baselines.push(
        await reportsPerSecond(options.stretchMs, 1, (step) => propagateAlone(pool, leafIds, step)),
      )
      values.push(
        await reportsPerSecond(options.stretchMs, size, (step) =>
          propagateTogether(pool, leafIds, step, size),
        ),
      )
    }
    figures.push(
      ratioFigure({
        name: `ancestors-batch-${size}`,
        unit: 'reports/s',
        values,
        baselines,
        atLeast,
        note: `11,111 nodes; baseline commits each report by itself, ${spread(baselines)}/s`,
      }),
    )
  }
  return figures
}

/** How much dearer one report by itself gets when the tree grows, or when its parent has a thousand children. */
async function measureSizes(pool: Database, options: BenchOptions): Promise<Figure[]> {
  const shapes = [
    { name: 'small', fanOut: 5, depth: 3 },
    { name: 'large', fanOut: 18, depth: 4 },
    { name: 'wide', fanOut: 1000, depth: 1 },
  ]
  const leavesOf = new Map<string, number[]>()
  for (const shape of shapes) {
    const universityId = await insertUniversity(pool)
    leavesOf.set(shape.name, (await insertTree(pool, universityId, shape)).at(-1) ?? [])
    await query(pool, 'select rebuild_composites($1, 1)', [universityId])
  }
  await query(pool, 'vacuum analyze spaces')
  const costs = new Map<string, number[]>(shapes.map(({ name }) => [name, []]))
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [name, leafIds] of leavesOf) {
      const perSecond = await reportsPerSecond(options.stretchMs / 2, 1, (step) =>
        propagateTogether(pool, leafIds, step, 1),
      )
      costs.get(name)?.push(1000 / perSecond)
    }
  }
  const small = costs.get('small') ?? []
  return ['large', 'wide'].map((name) =>
    limitFigure({
      name: `ancestors-single-${name}`,
      value: median((costs.get(name) ?? []).map((cost, round) => cost / (small[round] ?? Number.NaN))),
      unit: '× of 156 nodes',
      atMost: 1.5,
      note: `${name === 'large' ? '111,151 nodes, fan-out 18' : 'one parent with 1,000 children'}; ${median(costs.get(name) ?? []).toFixed(2)} ms against ${median(small).toFixed(2)} ms`,
    }),
  )
}

async function propagateAlone(pool: Database, leafIds: readonly number[], step: number): Promise<void> {
  await query(pool, 'select bench.climb_alone($1, $2)', [leafIds[(step * 7919) % leafIds.length], step % 3])
}

async function propagateTogether(
  pool: Database,
  leafIds: readonly number[],
  step: number,
  size: number,
): Promise<void> {
  const leaves = Array.from(
    { length: size },
    (_, index) => leafIds[((step * size + index) * 7919) % leafIds.length],
  )
  await query(pool, 'select bench.climb_together($1, $2)', [
    leaves,
    leaves.map((_, index) => (step + index) % 3),
  ])
}

/** Repeats a statement for a while, each in a commit of its own; reports per second. */
async function reportsPerSecond(
  stretchMs: number,
  size: number,
  run: (step: number) => Promise<void>,
): Promise<number> {
  for (let step = 0; step < 3; step += 1) await run(step)
  const startMs = performance.now()
  let step = 3
  while (performance.now() - startMs < stretchMs) {
    await run(step)
    step += 1
  }
  return ((step - 3) * size * 1000) / (performance.now() - startMs)
}
