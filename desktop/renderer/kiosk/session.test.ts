import { describe, expect, it } from 'vitest'
import {
  freshSession,
  hasTraces,
  passTime,
  plainSettings,
  secondsLeft,
  STILL_THERE_MS,
  type Session,
} from './session.ts'

const IDLE_MS = 75_000
const fresh = freshSession(plainSettings('sl', false), 0)
const changed: Session = { ...fresh, settings: { ...fresh.settings, locale: 'en', isReach: true } }

describe('passTime', () => {
  it('leaves a screen alone that nobody has changed', () => {
    expect(passTime(fresh, fresh, IDLE_MS * 10, IDLE_MS)).toBe(fresh)
    expect(hasTraces(fresh, fresh)).toBe(false)
  })

  it('asks after the idle time, waits twenty seconds, and then begins anew', () => {
    expect(passTime(changed, fresh, IDLE_MS - 1, IDLE_MS)).toBe(changed)
    const asking = passTime(changed, fresh, IDLE_MS, IDLE_MS)
    expect(asking.overlay).toEqual({ name: 'stillThere', untilMs: IDLE_MS + STILL_THERE_MS })
    expect(STILL_THERE_MS).toBeGreaterThanOrEqual(20_000)
    expect(passTime(asking, fresh, IDLE_MS + STILL_THERE_MS - 1, IDLE_MS)).toBe(asking)
    const reset = passTime(asking, fresh, IDLE_MS + STILL_THERE_MS, IDLE_MS)
    expect(reset.settings).toEqual(fresh.settings)
    expect(reset.overlay).toBeNull()
  })

  it('ends an undo when its time is over', () => {
    const thanked: Session = {
      ...fresh,
      report: { step: 'thanks', spaceId: 1, level: 0, mutationId: 1, isRepeat: false, undoUntilMs: 5_000 },
    }
    expect(passTime(thanked, fresh, 4_999, IDLE_MS)).toBe(thanked)
    expect(passTime(thanked, fresh, 5_000, IDLE_MS).report).toEqual({ step: 'ask' })
  })

  it('counts whole seconds down to zero', () => {
    expect([0, 1, 999, 1_000, 5_000, 9_000].map((now) => secondsLeft(5_000, now))).toEqual([5, 5, 5, 4, 0, 0])
  })
})
