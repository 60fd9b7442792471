import { memoryFolder } from '../platform/postgres/testing.ts'
import { applyOperation } from './apply-operation.ts'
import type { FaultCounts } from './fault-counts.ts'
import { healAndCheck } from './check-world.ts'
import type { Operation } from './operations.ts'
import { World } from './world.ts'

/** How a round went. */
export interface RoundResult {
  /** One sentence per broken promise. */
  faults: string[]
  /** The same seed and operations give the same. */
  trace: string
  counts: FaultCounts
  virtualMs: number
}

/** Plays operations in a fresh world, heals it, and checks it. */
export async function runRound(
  server: { url: string },
  seed: number,
  operations: readonly Operation[],
  listen: ((line: string) => void) | null = null,
): Promise<RoundResult> {
  const world = await World.begin(server, seed, memoryFolder())
  world.listen = listen
  const faults: string[] = []
  try {
    for (const [index, operation] of operations.entries()) await applyOperation(world, operation, index)
    faults.push(...(await healAndCheck(world)))
  } catch (error) {
    faults.push(`an exception: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
  const trace = await world.end()
  return { faults, trace, counts: world.counts, virtualMs: world.time.nowMs }
}
