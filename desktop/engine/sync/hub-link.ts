import type { LinkSlice } from '#shared/wire/bridge.ts'
import { isWritten, type Core } from '../core.ts'
import { retryAfterMs } from './backoff.ts'
import type { Answer } from './requests.ts'
import { openSession, type Session } from './session.ts'
import type { SessionEnd } from './session-end.ts'

/** A line that was good may be dialled again for this long before the screen says "offline". [SYN-23] */
const GRACE_MS = 10_000

/** The line to the hub, over many sessions: dials, waits with jitter, dials again. */
export interface HubLink {
  start(): void
  /** Ends it; `start` begins anew. */
  stop(): void
  /** A new mutation waits. */
  push(): void
  checkPin(pin: string): Promise<Answer>
}

/** Makes the link of one engine; it dials once started and once the device is a kiosk. */
export function makeHubLink(core: Core): HubLink {
  const { clock, config, dice, log } = core.options
  const url = syncUrl(config.hub.url)
  const state = {
    session: null as Session | null,
    cancelRetry: null as (() => void) | null,
    cancelGrace: null as (() => void) | null,
    failedTries: 0,
  }

  const say = (status: LinkSlice['status'], reason: LinkSlice['reason'] = null): void => {
    state.cancelGrace?.()
    state.cancelGrace = null
    const { link } = core.health
    const isNews = link.status !== status || link.reason !== reason
    core.health.link = { status, reason }
    // Each heartbeat is news too: it says what time it is.
    if (isNews || status === 'online') core.screen.publish('link')
  }

  const sayDown = (end: SessionEnd): void => {
    const reason = reasonOf(end)
    const { link } = core.health
    if (reason === null && end.why !== 'silent' && link.status === 'online') {
      say('connecting')
      state.cancelGrace = clock.after(GRACE_MS, () => say('offline'))
    } else if (state.cancelGrace === null || reason !== null) say('offline', reason ?? link.reason)
  }

  const dial = (): void => {
    state.cancelRetry = null
    if (core.stores.outbox.identity().kioskId === null) return
    const session = openSession(core, url, {
      changed: () => {
        if (state.session?.isLive() !== true) return
        state.failedTries = 0
        say('online')
      },
      ended: (end) => {
        if (state.session !== session) return
        state.session = null
        follow(end)
      },
    })
    state.session = session
  }

  const follow = (end: SessionEnd): void => {
    log.info('lineEnded', { ...end })
    if (end.why === 'err' && (end.code === 'revoked' || end.code === 'unknownKiosk')) {
      isWritten(core, () => core.stores.outbox.markRevoked(true))
      core.screen.publish('kiosk')
    }
    sayDown(end)
    const delayMs = retryAfterMs(end, state.failedTries, dice)
    state.failedTries += 1
    if (delayMs !== null) state.cancelRetry = clock.after(delayMs, dial)
  }

  return {
    start: () => {
      if (state.session === null && state.cancelRetry === null) dial()
    },
    stop: () => {
      state.cancelRetry?.()
      state.cancelGrace?.()
      state.cancelRetry = null
      state.cancelGrace = null
      state.failedTries = 0
      const { session } = state
      state.session = null
      session?.close()
    },
    push: () => state.session?.push(),
    checkPin: (pin) => state.session?.checkPin(pin) ?? Promise.resolve('offline'),
  }
}

function reasonOf(end: SessionEnd): LinkSlice['reason'] {
  if (end.why === 'line' && end.end === 'tls') return 'tls'
  if (end.why === 'forked') return 'forked'
  if (end.why !== 'err') return null
  switch (end.code) {
    case 'upgrade':
      return 'upgrade'
    case 'revoked':
    case 'unknownKiosk':
      return 'revoked'
    case 'superseded':
      return 'forked'
    default:
      return null
  }
}

/** The hub's websocket for kiosks, from the address in the configuration. */
function syncUrl(hubUrl: string): string {
  const url = new URL('/api/v1/sync', hubUrl)
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:'
  return url.href
}
