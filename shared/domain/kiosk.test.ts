import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allowanceBurst, decideAllowance, type Allowance } from './kiosk.ts'

const perSecond = fc.double({ min: 0.01, max: 1_000_000, noNaN: true })

describe('allowance', () => {
  test('[CON-1] a burst is ten seconds’ worth, and never fewer than five', () => {
    expect(allowanceBurst(2)).toBe(20)
    expect(allowanceBurst(0.1)).toBe(5)
  })

  test('[CON-1] twenty taps at once are taken at two per second, the next waits half a second', () => {
    let allowance: Allowance = { tokens: allowanceBurst(2), atMs: 1000 }
    for (let tap = 0; tap < 20; tap += 1) {
      const decision = decideAllowance(allowance, 2, 1000)
      if (!decision.ok) throw new Error(`tap ${tap} refused`)
      allowance = decision.value
    }
    expect(decideAllowance(allowance, 2, 1000)).toEqual({
      ok: false,
      refusal: { why: 'tooFast', retryAfterMs: 500 },
    })
    expect(decideAllowance(allowance, 2, 1499).ok).toBe(false)
    expect(decideAllowance(allowance, 2, 1500).ok).toBe(true)
  })

  test('[CON-1] waiting as long as the refusal says is always enough', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), perSecond, (tokens, rate) => {
        const allowance = { tokens, atMs: 0 }
        const first = decideAllowance(allowance, rate, 0)
        const second = first.ok || decideAllowance(allowance, rate, first.refusal.retryAfterMs).ok
        expect(second).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('[CON-1] however taps are spaced, no more pass than the burst and the time since allow', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 200, size: 'max' })
    fc.assert(
      fc.property(gaps, fc.double({ min: 0.1, max: 50, noNaN: true }), (waits, rate) => {
        let allowance: Allowance = { tokens: allowanceBurst(rate), atMs: 0 }
        let nowMs = 0
        let taken = 0
        for (const wait of waits) {
          nowMs += wait
          const decision = decideAllowance(allowance, rate, nowMs)
          if (!decision.ok) continue
          taken += 1
          allowance = decision.value
        }
        expect(taken).toBeLessThanOrEqual(allowanceBurst(rate) + (nowMs / 1000) * rate + 1e-6)
      }),
    )
  })

  test('[CON-1] a clock that steps back neither gives nor takes tokens', () => {
    expect(decideAllowance({ tokens: 3, atMs: 5000 }, 2, 1000)).toEqual({
      ok: true,
      value: { tokens: 2, atMs: 1000 },
    })
  })
})
