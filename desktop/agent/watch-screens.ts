import type { WebSocket } from 'ws'
import { FIRST_FRAME_MS, watchPage } from '../engine/screen/page-watch.ts'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'

/** How long an agent may be without any screen: as long as a page may take to its first frame on a weak panel. [KSK-19] */
export const NO_SCREEN_MS = FIRST_FRAME_MS

/** How long a screen that says that it is hidden counts as one: whoever changed to another window comes back. [KSK-19] */
export const HIDDEN_SCREEN_MS = 900_000

/** Watches the screens of one agent. A browser's page is nothing that an agent could restart: it only says how they are. */
export interface ScreenWatch {
  /** A screen has shown its token; returns what its heartbeats are to be told to. [SCR-3] */
  opened(socket: WebSocket): (isVisible: boolean) => void
  /** What is wrong, in a sentence for whoever starts the browser; null: nothing is. [SCR-3] [KSK-19] */
  trouble(): string | null
}

/** An open screen. */
interface OpenScreen {
  /** Since when it says that it is hidden, elapsed ms; null: it should be seen. */
  hiddenAtMs: number | null
  /** Visible, and yet it paints nothing. */
  isHanging: boolean
}

/** Begins with no screen, which may then take as long to come as one that loads. */
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
        if (!screen.isHanging) log.warn('a screen paints nothing')
        screen.isHanging = true
      })
      socket.on('close', () => {
        watch.stop()
        closed(screen)
      })
      watch.began()
      return (isVisible) => {
        gone.countedUntilMs = countedUntil()
        screen.isHanging = false
        screen.hiddenAtMs = isVisible ? null : (screen.hiddenAtMs ?? clock.elapsedMs())
        watch.painted(isVisible)
      }
    },
    trouble: () => {
      if ([...open].some(({ isHanging }) => isHanging)) return 'A screen is open and paints nothing.'
      if (clock.elapsedMs() - countedUntil() < NO_SCREEN_MS) return null
      return open.size === 0 ? 'No screen is open.' : 'No screen is visible.'
    },
  }
}
