import { describe, expect, it } from 'vitest'
import { codeWith, codeWithout } from './code-pad.tsx'

describe('an enrolment code', () => {
  it('[SYN-20] reads mistaken letters as meant, drops what is no letter, and stops at sixteen', () => {
    expect(codeWith('', 'ab-1o il')).toBe('AB1011')
    expect(codeWith('', '0123456789abcdefghjk')).toBe('0123456789ABCDEF')
    expect(codeWith('A', 'u!')).toBe('A')
    expect(codeWithout('AB')).toBe('A')
    expect(codeWithout('')).toBe('')
  })
})
