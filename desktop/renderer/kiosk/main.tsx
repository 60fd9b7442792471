import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { I18nextProvider } from 'react-i18next'
import type { Bridge } from '#shared/wire/bridge.ts'
import { makeAgentBridge, takeToken } from './bridge/agent-bridge.ts'
import { CHECK_EVERY_MS, watchHeartbeats, type WatchedBridge } from './bridge/watch-engine.ts'
import { makeShellBridge } from './bridge/shell-bridge.ts'
import { makeI18n } from '../i18n/i18n.ts'
import { makeUnknownLanguageReporter } from '../i18n/languages.ts'
import { FaultBoundary, FaultScreen } from '../common/fault-boundary.tsx'
import { makePaintWatch, TICK_MS } from './paint-watch.ts'
import { openSocket, type PageSocket } from '../common/page-socket.ts'
import { makeReload } from '../common/reload.ts'
import '../ui/kiosk.css'
import { makeActions } from './actions.ts'
import { listenForFaults, makeFaultReporter } from './faults.ts'
import { Kiosk } from './kiosk.tsx'
import { KioskContext } from './kiosk-context.ts'
import type { EngineConnection } from './model.ts'
import { makeKioskStore, mirrorBridge, setEngineConnection, tick } from './store.ts'
import { calibrate, pxPerMmOf } from './panel.ts'
import { makeUnknownZoneReporter } from '../common/times.ts'

declare global {
  interface Window {
    /** Given by Electron's preload; absent in a browser. */
    bridge?: Bridge
  }
}

const elapsed = (): number => performance.now()

/** The bridge of the shell that this page runs in, listened to for signs of life. [KSK-17] */
function openBridge(onEngine: (connection: EngineConnection) => void): Bridge {
  const watched = window.bridge === undefined ? watchAgent(onEngine) : watchShell(window.bridge, onEngine)
  window.setInterval(watched.check, CHECK_EVERY_MS)
  return watched
}

function watchShell(bridge: Bridge, onEngine: (connection: EngineConnection) => void): WatchedBridge {
  return watchHeartbeats(makeShellBridge(bridge), {
    elapsed,
    onSilence: () => onEngine('away'),
    onReturn: () => onEngine('up'),
  })
}

/** The agent's bridge reports by itself when its connection ends and when slices come again. */
function watchAgent(onEngine: (connection: EngineConnection) => void): WatchedBridge {
  const token = takeToken(window.location, window.history, window.sessionStorage)
  const after = (delayMs: number, run: () => void): void => void window.setTimeout(run, delayMs)
  const open = (): PageSocket => openSocket(window.location, '/bridge')
  const bridge = makeAgentBridge({ token: token ?? 'none', open, after, onEngine })
  return watchHeartbeats(bridge, { elapsed, onSilence: () => undefined, onReturn: () => undefined })
}

/** Says that the page paints, and loads it again where it should and does not. [SCR-3] */
function watchFrames(root: Element, bridge: Bridge, reload: () => void): void {
  const watch = makePaintWatch({
    elapsed,
    isHidden: () => document.hidden,
    // The page brings words of its own, until the program's first frame is in their place.
    hasContent: () => root.childElementCount > 0 && root.querySelector('#loading') === null,
    requestFrame: (run) => void window.requestAnimationFrame(run),
    report: (isVisible) => void bridge.call('painted', { isVisible }).catch(() => undefined),
    reload,
  })
  window.setInterval(watch, TICK_MS)
  document.addEventListener('visibilitychange', watch)
}

function start(root: Element, reload: () => void): void {
  const store = makeKioskStore(elapsed(), window.matchMedia('(prefers-color-scheme: dark)').matches)
  const bridge = openBridge((connection) => setEngineConnection(store, connection))
  const actions = makeActions(store, bridge, elapsed)
  const reportFault = makeFaultReporter(bridge, elapsed)
  listenForFaults(window, reportFault)
  watchFrames(root, bridge, reload)
  const onFault = (error: unknown): void => {
    reportFault('render', error)
    reload()
  }
  const reportUnknownZone = makeUnknownZoneReporter((fault) => reportFault('event', fault))
  const reportUnknownLanguage = makeUnknownLanguageReporter((fault) => reportFault('event', fault))
  store.subscribe(({ model: { kiosk } }, { model: before }) => {
    if (kiosk === before.kiosk) return
    reportUnknownLanguage(kiosk.screen?.language)
    if (kiosk.state !== 'enrolled') return
    reportUnknownZone(kiosk.assignment.timezone)
    reportUnknownLanguage(kiosk.assignment.locale)
  })
  mirrorBridge(store, bridge, elapsed)
  // The address goes before the configuration: it is how a panel is tried out.
  const tried = pxPerMmOf(window.location.search)
  calibrate(document.documentElement, tried)
  store.subscribe(({ model }, before) => {
    const { screen } = model.kiosk
    if (model.kiosk !== before.model.kiosk)
      calibrate(document.documentElement, tried ?? screen?.pxPerMm ?? null)
  })
  window.setInterval(() => tick(store, elapsed()), 250)
  createRoot(root, { onUncaughtError: onFault }).render(
    <StrictMode>
      <FaultBoundary isReloading onFault={onFault}>
        <I18nextProvider i18n={makeI18n('en')}>
          <KioskContext value={{ store, actions }}>
            <Kiosk />
          </KioskContext>
        </I18nextProvider>
      </FaultBoundary>
    </StrictMode>,
  )
  // The Chinese font is 4 MB in many small files, each fetched when a letter of it is shown; its list alone is larger
  // than the program, so it comes after the first paint.
  void import('../ui/noto-sans-tc.ts')
}

/** A page that cannot even start says so, too. [SCR-1] */
function startSafely(root: Element): void {
  const reload = makeReload(window)
  try {
    start(root, reload)
  } catch (error) {
    createRoot(root).render(<FaultScreen isReloading />)
    reload()
    throw error
  }
}

const root = document.querySelector('#root')
if (root !== null) startSafely(root)
