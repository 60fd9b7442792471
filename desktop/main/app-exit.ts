import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import type { AppPart } from './electron-parts.ts'

/** The app's exit codes, for its supervisor. [SHL-4] */
export const EXIT_CODES = {
  /** Ended as asked, or by the system: start it again, or leave it, as the supervisor is configured. */
  restart: 0,
  /** The command line cannot be used: starting again ends the same way. */
  usage: 2,
  /** A fault of the app or of its disk: start it again, and look at the log. */
  fatal: 70,
  /** Staff left full screen and closed the window: leave it closed. */
  maintenance: 75,
} as const

/** One of the exit codes above. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]

/** The parts of the app have so long to stop; one that hangs must not keep a supervisor waiting. */
export const STOP_MS = 5_000

/** The one way to end the app. */
export interface AppExit {
  /** Adds a part that is to be stopped first. */
  beforeExit(stop: () => Promise<void>): void
  /** Ends the app with a code; the first call counts. */
  exit(code: ExitCode): void
  /** Ends it because it cannot go on: the reason is logged, and the supervisor starts it again. */
  fatal(reason: string): void
}

/**
 * Makes the way to end the app: stops its parts, then calls `app.exit` with the code, which `app.quit` cannot carry. A request of
 * the system (SIGTERM, logging out) comes as `before-quit` and ends in the same way; no window can refuse it. [SHL-4]
 */
export function makeAppExit(
  app: Pick<AppPart, 'exit'> & Pick<AppPart, 'on'>,
  clock: Pick<EngineClock, 'after'>,
  log: EngineLog,
): AppExit {
  const parts: (() => Promise<void>)[] = []
  let isEnding = false
  const exitOnce = (code: ExitCode): void => {
    if (isEnding) return
    isEnding = true
    const exit = (): void => app.exit(code)
    if (parts.length === 0) return exit()
    const cancel = clock.after(STOP_MS, () => {
      log.warn('stop-timed-out', 'A part of the app did not stop in time.')
      exit()
    })
    void stopAll(parts, log).then(() => {
      cancel()
      exit()
    })
  }
  app.on('before-quit', (event) => {
    event.preventDefault()
    exitOnce(EXIT_CODES.restart)
  })
  app.on('window-all-closed', () => exitOnce(EXIT_CODES.restart))
  return {
    beforeExit: (stop) => void parts.push(stop),
    exit: exitOnce,
    fatal: (reason) => {
      log.warn('app-failed', 'The app cannot go on and ends.', { reason, exitCode: EXIT_CODES.fatal })
      exitOnce(EXIT_CODES.fatal)
    },
  }
}

async function stopAll(parts: readonly (() => Promise<void>)[], log: EngineLog): Promise<void> {
  for (const stop of parts)
    try {
      await stop()
    } catch (error) {
      log.warn('stop-failed', 'A part of the app failed to stop.', { error: String(error) })
    }
}
