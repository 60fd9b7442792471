import { refuse, type Decision } from '#shared/domain/decision.ts'
import { allowanceBurst, decideAllowance, type Allowance } from '#shared/domain/kiosk.ts'
import { CALLS_PER_SECOND, type CallRefusal, type EngineApi } from '#shared/wire/bridge.ts'
import { makeCallGate } from '../engine/api/call-gate.ts'
import { beatTo } from '../engine/screen/page-heartbeat.ts'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'
import { isAppUrl } from './app-scheme.ts'
import type { IpcPart, SenderEvent, WindowPart } from './electron-parts.ts'

/** What the channels between page and engine are served with. */
export interface CallServing {
  engine: EngineApi
  window: WindowPart
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
  /** Hears that the page painted, or that it is hidden. [SCR-3] */
  onPainted?(isVisible: boolean): void
}

/**
 * Serves the three channels of the preload: `call` (page to engine, answered), `listen` (the page wants slices) and
 * `slice` (engine to page). Only the main frame of the kiosk's own window, on an app:// page, is heard. [BRG-1] [BRG-4]
 */
export function serveCalls(ipc: IpcPart, serving: CallServing): void {
  let allowance: Allowance = { tokens: allowanceBurst(CALLS_PER_SECOND), atMs: serving.clock.elapsedMs() }
  const gate = makeCallGate(serving.clock)
  serving.window.webContents.on('destroyed', gate.end)
  const lines = mirrorSlices(ipc, serving)
  ipc.handle('call', (event, name, input): Promise<Decision<unknown, CallRefusal>> => {
    if (!isOwnPage(serving, event)) return Promise.resolve(refuse({ why: 'notAllowed' }))
    const pace = decideAllowance(allowance, CALLS_PER_SECOND, serving.clock.elapsedMs())
    if (!pace.ok) return Promise.resolve(pace)
    allowance = pace.value
    if (name === 'painted') serving.onPainted?.(isVisibleIn(input))
    return new Promise((resolve) => {
      const line = lines.current()
      gate.pass(() => {
        // A page that told its visitor that a tap is not certain has listened anew since. [KSK-17]
        const isOver = lines.current() !== line
        resolve(isOver ? refuse({ why: 'notSaved' }) : answerCall(serving, String(name), input))
      })
    })
  })
}

function isVisibleIn(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'isVisible' in input && input.isVisible === true
}

/** The shell's door: a fault of the engine ends here and is told as `internal`. */
async function answerCall(
  serving: CallServing,
  name: string,
  input: unknown,
): Promise<Decision<unknown, CallRefusal>> {
  try {
    return await serving.engine.call(name, input)
  } catch (error) {
    serving.log.warn('a call failed', { name, error: String(error) })
    return refuse({ why: 'internal' })
  }
}

/**
 * Each `listen` starts anew with the newest of every slice, and ends the line before; a page that crashed gets nothing until it
 * listens again. `current` is the number of the line. [BRG-2] [KSK-17]
 */
function mirrorSlices(ipc: IpcPart, serving: CallServing): { current(): number } {
  const contents = serving.window.webContents
  let end = (): void => undefined
  let line = 0
  const stop = (): void => {
    line += 1
    end()
    end = () => undefined
  }
  ipc.on('listen', (event) => {
    if (!isOwnPage(serving, event)) return
    stop()
    end = beatTo(serving, (name, value) => {
      if (!contents.isDestroyed()) contents.send('slice', name, value)
    })
  })
  contents.on('render-process-gone', stop)
  contents.on('destroyed', stop)
  return { current: () => line }
}

function isOwnPage({ window, log }: CallServing, { sender, senderFrame }: SenderEvent): boolean {
  const isOwn =
    !window.isDestroyed() &&
    sender === window.webContents &&
    senderFrame !== null &&
    senderFrame.parent === null &&
    isAppUrl(senderFrame.url)
  if (!isOwn) log.warn('message of a foreign page refused')
  return isOwn
}
