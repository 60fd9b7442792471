import { BEAT_EVERY_MS, type EngineApi } from '#shared/wire/bridge.ts'
import type { EngineClock } from '../core/ports.ts'
import type { EngineLog } from '../log/engine-log.ts'
import type { ListenSlices } from './slice-publisher.ts'

/** What a page's heartbeats need of its shell. */
export interface HeartbeatContext {
  engine: Pick<EngineApi, 'subscribe'>
  clock: Pick<EngineClock, 'after'>
  log: Pick<EngineLog, 'warn'>
}

/**
 * Subscribes a page to an engine, with a heartbeat after the first slices and every two seconds from then on: a process that
 * hangs, or whose disk does not answer, sends none. Returns a function that ends both. [KSK-13] [KSK-17]
 */
export function subscribeWithHeartbeat(
  { engine, clock, log }: HeartbeatContext,
  listen: ListenSlices,
): () => void {
  let cancel = (): void => undefined
  const beat = (): void => {
    cancel = clock.after(BEAT_EVERY_MS, beat)
    try {
      listen('beat', { everyMs: BEAT_EVERY_MS })
    } catch (error) {
      log.warn('screen-not-updated', 'A screen could not be updated.', { reason: String(error) })
    }
  }
  const endSlices = engine.subscribe(listen)
  beat()
  return () => {
    cancel()
    endSlices()
  }
}
