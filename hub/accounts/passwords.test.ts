import { hash as argonHash, verify as argonVerify } from 'argon2'
import { afterAll, describe, expect, test } from 'vitest'
import { noLog } from '../platform/log.ts'
import { makePasswordChecker } from './password-checker.ts'
import { HASH_COST, makePasswords } from './passwords.ts'

const cheap = { memoryCost: 1024, timeCost: 2, parallelism: 1 }

describe('[IDN-5] a password’s hash', () => {
  test('is argon2id at its cost, and fits only its password', async () => {
    const passwords = makePasswords()
    const made = await passwords.hash('correct horse')
    expect(made.ok && made.value).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/)
    const stored = made.ok ? made.value : ''
    expect(await isRight(passwords, 'correct horse', stored)).toBe(true)
    expect(await isRight(passwords, 'Correct horse', stored)).toBe(false)
    expect(await isRight(passwords, 'correct horse ', stored)).toBe(false)
  })

  test('of nobody is never right, not even for an empty password', async () => {
    const passwords = makePasswords(cheap)
    expect(await isRight(passwords, '', null)).toBe(false)
    expect(await isRight(passwords, 'x', null)).toBe(false)
  })

  test('is made anew when it costs less than today’s', async () => {
    const old = await makePasswords(cheap).hash('x')
    const today = await makePasswords().hash('x')
    const seen = [old, today].map((made) => makePasswords().verify('x', made.ok ? made.value : ''))
    expect(await Promise.all(seen)).toEqual([
      { ok: true, value: { isRight: true, isOutdated: true } },
      { ok: true, value: { isRight: true, isOutdated: false } },
    ])
    expect(HASH_COST).toEqual({ memoryCost: 19_456, timeCost: 2, parallelism: 1 })
  })

  test('waits its turn, and is refused when too many wait', async () => {
    const passwords = makePasswords(cheap)
    const many = await Promise.all(Array.from({ length: 810 }, () => passwords.verify('x', null)))
    expect(many.filter((one) => one.ok)).toHaveLength(802)
    expect(many.filter((one) => !one.ok && one.refusal === 'busy')).toHaveLength(8)
    expect(await isRight(passwords, 'x', null)).toBe(false)
  })
})

// As a Mac types it, and as everybody else does; the blank in the middle is one that does not break.
const DECOMPOSED = 'zürich-Kavarna\u00a0žolna 9'.normalize('NFD')
const COMPOSED = 'zürich-Kavarna žolna 9'.normalize('NFC')

describe('[IDN-19] a password typed on another keyboard', () => {
  test('is the same one, whichever of them it was chosen on', async () => {
    const passwords = makePasswords(cheap)
    for (const chosen of [DECOMPOSED, COMPOSED]) {
      const made = await passwords.hash(chosen)
      const stored = made.ok ? made.value : ''
      for (const typed of [DECOMPOSED, COMPOSED])
        expect(await passwords.verify(typed, stored)).toEqual({
          ok: true,
          value: { isRight: true, isOutdated: false },
        })
    }
  })

  test('is right by a hash of the text as it was typed, which is then outdated', async () => {
    const passwords = makePasswords(cheap)
    for (const chosen of [DECOMPOSED, COMPOSED]) {
      const stored = await argonHash(chosen, { ...cheap, type: 2 })
      expect(await passwords.verify(chosen, stored)).toEqual({
        ok: true,
        value: { isRight: true, isOutdated: chosen !== COMPOSED },
      })
    }
    // What cannot be chosen any more goes on being right.
    const stored = await argonHash('tab\tin the middle', { ...cheap, type: 2 })
    expect(await passwords.verify('tab\tin the middle', stored)).toEqual({
      ok: true,
      value: { isRight: true, isOutdated: false },
    })
  })

  test('costs one hash, or two where it was typed otherwise, whether or not the name is known', async () => {
    let compared = 0
    const passwords = makePasswords(cheap, (...args) => {
      compared += 1
      return argonVerify(...args)
    })
    const made = await passwords.hash('somebody else’s')
    const stored = made.ok ? made.value : ''
    const costOf = async (typed: string, hash: string | null): Promise<number> => {
      compared = 0
      await passwords.verify(typed, hash)
      return compared
    }
    for (const [typed, cost] of [
      [COMPOSED, 1],
      [DECOMPOSED, 2],
      ['tab\t', 1],
    ] as const)
      expect([typed, await costOf(typed, stored), await costOf(typed, null)]).toEqual([typed, cost, cost])
  })
})

async function isRight(
  passwords: ReturnType<typeof makePasswords>,
  typed: string,
  stored: string | null,
): Promise<boolean> {
  const verified = await passwords.verify(typed, stored)
  if (!verified.ok) throw new Error('the queue was full')
  return verified.value.isRight
}

describe('[IDN-4] common passwords', () => {
  const { isCommon, stop } = makePasswordChecker(noLog)
  afterAll(stop)
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

  test('a long one is checked by its beginning', async () => {
    const noise = Array.from({ length: 256 }, (_none, index) =>
      String.fromCharCode(33 + ((index * 37) % 90)),
    ).join('')
    expect(await isCommon(noise, [])).toBe(false)
    expect(await isCommon('a'.repeat(256), [])).toBe(true)
  })
})
