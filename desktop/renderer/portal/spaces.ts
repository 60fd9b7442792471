import type { SpaceView } from '#shared/wire/bridge.ts'
import { shown, type Shown } from '#shared/domain/occupancy.ts'
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
 * The tree at a moment, as people see it: what is not let on public screens counts in no composite, as everywhere else,
 * and has a level of its own beside it. [OCC-6]
 */
export function portalMoment(
  spaces: ReadonlyMap<number, PortalSpace>,
  timezone: string,
  staleMs: number,
  nowMs: number,
): PortalMoment {
  const all = [...spaces.values()]
  const isPublic = (space: PortalSpace): boolean => space.isOnKiosks
  const hidden = all.filter((space) => !isPublic(space))
  const counted: ReadonlyMap<number, Shown> = shown(all.filter(isPublic), nowMs, staleMs)
  const aside = shown(hidden, nowMs, staleMs)
  return {
    ...momentOf(spaces, timezone, staleMs, nowMs),
    spaces,
    shown: new Map([...counted, ...aside]),
  }
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
