import { createHash } from 'node:crypto'
import type { ScratchServer } from '../store/testing.ts'
import { makeOperations } from './operations.ts'
import { runRound } from './run-round.ts'
import { shrink } from './shrink.ts'
import { describeOperations, Totals } from './summary.ts'

/** Operations of one round: long enough for faults to meet, short enough to be shrunk. */
const ROUND_OPERATIONS = 500
/** Runs of at least this many operations must have tried every fault often enough. */
const FULL_RUN = 50_000

/** What a run is asked to do. */
export interface SimulationWish {
  operations: number
  seed: number
  /** Only this round; null: all. */
  onlyRound: number | null
  shrinkWithinMs: number
  /** Prints the trace's lines in which this occurs, of the one round that is played. */
  watch: RegExp | null
  say(line: string): void
}

/** Plays rounds until the operations are done or one fails; prints what happened. Returns passed and failed rounds. */
export async function simulate(
  server: ScratchServer,
  wish: SimulationWish,
): Promise<{ passed: number; failed: number }> {
  const { seed, say } = wish
  const totals = new Totals()
  const startMs = performance.now()
  const rounds = Math.ceil(wish.operations / ROUND_OPERATIONS)
  for (let round = wish.onlyRound ?? 0; round < rounds; round += 1) {
    const count = Math.min(ROUND_OPERATIONS, wish.operations - round * ROUND_OPERATIONS)
    const operations = makeOperations(seed, round, count)
    const { watch } = wish
    const listen =
      watch === null ? null : (line: string): void => void (watch.test(line) && say(line.slice(0, 2_000)))
    const result = await runRound(server, roundSeed(seed, round), operations, listen)
    totals.add(result)
    if (result.faults.length > 0) {
      say(`seed ${seed}, round ${round}: a promise was broken`)
      for (const fault of result.faults.slice(0, 20)) say(`  ${fault}`)
      await sayShrunk(server, wish, round, operations)
      break
    }
    if (wish.onlyRound !== null) break
  }
  for (const line of totals.describe(performance.now() - startMs)) say(line)
  const shortcomings = totals.counts.operations >= FULL_RUN ? totals.shortcomings() : []
  for (const shortcoming of shortcomings) say(shortcoming)
  say(`seed ${seed}, trace ${createHash('sha256').update(totals.traces.join()).digest('hex').slice(0, 16)}`)
  return { passed: totals.passed, failed: totals.failed + shortcomings.length }
}

function roundSeed(seed: number, round: number): number {
  return seed * 7_919 + round
}

async function sayShrunk(
  server: ScratchServer,
  wish: SimulationWish,
  round: number,
  operations: ReturnType<typeof makeOperations>,
): Promise<void> {
  if (wish.shrinkWithinMs <= 0) return
  const untilMs = performance.now() + wish.shrinkWithinMs
  let last: string[] = []
  const shrunk = await shrink(
    operations,
    async (some) => {
      const { faults } = await runRound(server, roundSeed(wish.seed, round), some)
      if (faults.length > 0) last = faults
      return faults.length > 0
    },
    () => performance.now() > untilMs,
  )
  wish.say(`shrunk to ${shrunk.length} of ${operations.length} operations:`)
  for (const line of describeOperations(shrunk)) wish.say(line)
  for (const fault of last.slice(0, 10)) wish.say(`  ${fault}`)
}
