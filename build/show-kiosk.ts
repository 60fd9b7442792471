import type { Child } from './children.ts'
import { HouseError } from './house-error.ts'

/** Electron may be there and still show nothing: no working display, a sandbox that does not start, a library that lacks. */
export const ELECTRON_PATIENCE_MS = 20_000

/** The two ways in which a kiosk can be shown, and who hears of it. */
export interface KioskShowing {
  /** For people: "entrance kiosk". */
  name: string
  /** Starts it in a window of Electron; null where that cannot be. */
  startWindow: (() => Child) | null
  /** Starts it for a browser. */
  startForBrowser: () => Child
  /** A child that was given up has ended. */
  forget: (child: Child) => void
  say: (sentence: string) => void
}

/**
 * Shows a kiosk, and gives the line that tells where. Where Electron shows no window in time, or ends before, that is said
 * and the kiosk goes on in the browser: its folder is the same, so Electron is ended first. [SHL-8]
 */
export async function showKiosk(showing: KioskShowing, patienceMs = ELECTRON_PATIENCE_MS): Promise<string> {
  if (showing.startWindow !== null) {
    const child = showing.startWindow()
    const line = await firstLine(child, patienceMs)
    if (line.shown !== null) return line.shown
    await child.stop()
    showing.forget(child)
    showing.say(`Electron shows no window of the ${showing.name} (${line.why}); it goes on in the browser.`)
  }
  return showing.startForBrowser().says('kiosk ')
}

type FirstLine = { shown: string } | { shown: null; why: string }

async function firstLine(child: Child, patienceMs: number): Promise<FirstLine> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<FirstLine>((resolve) => {
    const why = `none within ${patienceMs / 1000} s`
    timer = setTimeout(() => resolve({ shown: null, why }), patienceMs)
  })
  const told = child.says('kiosk ').then(
    (shown): FirstLine => ({ shown }),
    (error: unknown): FirstLine => {
      if (!(error instanceof HouseError)) throw error
      return { shown: null, why: error.message.replace(/\.$/, '') }
    },
  )
  try {
    return await Promise.race([told, late])
  } finally {
    clearTimeout(timer)
  }
}
