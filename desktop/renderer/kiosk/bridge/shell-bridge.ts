import type { Bridge } from '#shared/wire/bridge.ts'
import type { ReconnectableBridge } from './watch-engine.ts'

type SliceListener = Parameters<Bridge['onSlice']>[0]

/**
 * Electron's bridge as a connection that can be given up: the main process reads that this page listens anew behind whatever it was
 * asked before, and does none of that any more. [KSK-17]
 */
export function makeShellBridge(bridge: Bridge): ReconnectableBridge {
  const listening = new Map<SliceListener, () => void>()
  const start = (listen: SliceListener): void => void listening.set(listen, bridge.onSlice(listen))
  return {
    call: (name, input) => bridge.call(name, input),
    onSlice: (listen) => {
      start(listen)
      return () => {
        listening.get(listen)?.()
        listening.delete(listen)
      }
    },
    reconnect: () => {
      for (const [listen, end] of Array.from(listening)) {
        end()
        start(listen)
      }
    },
  }
}
