import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readHubFile, writeHubFile } from './hub-file.ts'

let home: string
const facts = { pid: process.pid, url: 'http://127.0.0.1:4710', databaseUrl: 'postgresql://u:p@db/x' }

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'carrel-home-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

test('a running hub is found through its folder, by its owner only, until it stops', () => {
  const remove = writeHubFile(join(home, 'new'), facts)
  expect(readHubFile(join(home, 'new'))).toEqual(facts)
  expect(statSync(join(home, 'new', 'hub.json')).mode & 0o777).toBe(0o600)
  remove()
  expect(readHubFile(join(home, 'new'))).toBeNull()
  expect(readdirSync(join(home, 'new'))).toEqual([])
})

test('what a killed hub left, or no hub wrote, is not believed', () => {
  writeHubFile(home, { ...facts, pid: 2 ** 22 + 1 })
  expect(readHubFile(home)).toBeNull()
  writeFileSync(join(home, 'hub.json'), '{"pid": 1')
  expect(readHubFile(home)).toBeNull()
  expect(readHubFile(join(home, 'nowhere'))).toBeNull()
})

test('a hub that goes leaves the file of the one that came after it', () => {
  const remove = writeHubFile(home, { ...facts, pid: process.ppid })
  writeHubFile(home, facts)
  remove()
  expect(JSON.parse(readFileSync(join(home, 'hub.json'), 'utf8'))).toEqual(facts)
})

test.runIf(process.getuid?.() === 0)('[IDN-22] a file that another user put there is not believed', () => {
  writeHubFile(home, facts)
  chownSync(join(home, 'hub.json'), 65_534, 65_534)
  expect(readHubFile(home)).toBeNull()
  // That of the hub of whom the folder belongs to is, as root.
  chownSync(home, 65_534, 65_534)
  expect(readHubFile(home)).toEqual(facts)
})
