import type { LinkSlice } from '#shared/wire/bridge.ts'
import { judgeDate } from './certificate-trouble.ts'
import { clockFactsOf, type Core } from '../core/core.ts'
import type { SessionEnd } from './session-state.ts'

/** A line that was good may be dialled again for this long before the screen says "offline": two usual heartbeats. [SYN-23] */
const GRACE_MS = 10_000

/** What the screen says of the line. */
export interface LinkStatus {
  /** The line is live, or was heard again. */
  up(): void
  down(end: SessionEnd): void
  /** The line is there, and whether anybody is at its other end is being asked. [KSK-12] */
  doubt(): void
  /** Says nothing more by itself. */
  hush(): void
}

/** Makes the status of one engine's line. */
export function makeLinkStatus(core: Core): LinkStatus {
  const grace = { cancel: null as (() => void) | null }
  const hush = (): void => {
    grace.cancel?.()
    grace.cancel = null
  }
  const say = (status: LinkSlice['status'], reason: LinkSlice['reason']): void => {
    hush()
    const { link } = core.health
    const isNews = link.status !== status || link.reason !== reason
    core.health.link = { status, reason }
    // Each heartbeat is news too: it says what time it is.
    if (isNews || status === 'online') core.screen.publish('link')
  }
  return {
    up: () => say('online', null),
    doubt: () => say('connecting', null),
    down: (end) => {
      const reason = reasonOf(core, end)
      const isShort = reason === null && end.why !== 'silent'
      if (isShort && core.health.link.status === 'online') {
        say('connecting', null)
        grace.cancel = core.options.clock.after(GRACE_MS, () => say('offline', null))
      } else if (!isShort || grace.cancel === null) say('offline', reason)
    },
    hush,
  }
}

function reasonOf(core: Core, end: SessionEnd): LinkSlice['reason'] {
  if (end.why === 'line' && end.end !== 'closed' && end.end !== 'unreachable')
    return judgeDate(end.end, clockFactsOf(core))
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
