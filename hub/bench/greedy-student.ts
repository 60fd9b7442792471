import { makeTestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import type { CallAnswer, CallRequest } from './call-process.ts'
import { quantile, ratioFigure, type Benchmark, type BenchOptions, type Figure } from './figure.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import type { LoadAnswer, LoadRequest } from './load-process.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'
import { DURABLE, insertKiosks, makeWorld, type World } from './world.ts'

/** Sockets of one session, each of which asks again as soon as it is answered. */
const SOCKETS = 300
/** Others who read, few enough calls a minute for each. */
const READERS = 60
const READS_PER_SECOND = 25
const REPORTS_PER_SECOND = 100
const KIOSKS = 100

/** What the greedy one asks for; `SPACE` is a space's number. Of reports one in an hour is allowed: all others are refused. */
const ROUTES = [
  'GET /spaces',
  'PUT /spaces/SPACE/tracked',
  'GET /me/export',
  'POST /live/ticket',
  'POST /spaces/SPACE/reports',
] as const

type Route = (typeof ROUTES)[number]
type Callers = WorkerProcess<CallRequest, CallAnswer>

interface Scene {
  world: World
  hub: HubProcess
  load: WorkerProcess<LoadRequest, LoadAnswer>
  others: Callers
  greedy: Callers
  readers: Record<string, string>[]
}

/** p99 of a stretch, ms, and how the greedy one was answered in it. */
interface Stretch {
  readMs: number
  ackMs: number
  answers: CallAnswer['counts']
}

/** One session takes all that it can get: what it costs others' reads and kiosks' taps. */
export const greedyStudent: Benchmark = {
  name: 'greedy-student',
  about: `one session with ${SOCKETS} sockets, beside ${READS_PER_SECOND} reads/s of others and ${REPORTS_PER_SECOND} reports/s`,
  run: async (options) => {
    const world = await makeWorld(DURABLE, { fanOut: 10, depth: 3 })
    const kiosks = await insertKiosks(world.pool, world.universityId, world.parentIds.slice(0, KIOSKS))
    await query(world.pool, `update universities set settings = settings || '{"reportsPerPersonAndHour": 1}'`)
    await query(world.pool, 'vacuum analyze')
    const hub = await startHubProcess(world.url)
    const load: Scene['load'] = startWorker('./load-process.ts')
    const [others, greedy]: [Callers, Callers] = [
      startWorker('./call-process.ts'),
      startWorker('./call-process.ts'),
    ]
    try {
      await load.request({ kind: 'connect', url: hub.url, kiosks })
      const readers: Record<string, string>[] = []
      for (let number = 0; number < READERS; number += 1)
        readers.push((await makeTestPerson(world.pool, world.universityId)).headers)
      const scene = { world, hub, load, others, greedy, readers }
      const figures: Figure[] = []
      for (const route of ROUTES) figures.push(...(await measure(scene, route, options)))
      return figures
    } finally {
      await Promise.all([load.end(), others.end(), greedy.end()])
      await hub.stop()
      await world.stop()
    }
  },
}

async function measure(scene: Scene, route: Route, options: BenchOptions): Promise<Figure[]> {
  const rounds: { quiet: Stretch; beside: Stretch }[] = []
  for (let round = 0; round < options.rounds; round += 1) {
    const quiet = await measureStretch(scene, null, 2 * options.stretchMs)
    const beside = await measureStretch(scene, route, 2 * options.stretchMs)
    rounds.push({ quiet, beside })
    options.log(
      `  ${route}: reads ${quiet.readMs.toFixed(1)} → ${beside.readMs.toFixed(1)} ms, acks ${quiet.ackMs.toFixed(1)} → ${beside.ackMs.toFixed(1)} ms, answered ${JSON.stringify(beside.answers)}`,
    )
  }
  const [word = ''] = /\w+$/.exec(route) ?? []
  const note = `beside one session that sends ${route} over ${SOCKETS} sockets; baseline: without it`
  return (['readMs', 'ackMs'] as const).map((what) =>
    ratioFigure({
      name: `greedy-student-${word}-${what === 'readMs' ? 'reads' : 'acks'}`,
      unit: 'ms p99',
      values: rounds.map(({ beside }) => beside[what]),
      baselines: rounds.map(({ quiet }) => quiet[what]),
      atMost: 2,
      note: `${what === 'readMs' ? 'others’ GET /spaces' : 'tap→ack of kiosks'} ${note}`,
    }),
  )
}

/** Others read and kiosks report; beside them, unless null, a student who is new each time, since what one does in a minute is limited. */
async function measureStretch(scene: Scene, route: Route | null, stretchMs: number): Promise<Stretch> {
  const { world, hub, load, others, greedy, readers } = scene
  const { url } = hub
  const greed = route === null ? null : greedy.request(await greedOf(scene, route, stretchMs + 500))
  // Its sockets are open by then.
  await new Promise((resolve) => setTimeout(resolve, 500))
  const [read, acked] = await Promise.all([
    others.request({ kind: 'read', url, people: readers, perSecond: READS_PER_SECOND, stretchMs }),
    load.request({ kind: 'openLoop', perSecond: REPORTS_PER_SECOND, stretchMs }),
  ])
  const { counts = {} } = (await greed) ?? {}
  if (Object.keys(read.counts).join() !== '200')
    throw new Error(`others were answered ${JSON.stringify(read.counts)} at ${world.url}`)
  return {
    readMs: quantile(read.latenciesMs, 0.99),
    ackMs: quantile(acked.latenciesMs, 0.99),
    answers: counts,
  }
}

async function greedOf({ world, hub }: Scene, route: Route, stretchMs: number): Promise<CallRequest> {
  const { headers, sessionId } = await makeTestPerson(world.pool, world.universityId)
  // What is exported is given to those alone who entered their password just now.
  await query(world.pool, 'update sessions set confirmed_at = now() where id = $1', [sessionId])
  const named = route.replace('SPACE', String(world.leafIds[0]))
  const body = route.endsWith('/reports') ? { level: 1, key: 'a-key-of-a-report' } : undefined
  return { kind: 'greedy', url: hub.url, headers, route: named, body, socketCount: SOCKETS, stretchMs }
}
