import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../fixtures/testing-text.ts'
import { decidePassword } from './password-rule.ts'

const facts = { address: 'ana.kovac@uni.si', isCommon: () => false }

describe('[IDN-4] a password', () => {
  test.each([
    ['ten chars!', []],
    ['nine char', ['tooShort']],
    ['čšžčšžčšžč', []],
    ['🦉🦉🦉🦉🦉🦉🦉🦉🦉', ['tooShort']],
    ['1234567890123', ['onlyDigits']],
    ['٠١٢٣٤٥٦٧٨٩٠١', ['onlyDigits']],
    ['ana.kovac@uni.si', ['isAddress']],
    ['ANA.Kovac@uni.SI', ['isAddress']],
    ['is.inu@cavok.ana', ['isAddress']],
    ['ana.kovac', ['tooShort', 'isAddress']],
    ['x'.repeat(256), []],
    ['x'.repeat(257), ['tooLong']],
  ])('%s: %j', (password, faults) => {
    expect(decidePassword(password, facts)).toEqual(faults)
  })

  test('that is quickly guessed is refused', () => {
    expect(decidePassword('password12', { ...facts, isCommon: () => true })).toEqual(['common'])
  })

  test('that is too long is not even looked at', () => {
    const isCommon = (): boolean => {
      throw new Error('asked')
    }
    expect(decidePassword('x'.repeat(300), { ...facts, isCommon })).toEqual(['tooLong'])
  })

  test('is taken as it is: blanks and case count, whatever it is made of', () => {
    fc.assert(
      fc.property(anyText({ minLength: 10, maxLength: 256 }), (password) => {
        const faults = decidePassword(password, { address: null, isCommon: () => false })
        return faults.length === 0 || /^\p{Nd}+$/u.test(password)
      }),
    )
  })
})
