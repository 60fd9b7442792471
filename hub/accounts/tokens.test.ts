import { describe, expect, test } from 'vitest'
import { linkToken } from '../platform/secrets/link-tokens.ts'
import { makeServerKeys } from '../platform/secrets/server-secret.ts'
import { findKnownBrowser, makeBrowserToken } from './known-browser.ts'
import { makeFamily, parseRefreshToken, refreshToken } from './refresh-tokens.ts'
import type { Database } from '../platform/postgres/database.ts'

const keys = makeServerKeys('the secret of these tests, and of no others')

/** Every text that differs from a token in one character, and could be one by its shape. */
function nearTo(token: string): string[] {
  return [...token].flatMap((char, at) => {
    if (char === '.') return []
    const other = /\d/.test(char) ? String((Number(char) + 1) % 10) : char === 'A' ? 'B' : 'A'
    return [token.slice(0, at) + other + token.slice(at + 1)]
  })
}

/** A database that finds every genuine browser known: what is not genuine must not even be asked for. */
const trusting = { query: async () => ({ rows: [{}] }) } as unknown as Database

describe('[IDN-31] a token is compared whole', () => {
  test('of a session', () => {
    const token = refreshToken(keys, { family: makeFamily(), counter: 7 })
    expect(parseRefreshToken(keys, token)).not.toBeNull()
    const near = nearTo(token)
    expect(near.length).toBeGreaterThan(60)
    expect(near.filter((text) => parseRefreshToken(keys, text) !== null)).toEqual([])
  })

  test('of a known browser', async () => {
    const token = makeBrowserToken(keys, { userId: 12, givenAtMs: 1_800_000_000_000 })
    const named = { by: 'email', emailKey: 'ana@uni.example' } as const
    const isKnown = async (text: string): Promise<boolean> =>
      (await findKnownBrowser({ pool: trusting, keys }, [text], named)) !== null
    expect(await isKnown(token)).toBe(true)
    const near = await Promise.all(nearTo(token).map(async (text) => [text, await isKnown(text)]))
    expect(near.length).toBeGreaterThan(60)
    expect(near.filter(([, is]) => is === true)).toEqual([])
  })

  test('and is another one for each purpose and each fact that it is made of', () => {
    const tokens = [
      linkToken(keys, 'verify', 'n'),
      linkToken(keys, 'reset', 'n'),
      linkToken(keys, 'email', 'n'),
      linkToken(keys, 'university', 'n'),
      linkToken(keys, 'verify', 'm'),
      linkToken(makeServerKeys('another secret of tests, just as long as it'), 'verify', 'n'),
    ]
    expect(new Set(tokens).size).toBe(tokens.length)
  })
})
