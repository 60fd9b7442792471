// A kiosk's page whose program or style did not come (its server restarted, or was half updated) says so and loads itself
// again, as ./ui/reload.ts does for a page that broke. Not bundled but written into the page: what this watches for may be any
// file beside it. [KSK-18]

const FIRST_MS = 5_000
const LAST_MS = 60_000
const CALM_MS = 300_000
/** As long as a weak panel may take to its first frame; longer each time. */
const COMES_WITHIN_MS = 60_000
const LOOK_MS = 250
const KEY = 'carrel-reload'

/** Where storage is forbidden every wait is the first. */
function remembered() {
  try {
    return sessionStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}

function remember(text) {
  try {
    sessionStorage.setItem(KEY, text)
  } catch {
    // The next wait is the first again.
  }
}

/** How long the page before waited until it loaded this one; 0: this is the first, or the first after a calm time. */
function waitedBefore() {
  const [beforeMs = Number.NaN, atMs = Number.NaN] = remembered().split(' ').map(Number)
  const sinceMs = Date.now() - atMs
  const isAgain = sinceMs >= 0 && sinceMs < beforeMs + CALM_MS
  return isAgain ? Math.min(LAST_MS, Math.max(FIRST_MS, beforeMs)) : 0
}

const beforeMs = waitedBefore()
let waitedMs = beforeMs

function nextWaitMs() {
  waitedMs = waitedMs === 0 ? FIRST_MS : Math.min(LAST_MS, waitedMs * 2)
  remember(`${waitedMs} ${Date.now()}`)
  return waitedMs
}

/** Loading a page that nobody serves would leave the browser's own page about that, which comes back to nothing. */
async function isServed() {
  if (!location.protocol.startsWith('http')) return true
  try {
    const init = { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(FIRST_MS) }
    return (await fetch(location.pathname, init)).ok
  } catch {
    return false
  }
}

let reloading = 0

function reloadLater() {
  reloading = setTimeout(async () => {
    const isThere = await isServed()
    if (!hasFailed) return
    if (isThere) location.reload()
    else reloadLater()
  }, nextWaitMs())
}

/** The program's and the style's elements as the page brought them, once all are there; later ones are the program's affair. */
let own = null
let hasFailed = false

function fail() {
  if (hasFailed) return
  hasFailed = true
  reloadLater()
  say()
}

function say() {
  for (const [id, isShown] of [
    ['#loading', !hasFailed],
    ['#load-failed', hasFailed],
  ]) {
    const words = document.querySelector(id)
    if (words !== null) words.hidden = !isShown
  }
}

/** A program that came puts itself in the place of these words. */
function hasCome() {
  const root = document.querySelector('#root')
  return root !== null && root.childElementCount > 0 && document.querySelector('#loading') === null
}

/** One that needed longer is not thrown away. */
function waitOn() {
  const looking = setInterval(() => {
    if (!hasCome()) return
    clearInterval(looking)
    clearTimeout(reloading)
    hasFailed = false
    say()
  }, LOOK_MS)
}

addEventListener(
  'error',
  ({ target }) => {
    if (!(target instanceof HTMLScriptElement || target instanceof HTMLLinkElement)) return
    if (target.rel === 'modulepreload') return
    if (own === null || own.has(target)) fail()
  },
  true,
)
document.addEventListener('readystatechange', () => {
  own ??= new Set(document.querySelectorAll('script, link[rel=stylesheet]'))
  if (hasFailed) say()
})
setTimeout(
  () => {
    if (hasFailed || hasCome()) return
    fail()
    waitOn()
  },
  COMES_WITHIN_MS * (1 + beforeMs / FIRST_MS),
)
