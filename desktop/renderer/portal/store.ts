import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Actor } from '#shared/domain/access.ts'
import type { Me } from '#shared/domain/account.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import type { Inbox } from '#shared/wire/collections.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { Refusal } from './api.ts'
import type { LinkToken } from './link-token.ts'
import { NO_FILTER, type Filter } from './space-list.ts'
import { DEFAULT_SETTINGS, type PortalSettings } from './settings.ts'
import type { PortalSpace } from './portal-spaces.ts'

/** Why somebody stands before the sign-in page, for the sentence above the form. */
export type SignOutReason = 'ended' | 'out' | 'verified' | 'reset' | 'emailChanged' | 'setUp' | 'deleted'

/** Who looks at the portal. `unknown` until the hub has answered once; `away`: it did not. */
export type Visitor =
  | { state: 'unknown' }
  | { state: 'away'; refusal: Refusal }
  | { state: 'signedOut'; reason: SignOutReason | null }
  | { state: 'signedIn'; me: Me }

/** The spaces of the visitor's university, mirrored from the hub. */
export type Tree =
  | { state: 'loading' }
  | { state: 'failed'; refusal: Refusal }
  | { state: 'ready'; spaces: ReadonlyMap<number, PortalSpace>; staleMs: number; epoch: string; head: number }

/** The socket to the hub; `contactMs`: hub time of its last message. */
export interface Connection {
  status: 'connecting' | 'live' | 'offline'
  contactMs: number | null
}

/** What a report that was not answered wanted: to be made, under its key, or to be removed. */
export type ReportRequest = { key: string } | { undoOf: number }

/** A report of the same person that counts again once a later one is removed. [OCC-16] */
export interface EarlierReport {
  reportId: number
  level: Level
  reportedAtMs: number
}

/** One report, from the tap to the end of its undo. Times are hub time. */
export type ReportStep =
  | { step: 'ask' }
  | { step: 'saving'; spaceId: number; level: Level; key: string; isSlow: boolean }
  | {
      step: 'thanks'
      spaceId: number
      level: Level
      reportId: number
      undoUntilMs: number
      /** An equal tap made it before. [OCC-16] */
      isRepeat?: boolean
    }
  | { step: 'undoing'; spaceId: number; level: Level; reportId: number; isSlow: boolean }
  | { step: 'undone'; spaceId: number; untilMs: number; earlier?: EarlierReport | null }
  | { step: 'refused'; spaceId: number; level: Level; request: ReportRequest; refusal: Refusal }

/** A toast: a short message at the foot of the page, with an undo where there is one. */
export interface Toast {
  id: number
  text: string
  undo: (() => void) | null
}

/** Values of a form by the names of its fields. */
export type Draft = Readonly<Record<string, string>>

/** How many notices are new, with the clock of the commit that said so. */
export type LiveInbox = Inbox & { clock: number }

/** Everything that the portal's screens read. */
export interface PortalState {
  visitor: Visitor
  tree: Tree
  /** Null: nothing was ever told, or it is not known yet. [NTF-6] */
  inbox: LiveInbox | null
  connection: Connection
  /** Hub time, ms since 1970, in steps of the ticker. [POR-4] */
  nowMs: number
  /** Hub time less this device's own. */
  clockOffsetMs: number
  settings: PortalSettings
  /** What the browser speaks, best first. */
  browserLanguages: readonly string[]
  prefersDark: boolean
  link: LinkToken | null
  report: ReportStep
  filter: Filter
  toggledSections: ReadonlySet<number>
  /** What somebody began to fill in, by form and field: it waits while they look elsewhere. [POR-15] */
  drafts: Readonly<Record<string, Draft>>
  /** The list from which a place was opened: its back link leads there. [POR-14] */
  listPath: '/' | '/mine'
  toast: Toast | null
  /** What a screen reader hears; each number once. */
  announcement: { number: number; text: string }
  /** The password is asked for again; the answer goes on with what was begun. [POR-5] */
  asking: { resolve: (isConfirmed: boolean) => void } | null
  /** Where a mail was sent to, for the page that asked for it and says so; of `signIn`, what its link just confirmed. */
  mailedTo: { page: 'signUp' | 'forgotten' | 'signIn'; email: string } | null
}

/** The store of the portal's page. */
export type PortalStore = StoreApi<PortalState>

/** Nothing is known yet. */
export function freshState(nowMs: number): PortalState {
  return {
    visitor: { state: 'unknown' },
    tree: { state: 'loading' },
    inbox: null,
    connection: { status: 'connecting', contactMs: null },
    nowMs,
    clockOffsetMs: 0,
    settings: DEFAULT_SETTINGS,
    browserLanguages: [],
    prefersDark: false,
    link: null,
    report: { step: 'ask' },
    filter: NO_FILTER,
    toggledSections: new Set(),
    drafts: {},
    listPath: '/',
    toast: null,
    announcement: { number: 0, text: '' },
    asking: null,
    mailedTo: null,
  }
}

/** A store before the hub's first message. */
export function makePortalStore(nowMs: number): PortalStore {
  return createStore<PortalState>(() => freshState(nowMs))
}

/** The state when somebody else comes, or nobody is left: nothing of the one before stays. [POR-2] */
export function withVisitor(state: PortalState, visitor: Visitor): Partial<PortalState> {
  const before = state.visitor.state === 'signedIn' ? state.visitor.me.id : null
  const after = visitor.state === 'signedIn' ? visitor.me.id : null
  if (before === after) return { visitor }
  const fresh = freshState(state.nowMs)
  const { tree, inbox, connection, report, filter, toggledSections, drafts, listPath } = fresh
  const { toast, asking, mailedTo } = fresh
  state.asking?.resolve(false)
  const places = { tree, inbox, connection, report, filter, toggledSections, drafts, listPath }
  return { visitor, ...places, toast, asking, mailedTo }
}

/** The signed-in person as the table of access.ts knows them. */
export function actorOf(me: Me): Actor {
  return {
    userId: me.id,
    universityId: me.university?.id ?? null,
    isPlatformAdmin: me.isPlatformAdmin,
    memberships: me.groups.map(({ id, isSuper, permission }) => ({ groupId: id, isSuper, permission })),
  }
}

/** The signed-in person; null when nobody is. */
export function meOf({ visitor }: Pick<PortalState, 'visitor'>): Me | null {
  return visitor.state === 'signedIn' ? visitor.me : null
}

/** The time zone and language of the visitor's university; of platform administrators, the world's. */
export function universityOf(state: Pick<PortalState, 'visitor'>): {
  timezone: string
  locale: Locale | null
} {
  return (
    meOf(state)?.university ?? { timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, locale: null }
  )
}

/** Lets time go by: hub time in steps of five seconds (quarters while an undo runs), and what ends by itself. */
export function tickPortal(store: PortalStore, ownMs: number): void {
  const state = store.getState()
  const nowMs = ownMs + state.clockOffsetMs
  const isUndo = state.report.step === 'thanks' || state.report.step === 'undone'
  const step = isUndo ? 250 : 5_000
  const report = afterTime(state.report, nowMs)
  const isNext = Math.floor(nowMs / step) !== Math.floor(state.nowMs / step)
  if (report !== state.report) store.setState({ nowMs, report })
  else if (isNext) store.setState({ nowMs })
}

/** The report after some time: an undo that nobody wanted makes room for the next question. */
export function afterTime(report: PortalState['report'], nowMs: number): PortalState['report'] {
  if (report.step === 'thanks' && nowMs >= report.undoUntilMs) return { step: 'ask' }
  if (report.step === 'undone' && nowMs >= report.untilMs) return { step: 'ask' }
  return report
}
