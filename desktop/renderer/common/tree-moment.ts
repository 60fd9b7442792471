import { shown, type ShownOccupancy } from '#shared/domain/occupancy.ts'
import { pathToRoot } from '#shared/domain/space.ts'
import { dateAfter, openness, spansOfDay, type LocalTime, type Openness } from '#shared/domain/week-time.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import type { ShownSpace } from './shown-spaces.ts'
import { localClockOf } from './local-clock.ts'

/** Everything that is asked of the tree at one moment, worked out once. */
export interface TreeMoment {
  /** Hub time, ms since 1970; null when unknowable: then nothing counts as fresh. */
  nowMs: number | null
  local: LocalTime | null
  spaces: ReadonlyMap<number, ShownSpace>
  shown: ReadonlyMap<number, ShownOccupancy>
  opennessOf(id: number): Openness
}

/** Of a space of which nothing else is known. [HRS-1] */
export const ALWAYS_OPEN: Openness = { isOpen: true, changes: null }

/**
 * The tree at one moment, worked out whole; as time goes by, `watchTree` gives the same for less. Without a known time every report counts as stale and every place as open; in a zone that is unknown
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
    if (space === undefined || local === null) return ALWAYS_OPEN
    const found = known.get(id)
    if (found !== undefined) return found
    const own = inheritsHours(space) ? opennessOf(space.parentId) : opennessAt(spaces, id, local)
    known.set(id, own)
    return own
  }
  const levels = shown(
    [...spaces.values()],
    nowMs ?? Number.MAX_SAFE_INTEGER,
    staleMs,
    (id) => opennessOf(id).isOpen,
  )
  return { nowMs, local, spaces, shown: levels, opennessOf }
}

/** Whether a space is open when its parent is: neither it nor its dates say anything else. [HRS-1] */
export function inheritsHours(space: ShownSpace): space is ShownSpace & { parentId: number } {
  const { weekly, closures } = space.hours
  return weekly === null && closures.length === 0 && space.parentId !== null
}

/** Whether a space with hours of its own is open at a local time, and until when. It does not change within a minute. [HRS-1] */
export function opennessAt(spaces: ReadonlyMap<number, ShownSpace>, id: number, local: LocalTime): Openness {
  return openness(hoursChain(spaces, id), () => local, 0)
}

function hoursChain(spaces: ReadonlyMap<number, SpaceView>, id: number): SpaceView['hours'][] {
  return pathToRoot(spaces, id).map((space) => space.hours)
}

/** Today's open spans of a space in minutes of the local day; null where no hours are known. [HRS-1] */
export function todaySpans(moment: TreeMoment, id: number): [number, number][] | null {
  return moment.local === null ? null : spansOfDay(hoursChain(moment.spaces, id), moment.local)
}

/** The open spans of one day, minutes of the local day; none: closed. */
export interface DayHours {
  /** yyyy-mm-dd */
  date: string
  spans: [number, number][]
  /** It differs from its day of the week, by a closure of the space or of one above. */
  isClosure: boolean
}

const WEEK_DAYS = 7

/** The hours of today and of the six days after it; null where no weekly hours are known. [HRS-4] */
export function weekAhead(moment: TreeMoment, id: number): DayHours[] | null {
  const { local } = moment
  const chain = hoursChain(moment.spaces, id)
  if (local === null || !hasWeek(chain)) return null
  return Array.from({ length: WEEK_DAYS }, (_, ahead) => dayHours(chain, dateAfter(local.date, ahead)))
}

/** The days after that week – or from today on, where no week is known – on which a closure holds, in order. [HRS-4] */
export function closuresAhead(moment: TreeMoment, id: number): DayHours[] {
  const { local } = moment
  if (local === null) return []
  const chain = hoursChain(moment.spaces, id)
  const from = hasWeek(chain) ? dateAfter(local.date, WEEK_DAYS) : local.date
  const dates = chain
    .flatMap(({ closures }) => closures.map(({ date }) => date))
    .filter((date) => date >= from)
  return [...new Set(dates)].toSorted().map((date) => dayHours(chain, date))
}

function hasWeek(chain: readonly SpaceView['hours'][]): boolean {
  return chain.some(({ weekly }) => weekly !== null)
}

function dayHours(chain: readonly SpaceView['hours'][], date: string): DayHours {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay()
  const isClosure = chain.some(({ closures }) => closures.some((closure) => closure.date === date))
  return { date, spans: spansOfDay(chain, { date, day }) ?? [], isClosure }
}
