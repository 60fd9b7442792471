import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepBridgeToken } from './bridge-token.ts'

test('[BRG-3] the token is random, only its user can read it, and a new start knows it again', () => {
  const root = mkdtempSync(join(tmpdir(), 'carrel-token-'))
  const folder = join(root, 'kiosk')
  const token = keepBridgeToken(folder)
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(statSync(join(folder, 'bridge-token')).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(keepBridgeToken(folder)).toBe(token)
  expect(keepBridgeToken(join(root, 'other'))).not.toBe(token)
})

test('[BRG-3] a token file that was emptied or made short is not believed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-token-'))
  for (const text of ['', 'a', 'x'.repeat(44)]) {
    writeFileSync(join(folder, 'bridge-token'), text)
    expect(keepBridgeToken(folder)).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(statSync(join(folder, 'bridge-token')).mode & 0o777).toBe(0o600)
  }
})

test('[BRG-3] a token that another user could read, or has put there, is not used again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-token-'))
  const file = join(folder, 'bridge-token')
  const first = keepBridgeToken(folder)
  chmodSync(file, 0o640)
  const second = keepBridgeToken(folder)
  expect(second).not.toBe(first)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  // Only root can give a file away.
  if (process.getuid?.() === 0) {
    chownSync(file, 65_534, 65_534)
    expect(keepBridgeToken(folder)).not.toBe(second)
  }
  rmSync(folder, { recursive: true })
})
