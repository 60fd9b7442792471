import type { Level } from '#shared/domain/occupancy.ts'
import { pathToRoot, type SpaceDetails, type SpaceKind } from '#shared/domain/space.ts'
import type { Openness } from '#shared/domain/week-time.ts'
import type { LinkSlice, SpaceView } from '#shared/wire/bridge.ts'
import type { KioskModel } from './model.ts'
import { nearestFree, type NearbyFree } from './nearest-free.ts'
import { momentOf, todaySpans, toneOf, type Moment, type Tone } from './place.ts'
import { setupScreen, type SetupScreen } from './setup-screen.ts'

/** What stands on a door beside its state. Times in ms since 1970, hub time. */
export interface DoorPlace {
  id: number
  name: string
  /** Names of what the place stands in, nearest first, without the university. */
  within: string[]
  kind: SpaceKind
  tone: Tone
  capacity: number | null
  details: SpaceDetails
  location: string | null
  openness: Openness
  /** Open spans of today in minutes of the local day; null: no hours known. */
  todaySpans: [number, number][] | null
  nowMs: number | null
  reportedAtMs: number | null
  /** Only of a place with parts: "7 of 9 known", "3 of 9 free". */
  parts: { knownCount: number; freeCount: number; leafCount: number } | null
  isWaiting: boolean
  line: { isOffline: boolean; lastContactMs: number | null; reason: LinkSlice['reason'] }
  nearby: NearbyFree | null
  /** Whether a passer-by may report here: a leaf that is open. [OCC-9] */
  canReport: boolean
}

/** A door's screen: a closed union, one picture each. */
export type DoorScreen =
  | SetupScreen
  | { name: 'free' | 'busy' | 'full'; place: DoorPlace }
  | { name: 'offlineFresh'; level: Level; place: DoorPlace }
  | { name: 'offlineStale'; place: DoorPlace }
  | { name: 'stale'; place: DoorPlace }
  | { name: 'neverReported'; place: DoorPlace }
  | { name: 'closed'; place: DoorPlace }
  | { name: 'clockUnknown'; place: DoorPlace }

/**
 * A line that was last heard this long ago is off, also while the engine, just started, still calls it `connecting`: two
 * heartbeats of five seconds, and half as much for dialling. [SYN-23]
 */
export const SILENT_MS = 15_000

/** Whether what is shown may be behind: the line is off, or nobody knows yet and the last word is old. */
export function isLineOff(link: LinkSlice, nowMs: number | null): boolean {
  if (link.status === 'online') return false
  if (link.status === 'offline' || nowMs === null || link.lastContactMs === null) return true
  return nowMs - link.lastContactMs >= SILENT_MS
}

/** What a door shows of a model at a moment (hub time; null when unknowable). Stale never shows free. [OCC-6] */
export function doorScreen(model: KioskModel, nowMs: number | null): DoorScreen {
  const setup = setupScreen(model, nowMs)
  if ('screen' in setup) return setup.screen
  const { assignment } = setup
  const space = model.spaces.get(assignment.spaceId)
  if (space === undefined) return { name: 'spaceGone', kioskName: assignment.kioskName }
  const moment = momentOf(model.spaces, assignment.timezone, assignment.staleMs, nowMs)
  return screenOf(doorPlace(model, moment, space), moment.shown.get(space.id)?.level ?? null)
}

function screenOf(place: DoorPlace, level: Level | null): DoorScreen {
  if (place.tone === 'closed') return { name: 'closed', place }
  if (place.nowMs === null) return { name: 'clockUnknown', place }
  if (level !== null) {
    if (place.line.isOffline) return { name: 'offlineFresh', level, place }
    return { name: level === 0 ? 'free' : level === 1 ? 'busy' : 'full', place }
  }
  if (place.reportedAtMs === null) return { name: 'neverReported', place }
  return { name: place.line.isOffline ? 'offlineStale' : 'stale', place }
}

function doorPlace(model: KioskModel, moment: Moment, space: SpaceView): DoorPlace {
  const state = moment.shown.get(space.id)
  const open = moment.opennessOf(space.id)
  const tone = toneOf(state?.level ?? null, open.isOpen)
  const isTaken = tone === 'busy' || tone === 'full'
  return {
    ...factsOf(moment, space),
    tone,
    capacity: state?.capacity ?? space.capacity,
    openness: open,
    todaySpans: todaySpans(moment, space.id),
    nowMs: moment.nowMs,
    reportedAtMs: state?.reportedAtMs ?? null,
    parts:
      state === undefined || state.isLeaf
        ? null
        : { knownCount: state.knownCount, freeCount: state.freeCount, leafCount: state.leafCount },
    isWaiting: space.isWaiting,
    line: {
      isOffline: isLineOff(model.link, moment.nowMs),
      lastContactMs: model.link.lastContactMs,
      reason: model.link.reason,
    },
    nearby: isTaken ? nearestFree(moment, space.id) : null,
    canReport: state?.isLeaf === true && open.isOpen,
  }
}

/** What a place is, apart from how full. */
export function factsOf(
  moment: Moment,
  space: SpaceView,
): Pick<DoorPlace, 'id' | 'name' | 'within' | 'kind' | 'details' | 'location'> {
  const { id, name, kind, details, location } = space
  const within = pathToRoot(moment.spaces, id)
    .slice(1)
    .filter((ancestor) => ancestor.kind !== 'university')
    .map((ancestor) => ancestor.name)
  return { id, name, within, kind, details, location }
}
