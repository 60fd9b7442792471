import { isDiskTrouble, type Core } from './core.ts'
import type { HubLink } from '../sync/hub-link.ts'

/** How often it is looked whether this process was stopped. */
const LOOK_EVERY_MS = 1_000

/** How often what was acknowledged long ago is forgotten, and how soon again where more is left. [KSK-6] */
const PRUNE_EVERY_MS = 3_600_000
const PRUNE_ON_MS = 1_000

/** What a running engine does by itself, for as long as it lives. Returns a function that ends it. */
export function keepUp(core: Core, link: Pick<HubLink, 'look'>): () => void {
  const ends = [watchStandstill(core, link), pruneByTime(core)]
  return () => {
    for (const end of ends) end()
  }
}

/** Elapsed time runs on while the machine is suspended, these looks do not. */
function watchStandstill({ options }: Core, link: Pick<HubLink, 'look'>): () => void {
  const state = { cancel: (): void => undefined }
  const look = (): void => {
    state.cancel = options.clock.after(LOOK_EVERY_MS, look)
    link.look()
  }
  state.cancel = options.clock.after(LOOK_EVERY_MS, look)
  return () => state.cancel()
}

/** Only by the time of a hub that is on the line: a device's own clock may be years off. */
function pruneByTime(core: Core): () => void {
  const { clock } = core.options
  const state = { cancel: (): void => undefined }
  const prune = (): void => {
    const isMore = core.health.link.status === 'online' && pruneOnce(core)
    state.cancel = clock.after(isMore ? PRUNE_ON_MS : PRUNE_EVERY_MS, prune)
  }
  state.cancel = clock.after(PRUNE_EVERY_MS, prune)
  return () => state.cancel()
}

function pruneOnce(core: Core): boolean {
  const nowMs = core.hubTime.nowMs()
  if (nowMs === null || core.health.failure !== null) return false
  try {
    return core.stores.outbox.prune(nowMs)
  } catch (error) {
    // There is time: it is tried again in an hour. A fault of ours ends neither this nor the process.
    if (!isDiskTrouble(core, error)) core.options.log.warn('nothing was pruned', { reason: String(error) })
    return false
  }
}
