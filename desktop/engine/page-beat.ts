import { BEAT_EVERY_MS, SILENT_ENGINE_MS, type EngineDoor } from '#shared/wire/bridge.ts'
import type { EngineClock } from './ports.ts'
import type { ListenSlices } from './screen.ts'

/** A page that mirrors an engine, and is told every two seconds that the engine's process is not held up. [KSK-17] */
export interface PageBeat {
  /** The process stood still for so long that the page has given up what it asked before. */
  isLate(): boolean
  end(): void
}

/**
 * Subscribes a page to an engine, with a beat after the first slices and every two seconds from then on: a process that
 * hangs, or whose disk does not answer, cannot beat. `late` hears of a beat that came after the page stopped waiting. [KSK-17]
 */
export function beatTo(
  engine: Pick<EngineDoor, 'subscribe'>,
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>,
  listen: ListenSlices,
  late: () => void = () => undefined,
): PageBeat {
  let beatAtMs = clock.elapsedMs()
  let cancel = (): void => undefined
  const isLate = (): boolean => clock.elapsedMs() - beatAtMs > SILENT_ENGINE_MS
  const beat = (): void => {
    const wasLate = isLate()
    beatAtMs = clock.elapsedMs()
    cancel = clock.after(BEAT_EVERY_MS, beat)
    listen('beat', { everyMs: BEAT_EVERY_MS })
    if (wasLate) late()
  }
  const endSlices = engine.subscribe(listen)
  beat()
  return {
    isLate,
    end: () => {
      cancel()
      endSlices()
    },
  }
}
