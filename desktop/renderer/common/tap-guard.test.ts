import { expect, it } from 'vitest'
import { ignoreHeldKey, isSecondTap } from './tap-guard.ts'

it('[SCR-20] the second tap of two, and each one after it, is not for what came in between', () => {
  expect([0, 1, 2, 3].map((detail) => isSecondTap({ detail }))).toEqual([false, false, true, true])
})

it('[SCR-20] of a held Enter only the first press counts; other keys, and Enter pressed again, are let through', () => {
  const press = (key: string, repeat: boolean): boolean => {
    let isIgnored = false
    ignoreHeldKey({ key, repeat, preventDefault: () => void (isIgnored = true) })
    return isIgnored
  }
  expect(press('Enter', true)).toBe(true)
  expect([press('Enter', false), press(' ', true), press('Tab', true)]).toEqual([false, false, false])
})
