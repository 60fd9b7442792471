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
const taps = fc.array(
  fc.record({
    kiosk: fc.constantFrom(1, 2, 3),
    room: fc.constantFrom(...ROOMS),
    level: fc.constantFrom<Level>(0, 1, 2),
    ageMs: fc.integer({ min: 0, max: 5 }),
    undoes: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 2 }),
  }),
  { maxLength: 20 },
)
type Taps = typeof taps extends fc.Arbitrary<infer All> ? All : never

/** A cut: which kiosk pushes next, how many of its mutations, and whether it then pushes all of them again. */
const cuts = fc.array(
  fc.record({ kiosk: fc.nat(), count: fc.integer({ min: 1, max: 6 }), isRepeated: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
)
type Cut = typeof cuts extends fc.Arbitrary<infer All> ? All : never

/** Each kiosk's mutations, numbered from 1. */
function mutationsOf(list: Taps): Map<number, PushedMutation[]> {
  const all = new Map<number, PushedMutation[]>()
  for (const { kiosk, room, level, ageMs, undoes } of list) {
    const own = all.get(kiosk) ?? []
    all.set(kiosk, own)
    const id = own.length + 1
    const common = { id, hash: `${kiosk}-${id}`.padEnd(22, 'x'), ageMs, contactMs: 0 }
    own.push(
      undoes === null
        ? { ...common, kind: 'report', body: { spaceId: room, level } }
        : { ...common, kind: 'withdraw', body: { spaceId: room, mutationId: undoes } },
    )
  }
  return all
}

function takeInTurn<Item>(items: readonly Item[], turn: number): Item {
  const item = items[turn % items.length]
  if (item === undefined) throw new RangeError('nothing to take')
  return item
}

/** The same mutations as pushes; the steps of the cut are gone through again until nothing is left. */
function cutIntoPushes(all: ReadonlyMap<number, PushedMutation[]>, cut: Cut): Push[] {
  const left = new Map([...all].map(([kiosk, own]) => [kiosk, [...own]]))
  const sent = new Map<number, PushedMutation[]>()
  const pushes: Push[] = []
  for (let step = 0; left.size > 0; step += 1) {
    const { kiosk, count, isRepeated } = takeInTurn(cut, step)
    const [kioskId, waiting] = takeInTurn([...left], kiosk)
    const mutations = waiting.splice(0, count)
    if (waiting.length === 0) left.delete(kioskId)
    pushes.push({ kioskId, session: 1, waitedMs: 0, mutations })
    const known = [...(sent.get(kioskId) ?? []), ...mutations]
    sent.set(kioskId, known)
    if (isRepeated) pushes.push({ kioskId, session: 1, waitedMs: 0, mutations: known })
  }
  return pushes
}

interface ExpectedReport {
  room: number
  level: Level
  reportedAtMs: number
  clock: number
  mutationId: number
  kioskId: number
}

/** The reports of which something is left after all undos. */
function remainingReports(list: Taps): ExpectedReport[] {
  const counts = new Map<number, number>()
  const left = new Map<string, ExpectedReport>()
  for (const { kiosk, room, level, ageMs, undoes } of list) {
    const mutationId = (counts.get(kiosk) ?? 0) + 1
    counts.set(kiosk, mutationId)
    const undone = `${kiosk}:${undoes}`
    if (undoes !== null) {
      if (left.get(undone)?.room === room) left.delete(undone)
      continue
    }
    const own = [...left.values()].filter((one) => one.kioskId === kiosk && one.room === room)
    // A kiosk's later tap is never earlier than its earlier one.
    const reportedAtMs = Math.max(NOW - ageMs, ...own.map((one) => one.reportedAtMs))
    left.set(`${kiosk}:${mutationId}`, { room, level, reportedAtMs, clock: 10, mutationId, kioskId: kiosk })
  }
  return [...left.values()]
}

const byName = (left: { kioskId: number; mutationId: number }, right: typeof left): number =>
  left.kioskId - right.kioskId || left.mutationId - right.mutationId

test('[OCC-1] [OCC-2] [SYN-2] a batch leaves each room with its newest report that is not withdrawn, however it is cut into pushes', () => {
  const seen = { pushes: new Set<number>(), repeats: 0, most: 0 }
  fc.assert(
    fc.property(taps, fc.array(cuts, { minLength: 2, maxLength: 5 }), (list, ways) => {
      const all = mutationsOf(list)
      const remaining = remainingReports(list)
      const written = ways.map((cut) => {
        const pushes = cutIntoPushes(all, cut)
        seen.pushes.add(pushes.length)
        seen.most = Math.max(seen.most, ...pushes.map(({ mutations }) => mutations.length))
        seen.repeats += cut.filter(({ isRepeated }) => isRepeated).length
        const decision = decideBatch(pushes, facts)
        expect(decision.answers.map(({ verdict }) => verdict)).toEqual(pushes.map(() => 'done'))
        const leaves = decision.leaves([]).toSorted((left, right) => left.id - right.id)
        for (const room of ROOMS) {
          const newest = newestReport(remaining.filter((one) => one.room === room))
          const leaf = leaves.find(({ id }) => id === room)
          expect([leaf?.level ?? null, leaf?.mutationId ?? null, leaf?.kioskId ?? null]).toEqual([
            newest?.level ?? null,
            newest?.mutationId ?? null,
            newest?.kioskId ?? null,
          ])
        }
        return {
          leaves,
          kiosks: decision.kiosks.toSorted((left, right) => left.id - right.id),
          reports: decision.reports.toSorted(byName),
          withdrawals: decision.withdrawals.toSorted(byName),
          outcomes: decision.outcomes.toSorted(byName),
        }
      })
      for (const other of written) expect(other).toEqual(written[0])
      expect(written[0]?.kiosks).toEqual(
        [...all]
          .map(([id, own]) => ({ id, lastMutationId: own.length }))
          .toSorted((left, right) => left.id - right.id),
      )
    }),
  )
  // The cuts were many: whole pushes and single ones, and some pushed again.
  expect(seen.pushes.size).toBeGreaterThan(5)
  expect(seen.most).toBeGreaterThan(3)
  expect(seen.repeats).toBeGreaterThan(0)
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
