import { query } from '../platform/postgres/database.ts'
import { pickOpenDevice, type ApplyOperation } from './act.ts'
import { changeHours, commitTree, deleteSpaces, insertSpace, moveKiosk, moveSpace } from './campus.ts'
import type { OperationKind } from './operations.ts'
import type { Campus, World } from './world.ts'

type StaffAct = Extract<
  OperationKind,
  'backup' | 'restore' | 'spaceAdd' | 'spaceDelete' | 'spaceMove' | 'spaceGrow' | 'kioskMove' | 'revoke'
>

/** More spaces than this are not made. */
const MOST_SPACES = 24

/** What staff do while everything else goes on. */
export const STAFF_ACTS: Record<StaffAct, ApplyOperation> = {
  backup: async (world) => {
    await takeBackup(world)
    return true
  },
  restore: async (world, { b }) => {
    const { backup } = world
    // A device that became a kiosk since then would be unknown to it: staff would write a new backup.
    const hasNewDevice = world.devices.some(
      (device) =>
        !device.isLost && device.isOpen && !device.isDying && !backup?.kioskIds.has(device.kioskId() ?? 0),
    )
    if (backup === null || hasNewDevice || world.devices.some((device) => !device.isLost && !device.isOpen)) {
      await takeBackup(world)
      return false
    }
    await restore(world, backup, b % 2 === 0)
    return true
  },
  spaceAdd: (world, { a, b }) =>
    changeTree(world, a, 'space added', (campus) => {
      const parent = pickLiving(campus, b, false)
      if (parent === undefined || living(campus).length >= MOST_SPACES) return null
      return async (client, clock) => {
        const id = await insertSpace(
          client,
          campus.universityId,
          parent,
          `Space ${clock}`,
          clock % 3 === 0 ? null : clock % 90 || 1,
          clock,
        )
        await changeHours(client, campus.universityId, id, clock)
      }
    }),
  spaceDelete: (world, { a, b }) =>
    changeTree(world, a, 'space deleted under taps', (campus) => {
      const space = pickLiving(campus, b, true)
      if (space === undefined || living(campus).length < 5) return null
      return (client, clock) => deleteSpaces(client, space, clock)
    }),
  spaceMove: (world, { a, b, c }) =>
    changeTree(world, a, 'space moved under taps', (campus) => {
      const space = pickLiving(campus, b, true)
      const parent = pickLiving(campus, c, false)
      if (space === undefined || parent === undefined || space === parent) return null
      return async (client, clock) => {
        await moveSpace(client, space, parent, clock)
        await changeHours(client, campus.universityId, space, clock)
      }
    }),
  spaceGrow: (world, { a, b }) =>
    changeTree(world, a, 'leaf gets a child under taps', (campus) => {
      const leaf = pickLiving(campus, b, true)
      if (leaf === undefined || living(campus).length >= MOST_SPACES) return null
      return async (client, clock) => {
        await insertSpace(client, campus.universityId, leaf, `Carrel ${clock}`, 1, clock)
      }
    }),
  kioskMove: async (world, { a, b }) => {
    const device = pickOpenDevice(world, a)
    const campus = device && world.campuses[device.university]
    const kioskId = device?.kioskId() ?? null
    const space = campus && pickLiving(campus, b, false)
    if (campus === undefined || kioskId === null || space === undefined) return false
    world.counts.fire('kiosk moved')
    await commitTree(world.pool, campus.universityId, world.nowMs(), (client) =>
      moveKiosk(client, kioskId, space),
    )
    return true
  },
  revoke: async (world, { a }) => {
    const device = pickOpenDevice(world, a)
    const kioskId = device?.kioskId() ?? null
    if (device === undefined || kioskId === null) return false
    // Clones that still go by the same name go with it; two devices of a university must be left to compare.
    const gone = world.devices.filter((one) => !one.isLost && one.kioskId() === kioskId)
    const left = world.devices.filter((one) => !one.isLost && one.university === device.university)
    if (left.length < gone.length + 3) return false
    world.counts.fire('kiosk revoked')
    for (const one of gone) one.isLost = true
    const { universityId = 0 } = world.campuses[device.university] ?? {}
    await commitTree(world.pool, universityId, world.nowMs(), async (client) => {
      await query(client, 'update kiosks set revoked_at = now() where id = $1', [kioskId])
    })
    await world.addDevice(device.university, 0)
    return true
  },
}

function living(campus: Campus): Campus['spaces'] {
  return campus.spaces.filter((space) => !space.isDeleted)
}

/** A living space, a leaf or a composite; never a root. Undefined: none. */
function pickLiving(campus: Campus, randomValue: number, isLeaf: boolean): number | undefined {
  const fit = living(campus).filter(
    (space) => space.isLeaf === isLeaf && (space.parentId !== null || !isLeaf),
  )
  return fit[randomValue % Math.max(1, fit.length)]?.id
}

type Change = Parameters<typeof commitTree>[3]

async function changeTree(
  world: World,
  randomValue: number,
  fault: string,
  plan: (campus: Campus) => Change | null,
): Promise<boolean> {
  const campus = world.campuses[randomValue % 4 === 0 ? 1 : 0]
  const change = campus && plan(campus)
  if (campus === undefined || change === null || change === undefined) return false
  world.counts.fire(fault)
  const before = new Map(campus.spaces.map((space) => [space.id, space.isLeaf]))
  const clock = await commitTree(world.pool, campus.universityId, world.nowMs(), change)
  await world.reloadSpaces()
  for (const { id, isLeaf } of campus.spaces)
    if ((before.get(id) ?? true) !== isLeaf) campus.resets.push({ spaceId: id, clock })
  return true
}

async function heads(world: World): Promise<number[]> {
  const rows = await query<{ clock: number }>(world.pool, 'select clock from universities order by id')
  return rows.map((row) => row.clock)
}

async function takeBackup(world: World): Promise<void> {
  world.counts.fire('backup')
  for (const hub of world.hubs) if (hub.isRunning) await hub.dropConnections()
  const rows = await query<{ id: number }>(world.pool, 'select id from kiosks')
  const backup = {
    name: '',
    kioskIds: new Set(rows.map((row) => row.id)),
    heads: await heads(world),
    settings: world.settings,
  }
  world.settings = [...world.settings]
  await world.closePool()
  backup.name = await world.copyDatabase(world.databaseName)
  await world.openDatabase(world.databaseName)
  if (world.backup !== null) await world.dropDatabase(world.backup.name)
  world.backup = backup
}

/** The database of yesterday takes the place of today's. [SYN-17] */
async function restore(world: World, backup: NonNullable<World['backup']>, isSaid: boolean): Promise<void> {
  world.counts.fire('hub restored to yesterday')
  for (const hub of world.hubs) hub.die(true)
  await world.settle()
  world.restoredAtMs = world.time.nowMs
  const old = world.databaseName
  const top = await query<{ spaces: number; kiosks: number }>(
    world.pool,
    'select (select max(id) from spaces) as spaces, (select max(id) from kiosks) as kiosks',
  )
  await world.openDatabase(await world.copyDatabase(backup.name))
  await world.dropDatabase(old)
  // Numbers given since the backup are not given again: a device of yesterday may still name them.
  await query(
    world.pool,
    `select setval(pg_get_serial_sequence('spaces', 'id'), $1), setval(pg_get_serial_sequence('kiosks', 'id'), $2)`,
    [top[0]?.spaces ?? 1, top[0]?.kiosks ?? 1],
  )
  // Staff say so; or the hub sees another database; or only the kiosks can prove it, as after a snapshot of the disk.
  if (isSaid) await query(world.pool, `update universities set epoch = epoch || '+'`)
  else if (world.random.withProbability(0.6))
    await query(world.pool, "delete from cluster_facts where name = 'database'")
  world.campuses.forEach((campus, index) => {
    campus.resets = campus.resets.filter((reset) => reset.clock <= (backup.heads[index] ?? 0))
  })
  await world.reloadSpaces()
  world.settings = [...backup.settings]
  await world.people.forget(world.pool)
  for (const { key, answer } of world.people.calls) if (answer === null) world.noticed.delete(key)
  for (const hub of world.hubs) hub.start(world.databaseUrl())
}
