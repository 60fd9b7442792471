import type { FastifyReply } from 'fastify'
import { refuse, type Decision } from '#shared/domain/decision.ts'
import type { FairQueue } from '../platform/fair-queue.ts'
import { refusalOfNotRun } from '../platform/http/call-queue.ts'
import type { CallWait, HttpRefusal } from '../platform/http/handle.ts'
import { makeOwnerSlots } from '../platform/owner-slots.ts'

/** Answers of one person that wait, are being made or being sent: three open pages have a few each. */
export const MAX_READS_AT_ONCE = 8

/** Of one person's reads one is made at a time; all others of them wait. */
const PER_PERSON = { running: 1, waiting: MAX_READS_AT_ONCE }

/** The result of a heavy read. */
type Read = Decision<unknown, HttpRefusal>

/** Runs heavy reads: one per person at a time and few in all, by turns; a few more of each person wait. [EDG-16] [EDG-21] */
export interface HeavyReads {
  run<Done extends Read>(
    userId: number,
    call: { reply: FastifyReply; wait: CallWait },
    run: () => Promise<Done>,
  ): Promise<Done | Decision<never, HttpRefusal>>
}

/** Makes the limiter of one hub. */
export function makeHeavyReads(queue: FairQueue): HeavyReads {
  const answers = makeOwnerSlots(Number.POSITIVE_INFINITY, MAX_READS_AT_ONCE)
  return {
    run: async (userId, { reply, wait }, run) => {
      const owner = `person ${userId}`
      const release = answers.acquire(owner)
      if (release === null) return refuse(refusalOfNotRun('full'))
      // A reader who closes the connection, or never reads on, ends it too.
      reply.raw.once('close', release)
      const done = await queue.run({ ...wait, owner, limit: PER_PERSON }, run)
      return done.ok ? done.value : refuse(refusalOfNotRun(done.refusal))
    },
  }
}
