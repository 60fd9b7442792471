import type { WebSocket } from 'ws'
import { FIRST_FRAME_MS, watchPage } from '../engine/page-watch.ts'
import type { EngineClock, EngineLog } from '../engine/ports.ts'

/** How long an agent may be without any screen: as long as a page may take to its first frame on a weak panel. [KSK-19] */
export const NO_SCREEN_MS = FIRST_FRAME_MS

/** Watches the screens of one agent. A browser's page is nothing that an agent could restart: it only says how they are. */
export interface ScreenWatch {
  /** A screen has shown its token; returns what its heartbeats are to be told to. [SCR-3] */
  opened(socket: WebSocket): (isVisible: boolean) => void
  /** What is wrong, in a sentence for whoever starts the browser; null: nothing is. [SCR-3] [KSK-19] */
  trouble(): string | null
}

/** Begins with no screen, which may then take as long to come as one that loads. */
export function watchScreens(
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>,
  log: Pick<EngineLog, 'warn'>,
): ScreenWatch {
  const open = new Set<WebSocket>()
  /** Open and visible, and yet they paint nothing. */
  const hanging = new Set<WebSocket>()
  let emptySinceMs = clock.elapsedMs()

  const closed = (socket: WebSocket): void => {
    open.delete(socket)
    hanging.delete(socket)
    if (open.size === 0) emptySinceMs = clock.elapsedMs()
  }
  return {
    opened: (socket) => {
      open.add(socket)
      const watch = watchPage(clock, () => {
        if (!hanging.has(socket)) log.warn('a screen paints nothing')
        hanging.add(socket)
      })
      socket.on('close', () => {
        watch.stop()
        closed(socket)
      })
      watch.began()
      return (isVisible) => {
        hanging.delete(socket)
        watch.painted(isVisible)
      }
    },
    trouble: () => {
      if (hanging.size > 0) return 'A screen is open and paints nothing.'
      const isEmptyTooLong = open.size === 0 && clock.elapsedMs() - emptySinceMs >= NO_SCREEN_MS
      return isEmptyTooLong ? 'No screen is open.' : null
    },
  }
}
