import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestText, emptyDigest, toggleDigest, toggleRow } from './digest.ts'

const row = fc.tuple(
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
)
const rows = fc.uniqueArray(row, { selector: ([id]) => id, maxLength: 50, size: 'max' })

function digestOf(some: readonly (readonly [number, number])[]): string {
  const digest = emptyDigest()
  for (const [id, clock] of some) toggleRow(digest, id, clock)
  return digestText(digest)
}

describe('digest of rows', () => {
  test('[SYN-14] a row taken in and out again leaves nothing', () => {
    fc.assert(
      fc.property(rows, (some) => {
        expect(digestOf([...some, ...some.toReversed()])).toBe('0000000000000000')
      }),
    )
  })

  test('[SYN-14] it does not depend on the order in which rows came', () => {
    fc.assert(
      fc.property(rows, (some) => {
        expect(digestOf(some.toReversed())).toBe(digestOf(some))
      }),
    )
  })

  test('[SYN-14] kept row by row it is that of the rows held in the end', () => {
    const change = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 99 }))
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const held = new Map<number, number>()
        const digest = emptyDigest()
        for (const [id, clock] of changes) {
          const before = held.get(id)
          if (before !== undefined) toggleRow(digest, id, before)
          toggleRow(digest, id, clock)
          held.set(id, clock)
        }
        expect(digestText(digest)).toBe(digestOf([...held]))
      }),
    )
  })

  test('[SYN-14] a row missed, kept too long, or held at another clock is seen', () => {
    // 12,000 sets that differ by one row or one clock: at 64 bits not one pair may fall together.
    const seen = new Set<string>()
    const base: [number, number][] = Array.from({ length: 30 }, (_, index) => [index + 1, 1000 + index])
    for (let id = 31; id <= 4030; id += 1) {
      seen.add(digestOf([...base, [id, 1000]]))
      seen.add(digestOf([...base, [id, 1001]]))
      seen.add(digestOf([...base, [1000, id + 1_000_000]]))
    }
    expect(seen.size).toBe(12_000)
  })

  test('[SYN-14] id and clock are not taken for each other, also above 32 bits', () => {
    expect(digestOf([[5, 9]])).not.toBe(digestOf([[9, 5]]))
    expect(digestOf([[2 ** 32 + 5, 9]])).not.toBe(digestOf([[5, 9]]))
    expect(digestOf([[5, 2 ** 40 + 9]])).not.toBe(digestOf([[5, 9]]))
    expect(
      digestOf([
        [1, 2],
        [3, 4],
      ]),
    ).not.toBe(
      digestOf([
        [1, 4],
        [3, 2],
      ]),
    )
  })

  test('[SYN-33] rows of collections with different salts are not taken for each other, and salt 0 is that of spaces', () => {
    const salted = (salt: number): string => {
      const digest = emptyDigest()
      toggleRow(digest, 7, 42, salt)
      return digestText(digest)
    }
    expect(salted(0)).toBe(digestOf([[7, 42]]))
    expect(new Set([0, 1, 2, 3, 100].map(salted)).size).toBe(5)
    expect(salted(1)).toBe('a6034b752f154355')
  })

  test('[SYN-33] digests of several collections are added up, and taken out again', () => {
    const [all, hours] = [emptyDigest(), emptyDigest()]
    toggleRow(all, 1, 2)
    toggleRow(all, 1, 2, 1)
    toggleRow(hours, 1, 2, 1)
    toggleDigest(all, hours)
    expect(digestText(all)).toBe(digestOf([[1, 2]]))
    toggleDigest(all, all)
    expect(digestText(all)).toBe('0000000000000000')
  })

  test('[SYN-14] hub and kiosks of any version say the same 16 digits', () => {
    expect(digestOf([])).toBe('0000000000000000')
    expect(digestOf([[1, 1]])).toMatch(/^[0-9a-f]{16}$/)
    expect(
      digestOf([
        [7, 42],
        [2 ** 33, 2 ** 41],
      ]),
    ).toBe('fbd3d0ebbcf2575c')
  })
})
