import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Level } from '#shared/domain/occupancy.ts'
import { foldSpace, type AppliedPosition, type PendingMutation } from './overlay.ts'
import { makePendingMutations } from './pending-mutations.ts'

const HERE: AppliedPosition = { cursor: 10, isSameEpoch: true }

function report(id: number, level: Level, given: Partial<PendingMutation> = {}): PendingMutation {
  const before = { level: null, reportedAtMs: null }
  return {
    id,
    spaceId: 1,
    kind: 'report',
    level,
    atMs: id * 100,
    ackedHead: null,
    before,
    target: null,
    ...given,
  }
}

function withdraw(
  id: number,
  target: PendingMutation | null,
  given: Partial<PendingMutation> = {},
): PendingMutation {
  const nothing = { level: null, before: null }
  return { id, spaceId: 1, kind: 'withdraw', atMs: id * 100, ackedHead: null, target, ...nothing, ...given }
}

const EMPTY = { clock: 5, level: null, reportedAtMs: null }

describe('what is shown of a space', () => {
  it('[SYN-19] is the row where no tap waits', () => {
    const row = { clock: 5, level: 2 as const, reportedAtMs: 50 }
    expect(foldSpace(row, [], HERE)).toEqual({ level: 2, reportedAtMs: 50 })
    expect(foldSpace(row, [report(1, 0, { ackedHead: 10 })], HERE)).toEqual({ level: 2, reportedAtMs: 50 })
  })

  it('[SYN-19] is the tap until its row is here: also between ack and row', () => {
    const taps = [report(1, 1, { ackedHead: 11 })]
    expect(foldSpace(EMPTY, taps, HERE)).toEqual({ level: 1, reportedAtMs: 100 })
    expect(foldSpace(EMPTY, taps, { cursor: 11, isSameEpoch: true })).toEqual({
      level: null,
      reportedAtMs: null,
    })
  })

  it('[SYN-17] [SYN-19] is the tap while the rows are of an older epoch, whatever its head', () => {
    const taps = [report(1, 1, { ackedHead: 3 })]
    expect(foldSpace(EMPTY, taps, { cursor: 10, isSameEpoch: false }).level).toBe(1)
  })

  it('[OCC-1] is the newer row when another kiosk reported after a tap that waited long', () => {
    const row = { clock: 9, level: 2 as const, reportedAtMs: 5_000 }
    expect(foldSpace(row, [report(1, 0)], HERE)).toEqual({ level: 2, reportedAtMs: 5_000 })
    expect(foldSpace(row, [report(1, 0, { atMs: 5_000 })], HERE).level).toBe(0)
  })

  it('[OCC-7] [SYN-19] is the later tap, though the own earlier report was dated after it by a slow connection', () => {
    const taps = makePendingMutations()
    taps.reset([report(1, 2), report(2, 0)], HERE)
    taps.acknowledge(1, 11, HERE)
    const there = { cursor: 11, isSameEpoch: true }
    taps.dropApplied(there)
    const row = { clock: 11, level: 2 as const, reportedAtMs: 900 }
    const shown = foldSpace(row, taps.ofSpace(1), there, taps.appliedReport(1))
    expect(shown).toEqual({ level: 0, reportedAtMs: 900 })
    // Somebody else's row of the next commit counts by its time.
    expect(foldSpace({ ...row, clock: 12 }, taps.ofSpace(1), there, taps.appliedReport(1)).level).toBe(2)
  })

  it('[OCC-2] [SYN-19] is the tap after an undo, though the undone row was dated later than the tap', () => {
    const undone = report(1, 2, { ackedHead: 7, before: { level: 0, reportedAtMs: 50 } })
    const row = { clock: 7, level: 2 as const, reportedAtMs: 900 }
    expect(foldSpace(row, [withdraw(2, undone), report(3, 1)], HERE)).toEqual({ level: 1, reportedAtMs: 300 })
  })

  it('[OCC-2] is the report before when the newest is withdrawn, with its own age', () => {
    const first = report(1, 0)
    const second = report(2, 2)
    expect(foldSpace(EMPTY, [first, second, withdraw(3, second)], HERE)).toEqual({
      level: 0,
      reportedAtMs: 100,
    })
    expect(foldSpace(EMPTY, [first, withdraw(2, first)], HERE)).toEqual({ level: null, reportedAtMs: null })
  })

  it('[OCC-2] is what stood before an acknowledged report that is withdrawn, until the hub answers', () => {
    const before = { level: 1 as const, reportedAtMs: 40 }
    const settled = report(1, 2, { ackedHead: 9, before })
    const row = { clock: 9, level: 2 as const, reportedAtMs: 100 }
    expect(foldSpace(row, [withdraw(2, settled)], HERE)).toEqual(before)
    const newer = { clock: 10, level: 0 as const, reportedAtMs: 300 }
    expect(foldSpace(newer, [withdraw(2, settled)], HERE)).toEqual({ level: 0, reportedAtMs: 300 })
  })

  it('[OCC-2] ignores an undo whose report is held no more', () => {
    const row = { clock: 9, level: 2 as const, reportedAtMs: 100 }
    expect(foldSpace(row, [withdraw(2, null)], HERE).level).toBe(2)
  })
})

describe('pending mutations in memory', () => {
  it('[SYN-19] give the same as those read again from the outbox, in every order of acks and rows', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ step: fc.constant('tap' as const), space: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ step: fc.constant('ack' as const), count: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ step: fc.constant('rows' as const), by: fc.integer({ min: 1, max: 3 }) }),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, (list) => {
        const taps = makePendingMutations()
        const held: PendingMutation[] = []
        const world = { head: 0, acked: 0, reached: { cursor: 0, isSameEpoch: true } }
        for (const step of list) {
          if (step.step === 'tap') {
            const made = report(held.length + 1, 1, { spaceId: step.space })
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
          const again = makePendingMutations()
          again.reset(held, world.reached)
          for (const space of [1, 2, 3]) {
            expect(taps.ofSpace(space)).toEqual(again.ofSpace(space))
            expect(taps.isWaiting(space)).toBe(again.isWaiting(space))
          }
        }
      }),
      { seed: 20_261_120, numRuns: 200 },
    )
  })
})
