import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideRefresh, REPEAT_PATIENCE_MS, type RefreshFacts } from './refresh-rule.ts'

const fresh: RefreshFacts = {
  shown: 4,
  newest: 4,
  isNewest: true,
  rotatedAtMs: 0,
  nowMs: 9e9,
  isSameAgent: false,
}
const repeated: RefreshFacts = {
  ...fresh,
  shown: 3,
  isNewest: false,
  nowMs: REPEAT_PATIENCE_MS,
  isSameAgent: true,
}

describe('[IDN-8] a refresh token', () => {
  test.each<[string, RefreshFacts, string]>([
    ['the newest one, whenever', fresh, 'next'],
    ['the newest one, but not as it was given', { ...fresh, isNewest: false }, 'revoke'],
    ['the one before, soon, from the same agent', repeated, 'same'],
    ['the one before, too late', { ...repeated, nowMs: REPEAT_PATIENCE_MS + 1 }, 'revoke'],
    ['the one before, from another agent', { ...repeated, isSameAgent: false }, 'revoke'],
    ['one before that', { ...repeated, shown: 2 }, 'revoke'],
    ['one from a time that was restored away', { ...fresh, shown: 5 }, 'revoke'],
  ])('%s', (_name, facts, verdict) => {
    expect(decideRefresh(facts)).toBe(verdict)
  })

  test('never steps on twice from the same token, and gives an old one nothing after thirty seconds', () => {
    const life = fc.array(fc.record({ back: fc.nat(3), waitMs: fc.nat(60_000), isSameAgent: fc.boolean() }), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(life, (uses) => {
        let [newest, rotatedAtMs, nowMs, isAlive] = [0, 0, 0, true]
        const stepped = new Set<number>()
        for (const { back, waitMs, isSameAgent } of uses) {
          nowMs += waitMs
          const shown = Math.max(0, newest - back)
          const verdict = decideRefresh({
            shown,
            newest,
            isNewest: shown === newest,
            rotatedAtMs,
            nowMs,
            isSameAgent,
          })
          if (!isAlive) break
          if (verdict === 'next') {
            if (stepped.has(shown)) return false
            stepped.add(shown)
            newest += 1
            rotatedAtMs = nowMs
          } else if (verdict === 'revoke') isAlive = false
          else if (shown !== newest - 1 || nowMs - rotatedAtMs > REPEAT_PATIENCE_MS) return false
        }
        return true
      }),
    )
  })
})
