import { refuse, type Decision } from '#shared/domain/decision.ts'
import { allowanceBurst, decideAllowance, type Allowance } from '#shared/domain/kiosk.ts'
import { CALLS_PER_SECOND, type CallRefusal, type EngineApi } from '#shared/wire/bridge.ts'
import { makeCallGate } from '../engine/api/call-gate.ts'
import { subscribeWithHeartbeat } from '../engine/screen/page-heartbeat.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { isAppUrl } from './app-scheme.ts'
import type { IpcPart, SenderEvent, WindowPart } from './electron-parts.ts'

/** What the IPC channels between page and engine need. */
export interface CallServing {
  engine: EngineApi
  window: WindowPart
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
  /** Called when the page reports that it painted, or that it is hidden. [SCR-3] */
  onPainted?(isVisible: boolean): void
}

/**
 * Serves the three channels of the preload: `call` (page to engine, answered), `listen` (the page subscribes to slices) and
 * `slice` (engine to page). Only messages of the main frame of the kiosk's own window, on an app:// page, are taken. [BRG-1] [BRG-4]
 */
export function serveCalls(ipc: IpcPart, serving: CallServing): void {
  let allowance: Allowance = { tokens: allowanceBurst(CALLS_PER_SECOND), atMs: serving.clock.elapsedMs() }
  const gate = makeCallGate(serving.clock)
  serving.window.webContents.on('destroyed', gate.end)
  const subscriptions = mirrorSlices(ipc, serving)
  ipc.handle('call', (event, name, input): Promise<Decision<unknown, CallRefusal>> => {
    if (!isOwnPage(serving, event)) return Promise.resolve(refuse({ why: 'notAllowed' }))
    const allowed = decideAllowance(allowance, CALLS_PER_SECOND, serving.clock.elapsedMs())
    if (!allowed.ok) return Promise.resolve(allowed)
    allowance = allowed.value
    if (name === 'painted') serving.onPainted?.(isVisibleIn(input))
    return new Promise((resolve) => {
      const subscription = subscriptions.current()
      gate.pass(() => {
        // A page that gave up, and said that the tap is not certain, has subscribed again since. [KSK-17]
        const isOver = subscriptions.current() !== subscription
        resolve(isOver ? refuse({ why: 'notSaved' }) : answerCall(serving, String(name), input))
      })
    })
  })
}

function isVisibleIn(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'isVisible' in input && input.isVisible === true
}

/** Where an exception of the engine ends: it is answered as `internal`. [BRG-1] */
async function answerCall(
  serving: CallServing,
  name: string,
  input: unknown,
): Promise<Decision<unknown, CallRefusal>> {
  try {
    return await serving.engine.call(name, input)
  } catch (error) {
    serving.log.warn('call-failed', 'A call of a page failed by a fault of the program.', {
      name,
      error: String(error),
    })
    return refuse({ why: 'internal' })
  }
}

/**
 * Each `listen` begins a subscription with the newest of every slice, and ends the one before; a page that crashed gets nothing
 * until it subscribes again. `current` is the number of the subscription. [BRG-2] [KSK-17]
 */
function mirrorSlices(ipc: IpcPart, serving: CallServing): { current(): number } {
  const contents = serving.window.webContents
  let end = (): void => undefined
  let subscription = 0
  const stop = (): void => {
    subscription += 1
    end()
    end = () => undefined
  }
  ipc.on('listen', (event) => {
    if (!isOwnPage(serving, event)) return
    stop()
    end = subscribeWithHeartbeat(serving, (name, value) => {
      if (!contents.isDestroyed()) contents.send('slice', name, value)
    })
  })
  contents.on('render-process-gone', stop)
  contents.on('destroyed', stop)
  return { current: () => subscription }
}

function isOwnPage({ window, log }: CallServing, { sender, senderFrame }: SenderEvent): boolean {
  const isOwn =
    !window.isDestroyed() &&
    sender === window.webContents &&
    senderFrame !== null &&
    senderFrame.parent === null &&
    isAppUrl(senderFrame.url)
  if (!isOwn) log.warn('foreign-page-refused', 'A message of a page that is not the kiosk’s was refused.')
  return isOwn
}
