import { UNDO_MS, type Level } from '#shared/domain/occupancy.ts'
import type { RouteInput, RouteName } from '#shared/wire/rest.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import type { Answer, Api, Refusal } from './api.ts'
import { NO_FILTER, type Filter } from './space-list.ts'
import type { PortalSettings } from './settings.ts'
import { portalSpace, spaceMap, withRows, type PortalSpace } from './portal-spaces.ts'
import {
  withVisitor,
  type SignOutReason,
  type Draft,
  type EarlierReport,
  type PortalState,
  type PortalStore,
} from './store.ts'

/** How long "undone" stays, ms. */
const UNDONE_MS = 2_500
/** Where an earlier report counts again, its offer stays long enough to be read and used, ms. [OCC-16] */
export const EARLIER_MS = 15_000
/** After so long without an answer the page says that there is none yet, ms. [POR-9] [POR-12] */
export const SLOW_MS = 4_000
/** After so long without an answer the page waits no longer, ms. [POR-9] */
export const REPORT_TIMEOUT_MS = 10_000
/** How long a toast stays, ms; one with an undo stays longer. */
const TOAST_MS = 6_000
const TOAST_UNDO_MS = 12_000

/** What actions need of the page. */
export interface ActionParts {
  store: PortalStore
  api: Api
  /** This device's own time, ms since 1970. */
  nowMs(): number
  after(delayMs: number, run: () => void): () => void
  /** A random name for a report, so that sending it twice counts once. */
  makeKey(): string
  saveSettings(settings: PortalSettings): void
  /** Tells the browser's other tabs that nobody is signed in any more. */
  broadcastSignOut(): void
  /** Somebody does not want to wait for the next try of the live connection. */
  reconnect(): void
}

/** All that screens can do. */
export type Actions = ReturnType<typeof makeActions>

/** Makes the actions of a portal. */
export function makeActions(parts: ActionParts) {
  return { ...makeAnnouncements(parts), ...makeVisits(parts), ...makeSpaces(parts), ...makeReports(parts) }
}

function set(parts: ActionParts, change: (state: PortalState) => Partial<PortalState>): void {
  parts.store.setState(change)
}

/** Toasts, and what screen readers hear. */
function makeAnnouncements(parts: ActionParts) {
  const timer = { cancel: (): void => undefined }
  const announce = (text: string): void =>
    set(parts, ({ announcement }) => ({ announcement: { number: announcement.number + 1, text } }))
  const hideToast = (): void => set(parts, () => ({ toast: null }))
  const toast = (text: string, undo: (() => void) | null = null): void => {
    timer.cancel()
    timer.cancel = parts.after(undo === null ? TOAST_MS : TOAST_UNDO_MS, hideToast)
    set(parts, ({ announcement, toast: last }) => ({
      toast: { id: (last?.id ?? 0) + 1, text, undo },
      announcement: { number: announcement.number + 1, text },
    }))
  }
  return { announce, toast, hideToast }
}

/** Who is there, and how they like it. */
function makeVisits(parts: ActionParts) {
  const { store, api } = parts
  /** Asks the hub who is there. */
  const begin = async (): Promise<void> => {
    const answer = await api.refresh()
    if (!answer.ok && answer.refusal.why !== 'signInNeeded')
      set(parts, (state) =>
        state.visitor.state === 'unknown' || state.visitor.state === 'away'
          ? { visitor: { state: 'away', refusal: answer.refusal } }
          : {},
      )
  }
  const leave = (reason: SignOutReason | null): void => {
    api.clearToken()
    set(parts, (state) => withVisitor(state, { state: 'signedOut', reason }))
  }
  /** Null when it is done. A hub that is away cannot end the session: then nothing is pretended. */
  const signOut = async (): Promise<Refusal | null> => {
    const answer = await api.call('POST /auth/logout', {}, REPORT_TIMEOUT_MS)
    if (!answer.ok) return answer.refusal
    leave('out')
    parts.broadcastSignOut()
    return null
  }
  const changeSettings = (change: Partial<PortalSettings>): void => {
    set(parts, ({ settings }) => ({ settings: { ...settings, ...change } }))
    parts.saveSettings(store.getState().settings)
  }
  /** Asks for the password; true once the hub has taken it. */
  const askPassword = (): Promise<boolean> =>
    new Promise((resolve) => {
      const answered = (isConfirmed: boolean): void => {
        set(parts, () => ({ asking: null }))
        resolve(isConfirmed)
      }
      set(parts, () => ({ asking: { resolve: answered } }))
    })
  /** A call that may want the password first: asks for it, and repeats the call. [POR-5] */
  const callWithPassword = async <Name extends RouteName>(
    name: Name,
    input: RouteInput<Name>,
  ): Promise<Answer<Name>> => {
    const answer = await api.call(name, input)
    if (answer.ok || answer.refusal.why !== 'passwordNeeded') return answer
    return (await askPassword()) ? api.call(name, input) : answer
  }
  /** Opens the live connection at once, not at its next try. */
  const reconnectNow = (): void => parts.reconnect()
  const dropLink = (): void => set(parts, () => ({ link: null }))
  return { begin, leave, signOut, changeSettings, callWithPassword, reconnectNow, dropLink, call: api.call }
}

/** The tree, and what is looked for in it. */
function makeSpaces(parts: ActionParts) {
  const { api } = parts
  const loadTree = async (): Promise<void> => {
    const answer = await api.call('GET /spaces', {})
    set(parts, (state) => {
      if (state.visitor.state !== 'signedIn') return {}
      // What was shown before stays: it says how old it is. [POR-4]
      if (!answer.ok)
        return state.tree.state === 'ready' ? {} : { tree: { state: 'failed', refusal: answer.refusal } }
      const { spaces, staleMs, epoch, head, nowMs } = answer.value
      return {
        tree: { state: 'ready', spaces: spaceMap(spaces), staleMs, epoch, head },
        ...hubTime(nowMs, parts.nowMs(), state),
      }
    })
  }
  const retryTree = (): void => {
    set(parts, () => ({ tree: { state: 'loading' } }))
    void loadTree()
  }
  const putSpaces = (rows: readonly PortalSpace[], gone: readonly number[] = []): void =>
    set(parts, ({ tree }) =>
      tree.state === 'ready' ? { tree: { ...tree, spaces: withRows(tree.spaces, rows, gone) } } : {},
    )
  const setTracked = (id: number, isTracked: boolean): void =>
    set(parts, ({ tree }) => {
      const space = tree.state === 'ready' ? tree.spaces.get(id) : undefined
      if (tree.state !== 'ready' || space === undefined) return {}
      return { tree: { ...tree, spaces: withRows(tree.spaces, [{ ...space, isTracked }]) } }
    })
  const putRow = (row: PeopleSpace): void => putSpaces([portalSpace(row)])
  const filter = (change: Partial<Filter>): void =>
    set(parts, (state) => ({ filter: { ...state.filter, ...change } }))
  const clearFilter = (): void => set(parts, ({ filter: { sort } }) => ({ filter: { ...NO_FILTER, sort } }))
  /** Keeps what somebody began to fill in; null: nothing is to be kept any more. [POR-15] */
  const draft = (form: string, values: Draft | null): void =>
    set(parts, ({ drafts }) => {
      const { [form]: _old, ...others } = drafts
      return { drafts: values === null ? others : { ...others, [form]: values } }
    })
  const openList = (listPath: PortalState['listPath']): void => set(parts, () => ({ listPath }))
  const toggleSection = (id: number): void =>
    set(parts, ({ toggledSections }) => {
      const next = new Set(toggledSections)
      if (!next.delete(id)) next.add(id)
      return { toggledSections: next }
    })
  return {
    loadTree,
    retryTree,
    putSpaces,
    putRow,
    setTracked,
    filter,
    clearFilter,
    toggleSection,
    draft,
    openList,
  }
}

/** Hub time, from a message of the hub. */
export function hubTime(
  hubMs: number,
  ownMs: number,
  state: Pick<PortalState, 'connection'>,
): Pick<PortalState, 'nowMs' | 'clockOffsetMs' | 'connection'> {
  return {
    nowMs: hubMs,
    clockOffsetMs: hubMs - ownMs,
    connection: { ...state.connection, contactMs: hubMs },
  }
}

/** One tap, its thanks and its undo. Each step says what is going on, and each ends. [POR-6] [POR-9] */
function makeReports(parts: ActionParts) {
  const { store, api } = parts
  const hubNow = (): number => parts.nowMs() + store.getState().clockOffsetMs
  const step = (report: PortalState['report']): void => set(parts, () => ({ report }))
  /** Goes through a step that waits for the hub; null when somebody has gone on by then. */
  const waitIn = async <Result>(waiting: WaitingStep, asked: Promise<Result>): Promise<Result | null> => {
    step(waiting)
    const isHere = (): boolean => sameWait(store.getState().report, waiting)
    const cancel = parts.after(SLOW_MS, () => isHere() && step({ ...waiting, isSlow: true }))
    const result = await asked
    cancel()
    return isHere() ? result : null
  }
  const send = async (spaceId: number, level: Level, key: string): Promise<void> => {
    const input = { params: { id: spaceId }, body: { level, key } }
    const answer = await waitIn(
      { step: 'saving', spaceId, level, key, isSlow: false },
      api.call('POST /spaces/:id/reports', input, REPORT_TIMEOUT_MS),
    )
    if (answer === null) return
    if (!answer.ok)
      return step({ step: 'refused', spaceId, level, request: { key }, refusal: answer.refusal })
    const { id: reportId, reportedAtMs, isRepeat = false } = answer.value
    set(parts, ({ tree }) =>
      tree.state === 'ready' ? { tree: withOwnReport(tree, spaceId, level, reportedAtMs) } : {},
    )
    step({ step: 'thanks', spaceId, level, reportId, undoUntilMs: hubNow() + UNDO_MS, isRepeat })
  }
  const withdraw = async (spaceId: number, level: Level, reportId: number): Promise<void> => {
    const answer = await waitIn(
      { step: 'undoing', spaceId, level, reportId, isSlow: false },
      api.call('POST /reports/:id/withdraw', { params: { id: reportId } }, REPORT_TIMEOUT_MS),
    )
    if (answer === null) return
    const request = { undoOf: reportId }
    if (!answer.ok) return step({ step: 'refused', spaceId, level, request, refusal: answer.refusal })
    const earlier = earlierShown(answer.value.earlier, hubNow(), store.getState().tree)
    const forMs = earlier === null ? UNDONE_MS : EARLIER_MS
    step({ step: 'undone', spaceId, untilMs: hubNow() + forMs, earlier })
  }
  const report = (spaceId: number, level: Level): Promise<void> => send(spaceId, level, parts.makeKey())
  /** The same once more: a tap under its own name, an undo of the same report. Either counts once. */
  const reportAgain = (): void => {
    const { report: last } = store.getState()
    if (last.step !== 'refused') return
    const { spaceId, level, request } = last
    void ('key' in request ? send(spaceId, level, request.key) : withdraw(spaceId, level, request.undoOf))
  }
  const undo = async (): Promise<void> => {
    const { report: last } = store.getState()
    if (last.step === 'thanks') await withdraw(last.spaceId, last.level, last.reportId)
    if (last.step === 'undone' && last.earlier)
      await withdraw(last.spaceId, last.earlier.level, last.earlier.reportId)
  }
  const endReport = (): void => step({ step: 'ask' })
  return { report, reportAgain, undo, endReport, hubNow }
}

/** The earlier report of one's own that is shown now; what is too old to be shown does not matter. [OCC-16] */
function earlierShown(
  earlier: { id: number; level: Level; reportedAtMs: number } | undefined,
  nowMs: number,
  tree: PortalState['tree'],
): EarlierReport | null {
  if (earlier === undefined || tree.state !== 'ready' || nowMs - earlier.reportedAtMs >= tree.staleMs)
    return null
  return { reportId: earlier.id, level: earlier.level, reportedAtMs: earlier.reportedAtMs }
}

/** A step that waits for the hub. */
type WaitingStep = Extract<PortalState['report'], { step: 'saving' | 'undoing' }>

function sameWait(now: PortalState['report'], waiting: WaitingStep): boolean {
  if (now.step === 'saving') return waiting.step === 'saving' && now.key === waiting.key
  return now.step === 'undoing' && waiting.step === 'undoing' && now.reportId === waiting.reportId
}

/** The own report counts at once; the live connection brings the same a moment later. */
function withOwnReport(
  tree: Extract<PortalState['tree'], { state: 'ready' }>,
  spaceId: number,
  level: Level,
  reportedAtMs: number,
): PortalState['tree'] {
  const space = tree.spaces.get(spaceId)
  if (space === undefined || (space.reportedAtMs ?? 0) > reportedAtMs) return tree
  return { ...tree, spaces: withRows(tree.spaces, [{ ...space, level, reportedAtMs }]) }
}

/** Whether trying again may help. */
export function isTransient({ why }: Refusal): boolean {
  return ['offline', 'noAnswer', 'unavailable', 'internal', 'tooMany', 'directoryAway'].includes(why)
}
