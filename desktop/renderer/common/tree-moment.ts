import { shown, type ShownOccupancy } from '#shared/domain/occupancy.ts'
import { pathToRoot } from '#shared/domain/space.ts'
import { openness, spansOfDay, type LocalTime, type Openness } from '#shared/domain/week-time.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import type { ShownSpace } from './shown-spaces.ts'
import { localClockOf } from './times.ts'

/** Everything that is asked of the tree at one moment, worked out once. */
export interface TreeMoment {
  /** Hub time, ms since 1970; null when unknowable: then nothing counts as fresh. */
  nowMs: number | null
  local: LocalTime | null
  spaces: ReadonlyMap<number, ShownSpace>
  shown: ReadonlyMap<number, ShownOccupancy>
  opennessOf(id: number): Openness
}

const ALWAYS_OPEN: Openness = { isOpen: true, changes: null }

/**
 * The tree at a moment. Without a known time every report counts as stale and every place as open; in a zone that is unknown
 * here every place counts as open too. [OCC-6] [HRS-1] [SCR-12]
 */
export function treeMomentOf(
  spaces: ReadonlyMap<number, ShownSpace>,
  timezone: string,
  staleMs: number,
  nowMs: number | null,
): TreeMoment {
  const clock = nowMs === null ? null : localClockOf(timezone)
  const local = clock === null || nowMs === null ? null : clock(nowMs)
  const known = new Map<number, Openness>()
  const opennessOf = (id: number): Openness => {
    const space = spaces.get(id)
    if (space === undefined || nowMs === null || clock === null) return ALWAYS_OPEN
    const found = known.get(id)
    if (found !== undefined) return found
    const { weekly, closures } = space.hours
    const inherits = weekly === null && closures.length === 0
    const own =
      inherits && space.parentId !== null
        ? opennessOf(space.parentId)
        : openness(hoursChain(spaces, id), clockAt(clock, nowMs, local), nowMs)
    known.set(id, own)
    return own
  }
  const nodes = [...spaces.values()]
  return { nowMs, local, spaces, shown: shown(nodes, nowMs ?? Number.MAX_SAFE_INTEGER, staleMs), opennessOf }
}

/** The zone's clock, with the present moment already worked out: asking Intl 2,000 times a second is slow. */
function clockAt(
  clock: (atMs: number) => LocalTime,
  nowMs: number,
  local: LocalTime | null,
): (atMs: number) => LocalTime {
  return (atMs) => (atMs === nowMs && local !== null ? local : clock(atMs))
}

function hoursChain(spaces: ReadonlyMap<number, SpaceView>, id: number): SpaceView['hours'][] {
  return pathToRoot(spaces, id).map((space) => space.hours)
}

/** Today's open spans of a space in minutes of the local day; null where no hours are known. [HRS-1] */
export function todaySpans(moment: TreeMoment, id: number): [number, number][] | null {
  return moment.local === null ? null : spansOfDay(hoursChain(moment.spaces, id), moment.local)
}
