import { afterEach, describe, expect, test, vi } from 'vitest'
import { noLog } from '../platform/log.ts'
import { makePasswordChecker, type PasswordChecker } from './password-checker.ts'

/** Takes the strength library some hundred milliseconds. */
const HARD = '4@8({[6<3!1|0$5+7%24@'.repeat(2)

// On a busy machine the thread alone takes seconds to read its words.
vi.setConfig({ testTimeout: 60_000 })

const checkers: PasswordChecker[] = []
afterEach(async () => {
  for (const checker of checkers.splice(0)) await checker.stop()
})

function makeChecker(...limits: [{ limitMs: number; maxWaiting: number }?]): PasswordChecker {
  const checker = makePasswordChecker(noLog, ...limits)
  checkers.push(checker)
  return checker
}

describe('[IDN-20] the password checker', () => {
  test('leaves the event loop to everybody else while it checks', async () => {
    const { isCommon } = makeChecker({ limitMs: 60_000, maxWaiting: 9 })
    expect(await isCommon('password12', [])).toBe(true)
    const state = { isJudging: true, turns: 0 }
    const turn = (): void => {
      state.turns += 1
      if (state.isJudging) setImmediate(turn)
    }
    setImmediate(turn)
    expect(await isCommon(HARD, [])).toBe(false)
    state.isJudging = false
    expect(state.turns).toBeGreaterThan(100)
  })

  test('takes so many that wait, and answers busy to the next one', async () => {
    const { isCommon } = makeChecker({ limitMs: 60_000, maxWaiting: 3 })
    const asked = Array.from({ length: 8 }, () => isCommon('password12', []))
    expect(await Promise.all(asked)).toEqual([true, true, true, 'busy', 'busy', 'busy', 'busy', 'busy'])
    expect(await isCommon('password12', [])).toBe(true)
  })

  test('gives up what takes too long, and goes on with the next', async () => {
    const limits = { limitMs: 60_000, maxWaiting: 9 }
    const { isCommon } = makeChecker(limits)
    await isCommon('x', [])
    limits.limitMs = 1
    const hard = isCommon(HARD, [])
    limits.limitMs = 60_000
    const next = isCommon('password12', [])
    expect(await Promise.all([hard, next])).toEqual(['busy', true])
  })

  test('that was stopped says nothing more, and to who waits that it does not', async () => {
    const checker = makeChecker()
    const waiting = checker.isCommon('password12', [])
    await checker.stop()
    expect([await waiting, await checker.isCommon('password12', [])]).toEqual(['busy', 'busy'])
  })
})
