import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { preparePassword } from './password-text.ts'

describe('[IDN-19] a password’s text', () => {
  test.each<[string, string | null]>([
    ['zürich-Kavarna žolna 9'.normalize('NFD'), 'zürich-Kavarna žolna 9'.normalize('NFC')],
    ['zürich-Kavarna žolna 9'.normalize('NFC'), 'zürich-Kavarna žolna 9'.normalize('NFC')],
    // The example of RFC 8265, 4.3: a foot, Angstrom sign and all.
    ['foo\u1680bar', 'foo bar'],
    ['a\u00a0b\u2003c\u3000d', 'a b c d'],
    ['  both ends  ', '  both ends  '],
    ['Correct Horse Battery Staple', 'Correct Horse Battery Staple'],
    // Compatible, but not the same: a wide letter stays wide.
    ['ｐａｓｓ', 'ｐａｓｓ'],
    ['👩‍🔬🏳️‍🌈', '👩‍🔬🏳️‍🌈'],
    ['', null],
    ['my cat is a \tby', null],
    ['line\nbreak', null],
    ['nul\u0000', null],
    ['\u0085next', null],
    ['half \ud83e', null],
  ])('%j is %j', (typed, text) => {
    expect(preparePassword(typed)).toBe(text)
  })

  test('is prepared once and for all, and equivalent texts are one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (typed) => {
        const text = preparePassword(typed)
        expect(preparePassword(typed.normalize('NFD'))).toBe(text)
        expect(preparePassword(typed.normalize('NFC'))).toBe(text)
        if (text !== null) expect(preparePassword(text)).toBe(text)
      }),
    )
  })
})
