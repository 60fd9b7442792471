import type { Level } from '#shared/domain/occupancy.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { CallRefusal, Diagnostics } from '#shared/wire/bridge.ts'

// What one visitor has set and is in the middle of. Nothing of it outlives the visit. Times are elapsed ms.

/** How the screen looks, and where its controls are. */
export interface ScreenSettings {
  locale: Locale
  isLargeText: boolean
  isHighContrast: boolean
  isDark: boolean
  /** Every control in the lower band. */
  isReach: boolean
}

/** What the engine refused, or that it did not answer in time: a report may then have been saved or not. */
export type ScreenRefusal = CallRefusal | { why: 'noAnswer' } | { why: 'notConfirmed' }

/** Where a report stands. `attempt`: the call whose answer belongs here; an answer to another one is for nobody. */
export type ReportStep =
  | { step: 'ask' }
  | { step: 'saving'; spaceId: number; level: Level; attempt: number; sinceMs: number; isSlow: boolean }
  | { step: 'thanks'; spaceId: number; level: Level; mutationId: number; undoUntilMs: number }
  /** It repeats a report made before: nothing to undo. [OCC-14] */
  | { step: 'alreadySaid'; spaceId: number; level: Level; attempt: number; untilMs: number }
  | { step: 'undoing'; spaceId: number; mutationId: number; attempt: number; sinceMs: number }
  | { step: 'undone'; spaceId: number; mutationId: number; untilMs: number }
  | { step: 'refused'; spaceId: number; refusal: ScreenRefusal; attempt: number; untilMs: number }

/** What lies over the screen. */
export type Overlay =
  | { name: 'stillThere'; untilMs: number }
  | {
      name: 'pinPad'
      refusal: ScreenRefusal | null
      asking: { attempt: number; sinceMs: number } | null
    }
  /** `isInBrowser`: it was tried to leave full screen, and there is no window of its own. */
  | { name: 'diagnostics'; facts: Diagnostics; isInBrowser: boolean }

/** Where enrolling the device stands: the last refusal, and when it came or was asked for (elapsed ms). */
export interface Enrolling {
  isAsking: boolean
  refusal: ScreenRefusal | null
  atMs: number
}

/** One visit. */
export interface VisitorSession {
  settings: ScreenSettings
  report: ReportStep
  overlay: Overlay | null
  enrolling: Enrolling
  /** Entrance: the place whose panel is open. */
  openSpaceId: number | null
  /** Entrance: sections that the visitor opened or shut against the default. */
  toggledSections: ReadonlySet<number>
  isFreeOnly: boolean
  /** Entrance: the list does not stand at its beginning. */
  isScrolled: boolean
  /** Elapsed ms at which it began. */
  startedAtMs: number
  /** Elapsed ms of the last touch or key. */
  touchedAtMs: number
}

/** How long "Still there?" waits for an answer: WCAG 2.2.1 asks for 20 s. */
export const STILL_THERE_MS = 20_000

/** How long it stays on the screen that a report is undone, ms. */
export const UNDONE_FOR_MS = 3_000
/** How long it stays that a tap repeats what was already reported, ms. [OCC-14] */
export const ALREADY_SAID_FOR_MS = 4_000
/** How long a refusal stays, ms. */
export const REFUSED_FOR_MS = 10_000

/** The engine saves within milliseconds. After this long the screen says that it has not yet. [SCR-4] */
export const SLOW_AFTER_MS = 2_000

/** After this long nobody is kept waiting for the engine: the screen says that it is not certain, and may tap again. [SCR-4] */
export const ANSWER_TIMEOUT_MS = 10_000

/** What the hub must be asked for takes the engine five seconds at most; four times that is no answer. [SCR-4] */
export const ASK_TIMEOUT_MS = 20_000

/** Settings in which nothing is set but language and colours. */
export function plainSettings(locale: Locale, isDark: boolean): ScreenSettings {
  return { locale, isLargeText: false, isHighContrast: false, isDark, isReach: false }
}

/** A visit that has not begun. */
export function freshSession(settings: ScreenSettings, elapsedMs: number): VisitorSession {
  return {
    settings,
    report: { step: 'ask' },
    overlay: null,
    enrolling: { isAsking: false, refusal: null, atMs: 0 },
    openSpaceId: null,
    toggledSections: new Set(),
    isFreeOnly: false,
    isScrolled: false,
    startedAtMs: elapsedMs,
    touchedAtMs: elapsedMs,
  }
}

/** Whether a visitor left something that the next one should not find. */
export function hasTraces(session: VisitorSession, fresh: VisitorSession): boolean {
  const { settings } = session
  return (
    session.overlay !== null ||
    session.openSpaceId !== null ||
    session.isFreeOnly ||
    session.isScrolled ||
    session.toggledSections.size > 0 ||
    settings.locale !== fresh.settings.locale ||
    settings.isDark !== fresh.settings.isDark ||
    settings.isLargeText !== fresh.settings.isLargeText ||
    settings.isHighContrast !== fresh.settings.isHighContrast ||
    settings.isReach !== fresh.settings.isReach
  )
}

/**
 * The session as time goes by: an undo runs out, a short answer goes, waiting for the engine ends, and after `idleMs`
 * without a touch the screen asks "Still there?" and, unanswered, begins anew. Returns the same object when nothing
 * changed. [SCR-4]
 */
export function passTime(
  session: VisitorSession,
  fresh: VisitorSession,
  elapsedMs: number,
  idleMs: number,
): VisitorSession {
  const next = passAsking(passReport(session, elapsedMs), elapsedMs)
  const { overlay } = next
  if (overlay?.name === 'stillThere')
    return elapsedMs >= overlay.untilMs ? { ...fresh, touchedAtMs: elapsedMs } : next
  const isIdle = elapsedMs - next.touchedAtMs >= idleMs
  if (!isIdle || !hasTraces(next, fresh)) return next
  return { ...next, overlay: { name: 'stillThere', untilMs: elapsedMs + STILL_THERE_MS } }
}

function passReport(session: VisitorSession, elapsedMs: number): VisitorSession {
  const report = nextStep(session.report, elapsedMs)
  return report === session.report ? session : { ...session, report }
}

function nextStep(report: ReportStep, elapsedMs: number): ReportStep {
  switch (report.step) {
    case 'ask':
      return report
    case 'saving':
    case 'undoing': {
      const { spaceId, attempt, sinceMs } = report
      if (elapsedMs - sinceMs >= ANSWER_TIMEOUT_MS)
        return {
          step: 'refused',
          spaceId,
          attempt,
          refusal: { why: 'notConfirmed' },
          untilMs: elapsedMs + REFUSED_FOR_MS,
        }
      const isNewlySlow = report.step === 'saving' && !report.isSlow && elapsedMs - sinceMs >= SLOW_AFTER_MS
      return isNewlySlow ? { ...report, isSlow: true } : report
    }
    case 'thanks':
      return elapsedMs >= report.undoUntilMs ? { step: 'ask' } : report
    case 'alreadySaid':
    case 'undone':
    case 'refused':
      return elapsedMs >= report.untilMs ? { step: 'ask' } : report
  }
}

/** A code or a PIN whose answer does not come can be entered again. */
function passAsking(session: VisitorSession, elapsedMs: number): VisitorSession {
  const { enrolling, overlay } = session
  const refusal = { why: 'noAnswer' } as const
  let next = session
  if (enrolling.isAsking && elapsedMs - enrolling.atMs >= ASK_TIMEOUT_MS)
    next = { ...next, enrolling: { isAsking: false, refusal, atMs: elapsedMs } }
  if (
    overlay?.name === 'pinPad' &&
    overlay.asking !== null &&
    elapsedMs - overlay.asking.sinceMs >= ASK_TIMEOUT_MS
  )
    next = { ...next, overlay: { name: 'pinPad', refusal, asking: null } }
  return next
}
