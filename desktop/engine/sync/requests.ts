import type { Reply } from '#shared/wire/messages.ts'
import type { EngineClock } from '../core/ports.ts'

const ANSWER_TIMEOUT_MS = 5_000

/** How a request ended. */
export type Answer = Reply['answer'] | 'offline'

/** Requests to the hub that need a connection now; none is stored. */
export interface Requests {
  /** Sends under a new id and waits; `offline` when no answer comes within 5 s or the connection ends. Never rejects. */
  ask(send: (id: number) => void): Promise<Answer>
  answer(reply: Reply): void
  /** Answers every open request with `offline`. */
  abandon(): void
}

/** Makes the requests of one connection. */
export function makeRequests(clock: EngineClock): Requests {
  const open = new Map<number, (answer: Answer) => void>()
  const last = { id: 0 }
  return {
    ask: (send) =>
      new Promise((resolve) => {
        last.id += 1
        const { id } = last
        const cancel = clock.after(ANSWER_TIMEOUT_MS, () => open.get(id)?.('offline'))
        open.set(id, (answer) => {
          open.delete(id)
          cancel()
          resolve(answer)
        })
        send(id)
      }),
    answer: (reply) => open.get(reply.id)?.(reply.answer),
    abandon: () => {
      for (const settle of open.values()) settle('offline')
    },
  }
}
