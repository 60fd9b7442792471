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
}

type Player = RequestProcess<RoundQuestion>

/**
 * Rounds that processes of their own play side by side, in order, until all are done or one fails. It begins at once; `end`
 * takes the processes away.
 */
export class Simulation {
  readonly rounds: readonly number[]
  private readonly options: SimulationOptions
  private readonly serverUrl: string
  private readonly players: readonly Player[]
  private readonly answers = new Map<number, PromiseWithResolvers<RoundAnswer | null>>()
  private readonly done: Promise<unknown>
  private hasFailed = false

  constructor(server: { url: string }, options: SimulationOptions) {
    this.options = options
    this.serverUrl = server.url
    this.rounds = listRounds(options)
    for (const round of this.rounds) {
      const answer = Promise.withResolvers<RoundAnswer | null>()
      // Whoever waits for it gets the error; nobody need wait.
      answer.promise.catch(() => undefined)
      this.answers.set(round, answer)
    }
    this.players = Array.from(
      { length: options.sideBySide },
      () => new RequestProcess<RoundQuestion>(PROGRAM),
    )
    const waiting = [...this.answers]
    this.done = Promise.all(this.players.map((player) => this.play(player, waiting)))
  }

  /** How a round went; null: it was not played, since another one had failed. Rejects when its process ended. */
  answer(round: number): Promise<RoundAnswer | null> {
    const answer = this.answers.get(round)
    if (answer === undefined) throw new Error(`there is no round ${round}`)
    return answer.promise
  }

  /** Lines for a person: seed and faults of a round, and the fewest operations found in time that still break a promise. */
  async describeFailure(round: number, faults: readonly string[]): Promise<string[]> {
    await this.done
    return [
      `seed ${this.options.seed}, round ${round}: a promise was broken`,
      ...faults.slice(0, 20).map((fault) => `  ${fault}`),
      ...(await this.describeShrunk(this.questionOf(round))),
    ]
  }

  async end(): Promise<void> {
    await Promise.all(this.players.map((player) => player.kill()))
  }

  private async play(
    player: Player,
    waiting: [number, PromiseWithResolvers<RoundAnswer | null>][],
  ): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [round, { resolve, reject }] = next
      try {
        const answer = this.hasFailed ? null : await player.ask<RoundAnswer>(this.questionOf(round))
        this.hasFailed ||= answer !== null && answer.faults.length > 0
        resolve(answer)
      } catch (error) {
        this.hasFailed = true
        reject(error)
      }
    }
  }

  private questionOf(round: number): RoundQuestion {
    const { operations, seed, watch } = this.options
    const operationCount = Math.min(ROUND_OPERATIONS, operations - round * ROUND_OPERATIONS)
    return { serverUrl: this.serverUrl, seed, round, operationCount, only: null, watch }
  }

  private async describeShrunk(question: RoundQuestion): Promise<string[]> {
    const [player] = this.players
    if (player === undefined || this.options.shrinkWithinMs <= 0) return []
    const untilMs = performance.now() + this.options.shrinkWithinMs
    const operations = makeOperations(question.seed, question.round, question.operationCount)
    let last: string[] = []
    const fails = async (some: readonly Operation[]): Promise<boolean> => {
      const { faults } = await player.ask<RoundAnswer>({ ...question, only: some, watch: null })
      if (faults.length > 0) last = faults
      return faults.length > 0
    }
    const shrunk = await shrink(operations, fails, () => performance.now() > untilMs)
    return [
      `shrunk to ${shrunk.length} of ${operations.length} operations:`,
      ...describeOperations(shrunk),
      ...last.slice(0, 10).map((fault) => `  ${fault}`),
    ]
  }
}

/** Numbers of the rounds of a run. */
export function listRounds({
  operations,
  onlyRound,
}: Pick<SimulationOptions, 'operations' | 'onlyRound'>): number[] {
  if (onlyRound !== null) return [onlyRound]
  return Array.from({ length: Math.ceil(operations / ROUND_OPERATIONS) }, (_, round) => round)
}

/** Plays all rounds until one fails; prints what happened. Returns passed and failed rounds. */
export async function simulate(
  server: { url: string },
  options: SimulationOptions & { say(line: string): void },
): Promise<{ passed: number; failed: number }> {
  const { seed, say } = options
  const startMs = performance.now()
  const totals = new Totals()
  const simulation = new Simulation(server, options)
  try {
    for (const round of simulation.rounds) {
      const answer = await simulation.answer(round)
      if (answer === null) continue
      totals.add(answer)
      for (const line of answer.watched) say(line)
      if (answer.faults.length === 0) continue
      for (const line of await simulation.describeFailure(round, answer.faults)) say(line)
      break
    }
  } finally {
    await simulation.end()
  }
  for (const line of totals.describe(performance.now() - startMs)) say(line)
  const shortcomings = totals.counts.operations >= FULL_RUN ? totals.shortcomings() : []
  for (const shortcoming of shortcomings) say(shortcoming)
  say(`seed ${seed}, trace ${totals.traceHash()}`)
  return { passed: totals.passed, failed: totals.failed + shortcomings.length }
}
