import type { Level } from '#shared/domain/occupancy.ts'
import type { Bridge, BridgeOutputs, CallInput, CallName } from '#shared/wire/bridge.ts'
import { refuse, type Decision } from '#shared/domain/decision.ts'
import {
  ALREADY_SAID_FOR_MS,
  REFUSED_FOR_MS,
  UNDONE_FOR_MS,
  type Overlay,
  type ReportStep,
  type ScreenRefusal,
  type VisitorSession,
  type ScreenSettings,
} from './session.ts'
import { freshSessionOf, type KioskStore } from './store.ts'

/** Everything that a finger or a key can do on a kiosk. */
export interface Actions {
  /** Somebody is there. */
  touch(): void
  report(spaceId: number, level: Level): Promise<void>
  undo(): Promise<void>
  dismissReport(): void
  change(settings: Partial<ScreenSettings>): void
  startOver(): void
  openSpace(id: number | null): void
  toggleSection(id: number): void
  toggleFreeOnly(): void
  /** The list of an entrance was scrolled: whether away from its beginning. */
  scroll(isScrolled: boolean): void
  openPinPad(): void
  enterPin(pin: string): Promise<void>
  closeOverlay(): void
  leaveFullScreen(): Promise<void>
  /** Letters of the enrolment code are typed or erased; they stay until the device is enrolled, whatever goes on behind it. */
  changeCode(change: (before: string) => string): void
  enrol(code: string): Promise<void>
  /** Somebody types a code anew: the last refusal is over. */
  clearEnrolling(): void
}

/** The actions over a store and a bridge. `elapsed` is the store's clock, ms. */
export function makeActions(store: KioskStore, bridge: Bridge, elapsed: () => number): Actions {
  const set = (some: Partial<VisitorSession>): void =>
    // The screen's clock comes along, or a countdown would begin with the seconds since its last step.
    store.setState(({ session }) => {
      const elapsedMs = elapsed()
      return { elapsedMs, session: { ...session, ...some, touchedAtMs: elapsedMs } }
    })
  const show = (overlay: Overlay | null): void => set({ overlay })
  const attempts = { last: 0 }
  const nextAttempt = (): number => (attempts.last += 1)
  return {
    ...reportActions({ store, bridge, elapsed, set, nextAttempt }),
    touch: () => set({}),
    change: (settings) => set({ settings: { ...store.getState().session.settings, ...settings } }),
    startOver: () => store.setState((state) => ({ session: freshSessionOf(state, elapsed()) })),
    openSpace: (openSpaceId) => set({ openSpaceId, report: { step: 'ask' } }),
    toggleSection: (id) => {
      const toggled = new Set(store.getState().session.toggledSections)
      if (!toggled.delete(id)) toggled.add(id)
      set({ toggledSections: toggled })
    },
    toggleFreeOnly: () => set({ isFreeOnly: !store.getState().session.isFreeOnly }),
    scroll: (isScrolled) => {
      if (store.getState().session.isScrolled !== isScrolled) set({ isScrolled })
    },
    openPinPad: () => show({ name: 'pinPad', refusal: null, asking: null }),
    enterPin: async (pin) => {
      const attempt = nextAttempt()
      show({ name: 'pinPad', refusal: null, asking: { attempt, sinceMs: elapsed() } })
      const answer = await callSafely(bridge, 'openDiagnostics', { pin }, 'noAnswer')
      // Somebody may have gone back, or the visit may be over, while the hub was asked: then it opens for nobody.
      const { overlay } = store.getState().session
      if (overlay?.name !== 'pinPad' || overlay.asking?.attempt !== attempt) return
      show(
        answer.ok
          ? { name: 'diagnostics', facts: answer.value, isInBrowser: false }
          : { name: 'pinPad', refusal: answer.refusal, asking: null },
      )
    },
    closeOverlay: () => show(null),
    leaveFullScreen: async () => {
      const answer = await callSafely(bridge, 'leaveFullScreen', {}, 'noAnswer')
      const { overlay } = store.getState().session
      if (overlay?.name !== 'diagnostics') return
      // Only a window of its own can be left so: a browser's is the browser's.
      show(answer.ok ? null : { ...overlay, isInBrowser: true })
    },
    changeCode: (change) => store.setState(({ code }) => ({ code: change(code) })),
    enrol: async (code) => {
      set({ enrolling: { isAsking: true, refusal: null, atMs: elapsed() } })
      const answer = await callSafely(bridge, 'enrol', { code }, 'noAnswer')
      const refusal = answer.ok ? null : answer.refusal
      set({ enrolling: { isAsking: false, refusal, atMs: elapsed() } })
      if (answer.ok) store.setState({ code: '' })
    },
    clearEnrolling: () => set({ enrolling: { isAsking: false, refusal: null, atMs: elapsed() } }),
  }
}

interface ReportParts {
  store: KioskStore
  bridge: Bridge
  elapsed: () => number
  set: (some: Partial<VisitorSession>) => void
  nextAttempt: () => number
}

function reportActions(parts: ReportParts): Pick<Actions, 'report' | 'undo' | 'dismissReport'> {
  const { store, bridge, elapsed, set, nextAttempt } = parts
  const current = (): ReportStep => store.getState().session.report
  /** Tells how a call ended to whoever still waits for it, or was shown that it is not certain; never to the next visitor. */
  const settle = (attempt: number, report: ReportStep): void => {
    const now = current()
    if ('attempt' in now && now.attempt === attempt) set({ report })
  }
  return {
    report: async (spaceId, level) => {
      if (current().step === 'saving' || current().step === 'undoing') return
      const attempt = nextAttempt()
      set({ report: { step: 'saving', spaceId, level, attempt, sinceMs: elapsed(), isSlow: false } })
      const answer = await callSafely(bridge, 'reportOccupancy', { spaceId, level }, 'notConfirmed')
      if (!answer.ok) {
        const untilMs = elapsed() + REFUSED_FOR_MS
        return settle(attempt, { step: 'refused', spaceId, refusal: answer.refusal, attempt, untilMs })
      }
      const { mutationId, isRepeat, undoForMs } = answer.value
      if (isRepeat)
        return settle(attempt, {
          step: 'alreadySaid',
          spaceId,
          level,
          attempt,
          untilMs: elapsed() + ALREADY_SAID_FOR_MS,
        })
      return settle(attempt, {
        step: 'thanks',
        spaceId,
        level,
        mutationId,
        undoUntilMs: elapsed() + undoForMs,
      })
    },
    undo: async () => {
      const report = current()
      if (report.step !== 'thanks') return
      const { spaceId, mutationId } = report
      const attempt = nextAttempt()
      set({ report: { step: 'undoing', spaceId, mutationId, attempt, sinceMs: elapsed() } })
      const answer = await callSafely(bridge, 'withdrawReport', { mutationId }, 'notConfirmed')
      if (answer.ok)
        return settle(attempt, { step: 'undone', spaceId, mutationId, untilMs: elapsed() + UNDONE_FOR_MS })
      const untilMs = elapsed() + REFUSED_FOR_MS
      return settle(attempt, { step: 'refused', spaceId, refusal: answer.refusal, attempt, untilMs })
    },
    dismissReport: () => set({ report: { step: 'ask' } }),
  }
}

/** A call that never throws: nobody knows the outcome of one that a bridge lost, and the visitor reads that. [KSK-17] */
async function callSafely<Name extends CallName>(
  bridge: Bridge,
  name: Name,
  input: CallInput<Name>,
  whyLost: 'noAnswer' | 'notConfirmed',
): Promise<Decision<BridgeOutputs[Name], ScreenRefusal>> {
  try {
    return await bridge.call(name, input)
  } catch {
    return refuse({ why: whyLost })
  }
}
