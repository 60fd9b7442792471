import type { Level } from '#shared/domain/occupancy.ts'
import type { DoorScreen } from './door-screen.ts'
import type { EntranceScreen } from './entrance-screen.ts'
import type { Tone } from '../ui/shapes.tsx'
import type { Enrolling, ReportStep, ScreenRefusal, VisitorSession } from './session.ts'

/** One thing that a screen reader hears. No ages in it: those are not announced. */
export type Announcement =
  | { what: 'screen'; name: Exclude<DoorScreen['name'] | EntranceScreen['name'], 'tree'> }
  | { what: 'state'; spaceId: number; placeName: string; tone: Tone; isOffline: boolean }
  | { what: 'slow'; attempt: number }
  | { what: 'thanks'; level: Level; mutationId: number }
  | { what: 'alreadySaid'; level: Level; attempt: number }
  | { what: 'undone'; mutationId: number }
  | { what: 'refused'; why: ScreenRefusal['why']; untilMs: number }

/** What would be said of a screen as it stands, one topic each: the screen or place, the opened place, the report. */
export interface ScreenAnnouncements {
  state: Announcement
  panel: Announcement | null
  report: Announcement | null
  enrolling: Announcement | null
}

/** What a door says. */
export function doorAnnouncements(screen: DoorScreen, session: SessionPart): ScreenAnnouncements {
  const isPlain = screen.name === 'free' || screen.name === 'busy' || screen.name === 'full'
  const state: Announcement =
    isPlain || screen.name === 'offlineFresh'
      ? {
          what: 'state',
          spaceId: screen.space.id,
          placeName: screen.space.name,
          tone: screen.space.tone,
          isOffline: screen.space.connection.isOffline,
        }
      : { what: 'screen', name: screen.name }
  return { state, panel: null, ...sessionAnnouncements(session) }
}

/** What an entrance says: its building, and the place that is open; never each room of the list. */
export function entranceAnnouncements(screen: EntranceScreen, session: SessionPart): ScreenAnnouncements {
  const tree = 'tree' in screen ? screen.tree : null
  const state: Announcement =
    screen.name === 'tree'
      ? {
          what: 'state',
          spaceId: screen.tree.entry.id,
          placeName: screen.tree.entry.name,
          tone: screen.tree.entry.tone,
          isOffline: false,
        }
      : { what: 'screen', name: screen.name }
  const panel: Announcement | null =
    tree === null || tree.panel === null
      ? null
      : {
          what: 'state',
          spaceId: tree.panel.id,
          placeName: tree.panel.name,
          tone: tree.panel.entry.tone,
          isOffline: tree.connection.isOffline,
        }
  return { state, panel, ...sessionAnnouncements(session) }
}

type SessionPart = Pick<VisitorSession, 'report' | 'enrolling'>

function sessionAnnouncements({
  report,
  enrolling,
}: SessionPart): Pick<ScreenAnnouncements, 'report' | 'enrolling'> {
  return { report: reportAnnouncement(report), enrolling: enrollingAnnouncement(enrolling) }
}

function enrollingAnnouncement({ refusal, atMs }: Enrolling): Announcement | null {
  return refusal === null ? null : { what: 'refused', why: refusal.why, untilMs: atMs }
}

function reportAnnouncement(report: ReportStep): Announcement | null {
  switch (report.step) {
    case 'ask':
    case 'undoing':
      return null
    case 'saving':
      return report.isSlow ? { what: 'slow', attempt: report.attempt } : null
    case 'thanks':
      return { what: 'thanks', level: report.level, mutationId: report.mutationId }
    case 'alreadySaid':
      return { what: 'alreadySaid', level: report.level, attempt: report.attempt }
    case 'undone':
      return { what: 'undone', mutationId: report.mutationId }
    case 'refused':
      return { what: 'refused', why: report.refusal.why, untilMs: report.untilMs }
  }
}

/** What is new between two screens: each change once, nothing twice, and nothing for what only ended or has another name. [SCR-21] */
export function newAnnouncements(before: ScreenAnnouncements, after: ScreenAnnouncements): Announcement[] {
  const topics: (keyof ScreenAnnouncements)[] = ['enrolling', 'report', 'state', 'panel']
  return topics.flatMap((topic) => {
    const said = after[topic]
    return said === null || nameless(said) === nameless(before[topic]) ? [] : [said]
  })
}

/** An announcement to compare: a place that is called otherwise, as in another language, is in no other state. */
function nameless(announcement: Announcement | null): string {
  return JSON.stringify(announcement?.what === 'state' ? { ...announcement, placeName: '' } : announcement)
}
