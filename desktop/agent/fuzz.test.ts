import { once } from 'node:events'
import { expect, test } from 'vitest'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { minHeapGrowth } from '../engine/testing/heap-growth.ts'
import type { CallRefusal } from '#shared/wire/bridge.ts'
import { makeFuzzMessage } from './testing/fuzz-messages.ts'
import { startTestAgent, TestScreen } from './testing/test-agent.ts'

/** As many as take a few seconds; `FUZZ_MESSAGES=20000` goes on. */
const MESSAGES = Number(process.env['FUZZ_MESSAGES'] ?? 8_000)
/** By so much the heap may grow at least in a quarter of them: more than was seen, whatever their number. */
const KEPT_BYTES = 300_000
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261)

/** Every refusal there is; the compiler keeps the list whole. */
const REFUSALS: Record<CallRefusal['why'], true> = {
  unknownSpace: true,
  spaceDeleted: true,
  outsideSubtree: true,
  composite: true,
  unknownReport: true,
  alreadyWithdrawn: true,
  malformed: true,
  lost: true,
  unknownCall: true,
  notEnrolled: true,
  revoked: true,
  tooFast: true,
  outboxFull: true,
  hubTooOld: true,
  notSaved: true,
  confirmedSince: true,
  tookTooLong: true,
  offline: true,
  codeRefused: true,
  hubUnreachable: true,
  clockWrong: true,
  certificateDate: true,
  certificateAuthority: true,
  certificateHost: true,
  tls: true,
  tooManyTries: true,
  tooManyCodes: true,
  wrongPin: true,
  notAllowed: true,
  internal: true,
}

/** Sends one round on one socket: up to 200 messages or to the first that must end it; checks every answer. */
async function runRound(port: number, next: () => ReturnType<typeof makeFuzzMessage>): Promise<number> {
  const screen = await new TestScreen(port).show()
  const ids: number[] = []
  for (let sent = 0; sent < 200; sent += 1) {
    const message = next()
    screen.socket.send(message.data)
    if (message.id === null) break
    ids.push(message.id)
  }
  const isEnding = ids.length < 200
  const answersOf = (): Map<number | undefined, unknown> =>
    new Map(screen.received.filter(({ id }) => id !== undefined).map(({ id, output }) => [id, output]))
  if (isEnding) expect(await screen.ended).toBe(1008)
  else await screen.hear(() => screen.received.length > ids.length && answersOf().size === ids.length)
  const answers = answersOf()
  // A socket that ends itself loses the answers that were under way, but never gets one to something it did not ask.
  const asked = new Set<number | undefined>(ids)
  expect([...answers.keys()].filter((id) => !asked.has(id))).toEqual([])
  expect([...answers.values()].filter((output) => !isFromTheList(output))).toEqual([])
  screen.socket.terminate()
  return ids.length + (isEnding ? 1 : 0)
}

function isFromTheList(output: unknown): boolean {
  const decision = output as { ok: boolean; refusal?: { why: string } }
  return decision.ok || Object.hasOwn(REFUSALS, decision.refusal?.why ?? '')
}

test(`[BRG-1] [BRG-3] ${MESSAGES} random messages: every answer from the closed list, nothing kept, nobody else harmed (seed ${SEED})`, async () => {
  const { agent, echo } = await startTestAgent({ callsPerSecond: 1_000_000 })
  const random = makeSeededRandom(SEED)
  const count = { sent: 0, id: 0, calls: 0 }
  const next = (): ReturnType<typeof makeFuzzMessage> => makeFuzzMessage(random, (count.id += 1))
  const good = await new TestScreen(agent.port).show()
  const throwUntil = async (end: number): Promise<void> => {
    while (count.sent < end) {
      count.sent += await runRound(agent.port, next)
      count.calls += 1
      echo.calls.length = 0
      echo.publish('outbox', { waitingCount: count.calls, alarm: null, refused: [] })
      if (count.calls % 50 === 0)
        expect(await good.call(count.calls, 'reportOccupancy', count.calls)).toMatchObject({ ok: true })
    }
  }
  const heard: number[] = []
  /** Waits for what the good screen received, and takes it away from there. */
  const takeHeard = async (): Promise<void> => {
    await good.hear(
      ({ value }) => (value as { waitingCount?: number } | undefined)?.waitingCount === count.calls,
    )
    for (const { slice, value } of good.received.splice(0))
      if (slice === 'outbox') heard.push((value as { waitingCount: number }).waitingCount)
  }
  const part = MESSAGES / 4
  await throwUntil(part)
  await takeHeard()
  const grown = await minHeapGrowth(3, async (time) => {
    await throwUntil(part * (time + 2))
    await takeHeard()
  })
  expect(heard).toEqual(Array.from({ length: count.calls }, (_, index) => index + 1))
  expect(grown).toBeLessThan(KEPT_BYTES)
  expect(echo.listeners.size).toBe(1)
  const closed = once(good.socket, 'close')
  await agent.stop()
  await closed
}, 120_000)
