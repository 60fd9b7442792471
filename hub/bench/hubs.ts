import { query, type Database } from '../platform/postgres/database.ts'
import { median, spread, type Benchmark, type BenchOptions, type Figure } from './figure.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import type { LoadKiosk } from './load-kiosk.ts'
import type { LoadAnswer, LoadRequest } from './load-process.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'
import { DURABLE, insertKiosks, insertTree, insertUniversity, makeWorld } from './world.ts'

const MOST_HUBS = 3
/** As many processes of load as hubs at most, whatever the number of hubs: so the load is the same. */
const KIOSKS_PER_LOAD = 333
const SHAPE = { fanOut: 10, depth: 3 }

type Load = WorkerProcess<LoadRequest, LoadAnswer>

/** One, two and three hubs on one PostgreSQL, with the kiosks of three universities spread over them. */
export const hubs: Benchmark = {
  name: 'hubs',
  about: `1 to ${MOST_HUBS} hubs on one PostgreSQL, ${MOST_HUBS * KIOSKS_PER_LOAD} kiosks of three universities`,
  run: async (options) => {
    const world = await makeWorld(DURABLE, SHAPE)
    try {
      const groups = await insertGroups(world.pool, world.universityId, world.parentIds)
      const byCount: Reached[][] = Array.from({ length: MOST_HUBS }, () => [])
      for (let round = 0; round < options.rounds; round += 1)
        for (const [index, reached] of byCount.entries())
          reached.push(await measure(world.url, index + 1, groups, options))
      return byCount.map((reached, index) => toFigure(index + 1, reached, byCount[0] ?? []))
    } finally {
      await world.stop()
    }
  },
}

interface Reached {
  reportsPerSecond: number
  /** Kiosks connected to each hub. */
  connected: number[]
}

/** Kiosks for each process of load, a third of each university's: every hub serves all universities. */
async function insertGroups(
  pool: Database,
  first: number,
  parents: readonly number[],
): Promise<LoadKiosk[][]> {
  const universities = [{ id: first, parents }]
  while (universities.length < MOST_HUBS) {
    const id = await insertUniversity(pool)
    const levels = await insertTree(pool, id, SHAPE)
    await query(pool, 'select rebuild_composites($1, 1)', [id])
    await query(pool, 'update universities set clock = 1, facts_clock = 1 where id = $1', [id])
    universities.push({ id, parents: levels.at(-2) ?? [] })
  }
  const groups: LoadKiosk[][] = Array.from({ length: MOST_HUBS }, () => [])
  for (const { id, parents: places } of universities) {
    const spaceIds = Array.from({ length: KIOSKS_PER_LOAD }, (_, index) => places[index % places.length] ?? 0)
    for (const [index, kiosk] of (await insertKiosks(pool, id, spaceIds)).entries())
      groups[index % MOST_HUBS]?.push(kiosk)
  }
  await query(pool, 'vacuum analyze')
  return groups
}

/** The load keeps what its kiosks remember in a process of each measurement; here only their numbers must go on. */
async function measure(
  url: string,
  hubCount: number,
  groups: readonly LoadKiosk[][],
  { stretchMs, log }: BenchOptions,
): Promise<Reached> {
  const running: HubProcess[] = []
  const loads: Load[] = []
  try {
    for (let count = 0; count < hubCount; count += 1) running.push(await startHubProcess(url))
    for (const [index, kiosks] of groups.entries()) {
      const load: Load = startWorker('./load-process.ts')
      loads.push(load)
      const at = running[index % hubCount]
      await load.request({ kind: 'connect', url: at?.url ?? '', kiosks })
    }
    const connected = await Promise.all(running.map((hub) => hub.connectedCount()))
    // Once to warm up: a hub reads the tree with its first commit.
    let answers: LoadAnswer[] = []
    for (const ms of [stretchMs / 2, 2 * stretchMs])
      answers = await Promise.all(
        loads.map((load) => load.request({ kind: 'closedLoop', perPush: 4, stretchMs: ms })),
      )
    const reportsPerSecond = answers.reduce(
      (sum, { ackedCount, elapsedMs }) => sum + (ackedCount * 1000) / elapsedMs,
      0,
    )
    for (const [index, load] of loads.entries()) {
      const { kiosks = [] } = await load.request({ kind: 'count' })
      groups[index]?.splice(0, kiosks.length, ...kiosks)
    }
    log(`  ${hubCount} hubs: ${Math.round(reportsPerSecond)}/s, connected ${connected.join(' + ')}`)
    return { reportsPerSecond, connected }
  } finally {
    await Promise.all(loads.map((load) => load.end()))
    await Promise.all(running.map((hub) => hub.stop()))
  }
}

function toFigure(hubCount: number, reached: readonly Reached[], one: readonly Reached[]): Figure {
  const values = reached.map(({ reportsPerSecond }) => reportsPerSecond)
  const baselines = one.map(({ reportsPerSecond }) => reportsPerSecond)
  const isOne = hubCount === 1
  return {
    name: `hubs-${hubCount}`,
    value: median(values),
    unit: 'reports/s',
    better: 'more',
    baseline: isOne ? null : median(baselines),
    ratio: isOne ? null : median(values.map((value, round) => value / (baselines[round] ?? Number.NaN))),
    target: '–',
    met: true,
    note: `connected ${reached[0]?.connected.join(' + ')}; 4 reports a push; by round ${spread(values)}/s; baseline: one hub. Hubs, load and PostgreSQL share this machine's cores`,
  }
}
