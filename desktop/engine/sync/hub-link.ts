import type { Core } from '../core/core.ts'
import { tryWriteOutbox } from '../core/store-writes.ts'
import type { LogFacts } from '../log/engine-log.ts'
import { retryAfterMs } from './backoff.ts'
import { makeLinkStatus } from './link-status.ts'
import type { Answer } from './requests.ts'
import { openSession, type Session } from './session.ts'
import type { SessionEnd } from './session-state.ts'

/**
 * A proof that the hub refused so often in a row will not be accepted by itself: mostly the device's key is damaged. Less often
 * the hub's own host name was changed by mistake, so the kiosk goes on trying, and is enrolled again once it is welcomed. [KSK-15]
 */
export const MAX_REFUSED_PROOFS = 5

/** A check that comes this late means that the process stood still: suspended, stopped, or blocked. [KSK-12] */
const STOOD_STILL_MS = 5_000

/** Failures since the connection last was live. */
const NO_FAILURES = { failedTries: 0, refusedProofs: 0 }

/** The link to the hub over many connections: connects, waits with jitter, connects again. [SYN-23] */
export interface HubLink {
  start(): void
  /** Ends the connection and the retries; `start` begins again. */
  stop(): void
  /** Sends a mutation that was just stored, where there is a connection. */
  push(): void
  /**
   * Checks whether this process stood still since the last check; to be called every second, and called by itself before a
   * message of the hub is read. After a standstill the screen says "connecting" until the hub has answered a ping. [KSK-12]
   */
  checkStandstill(): void
  /** Asks the hub whether the PIN is right; `offline` without a live connection or an answer within 5 s. [SYN-22] */
  checkPin(pin: string): Promise<Answer>
}

/** Makes the link of one engine; it connects once it was started and the device is enrolled. */
export function makeHubLink(core: Core): HubLink {
  const { clock, config, random, log } = core.options
  const status = makeLinkStatus(core)
  const state = {
    session: null as Session | null,
    cancelRetry: null as (() => void) | null,
    ...NO_FAILURES,
  }

  const checkStandstill = makeStandstillCheck(core, () => {
    // Also where the connection's own watch noticed first, and waits for its pong already.
    if (core.health.link.status === 'online') status.setChecking()
    state.session?.probe()
    // The wait was meant for the time before; timers do not run on while a machine is suspended.
    if (state.cancelRetry === null) return
    state.cancelRetry()
    state.failedTries = 0
    state.cancelRetry = clock.after(0, connect)
  })

  const changed = (): void => {
    if (state.session?.isLive() !== true) return
    Object.assign(state, NO_FAILURES)
    status.setOnline()
  }

  const connect = (): void => {
    state.cancelRetry = null
    if (core.stores.outbox.identity().kioskId === null || core.health.failure !== null) return
    const ended = (end: SessionEnd): void => {
      if (state.session !== session) return
      state.session = null
      scheduleReconnect(end)
    }
    const session = openSession(core, syncUrl(config.hub.url), { received: checkStandstill, changed, ended })
    state.session = session
  }

  const scheduleReconnect = (end: SessionEnd): void => {
    log.info('hub-connection-ended', 'The connection to the hub ended.', logFactsOf(end))
    if (end.why === 'err' && end.code === 'badProof') state.refusedProofs += 1
    if (mustEnrolAgain(end, state.refusedProofs)) {
      tryWriteOutbox(core, () => core.stores.outbox.markRevoked(true))
      core.screen.publish('kiosk')
    }
    status.setDown(end)
    const delayMs = retryAfterMs(end, state.failedTries, random)
    state.failedTries += 1
    if (delayMs !== null) state.cancelRetry = clock.after(delayMs, connect)
  }

  return {
    start: () => {
      if (state.session === null && state.cancelRetry === null) connect()
    },
    stop: () => {
      const { session } = state
      state.session = null
      session?.close()
      state.cancelRetry?.()
      state.cancelRetry = null
      Object.assign(state, NO_FAILURES)
      status.cancel()
    },
    push: () => state.session?.push(),
    checkStandstill,
    checkPin: (pin) => state.session?.checkPin(pin) ?? Promise.resolve('offline'),
  }
}

/** Compares elapsed time, which runs on while a machine is suspended, with that of the check before. */
function makeStandstillCheck({ options: { clock, log } }: Core, stoodStill: () => void): () => void {
  let checkedMs = clock.elapsedMs()
  return () => {
    const forMs = clock.elapsedMs() - checkedMs
    checkedMs += forMs
    if (forMs < STOOD_STILL_MS) return
    log.info(
      'process-stood-still',
      'This process stood still: the machine slept, or the process was stopped or blocked.',
      { forMs: Math.round(forMs) },
    )
    stoodStill()
  }
}

function logFactsOf(end: SessionEnd): LogFacts {
  return end.why === 'err' ? { why: end.why, hubCode: end.code } : { ...end }
}

/** The hub does not accept this kiosk's identity any more: its outbox stays, and a new code makes it a kiosk again. [SYN-28] [KSK-15] */
function mustEnrolAgain(end: SessionEnd, refusedProofs: number): boolean {
  if (end.why === 'keyUnreadable') return true
  if (refusedProofs >= MAX_REFUSED_PROOFS) return true
  return end.why === 'err' && (end.code === 'revoked' || end.code === 'unknownKiosk')
}

/** The hub's websocket for kiosks, from the address in the configuration. */
function syncUrl(hubUrl: string): string {
  const url = new URL('/api/v1/sync', hubUrl)
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:'
  return url.href
}
