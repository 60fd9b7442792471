import type { Core } from './core.ts'
import { handleDiskError } from './store-writes.ts'
import type { HubLink } from '../sync/hub-link.ts'

/** How often it is checked whether this process stood still. */
const STANDSTILL_CHECK_MS = 1_000

/** How often mutations that were acknowledged long ago are deleted, and how soon again where more are left. [KSK-6] */
const PRUNE_EVERY_MS = 3_600_000
const PRUNE_AGAIN_MS = 1_000

/** Starts what a running engine does by itself every second and every hour. Returns a function that ends it. [KSK-6] [KSK-12] */
export function startMaintenance(core: Core, link: Pick<HubLink, 'checkStandstill'>): () => void {
  const ends = [watchStandstill(core, link), schedulePruning(core)]
  return () => {
    for (const end of ends) end()
  }
}

/** Elapsed time runs on while the machine is suspended, these checks do not. */
function watchStandstill({ options }: Core, link: Pick<HubLink, 'checkStandstill'>): () => void {
  const state = { cancel: (): void => undefined }
  const check = (): void => {
    state.cancel = options.clock.after(STANDSTILL_CHECK_MS, check)
    link.checkStandstill()
  }
  state.cancel = options.clock.after(STANDSTILL_CHECK_MS, check)
  return () => state.cancel()
}

/** Only by the time of a hub that is connected: a device's own clock may be years off. */
function schedulePruning(core: Core): () => void {
  const { clock } = core.options
  const state = { cancel: (): void => undefined }
  const prune = (): void => {
    const isMore = core.health.link.status === 'online' && pruneOnce(core)
    state.cancel = clock.after(isMore ? PRUNE_AGAIN_MS : PRUNE_EVERY_MS, prune)
  }
  state.cancel = clock.after(PRUNE_EVERY_MS, prune)
  return () => state.cancel()
}

function pruneOnce(core: Core): boolean {
  const now = core.hubTime.now()
  if (now === null || core.health.failure !== null) return false
  try {
    // What may not be seven days old yet stays.
    return core.stores.outbox.prune(now.ms - now.plusMinusMs)
  } catch (error) {
    // Tried again in an hour. A fault of the program ends neither this nor the process.
    if (!handleDiskError(core, error))
      core.options.log.warn(
        'prune-failed',
        'Acknowledged mutations could not be deleted; tried again in an hour.',
        { reason: String(error) },
      )
    return false
  }
}
