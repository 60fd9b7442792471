import type { Core } from '../core/core.ts'
import { handleDiskError } from '../core/store-writes.ts'
import type { ConnectionEnd } from '../core/ports.ts'
import type { SessionState, SessionEnd } from './session-state.ts'
import { MISSED_HEARTBEATS, watchConnection } from './watch-connection.ts'
import { kioskMessageText, parseHubMessage } from './hub-messages.ts'
import { recordHubTime } from './record-hub-state.ts'
import { makeMessageQueue } from './message-queue.ts'
import { pushPending } from './push-pending.ts'
import { makeQuestions } from './questions.ts'
import { makeRequests, type Answer } from './requests.ts'
import { makeRowApplier } from './apply-rows.ts'
import { handleMessage, handleRows } from './handle-message.ts'

/** From connecting to the welcome. A hub waits 5 s for a hello; a slow network and a busy hub get some more. */
const HANDSHAKE_TIMEOUT_MS = 15_000

/** One connection to a hub, from connecting to its end. */
export interface Session {
  /** The rows are here, and no ping is unanswered. */
  isLive(): boolean
  /** Sends a ping; without a pong the session ends. */
  probe(): void
  /** Sends a mutation that was just stored. */
  push(): void
  checkPin(pin: string): Promise<Answer>
  /** Ends it and calls the hooks. */
  close(): void
}

/** What a session calls back. */
export interface SessionHooks {
  /** A message came, and was not read yet. */
  received(): void
  changed(): void
  ended(end: SessionEnd): void
}

/** What is known before the first message. */
const INITIAL_STATE = {
  phase: 'opening',
  protocol: 0,
  capabilities: new Set<string>(),
  collections: new Set<string>(),
  isResuming: false,
  epoch: '',
  ticket: '',
  head: 0,
  limits: { heartbeatMs: HANDSHAKE_TIMEOUT_MS / MISSED_HEARTBEATS, maxFrameBytes: 1, maxPushMutations: 1 },
  inFlight: null,
  sentTo: 0,
  rowsRequested: null,
  cancelRepair: null,
} as const

/** Connects to the hub and handles its messages until the connection ends. `ended` is called once, never before this returned. */
export function openSession(core: Core, url: string, hooks: SessionHooks): Session {
  const { clock, log, connect } = core.options
  const requests = makeRequests(clock)
  const finish = (end: SessionEnd, isOpen: boolean): void => {
    if (session.phase === 'ended') return
    session.phase = 'ended'
    watch.stop()
    session.cancelRepair?.()
    session.rowApplier.abandon()
    requests.abandon()
    questions.stop()
    queue.close()
    if (isOpen) connection.close()
    hooks.ended(end)
  }
  // Where exceptions of the message handlers end: a fault of the program ends the connection, not the kiosk.
  const failed = (error: unknown): void => {
    if (handleDiskError(core, error)) return finish({ why: 'notWritten' }, true)
    log.warn(
      'hub-message-failed',
      'A message of the hub could not be handled by a fault of the program; the connection was ended.',
      { reason: String(error) },
    )
    return finish({ why: 'malformed' }, true)
  }
  const questions = makeQuestions(
    clock,
    (payload) => connection.ping(payload),
    () => !watch.isProbing(),
  )
  const session: SessionState = {
    ...INITIAL_STATE,
    core,
    host: new URL(url).host,
    rowApplier: makeRowApplier(core, failed),
    questions,
    toldOnce: new Set(),
    send: (message) => connection.send(kioskMessageText(message)),
    end: (end) => finish(end, true),
    statusChanged: hooks.changed,
  }
  const queue = makeMessageQueue((message, done) => {
    if (message.type === 'snapshot' || message.type === 'changes') return handleRows(session, message, done)
    handleMessage(session, message, requests.answer)
    done()
  }, failed)
  const watch = watchConnection(clock, session, () => questions.ping())
  const connection = connect(url, {
    opened: () => undefined,
    received: (text) => {
      if (session.phase === 'ended') return
      hooks.received()
      watch.received()
      const message = parseHubMessage(text)
      if (message === null) finish({ why: 'malformed' }, true)
      else {
        recordHubTime(session, message)
        queue.put(message)
      }
    },
    ponged: (payload) => {
      if (questions.pingAnswered(payload)) watch.ponged()
    },
    ended: (why: ConnectionEnd) => finish({ why: 'connection', end: why }, false),
  })

  return {
    isLive: () => session.phase === 'live' && !watch.isProbing(),
    probe: watch.probe,
    push: () => pushPending(session),
    checkPin: (pin) =>
      session.phase === 'live'
        ? requests.ask((id) => session.send({ type: 'request', id, ask: { kind: 'checkPin', pin } }))
        : Promise.resolve('offline'),
    close: () => finish({ why: 'connection', end: 'closed' }, true),
  }
}
