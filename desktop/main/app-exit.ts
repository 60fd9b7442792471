import type { EngineClock, EngineLog } from '../engine/core/ports.ts'
import type { AppPart } from './electron-parts.ts'

/** What a supervisor reads from the way the app ended. [SHL-4] */
export const EXIT_CODES = {
  /** Ended as asked, or by the system: start it again, or leave it, as the supervisor was told. */
  restart: 0,
  /** The command line cannot be meant: the same again ends the same. */
  usage: 2,
  /** A fault of the app or of its disk: start it again, and look at the log when it comes back. */
  fatal: 70,
  /** Staff left full screen and closed the window: leave it closed. */
  maintenance: 75,
} as const

/** One of the codes. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]

/** What is closed before the app goes has so long; a part that hangs must not keep a supervisor waiting. */
export const STOP_MS = 5_000

/** The one way out of the app. */
export interface AppEnd {
  /** Names what is to be closed first. */
  closeFirst(stop: () => Promise<void>): void
  /** Ends the app with a code; the first call counts. */
  end(code: ExitCode): void
  /** Ends it because it cannot go on: the reason is written down, and the supervisor starts it again. */
  fatal(reason: string): void
}

/**
 * Makes the way out: closes what is to be closed, then `app.exit` with the code, which `app.quit` cannot carry. A wish of
 * the system (SIGTERM, logging out of a desk) comes as `before-quit` and takes the same way; no window can refuse it. [SHL-4]
 */
export function makeAppEnd(
  app: Pick<AppPart, 'exit'> & Pick<AppPart, 'on'>,
  clock: Pick<EngineClock, 'after'>,
  log: EngineLog,
): AppEnd {
  const parts: (() => Promise<void>)[] = []
  let isEnding = false
  const end = (code: ExitCode): void => {
    if (isEnding) return
    isEnding = true
    const exit = (): void => app.exit(code)
    if (parts.length === 0) return exit()
    const cancel = clock.after(STOP_MS, () => {
      log.warn('not stopped in time')
      exit()
    })
    void stopAll(parts, log).then(() => {
      cancel()
      exit()
    })
  }
  app.on('before-quit', (event) => {
    event.preventDefault()
    end(EXIT_CODES.restart)
  })
  app.on('window-all-closed', () => end(EXIT_CODES.restart))
  return {
    closeFirst: (stop) => void parts.push(stop),
    end,
    fatal: (reason) => {
      log.warn('the app cannot go on', { reason, code: EXIT_CODES.fatal })
      end(EXIT_CODES.fatal)
    },
  }
}

async function stopAll(parts: readonly (() => Promise<void>)[], log: EngineLog): Promise<void> {
  for (const stop of parts)
    try {
      await stop()
    } catch (error) {
      log.warn('not stopped cleanly', { error: String(error) })
    }
}
