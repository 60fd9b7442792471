import { describe, expect, it } from 'vitest'
import { secondsLeft } from '../common/times.ts'
import {
  ANSWER_TIMEOUT_MS,
  ASK_TIMEOUT_MS,
  freshSession,
  hasTraces,
  passTime,
  plainSettings,
  SLOW_AFTER_MS,
  STILL_THERE_MS,
  type VisitorSession,
} from './session.ts'

const IDLE_MS = 75_000
const fresh = freshSession(plainSettings('sl', false), 0)
const changed: VisitorSession = { ...fresh, settings: { ...fresh.settings, locale: 'en', isReach: true } }

describe('passTime', () => {
  it('[SCR-30] leaves a screen alone that nobody has changed', () => {
    expect(passTime(fresh, fresh, IDLE_MS * 10, IDLE_MS)).toBe(fresh)
    expect(hasTraces(fresh, fresh)).toBe(false)
  })

  it('[SCR-30] asks after the idle time, waits twenty seconds, and then begins anew', () => {
    expect(passTime(changed, fresh, IDLE_MS - 1, IDLE_MS)).toBe(changed)
    const asking = passTime(changed, fresh, IDLE_MS, IDLE_MS)
    expect(asking.overlay).toEqual({ name: 'stillThere', untilMs: IDLE_MS + STILL_THERE_MS })
    expect(STILL_THERE_MS).toBeGreaterThanOrEqual(20_000)
    expect(passTime(asking, fresh, IDLE_MS + STILL_THERE_MS - 1, IDLE_MS)).toBe(asking)
    const reset = passTime(asking, fresh, IDLE_MS + STILL_THERE_MS, IDLE_MS)
    expect(reset.settings).toEqual(fresh.settings)
    expect(reset.overlay).toBeNull()
  })

  it('[SCR-22] counts a list that was scrolled as something that the next visitor should not find', () => {
    const scrolled: VisitorSession = { ...fresh, isScrolled: true }
    const asking = passTime(scrolled, fresh, IDLE_MS, IDLE_MS)
    expect(asking.overlay?.name).toBe('stillThere')
    expect(passTime(asking, fresh, IDLE_MS + STILL_THERE_MS, IDLE_MS).isScrolled).toBe(false)
  })

  const TRACES: Partial<VisitorSession>[] = [
    { overlay: { name: 'pinPad', refusal: null, asking: null } },
    { openSpaceId: 3 },
    { toggledSections: new Set([7]) },
    { isFreeOnly: true },
    { isScrolled: true },
    ...(['isLargeText', 'isHighContrast', 'isDark', 'isReach'] as const).map((key) => ({
      settings: { ...fresh.settings, [key]: !fresh.settings[key] },
    })),
    { settings: { ...fresh.settings, locale: 'en' } },
  ]

  it.each(TRACES)(
    '[SCR-22] %j is a trace by itself, and nothing of it is left for the next visitor',
    (trace) => {
      const left: VisitorSession = { ...fresh, ...trace }
      const asking = passTime(left, fresh, IDLE_MS, IDLE_MS)
      expect(asking.overlay?.name).toBe('stillThere')
      const next = passTime(asking, fresh, IDLE_MS + STILL_THERE_MS, IDLE_MS)
      expect(next).toEqual({ ...fresh, touchedAtMs: IDLE_MS + STILL_THERE_MS })
    },
  )

  it('[SCR-22] [SCR-30] the second visitor who leaves is asked after like the first', () => {
    let session = changed
    let nowMs = 0
    for (let visit = 0; visit < 3; visit += 1) {
      session = { ...changed, touchedAtMs: nowMs }
      expect(passTime(session, fresh, nowMs + IDLE_MS - 1, IDLE_MS).overlay).toBeNull()
      session = passTime(session, fresh, nowMs + IDLE_MS, IDLE_MS)
      expect(session.overlay?.name).toBe('stillThere')
      nowMs += IDLE_MS + STILL_THERE_MS
      session = passTime(session, fresh, nowMs, IDLE_MS)
      expect(session.settings).toEqual(fresh.settings)
      // Somebody who looks at the screen anew, and touches nothing but the language.
      const looked = { ...session, settings: changed.settings }
      expect(passTime(looked, fresh, nowMs + IDLE_MS, IDLE_MS).overlay?.name).toBe('stillThere')
    }
  })

  it('[SCR-35] ends an undo when its time is over', () => {
    const thanked: VisitorSession = {
      ...fresh,
      report: { step: 'thanks', spaceId: 1, level: 0, mutationId: 1, undoUntilMs: 5_000 },
    }
    expect(passTime(thanked, fresh, 4_999, IDLE_MS)).toBe(thanked)
    expect(passTime(thanked, fresh, 5_000, IDLE_MS).report).toEqual({ step: 'ask' })
  })

  it('[SCR-4] "saving" says after two seconds that it is not saved yet, and after ten that it is not certain', () => {
    const saving: VisitorSession = {
      ...fresh,
      report: { step: 'saving', spaceId: 1, level: 2, attempt: 3, sinceMs: 1_000, isSlow: false },
    }
    expect(passTime(saving, fresh, 1_000 + SLOW_AFTER_MS - 1, IDLE_MS)).toBe(saving)
    const slow = passTime(saving, fresh, 1_000 + SLOW_AFTER_MS, IDLE_MS)
    expect(slow.report).toEqual({ ...saving.report, isSlow: true })
    expect(passTime(slow, fresh, 1_000 + ANSWER_TIMEOUT_MS - 1, IDLE_MS)).toBe(slow)
    expect(passTime(slow, fresh, 1_000 + ANSWER_TIMEOUT_MS, IDLE_MS).report).toMatchObject({
      step: 'refused',
      spaceId: 1,
      attempt: 3,
      refusal: { why: 'notConfirmed' },
    })
    const undoing: VisitorSession = {
      ...fresh,
      report: { step: 'undoing', spaceId: 1, mutationId: 7, attempt: 4, sinceMs: 0 },
    }
    expect(passTime(undoing, fresh, ANSWER_TIMEOUT_MS, IDLE_MS).report).toMatchObject({
      step: 'refused',
      refusal: { why: 'notConfirmed' },
    })
  })

  it('[SCR-4] a code and a PIN whose answer never comes can be entered again', () => {
    const asking: VisitorSession = {
      ...fresh,
      enrolling: { isAsking: true, refusal: null, atMs: 0 },
      overlay: { name: 'pinPad', refusal: null, asking: { attempt: 1, sinceMs: 0 } },
    }
    expect(passTime(asking, fresh, ASK_TIMEOUT_MS - 1, IDLE_MS)).toBe(asking)
    expect(passTime(asking, fresh, ASK_TIMEOUT_MS, IDLE_MS)).toMatchObject({
      enrolling: { isAsking: false, refusal: { why: 'noAnswer' } },
      overlay: { name: 'pinPad', refusal: { why: 'noAnswer' }, asking: null },
    })
  })

  it('[SCR-4] nothing of a report outlives the reset', () => {
    const left: VisitorSession = {
      ...changed,
      report: { step: 'saving', spaceId: 1, level: 2, attempt: 1, sinceMs: IDLE_MS, isSlow: false },
      overlay: { name: 'stillThere', untilMs: IDLE_MS + 1 },
    }
    expect(passTime(left, fresh, IDLE_MS + 1, IDLE_MS).report).toEqual({ step: 'ask' })
  })

  it('counts whole seconds down to zero', () => {
    expect([0, 1, 999, 1_000, 5_000, 9_000].map((now) => secondsLeft(5_000, now))).toEqual([5, 5, 5, 4, 0, 0])
  })
})
