import type { FastifyReply } from 'fastify'
import { refuse, type Decision } from '#shared/domain/decision.ts'
import { makeTurnstile, type Turnstile } from '../platform/semaphore.ts'
import type { CallRefusal } from '../platform/http/handle.ts'

/** Answers of one person that are being made, wait for that, or are being sent: three open pages have a few each. */
export const MAX_READS_AT_ONCE = 8
/** After this somebody with too many may come again, s. */
const AGAIN_S = 2

/** Whatever a heavy read comes to. */
type Read = Decision<unknown, CallRefusal>

/** Lets each person read one heavy thing at a time; a few more wait for their turn. [EDG-16] */
export interface HeavyReads {
  pass<Done extends Read>(
    userId: number,
    reply: FastifyReply,
    run: () => Promise<Done>,
  ): Promise<Done | Decision<never, CallRefusal>>
}

/** Makes them, for one hub. */
export function makeHeavyReads(): HeavyReads {
  const readers = new Map<number, { turnstile: Turnstile; count: number }>()
  return {
    pass: async (userId, reply, run) => {
      const reader = readers.get(userId) ?? { turnstile: makeTurnstile(1), count: 0 }
      if (reader.count >= MAX_READS_AT_ONCE) return refuse({ why: 'tooMany', retryAfterS: AGAIN_S })
      readers.set(userId, reader)
      reader.count += 1
      // Whoever hangs up or never reads on has an end, too: that of the connection.
      reply.raw.once('close', () => {
        reader.count -= 1
        if (reader.count === 0) readers.delete(userId)
      })
      return reader.turnstile.pass(run)
    },
  }
}
