import type { LinkSlice } from '#shared/wire/bridge.ts'
import { refineDateError } from './certificate-error.ts'
import { clockFactsOf, type Core } from '../core/core.ts'
import type { SessionEnd } from './session-state.ts'

/** For this long a connection that was live may be retried before the screen says "offline": two usual heartbeats. [SYN-23] */
const GRACE_MS = 10_000

/** What the screen says of the connection. */
export interface LinkStatus {
  /** The connection is live; to be called with each heartbeat too. */
  setOnline(): void
  setDown(end: SessionEnd): void
  /** The connection is there, and whether the hub still answers on it is being checked. [KSK-12] */
  setChecking(): void
  /** Cancels the change to "offline" that is planned. */
  cancel(): void
}

/** Makes the status of one engine's connection. */
export function makeLinkStatus(core: Core): LinkStatus {
  const grace = { cancel: null as (() => void) | null }
  const cancelGrace = (): void => {
    grace.cancel?.()
    grace.cancel = null
  }
  const set = (status: LinkSlice['status'], reason: LinkSlice['reason']): void => {
    cancelGrace()
    const { link } = core.health
    const isChanged = link.status !== status || link.reason !== reason
    core.health.link = { status, reason }
    // Each heartbeat is published too: it carries the time.
    if (isChanged || status === 'online') core.screen.publish('link')
  }
  return {
    setOnline: () => set('online', null),
    setChecking: () => set('connecting', null),
    setDown: (end) => {
      const reason = reasonOf(core, end)
      const isShort = reason === null && end.why !== 'silent'
      if (isShort && core.health.link.status === 'online') {
        set('connecting', null)
        grace.cancel = core.options.clock.after(GRACE_MS, () => set('offline', null))
      } else if (!isShort || grace.cancel === null) set('offline', reason)
    },
    cancel: cancelGrace,
  }
}

function reasonOf(core: Core, end: SessionEnd): LinkSlice['reason'] {
  if (end.why === 'connection' && end.end !== 'closed' && end.end !== 'unreachable')
    return refineDateError(end.end, clockFactsOf(core))
  if (end.why === 'forked') return 'forked'
  if (end.why !== 'err') return null
  switch (end.code) {
    case 'upgrade':
      return 'upgrade'
    case 'revoked':
    case 'unknownKiosk':
      return 'revoked'
    case 'superseded':
    case 'forked':
      return 'forked'
    default:
      return null
  }
}
