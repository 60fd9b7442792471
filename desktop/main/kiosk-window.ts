import type { BrowserWindowConstructorOptions } from 'electron'
import type { ElectronParts, WindowPart } from './electron-parts.ts'
import { HARDENED_PREFERENCES } from './navigation-policy.ts'

/** Options of a kiosk's window. */
export interface KioskWindowOptions {
  /** Absolute path of the preload bundle. */
  preloadFile: string
  /** Full screen that nobody can leave from the keyboard; otherwise a plain window, to try things on a desk. */
  isFullScreen: boolean
  /** Developer tools can be opened: never in an installed app. */
  isDevelopment: boolean
}

/** Makes the window: sandboxed, isolated, without Node, and hidden until it is shown. [BRG-4] */
export function makeKioskWindow(
  { BrowserWindow }: Pick<ElectronParts, 'BrowserWindow'>,
  options: KioskWindowOptions,
): WindowPart {
  return new BrowserWindow(windowOptions(options))
}

function windowOptions(options: KioskWindowOptions): BrowserWindowConstructorOptions {
  return {
    kiosk: options.isFullScreen,
    fullscreen: options.isFullScreen,
    frame: !options.isFullScreen,
    width: 1280,
    height: 800,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: '#101418',
    title: 'Carrel',
    webPreferences: {
      preload: options.preloadFile,
      ...HARDENED_PREFERENCES,
      devTools: options.isDevelopment,
      backgroundThrottling: false,
    },
  }
}

/** Brings the window to the front; for when somebody started the app a second time. */
export function focusWindow(window: WindowPart): void {
  if (window.isDestroyed()) return
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

/** Leaves full screen; the engine calls it after the PIN. False where there is no window any more. */
export function leaveFullScreen(window: WindowPart): boolean {
  if (window.isDestroyed()) return false
  window.setKiosk(false)
  window.setFullScreen(false)
  return true
}
