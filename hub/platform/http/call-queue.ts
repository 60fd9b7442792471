import type { FastifyReply } from 'fastify'
import type { CallLimits } from '#shared/domain/conduct.ts'
import { refuse, type Decision } from '#shared/domain/decision.ts'
import type { FairQueue, NotRun, QueuedCall } from '../fair-queue.ts'
import type { HubClock, RandomSource } from '../ports.ts'
import type { AskingCall, CallWait, HttpRefusal, RunCall } from './handle.ts'
import { addressBucket } from './network-address.ts'

/** After this somebody for whom too many calls wait may try again, s. */
const FULL_RETRY_S = 2
/** The same for a call that waited too long: the hub is busy, and more so if all came back at once. */
const LATE_RETRY_S = 5
/**
 * A refusal for too many is given so late: who asks again as soon as they are answered, over hundreds of sockets, would keep the
 * hub busy with refusals alone, and all at once if all were held for the same time. [EDG-25]
 */
const FULL_HELD_MS = { least: 2_000, most: 4_000 }

/** What turns are given with. */
export interface TurnDependencies {
  queue: FairQueue
  clock: Pick<HubClock, 'elapsedMs' | 'after'>
  random: Pick<RandomSource, 'fraction'>
  /** How long a call may wait. */
  waitMs: number
}

/** Runs what a call asks for when it is its owner's turn; a refusal when it is not run. [EDG-20] [EDG-23] [EDG-25] */
export type RunInTurn = <Done>(
  call: Pick<QueuedCall, 'owner' | 'limit'> & { reply: FastifyReply },
  run: (wait: CallWait) => Promise<Done>,
) => Promise<Decision<Done, HttpRefusal>>

/** Makes it over a queue. */
export function makeRunInTurn({ queue, clock, random, waitMs }: TurnDependencies): RunInTurn {
  const { least, most } = FULL_HELD_MS
  return async ({ reply, owner, limit }, run) => {
    const wait = waitOf(reply, clock, waitMs)
    const done = await queue.run({ ...wait, owner, limit }, () => run(wait))
    if (done.ok) return done
    if (done.refusal === 'full') await holdBack(clock, least + random.fraction() * (most - least), wait.gone)
    return refuse(refusalOfNotRun(done.refusal))
  }
}

/** For what waits elsewhere. */
const NO_LIMIT = { running: Number.POSITIVE_INFINITY, waiting: 0 }

/** Runs calls so that each session, and each address without one, has a place of its own. [EDG-20] [EDG-22] */
export function makeRunCall(
  runInTurn: RunInTurn,
  { perSession, perAddress }: Pick<CallLimits, 'perSession' | 'perAddress'>,
): RunCall {
  const placeOf = ({
    sessionId,
    address,
    hasPasswordSlots,
  }: AskingCall): Pick<QueuedCall, 'owner' | 'limit'> => {
    if (sessionId !== null) return { owner: `session ${sessionId}`, limit: perSession }
    if (hasPasswordSlots) return { owner: 'passwords', limit: NO_LIMIT }
    return { owner: `address ${addressBucket(address)}`, limit: perAddress }
  }
  return async (call, run) => {
    const done = await runInTurn({ reply: call.reply, ...placeOf(call) }, run)
    return done.ok ? done.value : done
  }
}

/** Resolves after a while, or as soon as nobody waits for it any more. */
function holdBack(clock: Pick<HubClock, 'after'>, ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      gone.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    gone.addEventListener('abort', end)
    if (gone.aborted) end()
  })
}

/** Why a wait was ended; without a reason of ours each call would make an exception with a stack. */
const GONE = 'gone'

/** How long a call that came just now may wait; it is gone when its connection closes. [EDG-23] */
function waitOf(reply: FastifyReply, clock: Pick<HubClock, 'elapsedMs'>, waitMs: number): CallWait {
  const closed = new AbortController()
  // Not the request's: that one closes when all of its body was read.
  reply.raw.once('close', () => closed.abort(GONE))
  if (reply.raw.destroyed) closed.abort(GONE)
  return { untilMs: clock.elapsedMs() + waitMs, gone: closed.signal }
}

/** What a call is answered that was not run; nobody reads the answer of one whose maker has gone. [EDG-20] [EDG-23] */
export function refusalOfNotRun(why: NotRun): HttpRefusal {
  return why === 'full'
    ? { why: 'tooMany', retryAfterS: FULL_RETRY_S }
    : { why: 'unavailable', retryAfterS: LATE_RETRY_S }
}
