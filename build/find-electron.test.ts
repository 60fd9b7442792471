import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findElectron } from './find-electron.ts'

test('Electron is used where its program and a display are there, and never by root', () => {
  const packageFolder = mkdtempSync(join(tmpdir(), 'carrel-electron-'))
  const here = { packageFolder, platform: 'linux' as const, env: { DISPLAY: ':0' }, userId: 1000 }
  expect(findElectron(here)).toBe(null)
  writeFileSync(join(packageFolder, 'path.txt'), 'electron\n')
  expect(findElectron(here)).toBe(null)
  mkdirSync(join(packageFolder, 'dist'))
  const program = join(packageFolder, 'dist', 'electron')
  writeFileSync(program, '')
  expect(findElectron(here)).toBe(program)
  expect(findElectron({ ...here, env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe(program)
  expect(findElectron({ ...here, env: { DISPLAY: '', WAYLAND_DISPLAY: 'wayland-0' } })).toBe(program)
  expect(findElectron({ ...here, env: { DISPLAY: '' } })).toBe(null)
  expect(findElectron({ ...here, env: {} })).toBe(null)
  const elsewhere = mkdtempSync(join(tmpdir(), 'carrel-electron-'))
  const named = { ...here, packageFolder: elsewhere }
  const env = { DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: join(packageFolder, 'dist') }
  expect(findElectron({ ...named, env })).toBe(program)
  expect(findElectron({ ...named, platform: 'win32', env })).toBe(null)
  expect(findElectron({ ...here, userId: 0 })).toBe(null)
  expect(findElectron({ ...here, platform: 'darwin', env: {}, userId: 501 })).toBe(program)
})
