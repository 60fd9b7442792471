import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { openTestKiosk, openLiveTestKiosk, untilReconnected, type TestKiosk } from '../testing/test-engine.ts'

/** The disk goes bad under a running kiosk: every page of `outbox.db` but the first 100 bytes. */
function breakOutbox(kiosk: TestKiosk): void {
  const file = join(kiosk.folder, 'outbox.db')
  const sqlite = new Database(file)
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  sqlite.close()
  const bytes = readFileSync(file)
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0x2a)]))
}

test('[SYN-25] [KSK-3] outbox.db that breaks under way raises the alarm, accepts nothing more, ends the process, and lies aside after a restart', async () => {
  const kiosk = await openLiveTestKiosk()
  await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
  breakOutbox(kiosk)
  const answers: unknown[] = []
  for (let turn = 0; turn < 5; turn += 1) {
    kiosk.clock.advance(1_000)
    answers.push(await kiosk.engine.call('reportOccupancy', { spaceId: 4, level: turn % 3 }))
  }
  expect(answers).toEqual(answers.map(() => ({ ok: false, refusal: { why: 'notSaved' } })))
  expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
  expect(await kiosk.engine.failed).toBe('storeBroken')
  expect(kiosk.screen.get(4)).toMatchObject({ level: null })
  // What it shows stays until the process has ended, no connection is opened anew, and nothing is logged as a fault of ours.
  const before = kiosk.hub.connectionCount()
  kiosk.clock.advance(300_000)
  expect(kiosk.hub.connectionCount()).toBe(before)
  expect(kiosk.screen.size).toBe(6)
  expect(kiosk.logged.filter((line) => /hub-message-failed|call-failed/.test(line))).toEqual([])
  kiosk.engine.stop()
  const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
  expect(again.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
  expect(readdirSync(kiosk.folder)).toContain('outbox.db.broken-1')
  again.engine.stop()
})

test('[SYN-25] a tap that waited when outbox.db broke does not make the connection fail in silence', async () => {
  const kiosk = await openLiveTestKiosk()
  kiosk.hub.cut()
  await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
  breakOutbox(kiosk)
  untilReconnected(kiosk)
  kiosk.hub.say({ type: 'challenge', nonce: 'n', protocols: [2, 1] })
  expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
  expect(kiosk.logged.filter((line) => /hub-message-failed|call-failed/.test(line))).toEqual([])
  expect(kiosk.screen.get(3)).toMatchObject({ level: 2, isWaiting: true })
  kiosk.engine.stop()
})

test('[KSK-3] a disk that fails under a write ends the process, and outbox.db stays where it is', async () => {
  const kiosk = await openLiveTestKiosk()
  await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
  const faulty = vi.spyOn(Object.getPrototypeOf(new Database(':memory:').prepare('select 1')), 'run')
  faulty.mockImplementation(() => {
    throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC')
  })
  kiosk.clock.advance(1_000)
  const answer = await kiosk.engine.call('reportOccupancy', { spaceId: 4, level: 1 })
  faulty.mockRestore()
  expect(answer).toEqual({ ok: false, refusal: { why: 'notSaved' } })
  expect(kiosk.seen.outbox).toMatchObject({ alarm: 'diskFailing' })
  expect(await kiosk.engine.failed).toBe('storeBroken')
  // After a flush that failed nobody knows what the disk holds: a write that seems to go well is no promise.
  expect(await kiosk.engine.call('reportOccupancy', { spaceId: 5, level: 1 })).toEqual(answer)
  kiosk.engine.stop()
  const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
  expect(again.seen.kiosk).toMatchObject({ state: 'enrolled' })
  expect(again.seen.outbox).toMatchObject({ alarm: null, waitingCount: 1 })
  again.engine.stop()
})
