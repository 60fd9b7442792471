import type { Level } from '#shared/domain/occupancy.ts'
import type { DoorScreen } from './door-screen.ts'
import type { EntranceScreen } from './entrance-screen.ts'
import type { Tone } from './place.ts'
import type { Enrolling, ReportStep, ScreenRefusal, Session } from './session.ts'

/** One thing that a screen reader hears. No ages in it: those go by without being news. */
export type Said =
  | { what: 'screen'; name: Exclude<DoorScreen['name'] | EntranceScreen['name'], 'tree'> }
  | { what: 'state'; placeName: string; tone: Tone; isOffline: boolean }
  | { what: 'slow'; attempt: number }
  | { what: 'thanks'; level: Level; mutationId: number }
  | { what: 'noted'; level: Level; attempt: number }
  | { what: 'undone'; mutationId: number }
  | { what: 'refused'; why: ScreenRefusal['why']; untilMs: number }

/** What would be said of a screen as it stands, one topic each: the screen or place, the opened place, the report. */
export interface Spoken {
  state: Said
  panel: Said | null
  report: Said | null
  enrolling: Said | null
}

/** What a door says. */
export function spokenOfDoor(screen: DoorScreen, session: Told): Spoken {
  const isPlain = screen.name === 'free' || screen.name === 'busy' || screen.name === 'full'
  const state: Said =
    isPlain || screen.name === 'offlineFresh'
      ? {
          what: 'state',
          placeName: screen.place.name,
          tone: screen.place.tone,
          isOffline: screen.place.line.isOffline,
        }
      : { what: 'screen', name: screen.name }
  return { state, panel: null, ...saidOfSession(session) }
}

/** What an entrance says: its building, and the place that is open; never each room of the list. */
export function spokenOfEntrance(screen: EntranceScreen, session: Told): Spoken {
  const tree = 'tree' in screen ? screen.tree : null
  const state: Said =
    screen.name === 'tree'
      ? {
          what: 'state',
          placeName: screen.tree.entry.name,
          tone: screen.tree.entry.tone,
          isOffline: false,
        }
      : { what: 'screen', name: screen.name }
  const panel: Said | null =
    tree === null || tree.panel === null
      ? null
      : {
          what: 'state',
          placeName: tree.panel.name,
          tone: tree.panel.entry.tone,
          isOffline: tree.line.isOffline,
        }
  return { state, panel, ...saidOfSession(session) }
}

type Told = Pick<Session, 'report' | 'enrolling'>

function saidOfSession({ report, enrolling }: Told): Pick<Spoken, 'report' | 'enrolling'> {
  return { report: saidOfReport(report), enrolling: saidOfEnrolling(enrolling) }
}

function saidOfEnrolling({ refusal, atMs }: Enrolling): Said | null {
  return refusal === null ? null : { what: 'refused', why: refusal.why, untilMs: atMs }
}

function saidOfReport(report: ReportStep): Said | null {
  switch (report.step) {
    case 'ask':
    case 'undoing':
      return null
    case 'saving':
      return report.isSlow ? { what: 'slow', attempt: report.attempt } : null
    case 'thanks':
      return { what: 'thanks', level: report.level, mutationId: report.mutationId }
    case 'noted':
      return { what: 'noted', level: report.level, attempt: report.attempt }
    case 'undone':
      return { what: 'undone', mutationId: report.mutationId }
    case 'refused':
      return { what: 'refused', why: report.refusal.why, untilMs: report.untilMs }
  }
}

/** What is new between two screens: each change once, nothing twice, and nothing for what only ended. */
export function newsBetween(before: Spoken, after: Spoken): Said[] {
  const topics: (keyof Spoken)[] = ['enrolling', 'report', 'state', 'panel']
  return topics.flatMap((topic) => {
    const said = after[topic]
    return said === null || JSON.stringify(said) === JSON.stringify(before[topic]) ? [] : [said]
  })
}
