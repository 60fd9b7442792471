import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readOrCreateBridgeToken } from './bridge-token.ts'

test('[BRG-3] the token is random, only its user can read it, and a new start knows it again', () => {
  const root = mkdtempSync(join(tmpdir(), 'carrel-token-'))
  const folder = join(root, 'kiosk')
  const token = readOrCreateBridgeToken(folder)
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(statSync(join(folder, 'bridge-token')).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(readOrCreateBridgeToken(folder)).toBe(token)
  expect(readOrCreateBridgeToken(join(root, 'other'))).not.toBe(token)
})

test('[BRG-3] a token file that was emptied or made short is not accepted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-token-'))
  for (const text of ['', 'a', 'x'.repeat(44)]) {
    writeFileSync(join(folder, 'bridge-token'), text)
    expect(readOrCreateBridgeToken(folder)).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(statSync(join(folder, 'bridge-token')).mode & 0o777).toBe(0o600)
  }
})

test('[BRG-3] a token that another user could read, or has put there, is not used again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-token-'))
  const file = join(folder, 'bridge-token')
  const first = readOrCreateBridgeToken(folder)
  chmodSync(file, 0o640)
  const second = readOrCreateBridgeToken(folder)
  expect(second).not.toBe(first)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  // Only root can give a file away.
  if (process.getuid?.() === 0) {
    chownSync(file, 65_534, 65_534)
    expect(readOrCreateBridgeToken(folder)).not.toBe(second)
  }
  rmSync(folder, { recursive: true })
})
