import type { FastifyReply } from 'fastify'
import { refuse, type Decision } from '#shared/domain/decision.ts'
import { makeSemaphore, type Semaphore } from '../platform/semaphore.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'

/** Answers of one person that wait, are being made or being sent: three open pages have a few each. */
export const MAX_READS_AT_ONCE = 8
/** After this somebody with too many may try again, s. */
const RETRY_S = 2

/** The result of a heavy read. */
type Read = Decision<unknown, HttpRefusal>

/** Runs one heavy read per person at a time; a few more wait. [EDG-16] */
export interface HeavyReads {
  run<Done extends Read>(
    userId: number,
    reply: FastifyReply,
    run: () => Promise<Done>,
  ): Promise<Done | Decision<never, HttpRefusal>>
}

/** Makes the limiter of one hub. */
export function makeHeavyReads(): HeavyReads {
  const readers = new Map<number, { semaphore: Semaphore; count: number }>()
  return {
    run: async (userId, reply, run) => {
      const reader = readers.get(userId) ?? { semaphore: makeSemaphore(1), count: 0 }
      if (reader.count >= MAX_READS_AT_ONCE) return refuse({ why: 'tooMany', retryAfterS: RETRY_S })
      readers.set(userId, reader)
      reader.count += 1
      // A reader who closes the connection, or never reads on, ends it too.
      reply.raw.once('close', () => {
        reader.count -= 1
        if (reader.count === 0) readers.delete(userId)
      })
      return reader.semaphore.run(run)
    },
  }
}
