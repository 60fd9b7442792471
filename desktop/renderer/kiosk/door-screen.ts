import type { Assignment } from '#shared/domain/kiosk.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import { pathToRoot, type SpaceDetails, type SpaceKind } from '#shared/domain/space.ts'
import type { Openness } from '#shared/domain/week-time.ts'
import type { LinkSlice, SpaceView } from '#shared/wire/bridge.ts'
import type { KioskModel } from './model.ts'
import { nearestFree, type NearbyFree } from './nearest-free.ts'
import { spaceToneOf } from '../common/space-entry.ts'
import type { Tone } from '../ui/shapes.tsx'
import { todaySpans, type TreeMoment } from '../common/tree-moment.ts'
import { watchTree, type TreeWatch } from '../common/tree-watch.ts'
import { setupScreen, type SetupScreen } from './setup-screen.ts'

/** What stands on a door beside its state. Times in ms since 1970, hub time. */
export interface DoorSpace {
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
  /** Only of a place with parts: "7 of 9 known", "3 of 9 free", "1 closed". */
  parts: { knownCount: number; freeCount: number; leafCount: number; closedCount: number } | null
  connection: { isOffline: boolean; lastContactMs: number | null; reason: LinkSlice['reason'] }
  nearby: NearbyFree | null
  /** Whether a passer-by may report here: a leaf that is open. [OCC-9] */
  canReport: boolean
}

/** A door's screen: a closed union, one picture each. */
export type DoorScreen =
  | SetupScreen
  | { name: 'free' | 'busy' | 'full'; space: DoorSpace }
  | { name: 'offlineFresh'; level: Level; space: DoorSpace }
  | { name: 'offlineStale'; space: DoorSpace }
  | { name: 'stale'; space: DoorSpace }
  | { name: 'neverReported'; space: DoorSpace }
  | { name: 'closed'; space: DoorSpace }
  | { name: 'clockUnknown'; space: DoorSpace }

/**
 * A connection without a message for this long counts as offline, also while the engine, just started, still calls it `connecting`: two
 * heartbeats of five seconds, and half as much for connecting. [SYN-23]
 */
export const SILENT_MS = 15_000

/** Whether what is shown may be out of date: offline, or nobody knows yet and the last message is old. */
export function isDisconnected(link: LinkSlice, nowMs: number | null): boolean {
  if (link.status === 'online') return false
  if (link.status === 'offline' || nowMs === null || link.lastContactMs === null) return true
  return nowMs - link.lastContactMs >= SILENT_MS
}

/** What a door shows of a model at a moment (hub time; null when unknowable). Stale never shows free. [OCC-6] */
export type DoorScreens = (model: KioskModel, nowMs: number | null) => DoorScreen

/** The same for one model and one moment alone. */
export function doorScreen(model: KioskModel, nowMs: number | null): DoorScreen {
  return makeDoorScreens()(model, nowMs)
}

/** Makes what gives a door's screens one after the other, each as if it were the first: only what time changes is worked out anew. */
export function makeDoorScreens(): DoorScreens {
  const held: { of: WatchedDoor | null } = { of: null }
  return (model, nowMs) => {
    const setup = setupScreen(model, nowMs)
    if ('screen' in setup) return setup.screen
    const { assignment } = setup
    const space = model.spaces.get(assignment.spaceId)
    if (space === undefined) return { name: 'spaceGone', kioskName: assignment.kioskName }
    if (held.of === null || !isSameTree(held.of.key, model.spaces, assignment))
      held.of = watchDoor(model.spaces, assignment)
    const moment = held.of.watch.at(nowMs)
    if (held.of.watch.takeChanged().size > 0) held.of.nearby = null
    return screenOf(doorSpace(model, moment, space, held.of), moment.shown.get(space.id)?.level ?? null)
  }
}

/** One tree of a door as time goes by, and the nearest free place as long as nothing in the tree has changed. */
interface WatchedDoor {
  key: TreeKey
  watch: TreeWatch
  nearby: { free: NearbyFree | null } | null
}

function watchDoor(spaces: KioskModel['spaces'], { spaceId, timezone, staleMs }: Assignment): WatchedDoor {
  return {
    key: { spaces, spaceId, timezone, staleMs },
    watch: watchTree(spaces, timezone, staleMs),
    nearby: null,
  }
}

/** What a watched tree of a kiosk was made for. */
export interface TreeKey {
  spaces: KioskModel['spaces']
  spaceId: number
  timezone: string
  staleMs: number
}

/** Whether a watched tree still is the one that the kiosk shows. */
export function isSameTree(
  key: TreeKey,
  spaces: KioskModel['spaces'],
  { spaceId, timezone, staleMs }: Assignment,
): boolean {
  return (
    key.spaces === spaces && key.spaceId === spaceId && key.timezone === timezone && key.staleMs === staleMs
  )
}

function screenOf(space: DoorSpace, level: Level | null): DoorScreen {
  if (space.tone === 'closed') return { name: 'closed', space }
  if (space.nowMs === null) return { name: 'clockUnknown', space }
  if (level !== null) {
    if (space.connection.isOffline) return { name: 'offlineFresh', level, space }
    return { name: level === 0 ? 'free' : level === 1 ? 'busy' : 'full', space }
  }
  if (space.reportedAtMs === null) return { name: 'neverReported', space }
  return { name: space.connection.isOffline ? 'offlineStale' : 'stale', space }
}

function doorSpace(model: KioskModel, moment: TreeMoment, space: SpaceView, door: WatchedDoor): DoorSpace {
  const state = moment.shown.get(space.id)
  const open = moment.opennessOf(space.id)
  const tone = spaceToneOf(moment, space.id)
  const isTaken = tone === 'busy' || tone === 'full'
  return {
    ...doorFactsOf(moment, space),
    tone,
    capacity: state?.capacity ?? space.capacity,
    openness: open,
    todaySpans: todaySpans(moment, space.id),
    nowMs: moment.nowMs,
    reportedAtMs: state?.reportedAtMs ?? null,
    parts:
      state === undefined || state.isLeaf
        ? null
        : {
            knownCount: state.knownCount,
            freeCount: state.freeCount,
            leafCount: state.leafCount,
            closedCount: state.closedCount,
          },
    connection: {
      isOffline: isDisconnected(model.link, moment.nowMs),
      lastContactMs: model.link.lastContactMs,
      reason: model.link.reason,
    },
    nearby: isTaken ? (door.nearby ??= { free: nearestFree(moment, space.id) }).free : null,
    canReport: state?.isLeaf === true && open.isOpen,
  }
}

/** What a place is, apart from how full. */
export function doorFactsOf(
  moment: TreeMoment,
  space: SpaceView,
): Pick<DoorSpace, 'id' | 'name' | 'within' | 'kind' | 'details' | 'location'> {
  const { id, name, kind, details, location } = space
  const within = pathToRoot(moment.spaces, id)
    .slice(1)
    .filter((ancestor) => ancestor.kind !== 'university')
    .map((ancestor) => ancestor.name)
  return { id, name, within, kind, details, location }
}
