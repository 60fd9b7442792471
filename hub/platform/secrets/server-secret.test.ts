import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashLinkToken, linkToken, makeLink } from './link-tokens.ts'
import { loadServerSecret, makeServerKeys } from './server-secret.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'carrel-secret-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

describe('[IDN-13] the server’s secret', () => {
  test('is the configured one, else made once and kept for its owner only', () => {
    expect(loadServerSecret({ secret: 's'.repeat(40), home })).toBe('s'.repeat(40))
    expect(readdirSync(home)).toEqual([])
    const made = loadServerSecret({ secret: null, home: join(home, 'fresh') })
    expect(made).toMatch(/^[\w-]{43}$/)
    expect(loadServerSecret({ secret: null, home: join(home, 'fresh') })).toBe(made)
    expect(statSync(join(home, 'fresh', 'secret')).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(home, 'fresh'))).toEqual(['secret'])
  })

  test('that others may read, or that is none, is not taken', () => {
    const file = join(home, 'secret')
    writeFileSync(file, `${'x'.repeat(43)}\n`)
    chmodSync(file, 0o644)
    expect(() => loadServerSecret({ secret: null, home })).toThrow(/can read .*secret\. Run "chmod 600"/)
    writeFileSync(file, 'short')
    chmodSync(file, 0o600)
    expect(() => loadServerSecret({ secret: null, home })).toThrow(/There is no secret in/)
    expect(readFileSync(file, 'utf8')).toBe('short')
    expect(() => loadServerSecret({ secret: null, home: file })).toThrow(/Cannot keep the hub's secret in/)
  })

  test('[IDN-22] is not taken from a folder where everybody may put another one', () => {
    const open = join(home, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    expect(() => loadServerSecret({ secret: null, home: open })).toThrow(/Everyone .*open\. Run "chmod o-w"/)
    // Above it neither; and a folder for everybody, such as /tmp, lets nobody take another's file away.
    mkdirSync(join(open, 'below'), { mode: 0o700 })
    expect(() => loadServerSecret({ secret: null, home: join(open, 'below') })).toThrow(/Everyone/)
    chmodSync(open, 0o1777)
    expect(loadServerSecret({ secret: null, home: open })).toMatch(/^[\w-]{43}$/)
  })

  test.runIf(process.getuid?.() === 0)('[IDN-22] that somebody else put there is not taken', () => {
    const file = join(home, 'secret')
    writeFileSync(file, `${'x'.repeat(43)}\n`, { mode: 0o600 })
    chownSync(file, 65_534, 65_534)
    expect(() => loadServerSecret({ secret: null, home })).toThrow(/belongs to another user .*65534/)
    // As root a hub may serve a folder of its owner.
    chownSync(home, 65_534, 65_534)
    expect(loadServerSecret({ secret: null, home })).toBe('x'.repeat(43))
    // In a folder for everybody no owner but us says anything.
    chmodSync(home, 0o1777)
    expect(() => loadServerSecret({ secret: null, home })).toThrow(/belongs to another user/)
  })

  test('gives each purpose a key of its own, and distinguishes lists of parts', () => {
    const keys = makeServerKeys('the secret of these tests, and of no others')
    const macs = [
      keys.mac('links', 'a'),
      keys.mac('refresh', 'a'),
      keys.mac('addresses', 'a'),
      keys.mac('links', 'a', ''),
      keys.mac('links', 'a', 'b'),
      keys.mac('links', 'ab'),
      keys.mac('links', 'a,b'),
      keys.mac('links', '1'),
      keys.mac('links', 1),
      makeServerKeys('another secret of tests, just as long as it').mac('links', 'a'),
    ]
    expect(new Set(macs).size).toBe(macs.length)
    expect(macs.every((mac) => /^[\w-]{43}$/.test(mac))).toBe(true)
  })
})

test('[IDN-6] the token of a link has 256 bits, and comes from the server’s key and the nonce only', () => {
  const keys = makeServerKeys('the secret of these tests, and of no others')
  const { nonce, tokenHash } = makeLink(keys, 'verify')
  const token = linkToken(keys, 'verify', nonce)
  expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  expect(hashLinkToken(token)).toBe(tokenHash)
  expect(linkToken(keys, 'reset', nonce)).not.toBe(token)
  expect(linkToken(makeServerKeys('another secret of tests, just as long as it'), 'verify', nonce)).not.toBe(
    token,
  )
  expect(makeLink(keys, 'verify').nonce).not.toBe(nonce)
})
