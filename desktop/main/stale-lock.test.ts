import { lstatSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dropStaleLock, type LockFacts } from './stale-lock.ts'

const HERE: LockFacts = {
  platform: 'linux',
  hostname: 'kiosk-7',
  program: '/opt/Carrel/carrel',
  programOf: () => null,
}

function lock(target: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-lock-'))
  for (const name of ['SingletonLock', 'SingletonSocket', 'SingletonCookie'])
    symlinkSync(target, join(folder, name))
  return folder
}

function isThere(folder: string, name = 'SingletonLock'): boolean {
  return lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined
}

test('[SHL-9] the lock that a device left under its old name is removed', () => {
  const folder = lock('old-name-4711')
  expect(dropStaleLock(folder, HERE)).toBe(true)
  for (const name of ['SingletonLock', 'SingletonSocket', 'SingletonCookie'])
    expect(isThere(folder, name)).toBe(false)
  const reused = lock('old-name-4711')
  expect(dropStaleLock(reused, { ...HERE, programOf: () => '/usr/bin/bash' })).toBe(true)
})

test('[SHL-9] a lock that somebody can hold stays: of this host, of a running app, elsewhere than on Linux, or no lock at all', () => {
  for (const [target, around] of [
    ['kiosk-7-4711', HERE],
    ['old-name-4711', { ...HERE, programOf: () => HERE.program }],
    ['old-name-4711', { ...HERE, platform: 'darwin' }],
    ['nonsense', HERE],
  ] as const) {
    const folder = lock(target)
    expect(dropStaleLock(folder, around)).toBe(false)
    expect(isThere(folder)).toBe(true)
  }
  const folder = mkdtempSync(join(tmpdir(), 'carrel-lock-'))
  expect(dropStaleLock(folder, HERE)).toBe(false)
  writeFileSync(join(folder, 'SingletonLock'), 'old-name-4711')
  expect(dropStaleLock(folder, HERE)).toBe(false)
})
