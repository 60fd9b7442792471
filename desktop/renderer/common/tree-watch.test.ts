import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shownToPeople, cutFromKiosks } from '#shared/domain/occupancy.ts'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { AROUND_MS, randomMoments, randomTree, STALE_MS, ZONE } from '#shared/fixtures/random-tree.ts'
import { spaceEntryOf } from './space-entry.ts'
import { treeMomentOf } from './tree-moment.ts'
import { watchTree } from './tree-watch.ts'

const SEED = 20_261_130

it('[SCR-24] [OCC-6] [HRS-1] [HRS-3] a watched tree is at every moment as if it were worked out whole, and names all that differs', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(ZONE, ZONE, 'Nowhere/Unknown'), (seed, zone) => {
      const random = makeSeededRandom(seed)
      const [spaces, moments] = [randomTree(random), randomMoments(random)]
      const watch = watchTree(spaces, zone, STALE_MS)
      const entries = new Map<number, unknown>()
      for (const nowMs of moments) {
        const whole = treeMomentOf(spaces, zone, STALE_MS, nowMs)
        const watched = watch.at(nowMs)
        expect(watched.local).toEqual(whole.local)
        expect(new Map(watched.shown)).toEqual(whole.shown)
        const changed = watch.takeChanged()
        for (const space of spaces.values()) {
          expect(watched.opennessOf(space.id)).toEqual(whole.opennessOf(space.id))
          const entry = spaceEntryOf(whole, space)
          if (!changed.has(space.id) && entries.has(space.id)) expect(entry).toEqual(entries.get(space.id))
          entries.set(space.id, entry)
        }
      }
    }),
    { seed: SEED, numRuns: 150 },
  )
})

it('[SCR-24] [SCR-7] [TRE-6] as people see it, what is not on kiosks is cut off, and what is closed counts nowhere, at every moment too', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 5 }), (seed, every) => {
      const random = makeSeededRandom(seed)
      const [tree, moments] = [randomTree(random), randomMoments(random)]
      const spaces = new Map([...tree].map(([id, space]) => [id, { ...space, isOnKiosks: id % every !== 0 }]))
      const watch = watchTree(spaces, ZONE, STALE_MS, cutFromKiosks)
      for (const nowMs of moments) {
        const { opennessOf } = treeMomentOf(spaces, ZONE, STALE_MS, nowMs)
        const shown = shownToPeople(
          [...spaces.values()],
          nowMs ?? Number.MAX_SAFE_INTEGER,
          STALE_MS,
          (id) => opennessOf(id).isOpen,
        )
        expect(new Map(watch.at(nowMs).shown)).toEqual(shown)
      }
    }),
    { seed: SEED, numRuns: 60 },
  )
})

it('[SCR-24] [OCC-6] a tick touches what is due, with all that it stands in, and nothing else', () => {
  const facts = { name: '', location: null, details: {}, capacity: null, isWaiting: false }
  const hours = { weekly: null, closures: [] }
  const room = (id: number, parentId: number | null, minutes: number | null) =>
    [
      id,
      {
        ...facts,
        id,
        parentId,
        hours,
        kind: 'room' as const,
        level: minutes === null ? null : (1 as const),
        reportedAtMs: minutes === null ? null : AROUND_MS + minutes * 60_000,
      },
    ] as const
  const spaces = new Map([
    room(1, null, null),
    room(2, 1, null),
    room(3, 1, null),
    room(4, 2, 0),
    room(5, 2, 1),
    room(6, 3, 2),
    room(7, 3, null),
  ])
  const watch = watchTree(spaces, ZONE, STALE_MS)
  const changedAt = (afterMs: number): number[] => {
    watch.at(AROUND_MS + STALE_MS + afterMs)
    return [...watch.takeChanged()].toSorted((left, right) => left - right)
  }
  changedAt(-1)
  expect(changedAt(0)).toEqual([1, 2, 4])
  expect(changedAt(59_999)).toEqual([])
  expect(changedAt(120_000)).toEqual([1, 2, 3, 5, 6])
  expect(changedAt(119_999)).toEqual([1, 3, 6])
  expect(changedAt(0)).toEqual([1, 2, 5])
})
