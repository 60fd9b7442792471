import { refuse } from '#shared/domain/decision.ts'
import type { CallRefusal, KioskSlice } from '#shared/wire/bridge.ts'
import type { EngineFailure } from '../core/core.ts'
import type { Engine } from './engine-api.ts'
import type { EngineClock } from '../core/ports.ts'

/** For how long the screen says that the folder cannot be opened, before the process ends to try again: long enough to be read. */
export const RESTART_AFTER_MS = 30_000

/**
 * An engine that can do nothing but say why: its folder or its configuration cannot be used. A folder may become usable
 * without this program being touched (room was made, a disk is back), so the process ends and is started again; whoever
 * corrects a configuration starts it themselves. [KSK-1]
 */
export function makeUnavailableEngine(
  kiosk: Extract<KioskSlice, { state: 'configError' | 'storeError' }>,
  clock: Pick<EngineClock, 'after'>,
): Engine {
  const refusal: CallRefusal = { why: kiosk.state === 'storeError' ? 'notSaved' : 'notEnrolled' }
  const failed = Promise.withResolvers<EngineFailure>()
  const cancel =
    kiosk.state === 'storeError'
      ? clock.after(RESTART_AFTER_MS, () => failed.resolve('storeUnusable'))
      : () => undefined
  return {
    start: () => undefined,
    stop: cancel,
    call: () => Promise.resolve(refuse(refusal)),
    subscribe: (listen) => {
      listen('kiosk', kiosk)
      listen('link', {
        status: 'offline',
        hubNowMs: null,
        hubNowPlusMinusMs: null,
        lastContactMs: null,
        reason: null,
      })
      listen('outbox', { waitingCount: 0, alarm: null, refused: [] })
      listen('spaces', { isWhole: true, spaces: [], gone: [] })
      return () => undefined
    },
    readRows: () => ({
      epoch: null,
      cursor: 0,
      digest: '0'.repeat(16),
      rows: [],
      collections: [],
      waitingCount: 0,
    }),
    enrolWith: () => Promise.resolve(refuse(refusal)),
    failed: failed.promise,
  }
}
