import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '#shared/fixtures/testing-text.ts'
import { parseAddress, parseDomain } from './address.ts'

describe('[IDN-1] an address', () => {
  test.each([
    ['ana@uni.si', 'ana@uni.si', 'ana@uni.si'],
    ['  Ana.Kovac@UNI.si ', 'Ana.Kovac@uni.si', 'ana.kovac@uni.si'],
    ["o'neill+books@library.uni.si", "o'neill+books@library.uni.si", "o'neill+books@library.uni.si"],
    ['ana@knjižnica.si', 'ana@xn--knjinica-p4b.si', 'ana@xn--knjinica-p4b.si'],
    ['ana@KNJIŽNICA.si', 'ana@xn--knjinica-p4b.si', 'ana@xn--knjinica-p4b.si'],
    ['ana@uni。si', 'ana@uni.si', 'ana@uni.si'],
    // The same letters, composed and in two parts.
    ['Žiga@uni.si', '\u017diga@uni.si', '\u017eiga@uni.si'],
    ['Z\u030ciga@uni.si', '\u017diga@uni.si', '\u017eiga@uni.si'],
  ])('%j is %s', (typed, text, key) => {
    expect(parseAddress(typed)).toMatchObject({ text, key })
  })

  test.each([
    '',
    '@',
    'ana',
    '@uni.si',
    'ana@',
    'ana@si',
    'a@b@uni.si',
    '.ana@uni.si',
    'ana.@uni.si',
    'a..b@uni.si',
    '"a b"@uni.si',
    'ana kovac@uni.si',
    'ana@uni.si\r\nBcc: x@y.si',
    'ana\u0000@uni.si',
    '\u202eana@uni.si',
    'ana\u200b@uni.si',
    'ana@127.0.0.1',
    'ana@[127.0.0.1]',
    'ana@2130706433.1',
    'ana@uni.si:25',
    'ana@uni.si/x',
    'ana@uni.si.',
    'ana@-uni.si',
    'ana@uni..si',
    'ana@un%69.si',
    'ana,eva@uni.si',
    '<ana@uni.si>',
    `${'x'.repeat(65)}@uni.si`,
    `${'ž'.repeat(33)}@uni.si`,
    `ana@${'x'.repeat(64)}.si`,
    `ana@${'x.'.repeat(130)}si`,
    `${'x'.repeat(64)}@${'x'.repeat(60)}.${'x'.repeat(60)}.${'x'.repeat(60)}.${'x'.repeat(60)}.si`,
    'ana\ud800@uni.si',
  ])('%j is none', (typed) => {
    expect(parseAddress(typed)).toBeNull()
  })

  test('that was understood is understood again as itself, and fits where addresses go', () => {
    const typed = fc.tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.domain())
    fc.assert(
      fc.property(typed, ([local, domain]) => {
        const address = parseAddress(`${local}@${domain}`)
        if (address === null) return true
        const again = parseAddress(address.text)
        expect(again).toEqual(address)
        expect(parseAddress(address.key)?.key).toBe(address.key)
        return address.text.length <= 254 && !/[\s<>",;:\\\p{Cc}]/u.test(address.text)
      }),
    )
  })

  test('nothing makes it throw', () => {
    fc.assert(fc.property(anyText(), (typed) => parseAddress(typed) !== undefined))
    fc.assert(fc.property(anyText(), (typed) => parseDomain(typed) !== undefined))
  })
})
