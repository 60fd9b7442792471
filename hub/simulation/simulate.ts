import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { RequestProcess } from './request-process.ts'
import { makeOperations, type Operation } from './operations.ts'
import type { RoundAnswer, RoundQuestion } from './round-process.ts'
import { shrink } from './shrink.ts'
import { describeOperations, Totals } from './summary.ts'

/** Operations of one round: long enough for faults to meet, short enough to be shrunk. */
const ROUND_OPERATIONS = 500
/** Runs of at least this many operations must have tried every fault often enough. */
const FULL_RUN = 50_000
const PROGRAM = fileURLToPath(new URL('./round-process.ts', import.meta.url))

/** What a run is asked to do. */
export interface SimulationOptions {
  operations: number
  seed: number
  /** Only this round; null: all. */
  onlyRound: number | null
  shrinkWithinMs: number
  /** Prints the trace's lines in which this occurs. */
  watch: string | null
  /** Rounds side by side. */
  sideBySide: number
  say(line: string): void
}

type Player = RequestProcess<RoundQuestion>

/** Plays rounds until the operations are done or one fails; prints what happened. Returns passed and failed rounds. */
export async function simulate(
  server: { url: string },
  options: SimulationOptions,
): Promise<{ passed: number; failed: number }> {
  const players = Array.from({ length: options.sideBySide }, () => new RequestProcess<RoundQuestion>(PROGRAM))
  try {
    return await playAll(players, server.url, options)
  } finally {
    await Promise.all(players.map((player) => player.kill()))
  }
}

async function playAll(
  players: readonly Player[],
  serverUrl: string,
  options: SimulationOptions,
): Promise<{ passed: number; failed: number }> {
  const { seed, say } = options
  const startMs = performance.now()
  const answers = await playRounds(players, serverUrl, options)
  const elapsedMs = performance.now() - startMs
  const totals = new Totals()
  for (const [round, answer] of answers) {
    totals.add(answer)
    for (const line of answer.watched) say(line)
    if (answer.faults.length === 0) continue
    say(`seed ${seed}, round ${round}: a promise was broken`)
    for (const fault of answer.faults.slice(0, 20)) say(`  ${fault}`)
    const [player] = players
    if (player !== undefined) await sayShrunk(player, questionOf(serverUrl, options, round), options)
    break
  }
  for (const line of totals.describe(elapsedMs)) say(line)
  const shortcomings = totals.counts.operations >= FULL_RUN ? totals.shortcomings() : []
  for (const shortcoming of shortcomings) say(shortcoming)
  say(`seed ${seed}, trace ${createHash('sha256').update(totals.traces.join()).digest('hex').slice(0, 16)}`)
  return { passed: totals.passed, failed: totals.failed + shortcomings.length }
}

/** Answers in order of rounds, up to the first that failed. */
async function playRounds(
  players: readonly Player[],
  serverUrl: string,
  options: SimulationOptions,
): Promise<[number, RoundAnswer][]> {
  const roundCount = Math.ceil(options.operations / ROUND_OPERATIONS)
  const rounds =
    options.onlyRound === null ? Array.from({ length: roundCount }, (_, round) => round) : [options.onlyRound]
  const answers: [number, RoundAnswer][] = []
  let hasFailed = false
  const work = async (player: Player): Promise<void> => {
    for (let round = rounds.shift(); round !== undefined && !hasFailed; round = rounds.shift()) {
      const answer = await player.ask<RoundAnswer>(questionOf(serverUrl, options, round))
      answers.push([round, answer])
      hasFailed ||= answer.faults.length > 0
    }
  }
  await Promise.all(players.map(work))
  return answers.toSorted(([left], [right]) => left - right)
}

function questionOf(serverUrl: string, options: SimulationOptions, round: number): RoundQuestion {
  const operationCount = Math.min(ROUND_OPERATIONS, options.operations - round * ROUND_OPERATIONS)
  return { serverUrl, seed: options.seed, round, operationCount, only: null, watch: options.watch }
}

async function sayShrunk(player: Player, question: RoundQuestion, options: SimulationOptions): Promise<void> {
  if (options.shrinkWithinMs <= 0) return
  const untilMs = performance.now() + options.shrinkWithinMs
  const operations = makeOperations(question.seed, question.round, question.operationCount)
  let last: string[] = []
  const fails = async (some: readonly Operation[]): Promise<boolean> => {
    const { faults } = await player.ask<RoundAnswer>({ ...question, only: some, watch: null })
    if (faults.length > 0) last = faults
    return faults.length > 0
  }
  const shrunk = await shrink(operations, fails, () => performance.now() > untilMs)
  options.say(`shrunk to ${shrunk.length} of ${operations.length} operations:`)
  for (const line of describeOperations(shrunk)) options.say(line)
  for (const fault of last.slice(0, 10)) options.say(`  ${fault}`)
}
