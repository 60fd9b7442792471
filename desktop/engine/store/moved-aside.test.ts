import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { scratchFolder } from '../testing/scripted-hub.ts'
import { openLiveTestKiosk, openTestKiosk, report } from '../testing/test-engine.ts'
import { exportOutboxes } from './export-outbox.ts'
import { copyBeforeMigration, listMovedAside, moveAside, moveLeftoverWal } from './database-files.ts'

// The second file that goes aside, and the tenth.

it('[KSK-2] of copies from before an update the last two stay, whatever their numbers', () => {
  const folder = scratchFolder()
  const sqlite = new Database(join(folder, 'outbox.db'))
  const copies = (): string[] => readdirSync(folder).filter((name) => name.includes('version'))
  sqlite.exec('create table one (id integer)')
  for (const [version, kept] of [
    [8, [8]],
    [9, [8, 9]],
    [10, [9, 10]],
    [11, [10, 11]],
    [100, [11, 100]],
  ] as const) {
    copyBeforeMigration(sqlite, version)
    expect(copies().toSorted()).toEqual(kept.map((number) => `outbox.db.version-${number}`).toSorted())
  }
  sqlite.close()
})

it('[SYN-25] [KSK-4] what goes aside takes the place of nothing that did before, and is listed oldest first', () => {
  const folder = scratchFolder()
  const file = join(folder, 'outbox.db')
  for (let number = 1; number <= 11; number += 1) {
    writeFileSync(file, `file ${number}`)
    writeFileSync(`${file}-wal`, `log ${number}`)
    expect(moveAside(file)).toBe(`${file}.broken-${number}`)
  }
  const aside = listMovedAside(file)
  expect(aside.map((name) => readFileSync(name, 'utf8'))).toEqual(
    Array.from({ length: 11 }, (_, index) => `file ${index + 1}`),
  )
  expect(aside.map((name) => readFileSync(`${name}-wal`, 'utf8'))).toEqual(
    Array.from({ length: 11 }, (_, index) => `log ${index + 1}`),
  )
})

it('[KSK-4] a log that a power cut left is the newest file’s own, and one of another start goes beside it', () => {
  const folder = scratchFolder()
  const file = join(folder, 'outbox.db')
  for (const number of [2, 10]) writeFileSync(`${file}.broken-${number}`, '')
  writeFileSync(`${file}-wal`, 'its own')
  moveLeftoverWal(file)
  expect(readFileSync(`${file}.broken-10-wal`, 'utf8')).toBe('its own')
  for (const number of [1, 3]) {
    writeFileSync(`${file}-wal`, `log ${number}`)
    moveLeftoverWal(file)
    expect(readFileSync(`${file}.broken-10-wal`, 'utf8')).toBe('its own')
    expect(readFileSync(`${file}.broken-${number}-wal`, 'utf8')).toBe(`log ${number}`)
  }
  // Beside its file a log is none that was left.
  writeFileSync(file, '')
  writeFileSync(`${file}-wal`, 'in use')
  moveLeftoverWal(file)
  expect(existsSync(`${file}-wal`)).toBe(true)
})

it('[KSK-4] what was saved of a file that turned out to be whole is deleted, so that it never comes back', async () => {
  const kiosk = await openLiveTestKiosk()
  await report(kiosk, 3, 1)
  kiosk.engine.stop()
  const saved = join(kiosk.folder, 'outbox.db.salvaged')
  writeFileSync(saved, readFileSync(join(kiosk.folder, 'outbox.db')))
  const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
  expect(existsSync(saved)).toBe(false)
  expect(again.seen.outbox).toMatchObject({ alarm: null, waitingCount: 1 })
  again.engine.stop()
})

it('[SYN-28] [SYN-21] an export has what went aside and what was kept when the device changed its university, of each all', async () => {
  const kiosk = await openLiveTestKiosk()
  await report(kiosk, 3, 1)
  kiosk.engine.stop()
  const file = join(kiosk.folder, 'outbox.db')
  const names = ['outbox.db.broken-1', 'outbox.db.broken-12', 'outbox.db.kept-1', 'outbox.db.kept-2']
  for (const name of names) copyFileSync(file, join(kiosk.folder, name))
  for (const name of ['outbox.db.version-3', 'outbox.db.kept-x', 'cache.db.broken-1'])
    copyFileSync(file, join(kiosk.folder, name))
  const { outboxes, unreadable } = exportOutboxes(kiosk.folder)
  expect(outboxes.map((outbox) => outbox.file)).toEqual(['outbox.db', ...names])
  expect(outboxes.map(({ mutations }) => mutations.length)).toEqual([1, 1, 1, 1, 1])
  expect(unreadable).toEqual([])
})
