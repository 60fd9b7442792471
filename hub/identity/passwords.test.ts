import { describe, expect, test } from 'vitest'
import { makeIsCommon } from './common-passwords.ts'
import { HASH_COST, makePasswords } from './passwords.ts'

const cheap = { memoryCost: 1024, timeCost: 2, parallelism: 1 }

describe('[IDN-5] a password’s hash', () => {
  test('is argon2id at its cost, and fits only its password', async () => {
    const passwords = makePasswords()
    const made = await passwords.hash('correct horse')
    expect(made.ok && made.value).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/)
    const stored = made.ok ? made.value : ''
    expect(await passwords.verify('correct horse', stored)).toEqual({ ok: true, value: true })
    expect(await passwords.verify('Correct horse', stored)).toEqual({ ok: true, value: false })
    expect(await passwords.verify('correct horse ', stored)).toEqual({ ok: true, value: false })
  })

  test('of nobody is never right, not even for an empty password', async () => {
    const passwords = makePasswords(cheap)
    expect(await passwords.verify('', null)).toEqual({ ok: true, value: false })
    expect(await passwords.verify('x', null)).toEqual({ ok: true, value: false })
  })

  test('is made anew when it costs less than today’s', async () => {
    const old = await makePasswords(cheap).hash('x')
    const today = await makePasswords().hash('x')
    expect(makePasswords().isCheap(old.ok ? old.value : '')).toBe(true)
    expect(makePasswords().isCheap(today.ok ? today.value : '')).toBe(false)
    expect(HASH_COST).toEqual({ memoryCost: 19_456, timeCost: 2, parallelism: 1 })
  })

  test('waits its turn, and is refused when too many wait', async () => {
    const passwords = makePasswords(cheap)
    const many = await Promise.all(Array.from({ length: 410 }, () => passwords.verify('x', null)))
    expect(many.filter((one) => one.ok)).toHaveLength(402)
    expect(many.filter((one) => !one.ok && one.refusal === 'busy')).toHaveLength(8)
    expect(await passwords.verify('x', null)).toEqual({ ok: true, value: false })
  })
})

describe('[IDN-4] common passwords', () => {
  const isCommon = makeIsCommon()
  test.each([
    'password12',
    'qwertyuiop',
    'P@ssw0rd123',
    'aaaaaaaaaaaaaa',
    'abcabcabcabcabc',
    'letmein2026',
    'carrel1234',
    'iloveyou123',
    'zxcvbnm,./',
  ])('%s', async (password) => {
    expect(await isCommon(password, [])).toBe(true)
  })

  test.each(['kobilarna rdeca', 'vX9#qLm2!rT', 'x'.repeat(3) + 'jutri bo dež na obali'])(
    'not %s',
    async (password) => {
      expect(await isCommon(password, [])).toBe(false)
    },
  )

  test('are also those made of what one is called', async () => {
    expect(await isCommon('brezovska7', [])).toBe(false)
    expect(await isCommon('brezovska7', ['ana.brezovska@uni.si'])).toBe(true)
  })

  test('a long one is judged by its beginning', async () => {
    const noise = Array.from({ length: 256 }, (_none, index) =>
      String.fromCharCode(33 + ((index * 37) % 90)),
    ).join('')
    expect(await isCommon(noise, [])).toBe(false)
    expect(await isCommon('a'.repeat(256), [])).toBe(true)
  })
})
