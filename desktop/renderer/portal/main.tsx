import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { I18nextProvider } from 'react-i18next'
import type { Me } from '#shared/domain/account.ts'
import { LIVE_TAKES_COLLECTIONS } from '#shared/wire/live.ts'
import { keepLanguagesReady, makePortalI18n } from '../i18n/portal-i18n.ts'
import { FaultBoundary, FaultScreen } from '../common/fault-boundary.tsx'
import { openSocket, type PageSocket } from '../common/page-socket.ts'
import '../ui/portal.css'
import { isServed, reloadOnce } from '../common/reload.ts'
import { makeUnknownZoneReporter } from '../common/times.ts'
import { makeActions } from './actions.ts'
import { makeApi } from './api.ts'
import { followTree } from './live-tree.ts'
import { takeLinkToken } from './link-token.ts'
import { makePageLoader, MEMBER_PAGES, OPEN_PAGES, type PageLoader } from './page-loader.ts'
import { PAGE_PROGRAMS } from './page-programs.ts'
import { Portal } from './portal.tsx'
import { PortalContext } from './portal-context.ts'
import { saveSettings, localeFor, readSettings } from './settings.ts'
import {
  makePortalStore,
  tickPortal,
  universityOf,
  withVisitor,
  type PortalState,
  type PortalStore,
} from './store.ts'

const now = (): number => Date.now()

/** When the page fetches ahead what may be wanted later – other languages, other pages –, ms after it is of use itself. */
const AHEAD_AFTER_MS = 3_000

function after(delayMs: number, run: () => void): () => void {
  // What a timer can hold: a month that is asked for is tomorrow as well.
  const timer = window.setTimeout(run, Math.min(delayMs, 86_400_000))
  return () => window.clearTimeout(timer)
}

/** One tab after the other renews the cookie, where the browser can order them (a secure context). */
function oneAtATime<Result>(run: () => Promise<Result>): Promise<Result> {
  const locks: LockManager | undefined = navigator.locks
  return locks === undefined ? run() : locks.request('carrel-refresh', run)
}

/** What the browser and its owner like, before anybody is signed in. */
function readSurroundings(store: PortalStore): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const prefersContrast = window.matchMedia('(prefers-contrast: more)').matches
  const settings = readSettings(window.localStorage)
  store.setState({
    link: takeLinkToken(window),
    settings: { ...settings, isHighContrast: settings.isHighContrast || prefersContrast },
    browserLanguages: navigator.languages,
    prefersDark: dark.matches,
  })
  dark.addEventListener('change', () => store.setState({ prefersDark: dark.matches }))
}

/** Notes who was admitted, or that the session has ended. */
function admit(store: PortalStore, me: Me | null): void {
  store.setState((state) => {
    if (me !== null) return withVisitor(state, { state: 'signedIn', me })
    const reason = state.visitor.state === 'signedIn' ? 'ended' : null
    return state.visitor.state === 'signedOut' ? {} : withVisitor(state, { state: 'signedOut', reason })
  })
}

/** Passes the browser's events about sleep, network and visibility of the page on to the live connection. [POR-8] */
function watchPage(connection: ReturnType<typeof followTree>): void {
  const woke = (): void => connection.checkNow(true)
  window.addEventListener('online', woke)
  window.addEventListener('offline', woke)
  document.addEventListener('resume', woke)
  // Back from the browser's memory of pages: its socket may be from before.
  window.addEventListener('pageshow', (event) => event.persisted && woke())
  document.addEventListener(
    'visibilitychange',
    () => document.visibilityState === 'visible' && connection.checkNow(),
  )
  // Who is there does not wait for the next try.
  for (const act of ['focus', 'pointerdown', 'keydown'])
    window.addEventListener(act, () => connection.retryNow())
}

/** The pages of this portal. It is loaded again by itself only where nothing waits in its memory. [SCR-19] [POR-1] [POR-15] */
function openPages(store: PortalStore): PageLoader {
  const pages = makePageLoader(PAGE_PROGRAMS, {
    isServed: () =>
      isServed({ fetch: window.fetch, location: { protocol: window.location.protocol, pathname: '/' } }),
    reload: () => {
      const { link, drafts } = store.getState()
      return link === null && Object.keys(drafts).length === 0 && reloadOnce(window)
    },
    reloadByHand: () => window.location.reload(),
  })
  const fetchAhead = ({ visitor }: PortalState): void =>
    void after(
      AHEAD_AFTER_MS,
      () => void pages.prefetch(visitor.state === 'signedIn' ? MEMBER_PAGES : [...OPEN_PAGES, 'browse']),
    )
  store.subscribe((state, before) => {
    if (state.visitor.state !== before.visitor.state) fetchAhead(state)
  })
  return pages
}

async function start(root: Element): Promise<void> {
  const store = makePortalStore(now())
  readSurroundings(store)
  const { settings, browserLanguages } = store.getState()
  const i18n = await makePortalI18n(localeFor(settings.locale, null, null, browserLanguages))
  const makeKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map(hex).join('')
  const common = { store, nowMs: now, after, makeKey }
  // A channel of its own: pages of an older program take whatever comes on the other for a sign-out.
  const signIns = new BroadcastChannel('carrel-sign-in')
  const postSignIn = signIns.postMessage.bind(signIns)
  const api = makeApi({
    ...common,
    fetch: (url, init) => window.fetch(url, init),
    oneAtATime,
    onVisitor: (me) => {
      const wasOut = store.getState().visitor.state === 'signedOut'
      admit(store, me)
      if (wasOut && me !== null) postSignIn(null)
    },
  })
  const pages = openPages(store)
  const tabs = new BroadcastChannel('carrel-session')
  const postToTabs = tabs.postMessage.bind(tabs)
  const actions = makeActions({
    ...common,
    api,
    saveSettings: (chosen) => saveSettings(window.localStorage, chosen),
    broadcastSignOut: () => postToTabs('out'),
    reconnect: () => connection.retryNow(),
  })
  tabs.addEventListener('message', () => actions.leave('out'))
  signIns.addEventListener('message', () => {
    if (store.getState().visitor.state === 'signedOut') void actions.begin()
  })
  const open = (): PageSocket => openSocket(window.location, `/api/v1/live?${LIVE_TAKES_COLLECTIONS}`)
  const onSignedOut = (): void => actions.leave('ended')
  const { loadTree } = actions
  const connection = followTree({ ...common, api, random: Math.random, open, loadTree, onSignedOut })
  watchPage(connection)
  const reportUnknownZone = makeUnknownZoneReporter((fault) => window.reportError(fault))
  store.subscribe((state, before) => {
    if (state.visitor !== before.visitor) reportUnknownZone(universityOf(state).timezone)
  })
  window.setInterval(() => {
    connection.checkTimeouts()
    tickPortal(store, now())
  }, 250)
  createRoot(root).render(
    <StrictMode>
      {/* React itself writes the fault to the console; whoever reads here loads the page again by hand. */}
      <FaultBoundary isReloading={false} onFault={() => undefined}>
        <I18nextProvider i18n={i18n}>
          <PortalContext value={{ store, actions, pages }}>
            <Portal />
          </PortalContext>
        </I18nextProvider>
      </FaultBoundary>
    </StrictMode>,
  )
  void actions.begin()
  // As on kiosks: the list of the Chinese font's files is larger than the program, so it comes after the first paint.
  void import('../ui/noto-sans-tc.ts')
  // Once nothing else is to be done: few and short, and a language is wanted most where there is no connection.
  window.setTimeout(() => void keepLanguagesReady(i18n), AHEAD_AFTER_MS)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

const root = document.querySelector('#root')
if (root !== null)
  start(root).catch((error: unknown) => {
    createRoot(root).render(<FaultScreen isReloading={false} />)
    throw error
  })
