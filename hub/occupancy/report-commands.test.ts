import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newestReport, type Level, type ReportOrder } from '#shared/domain/occupancy.ts'
import type { PushedMutation } from '#shared/wire/messages.ts'
import { COMMANDS } from '../commands.ts'
import { kioskFacts } from '../kiosks/kiosk-facts.ts'
import type { Push } from '../platform/writer/batch.ts'
import { FactCache } from '../platform/writer/fact-set.ts'
import { Effects } from '../platform/writer/effects.ts'
import { KioskGate } from '../platform/writer/kiosk-gate.ts'
import { Ledger } from '../platform/writer/ledger.ts'
import { BatchFacts } from '../platform/writer/loaded-facts.ts'
import { makeTreeFacts, treeFacts } from '../spaces/tree.ts'
import { AppliedReports, appliedReportFacts } from './applied-reports.ts'
import { leafFacts, Leaves } from './leaf-facts.ts'

const ROOMS = [2, 3, 4]
const KIOSKS = [1, 2, 3]
const NOW = 1_000_000
const CLOCK = 10

/** Settles pushes of kiosks that never pushed before, on a campus of three rooms without any report. */
function settle(pushes: readonly Push[]): Leaves {
  const moment = { universityId: 1, clock: CLOCK, factsClock: 1, epoch: 'e', nowMs: NOW }
  const loaded = new BatchFacts(moment, new FactCache())
  const kiosks = new Map(
    KIOSKS.map((id) => [
      id,
      { id, spaceId: 1, session: 1, lastMutationId: 0, hasFork: false, isRevoked: false, isSilenced: false },
    ]),
  )
  const leaves = new Leaves(new Map())
  const place = { isDeleted: false, onKiosks: true }
  loaded.keep(kioskFacts, kiosks)
  loaded.keep(
    treeFacts,
    makeTreeFacts([
      { id: 1, parentId: null, name: 'Library', ...place },
      ...ROOMS.map((id) => ({ id, parentId: 1, name: `Room ${id}`, ...place })),
    ]),
  )
  loaded.keep(leafFacts, leaves)
  loaded.keep(appliedReportFacts, new AppliedReports([]))
  const failed = (_kind: string, error: unknown): void => {
    throw error
  }
  const gate = new KioskGate({ kiosks, ledger: new Ledger([], []), loaded, effects: new Effects(), failed })
  for (const push of pushes) {
    const answer = gate.settle({ push, parsed: push.mutations.map(COMMANDS.parseMutation) })
    expect(answer.verdict).toBe('done')
  }
  return leaves
}

function levelsAfter(pushes: readonly Push[]): Map<number, { level: Level | null; by: string }> {
  const changed = settle(pushes).changed([], () => false)
  return new Map(
    changed.map(({ id, level, kioskId, mutationId }) => [id, { level, by: `${kioskId}:${mutationId}` }]),
  )
}

/** Mutations of one kiosk in a row: reports, or undos of its earlier numbers. */
const runs = fc.array(
  fc.record({
    kiosk: fc.constantFrom(...KIOSKS),
    taps: fc.array(
      fc.record({
        room: fc.constantFrom(...ROOMS),
        level: fc.constantFrom<Level>(0, 1, 2),
        ageMs: fc.integer({ min: 0, max: 5 }),
        undoes: fc.option(fc.integer({ min: 1, max: 8 }), { freq: 2 }),
        /** Whether a push ends after it. */
        isCut: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  { maxLength: 8 },
)

interface Made extends ReportOrder {
  room: number
  level: Level
  isGone: boolean
}

test('[OCC-1] [OCC-2] a batch leaves each room with its newest report that is not withdrawn, however it is cut into pushes', () => {
  let joinedCount = 0
  fc.assert(
    fc.property(runs, (list) => {
      const counts = new Map<number, number>()
      const made = new Map<string, Made>()
      const alone: Push[] = []
      const cut: Push[] = []
      for (const { kiosk, taps } of list) {
        let together: PushedMutation[] = []
        const push = (mutations: PushedMutation[]): Push => ({
          kioskId: kiosk,
          session: 1,
          waitedMs: 0,
          mutations,
        })
        for (const { room, level, ageMs, undoes, isCut } of taps) {
          const id = (counts.get(kiosk) ?? 0) + 1
          counts.set(kiosk, id)
          const common = { id, hash: `${kiosk}-${id}`.padEnd(22, 'x'), ageMs, contactMs: 0 }
          const target = undoes === null ? undefined : made.get(`${kiosk}:${undoes}`)
          if (undoes !== null && target?.room === room) target.isGone = true
          const own = [...made.values()].filter(
            (one) => one.kioskId === kiosk && one.room === room && !one.isGone,
          )
          // A kiosk's later tap is never earlier than its earlier one.
          const reportedAtMs = Math.max(NOW - ageMs, ...own.map((one) => one.reportedAtMs))
          if (undoes === null)
            made.set(`${kiosk}:${id}`, {
              room,
              level,
              reportedAtMs,
              isGone: false,
              clock: CLOCK,
              mutationId: id,
              kioskId: kiosk,
            })
          const mutation: PushedMutation =
            undoes === null
              ? { ...common, kind: 'report', body: { spaceId: room, level } }
              : { ...common, kind: 'withdraw', body: { spaceId: room, mutationId: undoes } }
          alone.push(push([mutation]))
          together.push(mutation)
          if (!isCut) continue
          cut.push(push(together))
          if (together.length > 1) joinedCount += 1
          together = []
        }
        if (together.length > 0) cut.push(push(together))
        if (together.length > 1) joinedCount += 1
      }
      for (const levels of [levelsAfter(alone), levelsAfter(cut)])
        for (const room of ROOMS) {
          const newest = newestReport([...made.values()].filter((one) => one.room === room && !one.isGone))
          const expected = newest && { level: newest.level, by: `${newest.kioskId}:${newest.mutationId}` }
          const found = levels.get(room)
          expect(found?.level === null ? null : (found ?? null)).toEqual(expected)
        }
    }),
  )
  expect(joinedCount).toBeGreaterThan(50)
})

test('[OCC-7] time that a push waited in the hub is part of the age of its taps', () => {
  const mutation: PushedMutation = {
    id: 1,
    hash: 'x'.repeat(22),
    kind: 'report',
    body: { spaceId: 2, level: 1 },
    ageMs: 100,
    contactMs: 0,
  }
  const { reports } = settle([{ kioskId: 1, session: 1, waitedMs: 40, mutations: [mutation] }])
  expect(reports[0]?.reportedAtMs).toBe(NOW - 140)
})
