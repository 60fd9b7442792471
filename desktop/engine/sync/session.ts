import { isDiskTrouble, type Core } from '../core/core.ts'
import type { LineEnd } from '../core/ports.ts'
import type { Conversation, SessionEnd } from './session-state.ts'
import { MISSED_BEATS, watchLife } from './watch-connection.ts'
import { kioskText, parseHubMessage } from './hub-messages.ts'
import { makeInbox } from './message-queue.ts'
import { pushWaiting } from './push-pending.ts'
import { makeRequests, type Answer } from './requests.ts'
import { makeRowsIntake } from './apply-rows.ts'
import { takeMessage, takeRows } from './handle-message.ts'

/** From dialling to the welcome. A hub waits 5 s for a hello; a slow line and a busy hub get some more. */
const HANDSHAKE_MS = 15_000

/** One line to a hub, from dialling to its end. */
export interface Session {
  /** The rows are here, and nothing speaks against the line. */
  isLive(): boolean
  /** Asks for a sign of life; without one the line ends. What came before it, unread, is no sign. */
  probe(): void
  /** A new mutation waits. */
  push(): void
  checkPin(pin: string): Promise<Answer>
  /** Ends it without a word. */
  close(): void
}

/** What a session tells. */
export interface SessionHooks {
  /** A word came, and is not looked at yet. */
  arrived(): void
  changed(): void
  ended(end: SessionEnd): void
}

/** What is known before the first word. */
const NOTHING_YET = {
  phase: 'opening',
  epoch: '',
  ticket: '',
  head: 0,
  limits: { heartbeatMs: HANDSHAKE_MS / MISSED_BEATS, maxFrameBytes: 1, maxPushMutations: 1 },
  inFlight: null,
  sentTo: 0,
  asked: null,
  cancelRepair: null,
} as const

/** Dials the hub and talks until the line ends. `ended` is called once, never before this returned. */
export function openSession(core: Core, url: string, hooks: SessionHooks): Session {
  const { clock, log, dial } = core.options
  const requests = makeRequests(clock)
  const finish = (end: SessionEnd, isOpen: boolean): void => {
    if (talk.phase === 'ended') return
    talk.phase = 'ended'
    life.stop()
    talk.cancelRepair?.()
    talk.rows.abandon()
    requests.abandon()
    inbox.close()
    if (isOpen) line.close()
    hooks.ended(end)
  }
  // The engine's door for what the hub says: a mistake of ours ends the line, not the kiosk.
  const failed = (error: unknown): void => {
    if (isDiskTrouble(core, error)) return finish({ why: 'notWritten' }, true)
    log.warn('a line ended by a fault of ours', { reason: String(error) })
    return finish({ why: 'malformed' }, true)
  }
  const talk: Conversation = {
    ...NOTHING_YET,
    core,
    host: new URL(url).host,
    rows: makeRowsIntake(core, failed),
    send: (message) => line.send(kioskText(message)),
    end: (end) => finish(end, true),
    changed: hooks.changed,
  }
  const inbox = makeInbox((message, done) => {
    if (message.type === 'snapshot' || message.type === 'changes') return takeRows(talk, message, done)
    takeMessage(talk, message, requests.answer)
    done()
  }, failed)
  const life = watchLife(clock, talk, () => line.ping())
  const line = dial(url, {
    opened: () => undefined,
    received: (text) => {
      if (talk.phase === 'ended') return
      hooks.arrived()
      life.heard()
      const message = parseHubMessage(text)
      if (message === null) finish({ why: 'malformed' }, true)
      else inbox.put(message)
    },
    ponged: () => life.answered(),
    ended: (why: LineEnd) => finish({ why: 'line', end: why }, false),
  })

  return {
    isLive: () => talk.phase === 'live' && !life.isAsked(),
    probe: life.ask,
    push: () => pushWaiting(talk),
    checkPin: (pin) =>
      talk.phase === 'live'
        ? requests.ask((id) => talk.send({ type: 'request', id, ask: { kind: 'checkPin', pin } }))
        : Promise.resolve('offline'),
    close: () => finish({ why: 'line', end: 'closed' }, true),
  }
}
