import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { AROUND_MS, randomMoments, STALE_MS } from '#shared/fixtures/random-tree.ts'
import { makeAgeClock } from './age-clock.ts'
import { makeDueList } from './due-list.ts'
import { ageOf, nextAgeAt } from './times.ts'

const SEED = 20_261_130
const times = fc.integer({ min: AROUND_MS - 30 * STALE_MS, max: AROUND_MS + 3 * STALE_MS })

it('[SCR-24] [SCR-6] every row has the age of its report at every moment, also after steps back, and is called only when its age is another one', () => {
  fc.assert(
    fc.property(fc.array(times, { maxLength: 30, size: 'max' }), fc.integer(), (reported, seed) => {
      const moments = randomMoments(makeSeededRandom(seed))
      const clock = makeAgeClock(AROUND_MS)
      const rows = reported.map((atMs) => ({ atMs, shown: ageOf(atMs, AROUND_MS), calls: 0, end: () => {} }))
      for (const row of rows)
        row.end = clock.watch(row.atMs, () => {
          row.shown = ageOf(row.atMs, clock.nowMs())
          row.calls += 1
        })
      let before: number | null = AROUND_MS
      for (const nowMs of moments) {
        const last = rows.map(({ shown, calls }) => ({ shown, calls }))
        clock.goTo(nowMs)
        rows.forEach((row, index) => {
          expect(row.shown).toEqual(ageOf(row.atMs, nowMs))
          const isForward = nowMs !== null && before !== null && nowMs >= before
          const isSame = JSON.stringify(last[index]?.shown) === JSON.stringify(row.shown)
          if (isForward && isSame) expect(row.calls).toBe(last[index]?.calls)
        })
        before = nowMs
      }
      for (const { end } of rows) end()
      const calls = rows.map((row) => row.calls)
      clock.goTo(AROUND_MS + 100 * STALE_MS)
      expect(rows.map((row) => row.calls)).toEqual(calls)
    }),
    { seed: SEED, numRuns: 150 },
  )
})

it('[SCR-6] the next age begins exactly when it is said to', () => {
  fc.assert(
    fc.property(times, times, (atMs, nowMs) => {
      const next = nextAgeAt(atMs, nowMs)
      expect(next).toBeGreaterThan(nowMs)
      expect(ageOf(atMs, next - 1)).toEqual(ageOf(atMs, nowMs))
      expect(ageOf(atMs, next)).not.toEqual(ageOf(atMs, nowMs))
    }),
    { seed: SEED, numRuns: 300 },
  )
})

it('rows that are no longer drawn do not pile up until they would be due', () => {
  const clock = makeAgeClock(AROUND_MS)
  const called: number[] = []
  const stays = clock.watch(AROUND_MS, () => void called.push(1))
  for (let index = 0; index < 5_000; index += 1)
    clock.watch(AROUND_MS - 30 * STALE_MS, () => void called.push(2))()
  expect(clock.count()).toBeLessThan(1_100)
  clock.goTo(AROUND_MS + 60_000)
  expect(called).toEqual([1])
  stays()
})

it('a due list gives back what is due, in order, and keeps the rest', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 })),
      fc.integer({ min: 0, max: 50 }),
      (moments, nowMs) => {
        const list = makeDueList<number>()
        for (const moment of moments) list.put(moment, moment)
        const sorted = moments.toSorted((left, right) => left - right)
        expect(list.takeDue(nowMs)).toEqual(sorted.filter((moment) => moment <= nowMs))
        expect(list.takeAll().toSorted((left, right) => left - right)).toEqual(
          sorted.filter((moment) => moment > nowMs),
        )
        expect(list.count()).toBe(0)
      },
    ),
    { seed: SEED, numRuns: 200 },
  )
})
