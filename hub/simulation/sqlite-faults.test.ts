import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CrashSignal, SqliteFaults } from './sqlite-faults.ts'

let folder: string
let faults: SqliteFaults
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-faults-'))
  faults = new SqliteFaults()
})
afterEach(() => {
  faults.stop()
  rmSync(folder, { recursive: true })
})

function count(): number {
  const other = new Database(join(folder, 'x.db'))
  const rows = other.prepare('select count(*) from marks').pluck().get()
  other.close()
  return Number(rows)
}

test.each([
  [1, 0],
  [2, 0],
  [3, 0],
  [4, 0],
  [5, 0],
  [6, 1],
])('a crash at effect %i of a transaction leaves %i rows', (effect, left) => {
  let effects = 0
  let isDead = false
  const diesNow = (): boolean => {
    effects += 1
    isDead ||= effects === effect + 100
    return isDead
  }
  faults.watch(folder, { diesNow, isDead: () => isDead })
  const database = new Database(join(folder, 'x.db'))
  database.exec('create table marks (mark int)')
  effects = 100
  const write = database.transaction(() => database.prepare('insert into marks values (1)').run())
  expect(write).toThrow(CrashSignal)
  expect(() => database.prepare('select 1').get()).toThrow(CrashSignal)
  faults.closeAll(folder)
  expect(count()).toBe(left)
})

test('a full disk is a real SQLITE_FULL, and ends', () => {
  faults.watch(folder, { diesNow: () => false, isDead: () => false })
  const database = new Database(join(folder, 'x.db'))
  database.pragma('journal_mode = WAL')
  database.exec('create table marks (mark int)')
  faults.setFull(folder, 'x.db', true)
  const insert = database.prepare('insert into marks values (zeroblob(9000))')
  expect(() => insert.run()).toThrow('full')
  faults.setFull(folder, 'x.db', false)
  insert.run()
  faults.closeAll(folder)
  expect(count()).toBe(1)
})
