import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decideRefresh,
  LOST_ANSWER_MS,
  MAX_REPEATS,
  TABS_GRACE_MS,
  type RefreshFacts,
} from './refresh-rule.ts'

const fresh: RefreshFacts = {
  shown: 4,
  newest: 4,
  isNewest: true,
  rotatedAtMs: 0,
  givenAtMs: 0,
  nowMs: 9e9,
  isSameAgent: false,
  repeatCount: 0,
}
const tabs: RefreshFacts = {
  ...fresh,
  shown: 3,
  isNewest: false,
  nowMs: TABS_GRACE_MS,
  isSameAgent: true,
}
const lost: RefreshFacts = { ...tabs, nowMs: LOST_ANSWER_MS, isSameAgent: false }

describe('[IDN-8] a refresh token', () => {
  test.each<[string, RefreshFacts, string]>([
    ['the newest one, whenever', fresh, 'next'],
    ['the newest one, but not as it was given', { ...fresh, isNewest: false }, 'revoke'],
    ['the newest one, after many repeats', { ...fresh, repeatCount: 99 }, 'next'],
    ['the one before, at once, from the same agent', tabs, 'same'],
    ['the one before, at once, however often', { ...tabs, repeatCount: 99 }, 'same'],
    ['the one before, a moment later', { ...tabs, nowMs: TABS_GRACE_MS + 1 }, 'again'],
    [
      'the one before, at once after it was given again',
      { ...lost, givenAtMs: LOST_ANSWER_MS - 9, isSameAgent: true },
      'same',
    ],
    ['the one before, at once, from another agent', { ...tabs, isSameAgent: false }, 'again'],
    ['the one before, within a day, from another agent', lost, 'again'],
    ['the one before, for the fifth time', { ...lost, repeatCount: MAX_REPEATS - 1 }, 'again'],
    ['the one before, once too often', { ...lost, repeatCount: MAX_REPEATS }, 'revoke'],
    ['the one before, after more than a day', { ...lost, nowMs: LOST_ANSWER_MS + 1 }, 'revoke'],
    ['one before that, at once', { ...tabs, shown: 2 }, 'revoke'],
    ['one from a time that was restored away', { ...fresh, shown: 5 }, 'revoke'],
  ])('%s: %#', (_name, facts, verdict) => {
    expect(decideRefresh(facts)).toBe(verdict)
  })

  test('never steps on twice from the same token, and repeats nothing whose successor was shown', () => {
    const life = fc.array(
      fc.record({ back: fc.nat(3), waitMs: fc.nat(60_000_000), isSameAgent: fc.boolean() }),
      {
        maxLength: 40,
        size: 'max',
      },
    )
    fc.assert(
      fc.property(life, (uses) => {
        let [newest, rotatedAtMs, givenAtMs, nowMs, repeatCount] = [0, 0, 0, 0, 0]
        const stepped = new Set<number>()
        for (const { back, waitMs, isSameAgent } of uses) {
          nowMs += waitMs
          const shown = Math.max(0, newest - back)
          const isNewest = shown === newest
          const verdict = decideRefresh({
            shown,
            newest,
            isNewest,
            rotatedAtMs,
            givenAtMs,
            nowMs,
            isSameAgent,
            repeatCount,
          })
          if (verdict === 'revoke') return true
          if (verdict === 'next') {
            if (stepped.has(shown)) return false
            stepped.add(shown)
            newest += 1
            rotatedAtMs = givenAtMs = nowMs
          } else {
            if (verdict === 'again') [repeatCount, givenAtMs] = [repeatCount + 1, nowMs]
            if (stepped.has(newest) || shown !== newest - 1 || nowMs - rotatedAtMs > LOST_ANSWER_MS)
              return false
            if (repeatCount > MAX_REPEATS) return false
          }
        }
        return true
      }),
    )
  })
})
