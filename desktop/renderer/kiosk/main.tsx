import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { I18nextProvider } from 'react-i18next'
import type { Bridge } from '#shared/wire/bridge.ts'
import { makeAgentBridge, takeToken } from '../bridge-agent.ts'
import { LOOK_MS, watchBeats, type WatchedBridge } from '../bridge-beat.ts'
import { makeShellBridge } from '../bridge-shell.ts'
import { makeI18n } from '../i18n/i18n.ts'
import { FaultBoundary, FaultScreen } from '../ui/fault-boundary.tsx'
import { makeFrameWatch, TICK_MS } from '../ui/frames.ts'
import { dialLine, type PageLine } from '../ui/page-line.ts'
import { makeReload } from '../ui/reload.ts'
import '../ui/styles.ts'
import { makeActions } from './actions.ts'
import { hearFaults, makeFaultTeller } from './faults.ts'
import { Kiosk } from './kiosk.tsx'
import { KioskContext } from './kiosk-context.ts'
import type { EngineLine } from './model.ts'
import { makeKioskStore, mirrorBridge, setEngineLine, tick } from './store.ts'
import { calibrate, pxPerMmOf } from './calibrate.ts'
import { makeZoneTeller } from './zone.ts'

declare global {
  interface Window {
    /** Given by Electron's preload; absent in a browser. */
    bridge?: Bridge
  }
}

const elapsed = (): number => performance.now()

/** The bridge of the shell that this page runs in, listened to for signs of life. [KSK-17] */
function openBridge(onEngine: (line: EngineLine) => void): Bridge {
  const watched = window.bridge === undefined ? watchAgent(onEngine) : watchShell(window.bridge, onEngine)
  window.setInterval(watched.look, LOOK_MS)
  return watched
}

function watchShell(bridge: Bridge, onEngine: (line: EngineLine) => void): WatchedBridge {
  return watchBeats(makeShellBridge(bridge), {
    elapsed,
    onSilence: () => onEngine('away'),
    onWord: () => onEngine('up'),
  })
}

/** The agent's bridge says by itself when its line ends and when slices come again. */
function watchAgent(onEngine: (line: EngineLine) => void): WatchedBridge {
  const token = takeToken(window.location, window.history, window.sessionStorage)
  const after = (delayMs: number, run: () => void): void => void window.setTimeout(run, delayMs)
  const dial = (): PageLine => dialLine(window.location, '/bridge')
  const bridge = makeAgentBridge({ token: token ?? 'none', dial, after, onEngine })
  return watchBeats(bridge, { elapsed, onSilence: () => undefined, onWord: () => undefined })
}

/** Says that the page paints, and loads it again where it should and does not. [SCR-3] */
function watchFrames(root: Element, bridge: Bridge, reload: () => void): void {
  const watch = makeFrameWatch({
    elapsed,
    isHidden: () => document.hidden,
    // The page brings words of its own, until the program's first frame is in their place.
    hasContent: () => root.childElementCount > 0 && root.querySelector('#loading') === null,
    requestFrame: (run) => void window.requestAnimationFrame(run),
    tell: (isVisible) => void bridge.call('painted', { isVisible }).catch(() => undefined),
    reload,
  })
  window.setInterval(watch, TICK_MS)
  document.addEventListener('visibilitychange', watch)
}

function start(root: Element, reload: () => void): void {
  const store = makeKioskStore(elapsed(), window.matchMedia('(prefers-color-scheme: dark)').matches)
  const bridge = openBridge((line) => setEngineLine(store, line))
  const actions = makeActions(store, bridge, elapsed)
  const tellFault = makeFaultTeller(bridge, elapsed)
  hearFaults(window, tellFault)
  watchFrames(root, bridge, reload)
  const onFault = (error: unknown): void => {
    tellFault('render', error)
    reload()
  }
  const tellZone = makeZoneTeller((fault) => tellFault('event', fault))
  store.subscribe(({ model: { kiosk } }, { model: before }) => {
    if (kiosk !== before.kiosk && kiosk.state === 'enrolled') tellZone(kiosk.assignment.timezone)
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
