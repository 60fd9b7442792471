import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newestReport, type Level } from '#shared/domain/occupancy.ts'
import type { PushedMutation } from '#shared/wire/messages.ts'
import { decideBatch, type BatchFacts } from './decide-batch.ts'
import { type Push } from '../platform/writer/batch.ts'
import { makeTreeFacts } from '../spaces/tree.ts'

const ROOMS = [2, 3, 4]
const NOW = 1_000_000

const facts: BatchFacts = {
  clock: 10,
  nowMs: NOW,
  kiosks: new Map(
    [1, 2, 3].map((id) => [
      id,
      { id, spaceId: 1, session: 1, lastMutationId: 0, hasFork: false, isRevoked: false, isSilenced: false },
    ]),
  ),
  tree: makeTreeFacts([
    { id: 1, parentId: null, isDeleted: false, onKiosks: true },
    ...ROOMS.map((id) => ({ id, parentId: 1, isDeleted: false, onKiosks: true })),
  ]),
  leaves: new Map(),
  records: [],
  mayCarry: () => false,
}

/** One mutation of some kiosk: a report, or the undo of one of its earlier numbers. */
const mutations = fc.array(
  fc.record({
    kiosk: fc.constantFrom(1, 2, 3),
    room: fc.constantFrom(...ROOMS),
    level: fc.constantFrom<Level>(0, 1, 2),
    ageMs: fc.integer({ min: 0, max: 5 }),
    undoes: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 2 }),
  }),
  { maxLength: 20 },
)

test('[OCC-1] [OCC-2] a batch leaves each room with its newest report that is not withdrawn, however it is cut into pushes', () => {
  fc.assert(
    fc.property(mutations, (list) => {
      const counts = new Map<number, number>()
      const made = new Map<
        string,
        {
          room: number
          level: Level
          reportedAtMs: number
          isGone: boolean
          clock: number
          mutationId: number
          kioskId: number
        }
      >()
      const pushes: Push[] = list.map(({ kiosk, room, level, ageMs, undoes }) => {
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
            clock: 10,
            mutationId: id,
            kioskId: kiosk,
          })
        const mutation: PushedMutation =
          undoes === null
            ? { ...common, kind: 'report', body: { spaceId: room, level } }
            : { ...common, kind: 'withdraw', body: { spaceId: room, mutationId: undoes } }
        return { kioskId: kiosk, session: 1, waitedMs: 0, mutations: [mutation] }
      })
      const leaves = new Map(
        decideBatch(pushes, facts)
          .leaves([])
          .map((leaf) => [leaf.id, leaf]),
      )
      for (const room of ROOMS) {
        const newest = newestReport([...made.values()].filter((one) => one.room === room && !one.isGone))
        expect(leaves.get(room)?.level ?? null).toBe(newest?.level ?? null)
        expect(leaves.get(room)?.mutationId ?? null).toBe(newest?.mutationId ?? null)
      }
    }),
  )
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
  const { reports } = decideBatch([{ kioskId: 1, session: 1, waitedMs: 40, mutations: [mutation] }], facts)
  expect(reports[0]?.reportedAtMs).toBe(NOW - 140)
})
