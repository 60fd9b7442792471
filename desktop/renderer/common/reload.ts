/** First wait before a page is loaded again after it broke; doubled each time. [SCR-1] */
export const FIRST_RELOAD_MS = 5_000

/** The longest wait: a screen that keeps breaking still comes back once a minute. [SCR-1] */
export const LAST_RELOAD_MS = 60_000

/** A page that held for so long starts again with the first wait. */
export const CALM_MS = 300_000

/** When to load a page again, and what to remember until then. */
export interface NextReload {
  waitMs: number
  remembered: string
}

/**
 * How long a page that just broke waits before it is loaded again, by what it remembers of the time before (null: nothing).
 * Times in ms since 1970; a clock that went back counts as calm. [SCR-1]
 */
export function nextReload(remembered: string | null, nowMs: number): NextReload {
  const [waitedMs = Number.NaN, atMs = Number.NaN] = (remembered ?? '').split(' ').map(Number)
  const sinceMs = nowMs - atMs
  const isAgain = sinceMs >= 0 && sinceMs < waitedMs + CALM_MS
  const waitMs = isAgain ? Math.min(LAST_RELOAD_MS, Math.max(FIRST_RELOAD_MS, waitedMs * 2)) : FIRST_RELOAD_MS
  return { waitMs, remembered: `${waitMs} ${nowMs}` }
}

const KEY = 'carrel-reload'

type ReloadWindow = Pick<Window, 'fetch' | 'location' | 'sessionStorage' | 'setTimeout'>

/**
 * A function that loads this page again, each time a little later; while it waits, further calls are the same call. A page
 * that nobody serves at that moment stays, and is tried again: the browser's own page about that would come back to
 * nothing. [SCR-1] [KSK-18]
 */
export function makeReload(window: ReloadWindow): () => void {
  let isWaiting = false
  const wait = (): void => {
    const { waitMs, remembered } = nextReload(readRemembered(window), Date.now())
    remember(window, remembered)
    window.setTimeout(() => {
      void isServed(window).then((isThere) => (isThere ? window.location.reload() : wait()))
    }, waitMs)
  }
  return () => {
    if (isWaiting) return
    isWaiting = true
    wait()
  }
}

/**
 * Loads this page again by itself, once: where it did so less than five minutes ago, or cannot remember that, it stays, and
 * false comes back. For a page that works but for a part that did not come. [SCR-19]
 */
export function reloadOnce(window: Pick<Window, 'location' | 'sessionStorage'>): boolean {
  const { waitMs, remembered } = nextReload(readRemembered(window), Date.now())
  if (waitMs > FIRST_RELOAD_MS || !remember(window, remembered)) return false
  window.location.reload()
  return true
}

/** Whether this page would come if it was loaded again. A page of Electron's comes from its own files, and may not ask for them. */
export async function isServed({
  fetch,
  location,
}: {
  fetch: typeof window.fetch
  location: Pick<Location, 'protocol' | 'pathname'>
}): Promise<boolean> {
  if (!location.protocol.startsWith('http')) return true
  try {
    const signal = AbortSignal.timeout(FIRST_RELOAD_MS)
    return (await fetch(location.pathname, { method: 'HEAD', cache: 'no-store', signal })).ok
  } catch {
    return false
  }
}

function readRemembered(window: Pick<Window, 'sessionStorage'>): string | null {
  try {
    return window.sessionStorage.getItem(KEY)
  } catch {
    return null
  }
}

function remember(window: Pick<Window, 'sessionStorage'>, remembered: string): boolean {
  try {
    window.sessionStorage.setItem(KEY, remembered)
    return true
  } catch {
    // Where nothing is kept every wait is the first: five seconds are long enough to spare the machine.
    return false
  }
}
