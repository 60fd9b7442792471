import { makeTestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { withBusyUniversity, type BusyUniversity } from './busy-university.ts'
import type { CallAnswer, CallRequest } from './call-process.ts'
import {
  median,
  quantile,
  ratioFigure,
  spread,
  type Benchmark,
  type BenchOptions,
  type Figure,
} from './figure.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'
import { DURABLE } from './world.ts'

const PEOPLE = 200

/** How often each of them reports, ms, and what all together must reach of kiosks alone; null: not asked. */
const PACES = [
  { name: 'mixed-crowd', everyMs: 1000, atLeast: 0.8, words: 'each once a second' },
  { name: 'mixed-crowd-at-once', everyMs: 0, atLeast: null, words: 'each as soon as answered' },
] as const

type People = WorkerProcess<CallRequest, CallAnswer>

/** Reports per second of kiosks alone, and of both together, with how long people waited. */
interface Round {
  alone: number
  kiosks: number
  people: number
  waitedMs: number
}

/** People who report over HTTP share commits with kiosks: what that costs. */
export const mixedCrowd: Benchmark = {
  name: 'mixed-crowd',
  about: `1,000 kiosks and ${PEOPLE} people report on one university, against the kiosks alone`,
  run: (options) =>
    withBusyUniversity(DURABLE, async (scene) => {
      const { pool, universityId } = scene.world
      await query(
        pool,
        `update universities set settings = settings || '{"reportsPerPersonAndHour": 10000}' where id = $1`,
        [universityId],
      )
      const people: Record<string, string>[] = []
      for (let number = 0; number < PEOPLE; number += 1)
        people.push((await makeTestPerson(pool, universityId)).headers)
      const calls: People = startWorker('./call-process.ts')
      try {
        const figures: Figure[] = []
        for (const pace of PACES) figures.push(await measurePace(scene, { calls, people }, pace, options))
        return figures
      } finally {
        await calls.end()
      }
    }),
}

async function measurePace(
  { world, hub, load }: BusyUniversity,
  { calls, people }: { calls: People; people: Record<string, string>[] },
  { name, everyMs, atLeast, words }: (typeof PACES)[number],
  { rounds, stretchMs, log }: BenchOptions,
): Promise<Figure> {
  const done: Round[] = []
  const asked = { kind: 'closedLoop', perPush: 1, stretchMs: 2 * stretchMs } as const
  for (let round = 0; round < rounds; round += 1) {
    const alone = await load.request(asked)
    const reporting = calls.request({
      kind: 'report',
      url: hub.url,
      people,
      spaceIds: world.leafIds,
      everyMs,
      stretchMs: 2 * stretchMs,
    })
    const beside = await load.request(asked)
    const { latenciesMs, counts } = await reporting
    if (Object.keys(counts).join() !== '201')
      throw new Error(`people were answered ${JSON.stringify(counts)}`)
    const perSecond = (count: number, ms: number): number => (count * 1000) / ms
    done.push({
      alone: perSecond(alone.ackedCount, alone.elapsedMs),
      kiosks: perSecond(beside.ackedCount, beside.elapsedMs),
      people: perSecond(latenciesMs.length, 2 * stretchMs),
      waitedMs: quantile(latenciesMs, 0.99),
    })
    const texts = [done.at(-1)?.alone, done.at(-1)?.kiosks, done.at(-1)?.people].map((one) =>
      Math.round(one ?? 0),
    )
    log(`  ${words}: kiosks alone ${texts[0]}/s, beside people ${texts[1]}/s, people ${texts[2]}/s`)
  }
  return ratioFigure({
    name,
    unit: 'reports/s',
    values: done.map((one) => one.kiosks + one.people),
    baselines: done.map(({ alone }) => alone),
    ...(atLeast === null ? {} : { atLeast }),
    limitedBy:
      'the CPU of a call over HTTP, as much as of eight reports of a kiosk, where hub, database and load share all cores',
    note: `${PEOPLE} people over HTTP, ${words}: ${Math.round(median(done.map((one) => one.people)))}/s of theirs, p99 ${Math.round(median(done.map(({ waitedMs }) => waitedMs)))} ms; baseline: the kiosks alone, ${spread(done.map(({ alone }) => alone))}/s`,
  })
}
