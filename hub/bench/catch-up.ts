import { join } from 'node:path'
import { startWorker, type WorkerProcess } from './worker-process.ts'
import type { EngineRequest, EngineAnswer } from './engine-process.ts'
import { limitFigure, median, spread, type Benchmark, type Figure } from './figure.ts'
import { withKioskScene, type KioskScene } from './kiosk-scene.ts'
import { query } from '../platform/postgres/database.ts'
import { commitChange } from '../testing/commit-change.ts'

type EngineChild = WorkerProcess<EngineRequest, EngineAnswer>

/** What a week's absence costs: of a level that changed, only the level travels; of facts, the whole row. */
const CHANGES = {
  levels: 'occupancy = 1, occupancy_mean = 1000000, occupancy_updated_at = now()',
  rows: 'capacity = coalesce(capacity, 12) + 1, facts_clock = $2',
} as const

/** A kiosk comes back after 100,000 rows changed; taps at it meanwhile must not wait. */
export const catchUp: Benchmark = {
  name: 'catch-up',
  about: 'catch-up after 100,000 changed rows, in parts, with taps at the same time',
  run: (options) =>
    withKioskScene({ fanOut: 10, depth: 5 }, async (scene) => {
      const engine: EngineChild = startWorker('./engine-process.ts')
      const folder = join(scene.folder, 'kiosk')
      const hubUrl = scene.hub.url
      try {
        const code = await scene.codeFor(scene.world.rootId, 'entrance')
        await engine.request({ kind: 'open', folder, hubUrl, code })
        await engine.request({ kind: 'waitFor', rowCount: scene.world.leafIds.length })
        await engine.request({ kind: 'close' })
        const figures: Figure[] = []
        for (const [index, kind] of (['levels', 'rows'] as const).entries()) {
          const reports: EngineAnswer[] = []
          for (let round = 0; round < options.rounds; round += 1) {
            const head = await changeAll(scene, kind)
            const spaceIds = scene.world.leafIds.slice((index * options.rounds + round) * 1000).slice(0, 1000)
            reports.push(
              await engine.request({ kind: 'catchUp', folder, hubUrl, head, spaceIds, tapEveryMs: 20 }),
            )
            await engine.request({ kind: 'close' })
            options.log(
              `  ${kind}: ${Math.round(reports.at(-1)?.catchUpMs ?? 0)} ms, slowest tap ${Math.round(Math.max(...(reports.at(-1)?.tapMs ?? [])))} ms`,
            )
          }
          figures.push(...toFigures(kind, reports))
        }
        return figures
      } finally {
        await engine.end()
      }
    }),
}

/** Changes every leaf in one commit, as staff or a long absence would; gives the head. The hub has read it when this returns. */
async function changeAll({ world }: KioskScene, kind: keyof typeof CHANGES): Promise<number> {
  const { pool, universityId } = world
  const head = await commitChange(pool, universityId, async (client, { clock }) => {
    await query(
      client,
      `update spaces set clock = $2, ${CHANGES[kind]} where university_id = $1 and child_count = 0`,
      [universityId, clock],
    )
    return clock
  })
  await query(pool, 'vacuum analyze spaces')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  return head
}

function toFigures(kind: string, reports: readonly EngineAnswer[]): Figure[] {
  const times = reports.map(({ catchUpMs }) => catchUpMs)
  const slowest = reports.map(({ tapMs }) => Math.max(...tapMs))
  return [
    limitFigure({
      name: `catch-up-${kind}`,
      value: median(times),
      unit: 'ms',
      atMost: 1500,
      note: `100,000 ${kind}, from the dial to all applied: read, sent, checked, on the disk, in memory; ${spread(times)} ms`,
    }),
    limitFigure({
      name: `catch-up-${kind}-own-taps`,
      value: median(slowest),
      unit: 'ms',
      atMost: 50,
      note: `the slowest of a tap each 20 ms during it, until durable, from when it was due; median tap ${median(reports.flatMap(({ tapMs }) => tapMs)).toFixed(1)} ms`,
    }),
  ]
}
