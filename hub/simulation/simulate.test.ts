import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startScratchServer, type ScratchServer } from '../platform/postgres/testing.ts'
import { listRounds, Simulation } from './simulate.ts'
import { Totals } from './summary.ts'

// The simulation of `npm test`: always the same seed, so that a failure is seen by everybody; `npm run prove` takes others.

const OPTIONS = {
  operations: 50_000,
  seed: 1,
  onlyRound: null,
  shrinkWithinMs: 60_000,
  watch: null,
  sideBySide: 2,
}

/** A round is played in seconds, and a failed one is shrunk for a minute. */
const ROUND_TIMEOUT_MS = 180_000

describe(`simulated kiosks and hubs, ${OPTIONS.operations} operations, seed ${OPTIONS.seed}`, () => {
  const totals = new Totals()
  let server: ScratchServer
  let simulation: Simulation
  let startMs = 0

  beforeAll(async () => {
    // Of its own: each round copies databases, for which the server writes out all that it holds in memory.
    server = await startScratchServer()
    startMs = performance.now()
    simulation = new Simulation(server, OPTIONS)
  })
  afterAll(async () => {
    await simulation.end()
    await server.stop()
  })

  test.for(listRounds(OPTIONS))(
    'round %i keeps every promise',
    { timeout: ROUND_TIMEOUT_MS },
    async (round) => {
      const answer = await simulation.answer(round)
      if (answer === null) throw new Error('not played: another round broke a promise')
      totals.add(answer)
      const { faults } = answer
      expect(faults.length === 0 ? [] : await simulation.describeFailure(round, faults)).toEqual([])
    },
  )

  test('every fault was tried often enough', () => {
    console.log(totals.describe(performance.now() - startMs).join('\n'))
    console.log(`seed ${OPTIONS.seed}, trace ${totals.traceHash()}`)
    expect(totals.shortcomings()).toEqual([])
  })
})
