import { query } from '../platform/postgres/database.ts'
import { installBaseline } from './baseline.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'
import type { Figure } from './figure.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import type { LoadKiosk } from './load-kiosk.ts'
import type { LoadRequest, LoadAnswer } from './load-process.ts'
import { BIG_TREE, insertKiosks, makeWorld, type World } from './world.ts'

/** One hot university on a running hub, with a thousand kiosks live. */
export interface BusyUniversity {
  world: World
  hub: HubProcess
  load: WorkerProcess<LoadRequest, LoadAnswer>
}

/** Runs something on such a hub, on a server with the given settings, and looks whether every acknowledged report is there. */
export async function withBusyUniversity(
  settings: Record<string, string>,
  run: (scene: BusyUniversity) => Promise<Figure[]>,
  variables: Record<string, string> = {},
): Promise<Figure[]> {
  const world = await makeWorld(settings, BIG_TREE)
  await installBaseline(world.pool)
  const made = await insertKiosks(world.pool, world.universityId, world.parentIds)
  const hub = await startHubProcess(world.url, 0, variables)
  const load = startWorker<LoadRequest, LoadAnswer>('./load-process.ts')
  try {
    // They hold the tree already, as kiosks do that were there yesterday.
    const { epoch, cursor } = await loadHead(world)
    const kiosks = made.map((kiosk) => ({ ...kiosk, epoch, cursor }))
    await load.request({ kind: 'connect', url: hub.url, kiosks })
    const figures = await run({ world, hub, load })
    await checkExactlyOnce(world, load, kiosks)
    return figures
  } finally {
    await load.end()
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
  load: BusyUniversity['load'],
  kiosks: readonly LoadKiosk[],
): Promise<void> {
  const { ackedCount } = await load.request({ kind: 'count' })
  const [stored] = await query<{ count: number }>(
    world.pool,
    'select count(*)::int as count from occupancy_reports where kiosk_id = any($1)',
    [kiosks.map(({ id }) => id)],
  )
  if (stored?.count !== ackedCount) throw new Error(`${ackedCount} acknowledged, ${stored?.count} stored`)
}
