import { isWritten, type Core } from '../core/core.ts'
import { retryAfterMs } from './backoff.ts'
import { makeLinkStatus, type LinkStatus } from './link-status.ts'
import type { Answer } from './requests.ts'
import { openSession, type Session } from './session.ts'
import type { SessionEnd } from './session-state.ts'

/**
 * A proof that a hub refused so often in a row does not come right by itself: mostly the device's key is damaged. Less often
 * the hub's own name was changed by mistake, so the kiosk goes on trying, and is itself again as soon as it is welcomed.
 */
export const REFUSED_PROOFS = 5

/** Later than this, a look means that the process stood still: suspended, stopped, or held up for long. [KSK-12] */
const STOOD_STILL_MS = 5_000

/** What was tried in vain since the line last was live. */
const NO_TRIES = { failedTries: 0, refusedProofs: 0 }

/** The line to the hub, over many sessions: dials, waits with jitter, dials again. [SYN-23] */
export interface HubLink {
  start(): void
  /** Ends it; `start` begins anew. */
  stop(): void
  /** A new mutation waits. */
  push(): void
  /**
   * Looks whether this process stood still since the last look, as also happens before any word of the hub is read: then
   * what is shown is not called live before the hub has answered. To be called every second. [KSK-12]
   */
  look(): void
  checkPin(pin: string): Promise<Answer>
}

/** Makes the link of one engine; it dials once started and once the device is a kiosk. */
export function makeHubLink(core: Core): HubLink {
  const { clock, config, random, log } = core.options
  const status = makeLinkStatus(core)
  const state = {
    session: null as Session | null,
    cancelRetry: null as (() => void) | null,
    ...NO_TRIES,
  }

  const look = makeStandstillLook(core, () => {
    askForLife(state.session, status)
    // Waiting was for a line as it was before; timers do not run on while a machine is suspended.
    if (state.cancelRetry === null) return
    state.cancelRetry()
    state.failedTries = 0
    state.cancelRetry = clock.after(0, dial)
  })

  const changed = (): void => {
    if (state.session?.isLive() !== true) return
    Object.assign(state, NO_TRIES)
    status.up()
  }

  const dial = (): void => {
    state.cancelRetry = null
    if (core.stores.outbox.identity().kioskId === null || core.health.failure !== null) return
    const ended = (end: SessionEnd): void => {
      if (state.session !== session) return
      state.session = null
      follow(end)
    }
    const session = openSession(core, syncUrl(config.hub.url), { arrived: look, changed, ended })
    state.session = session
  }

  const follow = (end: SessionEnd): void => {
    log.info('the line ended', { ...end })
    if (isUnknownThere(end, state)) {
      isWritten(core, () => core.stores.outbox.markRevoked(true))
      core.screen.publish('kiosk')
    }
    status.down(end)
    const delayMs = retryAfterMs(end, state.failedTries, random)
    state.failedTries += 1
    if (delayMs !== null) state.cancelRetry = clock.after(delayMs, dial)
  }

  return {
    start: () => {
      if (state.session === null && state.cancelRetry === null) dial()
    },
    stop: () => {
      const { session } = state
      state.session = null
      session?.close()
      state.cancelRetry?.()
      state.cancelRetry = null
      Object.assign(state, NO_TRIES)
      status.hush()
    },
    push: () => state.session?.push(),
    look,
    checkPin: (pin) => state.session?.checkPin(pin) ?? Promise.resolve('offline'),
  }
}

/** Compares elapsed time, which runs on while a machine is suspended, with that of the look before. */
function makeStandstillLook({ options: { clock, log } }: Core, stoodStill: () => void): () => void {
  let lookedMs = clock.elapsedMs()
  return () => {
    const forMs = clock.elapsedMs() - lookedMs
    lookedMs += forMs
    if (forMs < STOOD_STILL_MS) return
    log.info('this process stood still', { forMs: Math.round(forMs) })
    stoodStill()
  }
}

function askForLife(session: Session | null, status: LinkStatus): void {
  if (session?.isLive() === true) status.doubt()
  session?.probe()
}

/** The hub knows this kiosk no more, or it cannot show who it is: its outbox stays, and a new code makes it a kiosk again. [SYN-28] [KSK-15] */
function isUnknownThere(end: SessionEnd, tries: typeof NO_TRIES): boolean {
  if (end.why === 'keyUnreadable') return true
  if (end.why === 'err' && end.code === 'badProof') tries.refusedProofs += 1
  if (tries.refusedProofs >= REFUSED_PROOFS) return true
  return end.why === 'err' && (end.code === 'revoked' || end.code === 'unknownKiosk')
}

/** The hub's websocket for kiosks, from the address in the configuration. */
function syncUrl(hubUrl: string): string {
  const url = new URL('/api/v1/sync', hubUrl)
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:'
  return url.href
}
