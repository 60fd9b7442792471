import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hashEnrolmentCode, isSignedBy, makeEnrolmentCode, parseEnrolmentCode } from './enrolment-codes.ts'

describe('[SYN-20] a code', () => {
  test('is sixteen characters that cannot be mistaken, in fours', () => {
    const codes = Array.from({ length: 2000 }, makeEnrolmentCode)
    for (const code of codes) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
    expect(new Set(codes).size).toBe(codes.length)
  })

  test('has all of its 80 bits: every character takes every value', () => {
    const seen = Array.from({ length: 16 }, () => new Set<string>())
    for (let round = 0; round < 2000; round += 1)
      for (const [index, one] of [...makeEnrolmentCode().replaceAll('-', '')].entries()) seen[index]?.add(one)
    expect(seen.map((set) => set.size)).toEqual(Array.from({ length: 16 }, () => 32))
  })

  test.each([
    ['0123-4567-89AB-CDEF', '0123456789ABCDEF'],
    ['0123456789abcdef', '0123456789ABCDEF'],
    [' oi23 4567 — 89ab_cdef ', '0123456789ABCDEF'],
    ['OL23–4567‑89AB-CDEF', '0123456789ABCDEF'],
    ['0123', null],
    ['0123-4567-89AB-CDEU', null],
    ['0123-4567-89AB-CDEF-0', null],
    ['', null],
  ])('typed as %j is read as %j', (typed, code) => {
    expect(parseEnrolmentCode(typed)).toBe(code)
  })

  test('is not found in its hash', () => {
    const hash = hashEnrolmentCode('0123456789ABCDEF')
    expect(hash).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(hash).not.toBe(hashEnrolmentCode('0123456789ABCDEG'))
  })
})

test('[SYN-20] a proof holds for its key and its text, and nonsense is only a no', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'jwk' }).x ?? ''
  const proof = sign(null, Buffer.from('text'), privateKey).toString('base64url')
  expect(isSignedBy(raw, 'text', proof)).toBe(true)
  expect(isSignedBy(raw, 'other', proof)).toBe(false)
  expect(isSignedBy('A'.repeat(43), 'text', proof)).toBe(false)
  expect(isSignedBy('?', 'text', '')).toBe(false)
})
