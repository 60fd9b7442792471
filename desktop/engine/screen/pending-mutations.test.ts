import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PendingMutation } from '../kinds/pending-mutation.ts'
import { makePendingMutations } from './pending-mutations.ts'

const never = (): boolean => false

function mutation(id: number, rowIds: readonly number[], collection = 'spaces'): PendingMutation {
  const nothing = { ackedHead: null, before: null, target: null }
  return { ...nothing, id, kind: 'report', collection, rowIds, body: { level: 1 }, atMs: id * 100 }
}

describe('pending mutations in memory', () => {
  it('[SYN-19] give the same as those read again from the outbox, in every order of acks and rows', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({
          step: fc.constant('tap' as const),
          rowIds: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
          collection: fc.constantFrom('spaces', 'others'),
        }),
        fc.record({ step: fc.constant('ack' as const), count: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ step: fc.constant('rows' as const), by: fc.integer({ min: 1, max: 3 }) }),
      ),
      { maxLength: 60, size: 'max' },
    )
    fc.assert(
      fc.property(steps, (list) => {
        const taps = makePendingMutations(never)
        const held: PendingMutation[] = []
        const world = { head: 0, acked: 0, reached: { cursor: 0, isSameEpoch: true } }
        for (const step of list) {
          if (step.step === 'tap') {
            const made = mutation(held.length + 1, step.rowIds, step.collection)
            held.push({ ...made })
            taps.add(made)
          } else if (step.step === 'ack') {
            world.head += 1
            world.acked = Math.min(held.length, world.acked + step.count)
            for (const tap of held) if (tap.id <= world.acked) tap.ackedHead ??= world.head
            taps.acknowledge(world.acked, world.head, world.reached)
          } else {
            world.reached.cursor = Math.min(world.head, world.reached.cursor + step.by)
            taps.dropApplied(world.reached)
          }
          const again = makePendingMutations(never)
          again.reset(held, world.reached)
          for (const collection of ['spaces', 'others'])
            for (const rowId of [1, 2, 3]) {
              expect(taps.ofRow(collection, rowId)).toEqual(again.ofRow(collection, rowId))
              expect(taps.isWaiting(collection, rowId)).toBe(again.isWaiting(collection, rowId))
            }
        }
      }),
      { seed: 20_261_120, numRuns: 200 },
    )
  })
})
