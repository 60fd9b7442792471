import type { Level } from '#shared/domain/occupancy.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { CallRefusal, Diagnostics } from '#shared/wire/bridge.ts'

// What one visitor has set and is in the middle of. Nothing of it outlives the visit. Times are elapsed ms.

/** How the screen looks, and where its controls are. */
export interface Settings {
  locale: Locale
  isLargeText: boolean
  isHighContrast: boolean
  isDark: boolean
  /** Every control in the lower band. */
  isReach: boolean
}

/** Where a report stands. */
export type ReportStep =
  | { step: 'ask' }
  | { step: 'saving'; spaceId: number; level: Level }
  | {
      step: 'thanks'
      spaceId: number
      level: Level
      mutationId: number
      isRepeat: boolean
      undoUntilMs: number
    }
  | { step: 'undone'; spaceId: number; mutationId: number; untilMs: number }
  | { step: 'refused'; spaceId: number; refusal: CallRefusal; untilMs: number }

/** What lies over the screen. */
export type Overlay =
  | { name: 'stillThere'; untilMs: number }
  | { name: 'pinPad'; refusal: CallRefusal | null; isAsking: boolean }
  | { name: 'diagnostics'; facts: Diagnostics }

/** Where asking for a place stands: the last refusal, and when it came (elapsed ms). */
export interface Enrolling {
  isAsking: boolean
  refusal: CallRefusal | null
  atMs: number
}

/** One visit. */
export interface Session {
  settings: Settings
  report: ReportStep
  overlay: Overlay | null
  enrolling: Enrolling
  /** Entrance: the place whose panel is open. */
  openPlaceId: number | null
  /** Entrance: sections that the visitor opened or shut against the default. */
  toggledSections: ReadonlySet<number>
  isFreeOnly: boolean
  /** Elapsed ms of the last touch or key. */
  touchedAtMs: number
}

/** How long "Still there?" waits for an answer: WCAG 2.2.1 asks for 20 s. */
export const STILL_THERE_MS = 20_000

/** How long a short answer stays: an undo that is done, a refusal. */
export const UNDONE_FOR_MS = 3_000
export const REFUSED_FOR_MS = 10_000

/** Settings in which nothing is set but language and colours. */
export function plainSettings(locale: Locale, isDark: boolean): Settings {
  return { locale, isLargeText: false, isHighContrast: false, isDark, isReach: false }
}

/** A visit that has not begun. */
export function freshSession(settings: Settings, elapsedMs: number): Session {
  return {
    settings,
    report: { step: 'ask' },
    overlay: null,
    enrolling: { isAsking: false, refusal: null, atMs: 0 },
    openPlaceId: null,
    toggledSections: new Set(),
    isFreeOnly: false,
    touchedAtMs: elapsedMs,
  }
}

/** Whether a visitor left something that the next one should not find. */
export function hasTraces(session: Session, fresh: Session): boolean {
  const { settings } = session
  return (
    session.overlay !== null ||
    session.openPlaceId !== null ||
    session.isFreeOnly ||
    session.toggledSections.size > 0 ||
    settings.locale !== fresh.settings.locale ||
    settings.isDark !== fresh.settings.isDark ||
    settings.isLargeText !== fresh.settings.isLargeText ||
    settings.isHighContrast !== fresh.settings.isHighContrast ||
    settings.isReach !== fresh.settings.isReach
  )
}

/**
 * The session as time goes by: an undo runs out, a short answer goes, and after `idleMs` without a touch the screen
 * asks "Still there?" and, unanswered, begins anew. Returns the same object when nothing changed.
 */
export function passTime(session: Session, fresh: Session, elapsedMs: number, idleMs: number): Session {
  const next = passReport(session, elapsedMs)
  const { overlay } = next
  if (overlay?.name === 'stillThere')
    return elapsedMs >= overlay.untilMs ? { ...fresh, report: next.report, touchedAtMs: elapsedMs } : next
  const isIdle = elapsedMs - next.touchedAtMs >= idleMs
  if (!isIdle || !hasTraces(next, fresh)) return next
  return { ...next, overlay: { name: 'stillThere', untilMs: elapsedMs + STILL_THERE_MS } }
}

function passReport(session: Session, elapsedMs: number): Session {
  const { report } = session
  const isOver =
    (report.step === 'thanks' && elapsedMs >= report.undoUntilMs) ||
    ((report.step === 'undone' || report.step === 'refused') && elapsedMs >= report.untilMs)
  return isOver ? { ...session, report: { step: 'ask' } } : session
}

/** Whole seconds that are left, never below zero. */
export function secondsLeft(untilMs: number, elapsedMs: number): number {
  return Math.max(0, Math.ceil((untilMs - elapsedMs) / 1000))
}
