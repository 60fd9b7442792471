import type { FanOutRequest, FanOutAnswer } from './fan-out-process.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'
import {
  limitFigure,
  median,
  ratioFigure,
  spread,
  type Benchmark,
  type BenchOptions,
  type Figure,
} from './figure.ts'
import type { ScreensRequest, ScreensAnswer } from './conflation-receiver.ts'
import { FAST_SETTINGS } from '../platform/postgres/testing.ts'
import { makeWorld } from './world.ts'

const KIOSKS = 1000
const CHANGES_PER_SECOND = 20_000
const SOON_MS = 150
/** Changes of a baseline round: each is a thousand frames. */
const ONE_BY_ONE = 60

interface Scene {
  hub: WorkerProcess<FanOutRequest, FanOutAnswer>
  screens: WorkerProcess<ScreensRequest, ScreensAnswer>
  roomIds: number[]
}

/** Many changes a second shown everywhere: rows that change often travel once per frame. */
export const conflation: Benchmark = {
  name: 'conflation',
  about: '20,000 changes/s over 1,000 rooms shown at 1,000 kiosks',
  run: async (options) => {
    // Nothing is committed here: the database only gives once which rooms there are.
    const world = await makeWorld(FAST_SETTINGS, { fanOut: 10, depth: 3 })
    const hub: Scene['hub'] = startWorker('./fan-out-process.ts')
    const screens: Scene['screens'] = startWorker('./conflation-receiver.ts')
    try {
      const { url: databaseUrl, universityId, leafIds: roomIds } = world
      const { port } = await hub.request({ kind: 'listen', databaseUrl, universityId, roomIds })
      await screens.request({ kind: 'connect', port, count: KIOSKS })
      return await measure({ hub, screens, roomIds }, options)
    } finally {
      await Promise.all([hub.end(), screens.end()])
      await world.stop()
    }
  },
}

async function measure({ hub, screens, roomIds }: Scene, options: BenchOptions): Promise<Figure[]> {
  const soon: number[] = []
  const costs: number[] = []
  const baselines: number[] = []
  let wrongCount = 0
  await hub.request({ kind: 'change', perSecond: CHANGES_PER_SECOND, stretchMs: 500 })
  for (let round = 0; round < options.rounds; round += 1) {
    const plain = await hub.request({ kind: 'changeOneByOne', count: ONE_BY_ONE })
    baselines.push(plain.cpuMs / plain.changeCount)
    await screens.request({ kind: 'look', roomIds })
    const result = await hub.request({
      kind: 'change',
      perSecond: CHANGES_PER_SECOND,
      stretchMs: options.stretchMs,
    })
    const seen = await screens.request({ kind: 'look', roomIds })
    costs.push(result.cpuMs / result.changeCount)
    soon.push(shareInTime(result.commits, seen.arrivals))
    wrongCount += seen.levels.filter((levels) =>
      levels.some((level, index) => level !== result.levels[index]),
    ).length
    options.log(
      `  ${Math.round((result.changeCount * 1000) / result.elapsedMs)}/s: ${((soon.at(-1) ?? 0) * 100).toFixed(2)} % within ${SOON_MS} ms, ${((result.cpuMs / result.elapsedMs) * 100).toFixed(0)} % of a core; one by one ${baselines.at(-1)?.toFixed(2)} ms each`,
    )
  }
  return [
    limitFigure({
      name: 'conflation-screens-in-time',
      value: wrongCount === 0 ? median(soon) * 100 : 0,
      unit: '%',
      atLeast: 99,
      note: `screens that had a change within ${SOON_MS} ms of its commit, all changes and all kiosks; rounds ${soon.map((share) => (share * 100).toFixed(2)).join(', ')}; ${wrongCount} of those that read everything were wrong at the end`,
    }),
    ratioFigure({
      name: 'conflation-hub-cpu',
      unit: 'ms of CPU per change',
      values: costs,
      baselines,
      atMost: 0.1,
      note: `baseline: one frame per change to each of 1,000 kiosks, ${ONE_BY_ONE} changes a round, scaled (20,000/s would take ${Math.round(median(baselines) * 20)} cores); both without the commit's own cost; CPU ${spread(costs, 3)} ms`,
    }),
  ]
}

/** Share of all (change, kiosk) pairs where the frame that carried the change, or a later state, came within the time. */
function shareInTime(
  commits: readonly [number, number][],
  arrivals: readonly (readonly [number, number][])[],
): number {
  let inTime = 0
  for (const frames of arrivals) {
    let next = 0
    for (const [clock, atMs] of commits) {
      while (next < frames.length && (frames[next]?.[0] ?? 0) < clock) next += 1
      const arrivedMs = frames[next]?.[1] ?? Infinity
      if (arrivedMs - atMs <= SOON_MS) inTime += 1
    }
  }
  return inTime / (commits.length * arrivals.length)
}
