import { describe, expect, it } from 'vitest'
import type { Level } from '#shared/domain/occupancy.ts'
import { makePendingMutations } from '../screen/pending-mutations.ts'
import type { AppliedPosition, PendingMutation } from './pending-mutation.ts'
import { SPACES, type ReportedLevel } from '../collections/spaces.ts'
import { spaceFold, type SpaceLevelRow } from './space-fold.ts'

const HERE: AppliedPosition = { cursor: 10, isSameEpoch: true }

function foldSpace(
  row: SpaceLevelRow,
  waiting: readonly PendingMutation[],
  position: AppliedPosition,
  settled?: PendingMutation,
): ReportedLevel {
  const { clock, level, reportedAtMs } = row
  return spaceFold.fold({ clock, hot: { level, reportedAtMs } }, waiting, position, settled)
}

const ON_ROOM = { collection: SPACES, rowIds: [1], ackedHead: null }

function report(id: number, level: Level, given: Partial<PendingMutation> = {}): PendingMutation {
  const before = { level: null, reportedAtMs: null }
  const body = { spaceId: 1, level }
  return { ...ON_ROOM, id, kind: 'report', body, atMs: id * 100, before, target: null, ...given }
}

function withdraw(
  id: number,
  target: PendingMutation | null,
  given: Partial<PendingMutation> = {},
): PendingMutation {
  const body = { spaceId: 1, mutationId: target?.id ?? 1 }
  return { ...ON_ROOM, id, kind: 'withdraw', body, atMs: id * 100, before: null, target, ...given }
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
    const taps = makePendingMutations(spaceFold.isSettling)
    taps.reset([report(1, 2), report(2, 0)], HERE)
    taps.acknowledge(1, 11, HERE)
    const there = { cursor: 11, isSameEpoch: true }
    taps.dropApplied(there)
    const row = { clock: 11, level: 2 as const, reportedAtMs: 900 }
    const shown = foldSpace(row, taps.ofRow(SPACES, 1), there, taps.settledOf(SPACES, 1))
    expect(shown).toEqual({ level: 0, reportedAtMs: 900 })
    // Somebody else's row of the next commit counts by its time.
    expect(
      foldSpace({ ...row, clock: 12 }, taps.ofRow(SPACES, 1), there, taps.settledOf(SPACES, 1)).level,
    ).toBe(2)
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
