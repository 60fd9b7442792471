import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../fixtures/testing-text.ts'
import { MAX_DISPLAYNAME_LENGTH } from './account.ts'
import { parseDisplayname } from './person-name.ts'

test.each<[string, unknown]>([
  ['  Ana   Kovač ', { ok: true, value: 'Ana Kovač' }],
  ['   ', { ok: true, value: null }],
  ['Cˇ', { ok: true, value: 'Cˇ' }],
  ['Ana\u0000', { ok: false, refusal: 'nameRefused' }],
  ['Ana\nKovač', { ok: false, refusal: 'nameRefused' }],
  ['\u202enimda', { ok: false, refusal: 'nameRefused' }],
  ['Ana\u2066x', { ok: false, refusal: 'nameRefused' }],
  ['half \ud800', { ok: false, refusal: 'nameRefused' }],
  ['x'.repeat(MAX_DISPLAYNAME_LENGTH + 1), { ok: false, refusal: 'nameRefused' }],
  ['🦉'.repeat(MAX_DISPLAYNAME_LENGTH), { ok: true, value: '🦉'.repeat(MAX_DISPLAYNAME_LENGTH) }],
])('[IDN-14] the name %j', (typed, answer) => {
  expect(parseDisplayname(typed)).toEqual(answer)
})

test('[IDN-14] a name that was taken is taken again, as it is', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 100 }), (typed) => {
      const first = parseDisplayname(typed)
      if (!first.ok || first.value === null) return true
      const again = parseDisplayname(first.value)
      return again.ok && again.value === first.value
    }),
  )
})
