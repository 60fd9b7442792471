import { refuse } from '#shared/domain/decision.ts'
import type { CallRefusal, KioskSlice } from '#shared/wire/bridge.ts'
import type { Engine } from './engine.ts'

/** An engine that can do nothing but say why: its folder or its configuration is not usable. */
export function makeIdleEngine(kiosk: Extract<KioskSlice, { state: 'configError' | 'storeError' }>): Engine {
  const refusal: CallRefusal = { why: kiosk.state === 'storeError' ? 'notSaved' : 'notEnrolled' }
  return {
    start: () => undefined,
    stop: () => undefined,
    call: () => Promise.resolve(refuse(refusal)),
    subscribe: (listen) => {
      listen('kiosk', kiosk)
      listen('link', { status: 'offline', hubNowMs: null, lastContactMs: null, reason: null })
      listen('outbox', { waitingCount: 0, alarm: null, refused: [] })
      listen('spaces', { isWhole: true, spaces: [], gone: [] })
      return () => undefined
    },
    readRows: () => ({ epoch: null, cursor: 0, digest: '0'.repeat(16), rows: [], waitingCount: 0 }),
    enrolWith: () => Promise.resolve(refuse(refusal)),
  }
}
