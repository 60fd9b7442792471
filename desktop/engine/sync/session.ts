import type { HubMessage } from '#shared/wire/messages.ts'
import type { Core } from '../core.ts'
import type { LineEnd } from '../ports.ts'
import type { Conversation } from './conversation.ts'
import { kioskText, parseHubMessage } from './hub-messages.ts'
import { pushWaiting } from './pushing.ts'
import { makeRequests, type Answer } from './requests.ts'
import { makeRowsIntake } from './rows.ts'
import type { SessionEnd } from './session-end.ts'
import { takeMessage, takeRows } from './take-message.ts'

/** From dialling to the welcome. A hub waits 5 s for a hello; a slow line and a busy hub get some more. */
const HANDSHAKE_MS = 15_000

/** One line to a hub, from dialling to its end. */
export interface Session {
  isLive(): boolean
  /** A new mutation waits. */
  push(): void
  checkPin(pin: string): Promise<Answer>
  /** Ends it without a word. */
  close(): void
}

/** What a session tells. */
export interface SessionHooks {
  changed(): void
  ended(end: SessionEnd): void
}

/** Dials the hub and talks until the line ends. `ended` is called once, never synchronously with opening. */
export function openSession(core: Core, url: string, hooks: SessionHooks): Session {
  const { clock, log } = core.options
  const requests = makeRequests(clock)
  const queue: HubMessage[] = []
  const state = {
    lastHeardMs: clock.elapsedMs(),
    isBusy: false,
    isDraining: false,
    cancelTick: (): void => undefined,
  }

  const talk: Conversation = {
    core,
    host: new URL(url).host,
    rows: makeRowsIntake(core),
    send: (message) => line.send(kioskText(message)),
    end: (end) => finish(end, true),
    changed: hooks.changed,
    phase: 'opening',
    epoch: '',
    ticket: '',
    head: 0,
    limits: { heartbeatMs: HANDSHAKE_MS, maxFrameBytes: 1, maxPushMutations: 1 },
    inFlight: null,
    asked: null,
    cancelRepair: null,
  }

  const finish = (end: SessionEnd, isOpen: boolean): void => {
    if (talk.phase === 'ended') return
    talk.phase = 'ended'
    state.cancelTick()
    talk.cancelRepair?.()
    talk.rows.abandon()
    requests.abandon()
    queue.length = 0
    if (isOpen) line.close()
    hooks.ended(end)
  }

  // Rows that are applied in slices hold the messages behind them back, so that order is kept.
  const drain = (): void => {
    state.isDraining = true
    while (!state.isBusy && talk.phase !== 'ended') {
      const message = queue.shift()
      if (message === undefined) break
      if (message.type === 'snapshot' || message.type === 'changes') {
        state.isBusy = true
        takeRows(talk, message, () => {
          state.isBusy = false
          if (!state.isDraining) atDoor(drain)
        })
      } else takeMessage(talk, message, requests.answer)
    }
    state.isDraining = false
  }

  // The engine's door for what the hub says: a mistake of ours ends the line, not the kiosk.
  const atDoor = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      log.warn('lineFailed', { reason: String(error) })
      finish({ why: 'malformed' }, true)
    }
  }

  const tick = (): void => {
    const isWelcomed = talk.phase === 'live' || talk.phase === 'catchingUp'
    const silentMs = clock.elapsedMs() - state.lastHeardMs
    const patienceMs = isWelcomed ? 2.5 * talk.limits.heartbeatMs : HANDSHAKE_MS
    if (silentMs >= patienceMs) return finish({ why: 'silent' }, true)
    state.cancelTick = clock.after(Math.min(patienceMs - silentMs, talk.limits.heartbeatMs), tick)
  }
  state.cancelTick = clock.after(HANDSHAKE_MS, tick)

  const line = core.options.dial(url, {
    opened: () => undefined,
    received: (text) => {
      if (talk.phase === 'ended') return
      state.lastHeardMs = clock.elapsedMs()
      const message = parseHubMessage(text)
      if (message === null) return finish({ why: 'malformed' }, true)
      queue.push(message)
      atDoor(drain)
    },
    ended: (why: LineEnd) => finish({ why: 'line', end: why }, false),
  })

  return {
    isLive: () => talk.phase === 'live',
    push: () => atDoor(() => pushWaiting(talk)),
    checkPin: (pin) =>
      talk.phase === 'live'
        ? requests.ask((id) => talk.send({ type: 'request', id, ask: { kind: 'checkPin', pin } }))
        : Promise.resolve('offline'),
    close: () => {
      if (talk.phase !== 'ended') finish({ why: 'line', end: 'closed' }, true)
    },
  }
}
