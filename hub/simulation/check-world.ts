import { digestText, emptyDigest, toggleRow } from '#shared/wire/digest.ts'
import { query } from '../platform/postgres/database.ts'
import { endFault } from './apply-operation.ts'
import type { Device } from './device.ts'
import { checkLedger, loadSettled } from './ledger.ts'
import type { OpeningHours } from '#shared/domain/week-time.ts'
import { answerAll, checkPeople } from './people-acts.ts'
import {
  checkTree,
  loadStoredHours,
  loadStoredReports,
  loadStoredSpaces,
  publicSpaces,
  textOfHours,
  type StoredSpace,
} from './recompute-tree.ts'
import type { Campus, World } from './world.ts'

/** Everything must have drained and converged within this much virtual time after the last fault: two full jitters and some. */
const HEALED_WITHIN_MS = 400_000
const STEP_MS = 2_000

/**
 * Ends every fault, lets time pass until all outboxes are empty and all rows are there, and checks every promise.
 * One sentence per fault; none: all is as promised.
 */
export async function healAndCheck(world: World): Promise<string[]> {
  while (world.activeFaults[0] !== undefined) await endFault(world, world.activeFaults[0])
  for (const device of world.devices) {
    device.asleepUntilMs = 0
    device.effectsLeft = Number.POSITIVE_INFINITY
    if (!device.isOpen && !device.isLost) device.open()
  }
  await answerAll(world)
  const faults = world.broken.splice(0)
  const untilMs = world.time.nowMs + HEALED_WITHIN_MS
  let late = ['nothing was looked at']
  while (late.length > 0 && world.time.nowMs < untilMs) {
    await world.advance(STEP_MS)
    late = await findLate(world)
  }
  for (const one of late) faults.push(`not healed within ${HEALED_WITHIN_MS / 1000} s: ${one}`)
  for (const campus of world.campuses) faults.push(...(await checkCampus(world, campus)))
  return faults
}

/** Devices with mutations that are still pending, or without some rows. */
async function findLate(world: World): Promise<string[]> {
  const heads = await query<{ clock: number; epoch: string }>(
    world.pool,
    'select clock, epoch from universities order by id',
  )
  return world.devices.flatMap((device) => {
    if (device.isLost) return []
    const head = heads[device.university]
    const waiting = device.waitingCount()
    const { cursor, epoch } = device.cached()
    if (waiting > 0) return [`${device.name} (kiosk ${device.kioskId()}) has ${waiting} mutations waiting`]
    if (epoch !== head?.epoch) return [`${device.name} is in epoch ${epoch}, the hub in ${head?.epoch}`]
    if (cursor !== head.clock) return [`${device.name} is at ${cursor}, the hub at ${head.clock}`]
    // A connection that broke without a notification is noticed only after two heartbeats.
    return device.link?.status === 'online' ? [] : [`${device.name} says it is ${device.link?.status}`]
  })
}

async function checkCampus(world: World, campus: Campus): Promise<string[]> {
  const { universityId } = campus
  const spaces = await loadStoredSpaces(world.pool, universityId)
  const reports = await loadStoredReports(world.pool, universityId)
  const resetAt = new Map(campus.resets.map(({ spaceId, clock }) => [spaceId, clock]))
  const university = world.campuses.indexOf(campus)
  const saved = world.ledger.filter((tap) => tap.device.university === university)
  const settled = await loadSettled(world.pool, universityId)
  const hours = await loadStoredHours(world.pool, universityId)
  return [
    ...checkTree(spaces, reports, resetAt),
    // A restored hub may have lost a refusal: who was told it does not ask again.
    ...checkLedger(saved, settled, (tap) => tap.isMaybe || tap.device.isLost || tap.device.wasRefused(tap)),
    ...checkTimes(world, saved, settled),
    ...(await checkPeople(world, universityId)),
    ...world.devices
      .filter((device) => !device.isLost && device.university === university)
      .flatMap((device) => [...checkDevice(device, spaces), ...checkHours(device, spaces, hours)]),
  ]
}

/**
 * A report's time is when it was tapped, a slow connection apart, unless the device booted in between; it is never before the
 * last contact before the tap. [OCC-7]
 */
function checkTimes(
  world: World,
  saved: readonly World['ledger'][number][],
  settled: Awaited<ReturnType<typeof loadSettled>>,
): string[] {
  const slackMs = 90_000
  const tapsOf = Map.groupBy(saved, tapKey)
  const startMs = world.nowMs() - world.time.nowMs
  return settled.flatMap((row) => {
    // Two clones may make the same number with the same body: one row, dated by either.
    const taps = (row.kind === 'report' && tapsOf.get(tapKey(row))) || []
    const at = row.reportedAtMs
    if (taps.length === 0 || at === null) return []
    const isRight = taps.some(({ tappedAtMs, contactMs }) => {
      const hasBooted = world.devices.some((device) =>
        device.bootedAtMs.some((boot) => boot + startMs >= tappedAtMs),
      )
      return at <= tappedAtMs + slackMs && at >= (hasBooted ? contactMs : tappedAtMs) - 1_000
    })
    const said = taps.map((tap) => at - tap.tappedAtMs).join(' or ')
    return isRight ? [] : [`report ${row.kioskId}/${row.mutationId} is dated ${said} ms after its tap`]
  })
}

function tapKey(tap: {
  kioskId: number
  mutationId: number
  spaceId: number | null
  level: number | null
}): string {
  return `${tap.kioskId}/${tap.mutationId}/${tap.spaceId}/${tap.level}`
}

/** Its rows on the disk, and what its screen shows, against the database. */
function checkDevice(device: Device, spaces: readonly StoredSpace[]): string[] {
  const faults: string[] = []
  const held = device.cachedSpaces()
  const rows = new Map(held.map((row) => [row.id, row]))
  const digest = emptyDigest()
  for (const { id, clock } of held) toggleRow(digest, id, clock)
  if (device.engine?.readRows().digest !== digestText(digest))
    faults.push(`${device.name} keeps a digest that is not that of its rows`)
  const living = publicSpaces(spaces)
  const parents = new Set(living.map((space) => space.parentId))
  for (const space of living) {
    const row = rows.get(space.id)
    const view = device.screen.get(space.id)
    if (row === undefined || view === undefined) {
      faults.push(`${device.name} lacks space ${space.id} in its ${row === undefined ? 'rows' : 'screen'}`)
      continue
    }
    rows.delete(space.id)
    if (row.clock !== space.clock)
      faults.push(`${device.name} holds space ${space.id} at clock ${row.clock}, the hub at ${space.clock}`)
    if (parents.has(space.id)) continue
    for (const [place, said] of [
      ['rows', row],
      ['screen', view],
    ] as const)
      if (said.level !== space.occupancy || said.reportedAtMs !== space.updatedAtMs)
        faults.push(
          `${device.name}'s ${place} say ${String(said.level)} of ${String(said.reportedAtMs)} for space ${space.id}, the hub ${String(space.occupancy)} of ${String(space.updatedAtMs)}`,
        )
    if (view.isWaiting) faults.push(`${device.name} says that space ${space.id} still waits`)
  }
  for (const id of rows.keys())
    faults.push(`${device.name} holds space ${id}, which is not the hub's to show`)
  if (device.screen.size !== living.length)
    faults.push(`${device.name}'s screen shows ${device.screen.size} spaces of ${living.length}`)
  return faults
}

/** The opening hours that it holds against the database: of spaces that kiosks see, and no others. [SYN-31] */
function checkHours(
  device: Device,
  spaces: readonly StoredSpace[],
  stored: ReadonlyMap<number, string>,
): string[] {
  const collections = device.engine?.readRows().collections ?? []
  const rows = collections.find(({ name }) => name === 'hours')?.rows ?? []
  const held = new Map(rows.map(({ id, body }) => [id, textOfHours(body as OpeningHours)]))
  const isPublic = new Set(publicSpaces(spaces).map(({ id }) => id))
  const wanted = new Map([...stored].filter(([id]) => isPublic.has(id)))
  const ids = [...new Set([...held.keys(), ...wanted.keys()])]
  return ids.flatMap((id) => {
    const [had, has] = [held.get(id), wanted.get(id)]
    // Before protocol 3 hours are facts, and a space without any has none of them.
    if (had === has || (has === undefined && had === textOfHours({ weekly: null, closures: [] }))) return []
    return [`${device.name} holds hours ${had ?? 'none'} of space ${id}, the hub ${has ?? 'none'}`]
  })
}
