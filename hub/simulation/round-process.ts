import { answerRequests } from './request-process.ts'
import { makeOperations, type Operation } from './operations.ts'
import { runRound } from './run-round.ts'

// A process that plays rounds for its parent: rounds know nothing of each other, so two cores play two at a time.

/** A round to be played; `only`: these operations instead of all of them. */
export interface RoundQuestion {
  serverUrl: string
  seed: number
  round: number
  operationCount: number
  only: readonly Operation[] | null
  /** Pattern of trace lines that are to be handed back. */
  watch: string | null
}

/** How it went, as it fits through a channel. */
export interface RoundAnswer {
  faults: string[]
  trace: string
  fired: [string, number][]
  operations: number
  operationsUnderFault: number
  virtualMs: number
  watched: string[]
}

async function play(question: RoundQuestion): Promise<RoundAnswer> {
  const { serverUrl, seed, round, operationCount, only, watch } = question
  const operations = only ?? makeOperations(seed, round, operationCount)
  const pattern = watch === null ? null : new RegExp(watch)
  const watched: string[] = []
  const listen =
    pattern === null
      ? null
      : (line: string): void => void (pattern.test(line) && watched.push(line.slice(0, 2_000)))
  const result = await runRound({ url: serverUrl }, seed * 7_919 + round, operations, listen)
  const { counts, faults, trace, virtualMs } = result
  return {
    faults,
    trace,
    virtualMs,
    fired: [...counts.fired],
    operations: counts.operations,
    operationsUnderFault: counts.operationsUnderFault,
    watched,
  }
}

process.on('disconnect', () => process.exit(0))
answerRequests(play)
