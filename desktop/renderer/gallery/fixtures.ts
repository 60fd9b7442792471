import { demoAssignment, idAt, largeLibrary, placeSpaces, spaceViews } from '#shared/fixtures/builders.ts'
import { DEMO_CAMPUS, DEMO_REPORTS, type PlannedReport } from '#shared/fixtures/campus.ts'
import type { LinkSlice, SpaceView } from '#shared/wire/bridge.ts'
import type { Assignment } from '#shared/domain/kiosk.ts'
import { EMPTY_MODEL, type KioskModel } from '../kiosk/model.ts'

/** The gallery's moment: a Friday afternoon in November, 14:05 in Lipnik. */
export const NOW_MS = Date.UTC(2026, 10, 20, 13, 5)

/** The same Friday at 23:10, when the law library is shut. */
export const NIGHT_MS = Date.UTC(2026, 10, 20, 22, 10)

const PLACED = placeSpaces(DEMO_CAMPUS.spaces)

const ROOM = DEMO_CAMPUS.doorPath
const LIBRARY = DEMO_CAMPUS.entrancePath
const LAW_ROOM = ['Lipnik University', 'Law Library', 'Floor 2', 'Study Room']

/** The hub connection as it usually is; `some` says what differs. */
export function link(some: Partial<LinkSlice> = {}, nowMs: number = NOW_MS): LinkSlice {
  return {
    status: 'online',
    hubNowMs: nowMs,
    hubNowPlusMinusMs: 38,
    lastContactMs: nowMs - 2_000,
    reason: null,
    ...some,
  }
}

/** A model of an enrolled kiosk over some spaces. */
export function model(
  assignment: Assignment,
  spaces: readonly SpaceView[],
  some: Partial<KioskModel> = {},
): KioskModel {
  return {
    ...EMPTY_MODEL,
    kiosk: { state: 'enrolled', assignment, movedAtMs: null },
    link: link(),
    spaces: new Map(spaces.map((space) => [space.id, space])),
    ...some,
  }
}

/** The demo's reports, with this one for a path instead; null: nobody reported there. */
function reportsWith(path: readonly string[], report: Omit<PlannedReport, 'path'> | null): PlannedReport[] {
  const others = DEMO_REPORTS.filter((other) => other.path.join('\n') !== path.join('\n'))
  return report === null ? others : [...others, { ...report, path: [...path] }]
}

/** A door at Room 101, whose newest report is this. */
export function door(report: Omit<PlannedReport, 'path'> | null, some: Partial<KioskModel> = {}): KioskModel {
  const assignment = demoAssignment({ role: 'door', spaceId: idAt(PLACED, ROOM) })
  return model(assignment, spaceViews(PLACED, reportsWith(ROOM, report), NOW_MS), some)
}

/** A door of the law library at night. */
export function closedDoor(): KioskModel {
  const assignment = demoAssignment({ role: 'door', spaceId: idAt(PLACED, LAW_ROOM) })
  return model(assignment, spaceViews(PLACED, DEMO_REPORTS, NIGHT_MS), { link: link({}, NIGHT_MS) })
}

/** A door whose space is a whole floor. */
export function floorDoor(): KioskModel {
  const spaceId = idAt(PLACED, ROOM.slice(0, -1))
  return model(demoAssignment({ role: 'door', spaceId }), spaceViews(PLACED, DEMO_REPORTS, NOW_MS))
}

/** An entrance screen of the university library. */
export function entrance(
  some: Partial<KioskModel> = {},
  reports: readonly PlannedReport[] = DEMO_REPORTS,
): KioskModel {
  const assignment = demoAssignment({ role: 'entrance', spaceId: idAt(PLACED, LIBRARY) })
  return model(assignment, spaceViews(PLACED, reports, NOW_MS), some)
}

/** An entrance screen of the law library at night. */
export function closedEntrance(): KioskModel {
  const spaceId = idAt(PLACED, LAW_ROOM.slice(0, 2))
  const spaces = spaceViews(PLACED, DEMO_REPORTS, NIGHT_MS)
  return model(demoAssignment({ role: 'entrance', spaceId }), spaces, { link: link({}, NIGHT_MS) })
}

/** An entrance screen with nothing in it. */
export function emptyEntrance(): KioskModel {
  const placed = placeSpaces([{ name: 'New Library', kind: 'library' }])
  return model(demoAssignment({ role: 'entrance', spaceId: 1 }), spaceViews(placed, [], NOW_MS))
}

/** An entrance screen of two thousand places, levels going round. */
export function largeEntrance(): KioskModel {
  const placed = placeSpaces([largeLibrary('Great Library', 20, 100)])
  const spaces = spaceViews(placed, [], NOW_MS).map((space, index): SpaceView => {
    if (space.kind !== 'room') return space
    const level = index % 7 === 0 ? 0 : index % 3 === 0 ? 2 : 1
    return { ...space, level, reportedAtMs: NOW_MS - ((index * 7) % 150) * 60_000 }
  })
  return model(demoAssignment({ role: 'entrance', spaceId: 1 }), spaces)
}

/** Number of the space at the end of a path below the university library. */
export function inLibrary(...path: string[]): number {
  return idAt(PLACED, [...LIBRARY, ...path])
}

/** Number of the demo door's room. */
export const ROOM_ID = idAt(PLACED, ROOM)
