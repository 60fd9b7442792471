import type { WebSocket } from 'ws'
import { FIRST_PAINT_TIMEOUT_MS, watchPage } from '../engine/screen/page-watch.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'

/** How long an agent may be without any screen: as long as a page may take to its first frame on a weak panel. [KSK-19] */
export const NO_SCREEN_MS = FIRST_PAINT_TIMEOUT_MS

/** How long a screen that reports itself hidden counts as open: whoever changed to another window comes back. [KSK-19] */
export const HIDDEN_SCREEN_MS = 900_000

/** Watches the screens of one agent. An agent cannot restart a browser's page: it only reports how they are. */
export interface ScreenWatch {
  /** A screen has sent its token; returns a function to be called when it reports that it painted or is hidden. [SCR-3] */
  opened(socket: WebSocket): (isVisible: boolean) => void
  /** What is wrong, in a sentence for `/health`; null: nothing is. [SCR-3] [KSK-19] */
  problem(): string | null
}

/** An open screen. */
interface OpenScreen {
  /** Since when it reports itself hidden, elapsed ms; null: it is visible. */
  hiddenAtMs: number | null
  /** Visible, and yet it paints nothing. */
  isHanging: boolean
}

/** Makes the watch; at first there is no screen, and the first may take as long as a page may take to load. [KSK-19] */
export function watchScreens(
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>,
  log: Pick<EngineLog, 'warn'>,
): ScreenWatch {
  const open = new Set<OpenScreen>()
  const gone = { countedUntilMs: clock.elapsedMs() }

  /** Until when a screen counts as one, elapsed ms. */
  const countsUntil = ({ hiddenAtMs }: OpenScreen): number =>
    hiddenAtMs === null ? clock.elapsedMs() : Math.min(clock.elapsedMs(), hiddenAtMs + HIDDEN_SCREEN_MS)
  const countedUntil = (): number => Math.max(gone.countedUntilMs, ...[...open].map(countsUntil))
  const closed = (screen: OpenScreen): void => {
    gone.countedUntilMs = countedUntil()
    open.delete(screen)
  }
  return {
    opened: (socket) => {
      const screen: OpenScreen = { hiddenAtMs: null, isHanging: false }
      open.add(screen)
      const watch = watchPage(clock, () => {
        if (!screen.isHanging) log.warn('screen-not-painting', 'A visible screen paints nothing.')
        screen.isHanging = true
      })
      socket.on('close', () => {
        watch.stop()
        closed(screen)
      })
      watch.loadStarted()
      return (isVisible) => {
        gone.countedUntilMs = countedUntil()
        screen.isHanging = false
        screen.hiddenAtMs = isVisible ? null : (screen.hiddenAtMs ?? clock.elapsedMs())
        watch.painted(isVisible)
      }
    },
    problem: () => {
      if ([...open].some(({ isHanging }) => isHanging)) return 'A screen is open and paints nothing.'
      if (clock.elapsedMs() - countedUntil() < NO_SCREEN_MS) return null
      return open.size === 0 ? 'No screen is open.' : 'No screen is visible.'
    },
  }
}
