import type { Reply } from '#shared/wire/messages.ts'
import type { EngineClock } from '../core/ports.ts'

const ANSWER_MS = 5_000

/** How a request ended. */
export type Answer = Reply['answer'] | 'offline'

/** Questions that need the line now; nothing of them is kept. */
export interface Requests {
  /** Sends under a fresh number and waits; `offline` when no answer comes in 5 s or the line ends. */
  ask(send: (id: number) => void): Promise<Answer>
  answer(reply: Reply): void
  abandon(): void
}

/** Makes the questions of one line. */
export function makeRequests(clock: EngineClock): Requests {
  const open = new Map<number, (answer: Answer) => void>()
  const last = { id: 0 }
  return {
    ask: (send) =>
      new Promise((resolve) => {
        last.id += 1
        const { id } = last
        const cancel = clock.after(ANSWER_MS, () => open.get(id)?.('offline'))
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
