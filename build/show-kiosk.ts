import pTimeout from 'p-timeout'
import type { ChildProgram } from './child-programs.ts'
import { StartupError } from './launcher.mjs'

/** Electron may be there and still show nothing: no working display, a sandbox that does not start, a library that lacks. */
export const ELECTRON_TIMEOUT_MS = 20_000

/** The two ways in which a kiosk can be shown, and what is called about it. */
export interface KioskShowing {
  /** For people: "entrance kiosk". */
  name: string
  /** Starts it in a window of Electron; null where that cannot be. */
  startWindow: (() => ChildProgram) | null
  /** Starts it for a browser. */
  startForBrowser: () => ChildProgram
  /** A child that was given up has ended. */
  remove: (child: ChildProgram) => void
  say: (sentence: string) => void
}

/**
 * Shows a kiosk, and gives the line that says where. Where Electron shows no window in time, or ends before, that is said
 * and the kiosk goes on in the browser: its folder is the same, so Electron is ended first. [SHL-8]
 */
export async function showKiosk(showing: KioskShowing, timeoutMs = ELECTRON_TIMEOUT_MS): Promise<string> {
  if (showing.startWindow !== null) {
    const child = showing.startWindow()
    const line = await firstLine(child, timeoutMs)
    if (line.shown !== null) return line.shown
    await child.stop()
    showing.remove(child)
    showing.say(
      `Electron did not show a window for the ${showing.name} (${line.why}); it continues in the browser.`,
    )
  }
  return showing.startForBrowser().waitForLine('kiosk ')
}

type FirstLine = { shown: string } | { shown: null; why: string }

function firstLine(child: ChildProgram, timeoutMs: number): Promise<FirstLine> {
  const firstOutput = child.waitForLine('kiosk ').then(
    (shown): FirstLine => ({ shown }),
    (error: unknown): FirstLine => {
      if (!(error instanceof StartupError)) throw error
      return { shown: null, why: error.message.replace(/\.$/, '') }
    },
  )
  return pTimeout(firstOutput, {
    milliseconds: timeoutMs,
    fallback: () => ({ shown: null, why: `not within ${timeoutMs / 1000} s` }),
  })
}
