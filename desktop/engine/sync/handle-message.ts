import type { Changes, Heartbeat, ConnectionError, Reply, Snapshot } from '#shared/wire/messages.ts'
import { isCached } from '../core/core.ts'
import type { Conversation } from './session-state.ts'
import { becomeForked, fork, goLive, greet, sayApplied, takeWelcome } from './handshake.ts'
import type { HeardMessage } from './hub-messages.ts'
import { keepContact, keepPlace, keepSeal } from './record-hub-state.ts'
import { pushAgain, takeAck } from './push-pending.ts'
import type { RowsOutcome } from './apply-rows.ts'

/** A digest that differs asks for a snapshot within this time, so that not all kiosks ask at once. [SYN-14] */
const REPAIR_JITTER_MS = 10_000

/** Rows that were asked for and do not come are asked for again after this many heartbeats. */
const PATIENT_BEATS = 2

/** Takes one message in; one that is out of turn ends the line. */
export function takeMessage(
  talk: Conversation,
  message: Exclude<HeardMessage, Snapshot | Changes>,
  answer: (reply: Reply) => void,
): void {
  const isWelcomed = talk.phase === 'catchingUp' || talk.phase === 'live'
  talk.core.hubTime.touch()
  switch (message.type) {
    case 'challenge':
      return talk.phase === 'opening' ? greet(talk, message) : undefined
    case 'welcome':
      return talk.phase === 'greeted' ? takeWelcome(talk, message) : undefined
    case 'bye':
      return talk.end({ why: 'bye', retryAfterMs: message.retryAfterMs })
    case 'err':
      return takeError(talk, message)
    case 'forked':
      return becomeForked(talk, message)
    case 'ack':
      return isWelcomed ? takeAck(talk, message) : undefined
    case 'heartbeat':
      return isWelcomed ? takeHeartbeat(talk, message) : undefined
    case 'assignment':
      if (!isCached(talk.core, () => keepPlace(talk.core, message.assignment)))
        return talk.end({ why: 'notWritten' })
      return talk.core.screen.publish('kiosk')
    case 'reply':
      return answer(message)
  }
}

/** A fork is answered on this same line, where the old key has just proved itself. [SYN-12] */
function takeError(talk: Conversation, { code, fatal }: ConnectionError): void {
  talk.core.options.log.warn('the hub says that something is wrong', { code, fatal })
  // Fatal: no further identity is to be had today.
  if (code === 'forked' && !fatal) return fork(talk)
  if (fatal || code === 'upgrade') talk.end({ why: 'err', code })
}

/** Takes a frame of rows in; `done` is called when the next message may be taken. [SYN-8] [SYN-9] */
export function takeRows(talk: Conversation, frame: Snapshot | Changes, done: () => void): void {
  if (talk.phase !== 'catchingUp' && talk.phase !== 'live') return done()
  if (frame.epoch !== talk.epoch) {
    talk.end({ why: 'err', code: 'epochChanged' })
    return done()
  }
  talk.rows.take(frame, (outcome) => {
    if (talk.phase !== 'ended') followRows(talk, outcome)
    done()
  })
}

function followRows(talk: Conversation, outcome: RowsOutcome): void {
  const { mirror } = talk.core
  switch (outcome) {
    case 'ignored':
      return
    case 'staged':
      // Also when the hub began by itself: the rest is expected, and asked for when it does not come.
      talk.asked = { beats: 0 }
      return
    case 'notWritten':
      return talk.end({ why: 'notWritten' })
    case 'lost':
      return pull(talk, true)
    case 'pull':
      // What was asked for is on its way already.
      return talk.asked === null ? pull(talk, false) : undefined
    case 'applied':
      talk.asked = null
      if (talk.phase !== 'catchingUp' || mirror.cursor < talk.head) return
      goLive(talk)
      talk.changed()
  }
}

/** Asks for what is missing, or for everything. [SYN-8] */
function pull(talk: Conversation, isLost: boolean): void {
  talk.rows.abandon()
  talk.asked = { beats: 0 }
  talk.send(isLost ? { type: 'pull', cursor: 0, isLost } : { type: 'pull', cursor: talk.core.mirror.cursor })
}

/** Keeps time and seal, and looks whether the rows are those of the hub. [SYN-8] [SYN-14] */
function takeHeartbeat(talk: Conversation, beat: Heartbeat): void {
  const { core } = talk
  if (beat.epoch !== talk.epoch) return talk.end({ why: 'err', code: 'epochChanged' })
  core.hubTime.hear(beat.nowMs, false)
  const { epoch, head, mac } = beat
  const isKept = isCached(core, () => {
    keepSeal(core, { epoch, head, mac })
    keepContact(core)
  })
  if (!isKept) return talk.end({ why: 'notWritten' })
  if (talk.asked !== null) talk.asked.beats += 1
  const isAskedInVain = talk.asked !== null && talk.asked.beats > PATIENT_BEATS
  if (isAskedInVain || (talk.asked === null && head > core.mirror.cursor && !talk.rows.isStaging()))
    pull(talk, core.mirror.epoch !== epoch)
  else if (talk.asked === null && head === core.mirror.cursor) compareDigest(talk, beat.digest)
  if (talk.phase === 'live') sayApplied(talk)
  pushAgain(talk)
  talk.changed()
}

/** Compared only at an equal clock. A mismatch is counted, logged loudly, and repaired after jitter. [SYN-14] */
function compareDigest(talk: Conversation, digest: string): void {
  const { core } = talk
  if (core.mirror.digest() === digest || talk.cancelRepair !== null) return
  core.health.mismatchCount += 1
  core.options.log.warn('the digest differs', { cursor: core.mirror.cursor })
  const delayMs = core.options.random.fraction() * REPAIR_JITTER_MS
  talk.cancelRepair = core.options.clock.after(delayMs, () => {
    talk.cancelRepair = null
    if (talk.phase === 'live') pull(talk, true)
  })
}
