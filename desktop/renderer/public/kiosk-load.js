// A kiosk's page whose program or style did not come (its server restarted, or was half updated) says so and loads itself
// again, as ../ui/reload.ts does for a page that broke. Not bundled: what this watches for may be the bundle. [KSK-18]

const FIRST_MS = 5_000
const LAST_MS = 60_000
const CALM_MS = 300_000
/** As long as a weak panel may take to its first frame. */
const COMES_WITHIN_MS = 60_000
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

function nextWaitMs() {
  const [waitedMs = Number.NaN, atMs = Number.NaN] = remembered().split(' ').map(Number)
  const sinceMs = Date.now() - atMs
  const isAgain = sinceMs >= 0 && sinceMs < waitedMs + CALM_MS
  const waitMs = isAgain ? Math.min(LAST_MS, Math.max(FIRST_MS, waitedMs * 2)) : FIRST_MS
  remember(`${waitMs} ${Date.now()}`)
  return waitMs
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

async function loadAgain() {
  if (await isServed()) location.reload()
  else setTimeout(loadAgain, nextWaitMs())
}

/** The program's and the style's elements as the page brought them, once all are there; later ones are the program's affair. */
let own = null
let hasFailed = false

function fail() {
  if (hasFailed) return
  hasFailed = true
  setTimeout(loadAgain, nextWaitMs())
  sayFailed()
}

function sayFailed() {
  const words = document.querySelector('#load-failed')
  if (words !== null && hasFailed) words.hidden = false
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
  sayFailed()
})
setTimeout(() => {
  if (document.querySelector('#root')?.childElementCount === 0) fail()
}, COMES_WITHIN_MS)
