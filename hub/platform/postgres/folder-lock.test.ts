import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderLockedError, lockFolder, wasLeftLocked } from './folder-lock.ts'
import { readProcess } from './process-table.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a folder is held until it is freed, and nothing is left in it', () => {
  const unlock = lockFolder(folder)
  expect(() => lockFolder(folder)).toThrow(FolderLockedError)
  expect(() => lockFolder(folder)).toThrow(
    new RegExp(`in use by another start of Carrel \\(process ${process.pid}\\)`),
  )
  expect(readdirSync(folder)).toEqual(['lock'])
  expect(wasLeftLocked(folder)).toBe(false)
  unlock()
  unlock()
  expect(wasLeftLocked(folder)).toBe(false)
  expect(readdirSync(folder)).toEqual([])
  lockFolder(folder)()
})

test.each([
  ['a process that ended', JSON.stringify({ pid: 2 ** 22 + 1, started: 'x' })],
  ['another life of this number', JSON.stringify({ pid: process.pid, started: 'before the boot 1' })],
  ['half a file', '{"pid":'],
  ['nothing', ''],
])('the lock of %s is taken over', (_, text) => {
  writeFileSync(join(folder, 'lock'), text)
  expect(wasLeftLocked(folder)).toBe(true)
  const unlock = lockFolder(folder)
  expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid })
  unlock()
  expect(readdirSync(folder)).toEqual([])
})

test('the lock of a living process holds, and unlocking an old claim leaves the new one alone', () => {
  const unlock = lockFolder(folder)
  const parent = JSON.stringify({ pid: process.ppid, started: readProcess(process.ppid)?.started })
  writeFileSync(join(folder, 'lock'), parent)
  expect(() => lockFolder(folder)).toThrow(`process ${process.ppid}`)
  unlock()
  expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(parent)
})
