import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it, vi } from 'vitest'
import { levels, openLiveTestKiosk, openTestKiosk, snapshot, welcome } from '../testing/test-engine.ts'

/** Every statement that writes fails with this, until the returned function is called. */
function failWrites(code: string): () => void {
  const run = vi.spyOn(Object.getPrototypeOf(new Database(':memory:').prepare('select 1')), 'run')
  run.mockImplementation(() => {
    throw new Database.SqliteError('a fault of the disk', code)
  })
  return () => run.mockRestore()
}

it('[SYN-25] [SYN-1] an outbox that was replaced is told of again once a full disk has room, each time', async () => {
  const first = await openLiveTestKiosk()
  first.engine.stop()
  const file = join(first.folder, 'outbox.db')
  const sqlite = new Database(file)
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  sqlite.close()
  // Corrupt behind its first pages: the identity is saved, and the kiosk goes on.
  const bytes = readFileSync(file)
  const damaged = Buffer.from(bytes)
  damaged.fill(0x2a, bytes.length - 4096)
  writeFileSync(file, damaged)
  const kiosk = openTestKiosk({ folder: first.folder, clock: first.clock, hub: first.hub })
  expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
  if (kiosk.seen.kiosk?.state === 'notEnrolled') await kiosk.engine.enrolWith('CODE')
  else kiosk.engine.start()
  welcome(kiosk)
  snapshot(kiosk)
  for (let round = 0; round < 2; round += 1) {
    kiosk.clock.advance(20_000)
    const restore = failWrites('SQLITE_FULL')
    const refused = await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: round })
    restore()
    expect(refused).toMatchObject({ ok: false, refusal: { why: 'notSaved' } })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: 'diskFull' })
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: round })).toMatchObject({
      ok: true,
    })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
  }
  kiosk.engine.stop()
})

it('[KSK-3] [KSK-7] a broken outbox is told of for as long as the process lives, also where a cache was replaced meanwhile', async () => {
  const kiosk = await openLiveTestKiosk()
  const restore = failWrites('SQLITE_IOERR_FSYNC')
  kiosk.clock.advance(1_000)
  await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
  restore()
  expect(kiosk.seen.outbox).toMatchObject({ alarm: 'diskFailing' })
  const file = join(kiosk.folder, 'cache.db')
  const sqlite = new Database(file)
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  sqlite.close()
  const bytes = readFileSync(file)
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0x2a)]))
  levels(kiosk, 6, 7, [[3, 7, 1, 1]])
  expect(kiosk.logged.some((line) => line.startsWith('cache-failing'))).toBe(true)
  expect(kiosk.seen.outbox).toMatchObject({ alarm: 'diskFailing' })
  kiosk.engine.stop()
})
