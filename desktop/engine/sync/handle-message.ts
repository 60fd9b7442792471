import type {
  Challenge,
  Changes,
  Heartbeat,
  ConnectionError,
  Reply,
  Snapshot,
} from '#shared/wire/messages.ts'
import { hasCapabilities } from '#shared/wire/version.ts'
import { SPACES } from '../collections/spaces.ts'
import { tryWriteCache } from '../core/store-writes.ts'
import type { SessionState } from './session-state.ts'
import {
  adoptNewIdentity,
  requestNewIdentity,
  goLive,
  sendHello,
  sendApplied,
  handleWelcome,
} from './handshake.ts'
import type { ReceivedMessage } from './hub-messages.ts'
import { recordContact, recordAssignment, recordHeadSignature } from './record-hub-state.ts'
import { resendUnacknowledged, handleAck } from './push-pending.ts'
import type { ApplyOutcome, RowSource } from './apply-rows.ts'
import { capabilitiesOf } from './agree-capabilities.ts'
import type { LeftOut } from './incoming-rows.ts'

/**
 * After a digest mismatch a snapshot is requested within this time, at random, so that not all kiosks ask at once; within twice
 * as long where it differs again after that, up to the maximum: what a snapshot does not repair must not load the hub. [SYN-14]
 */
const REPAIR_JITTER_MS = 10_000
const MAX_REPAIR_JITTER_MS = 640_000

/** Rows that were requested and do not come are requested again after this many heartbeats. */
const MAX_HEARTBEATS_WITHOUT_ROWS = 2

/** Handles one message; one that is not due in this phase is ignored. Throws only faults of the program. */
export function handleMessage(
  session: SessionState,
  message: Exclude<ReceivedMessage, Snapshot | Changes>,
  answer: (reply: Reply) => void,
): void {
  const isWelcomed = session.phase === 'catchingUp' || session.phase === 'live'
  switch (message.type) {
    case 'challenge':
      return handleChallenge(session, message)
    case 'welcome':
      return session.phase === 'helloSent' ? handleWelcome(session, message) : undefined
    case 'bye':
      return session.end({ why: 'bye', retryAfterMs: message.retryAfterMs })
    case 'err':
      return handleHubError(session, message)
    case 'forked':
      return adoptNewIdentity(session, message)
    case 'ack':
      return isWelcomed ? handleAck(session, message) : undefined
    case 'heartbeat':
      return isWelcomed ? handleHeartbeat(session, message) : undefined
    case 'assignment':
      if (!tryWriteCache(session.core, () => recordAssignment(session.core, message.assignment)))
        return session.end({ why: 'notWritten' })
      return session.core.screen.publish('kiosk')
    case 'reply':
      return answer(message)
  }
}

/** The first one is answered as soon as it comes; a second one where the hub did not let this kiosk resume. [SYN-10] [SYN-39] */
function handleChallenge(session: SessionState, challenge: Challenge): void {
  if (session.phase === 'helloSent' && session.isResuming) session.core.resume.newest = null
  else if (session.phase !== 'opening') return
  sendHello(session, challenge)
}

/** A fork is answered on this same connection, where the old key has just been accepted. [SYN-12] */
function handleHubError(session: SessionState, { code, fatal }: ConnectionError): void {
  session.core.options.log.warn('hub-refused', 'The hub refused what this kiosk sent.', {
    hubCode: code,
    fatal,
  })
  if (code === 'forked' && !fatal) return requestNewIdentity(session)
  // Fatal: the hub gives no further identity today, or none for a resume key. The next hello is signed, and soon in that case.
  if (code === 'forked') session.core.resume.newest = null
  if (code === 'forked' && session.isResuming) return session.end({ why: 'forked' })
  if (fatal || code === 'upgrade') session.end({ why: 'err', code })
}

/** Handles a frame of rows; `done` is called when the next message may be handled. [SYN-8] [SYN-9] */
export function handleRows(session: SessionState, frame: Snapshot | Changes, done: () => void): void {
  if (session.phase !== 'catchingUp' && session.phase !== 'live') return done()
  if (frame.epoch !== session.epoch) {
    session.end({ why: 'err', code: 'epochChanged' })
    return done()
  }
  session.rowApplier.apply(frame, rowSourceOf(session), (outcome) => {
    if (session.phase !== 'ended') handleApplyOutcome(session, outcome)
    done()
  })
}

/** [SYN-31] [SYN-35] */
function rowSourceOf(session: SessionState): RowSource {
  const { core, protocol, collections: agreed } = session
  const { collections } = core
  const spaceId = core.assignment.current?.assignment.spaceId ?? null
  return {
    collections,
    agreed,
    protocol,
    holds: hasCapabilities(protocol) ? { spaceId, collections: capabilitiesOf(collections, agreed) } : null,
    leftOut: (what) => recordLeftOut(session, what),
  }
}

/** Counted each time, and logged once for each collection and reason of a connection. */
function recordLeftOut({ core, toldOnce }: SessionState, what: LeftOut): void {
  core.health.leftOutCount += what.count
  const key = `${what.collection} ${what.why}`
  if (toldOnce.has(key)) return
  toldOnce.add(key)
  core.options.log.warn(
    'rows-left-out',
    'Rows of the hub were left out: this version did not ask for them, or cannot read them.',
    { ...what, inAll: core.health.leftOutCount },
  )
}

function handleApplyOutcome(session: SessionState, outcome: ApplyOutcome): void {
  const { mirror } = session.core
  switch (outcome) {
    case 'ignored':
      return
    case 'staged':
      // Also when the hub began by itself: the rest is expected, and requested when it does not come.
      session.rowsRequested = { heartbeatCount: 0 }
      return
    case 'notWritten':
      return session.end({ why: 'notWritten' })
    case 'lost':
      return requestRows(session, true)
    case 'pull':
      // What was requested is on its way already.
      return session.rowsRequested === null ? requestRows(session, false) : undefined
    case 'applied':
      session.rowsRequested = null
      if (session.phase !== 'catchingUp' || mirror.cursor < session.head) return
      goLive(session)
      session.statusChanged()
  }
}

/** Requests the rows since the cursor, or all of them (`isLost`). [SYN-8] */
function requestRows(session: SessionState, isLost: boolean): void {
  session.rowApplier.abandon()
  session.rowsRequested = { heartbeatCount: 0 }
  session.send(
    isLost ? { type: 'pull', cursor: 0, isLost } : { type: 'pull', cursor: session.core.mirror.cursor },
  )
}

/** Records the hub's signed head, and checks whether the rows are the hub's. [SYN-8] [SYN-14] */
function handleHeartbeat(session: SessionState, heartbeat: Heartbeat): void {
  const { core } = session
  if (heartbeat.epoch !== session.epoch) return session.end({ why: 'err', code: 'epochChanged' })
  const { epoch, head, mac } = heartbeat
  const isKept = tryWriteCache(core, () => {
    recordHeadSignature(core, { epoch, head, mac })
    recordContact(core)
  })
  if (!isKept) return session.end({ why: 'notWritten' })
  if (session.rowsRequested !== null) session.rowsRequested.heartbeatCount += 1
  const isAskedInVain =
    session.rowsRequested !== null && session.rowsRequested.heartbeatCount > MAX_HEARTBEATS_WITHOUT_ROWS
  if (
    isAskedInVain ||
    (session.rowsRequested === null && head > core.mirror.cursor && !session.rowApplier.isStaging())
  )
    requestRows(session, core.mirror.epoch !== epoch)
  else if (session.rowsRequested === null && head === core.mirror.cursor)
    compareDigest(session, heartbeat.digest)
  if (session.phase === 'live') sendApplied(session)
  resendUnacknowledged(session)
  session.questions.heartbeat(session.limits.heartbeatMs)
  session.statusChanged()
}

/** Compared only at an equal cursor. A mismatch is counted, logged as a warning, and repaired after jitter. [SYN-14] */
function compareDigest(session: SessionState, digest: string): void {
  const { core } = session
  if (session.cancelRepair !== null) return
  if (core.mirror.digest([SPACES, ...session.collections]) === digest) {
    core.health.mismatchesInARow = 0
    return
  }
  const jitterMs = Math.min(REPAIR_JITTER_MS * 2 ** core.health.mismatchesInARow, MAX_REPAIR_JITTER_MS)
  core.health.mismatchCount += 1
  core.health.mismatchesInARow += 1
  core.options.log.warn(
    'digest-mismatch',
    'The digest of the rows differs from the hub’s; all rows will be requested.',
    { cursor: core.mirror.cursor },
  )
  const delayMs = core.options.random.fraction() * jitterMs
  session.cancelRepair = core.options.clock.after(delayMs, () => {
    session.cancelRepair = null
    if (session.phase === 'live') requestRows(session, true)
  })
}
