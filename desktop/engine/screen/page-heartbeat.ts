import { BEAT_EVERY_MS, type EngineApi } from '#shared/wire/bridge.ts'
import type { EngineClock, EngineLog } from '../core/ports.ts'
import type { ListenSlices } from './slice-publisher.ts'

/** What a page's beats need of its shell. */
export interface BeatParts {
  engine: Pick<EngineApi, 'subscribe'>
  clock: Pick<EngineClock, 'after'>
  log: Pick<EngineLog, 'warn'>
}

/**
 * Subscribes a page to an engine, with a beat after the first slices and every two seconds from then on: a process that
 * hangs, or whose disk does not answer, cannot beat. Returns a function that ends both. [KSK-13] [KSK-17]
 */
export function beatTo({ engine, clock, log }: BeatParts, listen: ListenSlices): () => void {
  let cancel = (): void => undefined
  const beat = (): void => {
    cancel = clock.after(BEAT_EVERY_MS, beat)
    try {
      listen('beat', { everyMs: BEAT_EVERY_MS })
    } catch (error) {
      log.warn('a screen was not told', { reason: String(error) })
    }
  }
  const endSlices = engine.subscribe(listen)
  beat()
  return () => {
    cancel()
    endSlices()
  }
}
