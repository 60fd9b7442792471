import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  aggregate,
  compareReports,
  decideReport,
  decideWithdraw,
  levelOfMean,
  meanOfSums,
  newestReport,
  reportedAt,
  type Level,
  type Report,
} from './occupancy.ts'

const NOW_MS = 1_800_000_000_000

const level = fc.constantFrom<Level>(0, 1, 2)
/** Small numbers, so that reports tie often. */
const report: fc.Arbitrary<Report> = fc.record({
  level,
  reportedAtMs: fc.integer({ min: 0, max: 3 }),
  clock: fc.integer({ min: 1, max: 3 }),
  mutationId: fc.integer({ min: 1, max: 3 }),
  kioskId: fc.integer({ min: 1, max: 3 }),
})

describe('a leaf and its reports', () => {
  test('[OCC-1] a late offline report never overwrites a newer one', () => {
    const newer = { level: 2 as Level, reportedAtMs: 2000, clock: 5, mutationId: 1, kioskId: 1 }
    const late = { level: 0 as Level, reportedAtMs: 1000, clock: 9, mutationId: 4, kioskId: 2 }
    expect(newestReport([newer, late])).toBe(newer)
    expect(newestReport([late, newer])).toBe(newer)
  })

  test('[OCC-1] ties go to the later commit, then to the higher number, then to the kiosk', () => {
    const base = { level: 0 as Level, reportedAtMs: 1, clock: 1, mutationId: 2, kioskId: 2 }
    expect(newestReport([{ ...base, clock: 2, mutationId: 1 }, base])?.clock).toBe(2)
    expect(newestReport([{ ...base, mutationId: 3, kioskId: 1 }, base])?.mutationId).toBe(3)
    expect(newestReport([base, { ...base, kioskId: 3 }])?.kioskId).toBe(3)
  })

  test('[OCC-1] the newest does not depend on the order in which reports are looked at', () => {
    fc.assert(
      fc.property(fc.array(report, { minLength: 1 }), fc.integer(), (reports, turn) => {
        const start = Math.abs(turn) % reports.length
        const turned = [...reports.slice(start), ...reports.slice(0, start)].toReversed()
        const left = newestReport(reports)
        const right = newestReport(turned)
        expect(left !== null && right !== null && compareReports(left, right)).toBe(0)
      }),
    )
  })

  test('[OCC-1] the order is total: of two different reports one is newer', () => {
    fc.assert(
      fc.property(report, report, report, (a, b, c) => {
        const antisymmetric = Math.sign(compareReports(a, b)) === -Math.sign(compareReports(b, a))
        const transitive = compareReports(a, b) > 0 || compareReports(b, c) > 0 || compareReports(a, c) <= 0
        expect([antisymmetric, transitive]).toEqual([true, true])
      }),
    )
  })

  test('[OCC-2] without its newest report a leaf shows the one before, with its age; without any, none', () => {
    const older = { level: 1 as Level, reportedAtMs: 1000, clock: 5, mutationId: 1, kioskId: 1 }
    const newer = { level: 2 as Level, reportedAtMs: 2000, clock: 6, mutationId: 2, kioskId: 1 }
    const left = (withdrawn: number[]) =>
      newestReport([older, newer].filter((one) => !withdrawn.includes(one.mutationId)))
    expect(left([])).toBe(newer)
    expect(left([2])).toBe(older)
    expect(left([1])).toBe(newer)
    expect(left([1, 2])).toBeNull()
  })

  test('[OCC-2] only a report that was taken can be withdrawn, and only once', () => {
    expect(decideWithdraw({ isWithdrawn: false }).ok).toBe(true)
    expect(decideWithdraw({ isWithdrawn: true })).toEqual({ ok: false, refusal: { why: 'alreadyWithdrawn' } })
    expect(decideWithdraw(undefined)).toEqual({ ok: false, refusal: { why: 'unknownReport' } })
  })
})

describe('whether a report is taken', () => {
  const leaf = { isDeleted: false, children: [] }

  test('[OCC-8] not on a space that does not exist, nor on a deleted one', () => {
    expect(decideReport({ space: undefined, isWithinReach: false })).toEqual({
      ok: false,
      refusal: { why: 'unknownSpace' },
    })
    expect(decideReport({ space: { ...leaf, isDeleted: true }, isWithinReach: true })).toEqual({
      ok: false,
      refusal: { why: 'spaceDeleted' },
    })
  })

  test('[OCC-9] not on a composite, whose children are the answer; on a leaf, yes', () => {
    expect(decideReport({ space: { ...leaf, children: [4, 7] }, isWithinReach: true })).toEqual({
      ok: false,
      refusal: { why: 'composite', children: [4, 7] },
    })
    expect(decideReport({ space: leaf, isWithinReach: true }).ok).toBe(true)
  })

  test('[OCC-10] not outside the kiosk’s subtree, of which nothing else is revealed', () => {
    for (const space of [leaf, { isDeleted: true, children: [] }, { isDeleted: false, children: [4] }])
      expect(decideReport({ space, isWithinReach: false })).toEqual({
        ok: false,
        refusal: { why: 'outsideSubtree' },
      })
  })
})

describe('time of a report', () => {
  test('[OCC-7] received minus elapsed within one boot; the last contact after a restart', () => {
    expect(reportedAt(NOW_MS, 5000, NOW_MS - 9000)).toBe(NOW_MS - 5000)
    expect(reportedAt(NOW_MS, null, NOW_MS - 9000)).toBe(NOW_MS - 9000)
  })

  test('[OCC-7] never later than received, never before 1970, always whole', () => {
    const time = fc.double({ min: 0, max: 8.64e15, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.option(time), time, (received, age, contact) => {
        const at = reportedAt(received, age, contact)
        expect(Number.isInteger(at) && at >= 0 && at <= received).toBe(true)
      }),
    )
  })
})

describe('the mean of a composite', () => {
  test('[OCC-3] the plain average of children that have reported', () => {
    expect(
      aggregate([
        { meanMillionths: 0, weight: 1 },
        { meanMillionths: 2_000_000, weight: 1 },
      ]),
    ).toBe(1_000_000)
    expect(
      aggregate([
        { meanMillionths: null, weight: 50 },
        { meanMillionths: 2_000_000, weight: 1 },
      ]),
    ).toBe(2_000_000)
    expect(aggregate([{ meanMillionths: null, weight: 3 }])).toBeNull()
    expect(aggregate([])).toBeNull()
  })

  test('[OCC-4] each child counts with its weight, and halves are rounded up', () => {
    expect(
      aggregate([
        { meanMillionths: 0, weight: 30 },
        { meanMillionths: 2_000_000, weight: 10 },
      ]),
    ).toBe(500_000)
    expect(meanOfSums(1, 2)).toBe(1)
    expect(meanOfSums(1, 3)).toBe(0)
    expect(meanOfSums(2_000_000, 3)).toBe(666_667)
    expect(meanOfSums(0, 0)).toBeNull()
  })

  test('[OCC-4] the mean is the exact quotient, rounded half up, up to the largest tree that is taken', () => {
    // 20,000 spaces of 100,000 seats, all of them full.
    const weight = fc.integer({ min: 1, max: 2_000_000_000 })
    fc.assert(
      fc.property(weight, fc.double({ min: 0, max: 1, noNaN: true }), (heavy, share) => {
        const sum = Math.floor(heavy * 2_000_000 * share)
        const exact = (2n * BigInt(sum) + BigInt(heavy)) / (2n * BigInt(heavy))
        expect(meanOfSums(sum, heavy)).toBe(Number(exact))
      }),
      { numRuns: 2000 },
    )
  })

  test('[OCC-4] a mean lies between the least and the greatest of its parts, in any order', () => {
    const part = fc.record({
      meanMillionths: fc.integer({ min: 0, max: 2_000_000 }),
      weight: fc.integer({ min: 1, max: 500 }),
    })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), (parts) => {
        const mean = aggregate(parts)
        const means = parts.map((one) => one.meanMillionths)
        expect(mean).toBeGreaterThanOrEqual(Math.min(...means))
        expect(mean).toBeLessThanOrEqual(Math.max(...means))
        expect(mean).toBe(aggregate(parts.toReversed()))
      }),
    )
  })

  test('[OCC-5] free below a half, busy below one and a half, else full', () => {
    expect([0, 499_999, 500_000, 1_499_999, 1_500_000, 2_000_000].map(levelOfMean)).toEqual([
      0, 0, 1, 1, 2, 2,
    ])
  })
})
