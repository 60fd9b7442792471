import type { SpaceView } from '#shared/wire/bridge.ts'
import { shown } from '#shared/domain/occupancy.ts'
import { pathToRoot } from '#shared/domain/space.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import { momentOf, type Moment } from '../kiosk/place.ts'

/** A space as the portal's screens read it: the kiosks' view, and what only people see. */
export type PortalSpace = SpaceView &
  Pick<PeopleSpace, 'clock' | 'version' | 'isOnKiosks' | 'isMine' | 'isTracked' | 'isMineToEdit'>

/** The view of a row as the hub tells it. */
export function portalSpace(row: PeopleSpace): PortalSpace {
  const { facts, ...rest } = row
  return { ...facts, ...rest, isWaiting: false }
}

/** Spaces by number. */
export function spaceMap(rows: readonly PeopleSpace[]): Map<number, PortalSpace> {
  return new Map(rows.map((row) => [row.id, portalSpace(row)]))
}

/** A moment over the spaces that people see. */
export interface PortalMoment extends Moment {
  spaces: ReadonlyMap<number, PortalSpace>
}

/**
 * The tree at a moment, as people see it. What is not let on public screens is cut from its parent: it counts in nothing
 * above, and has a sum of its own – the same cut as in the database. [OCC-6]
 */
export function portalMoment(
  spaces: ReadonlyMap<number, PortalSpace>,
  timezone: string,
  staleMs: number,
  nowMs: number,
): PortalMoment {
  const nodes = [...spaces.values()].map((space) => (space.isOnKiosks ? space : { ...space, parentId: null }))
  return { ...momentOf(spaces, timezone, staleMs, nowMs), spaces, shown: shown(nodes, nowMs, staleMs) }
}

/** Whether a space is on public screens: it and everything that it stands in was let on them. */
export function isPublic(spaces: ReadonlyMap<number, PortalSpace>, id: number): boolean {
  return pathToRoot(spaces, id).every((space) => space.isOnKiosks)
}

/** Spaces after some were told anew, levels changed, or went. Older news never overwrites newer. */
export function withRows(
  spaces: ReadonlyMap<number, PortalSpace>,
  rows: readonly PortalSpace[],
  gone: readonly number[] = [],
): ReadonlyMap<number, PortalSpace> {
  const next = new Map(spaces)
  for (const row of rows) if ((next.get(row.id)?.clock ?? 0) <= row.clock) next.set(row.id, row)
  for (const id of gone) next.delete(id)
  return next
}
