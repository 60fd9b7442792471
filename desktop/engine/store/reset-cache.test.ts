import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  LIBRARY,
  levels,
  openLiveTestKiosk,
  snapshot,
  untilReconnected,
  welcome,
} from '../testing/test-engine.ts'

describe('a cache that cannot be replaced', () => {
  it('[KSK-7] is tried again until it can, the rows go on being shown, and one broken cache stays', async () => {
    const kiosk = await openLiveTestKiosk()
    const file = join(kiosk.folder, 'cache.db')
    const breakCache = (): void => {
      const sqlite = new Database(file)
      sqlite.pragma('wal_checkpoint(TRUNCATE)')
      sqlite.close()
      const bytes = readFileSync(file)
      writeFileSync(file, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0x2a)]))
    }
    breakCache()
    // A folder in the way of its log: the new file cannot be opened, as on a disk that fails.
    mkdirSync(join(kiosk.folder, 'cache.db.broken-1'))
    mkdirSync(join(kiosk.folder, 'cache.db.broken-1', 'kept'))
    levels(kiosk, 6, 7, [[3, 7, 1, 1]])
    for (let turn = 0; turn < 3; turn += 1) {
      untilReconnected(kiosk)
      welcome(kiosk, { head: 7 })
      expect(kiosk.hub.isOpen()).toBe(false)
      expect(kiosk.screen.size).toBe(6)
      expect(kiosk.seen.outbox).toMatchObject({ alarm: 'diskFailing' })
    }
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })).toMatchObject({ ok: true })
    rmSync(join(kiosk.folder, 'cache.db.broken-1'), { recursive: true })
    untilReconnected(kiosk)
    welcome(kiosk, { head: 7 })
    snapshot(kiosk, LIBRARY, 7)
    expect(kiosk.engine.readRows()).toMatchObject({ cursor: 7 })
    expect(kiosk.seen.link?.status).toBe('online')
    expect(kiosk.seen.outbox).toMatchObject({ alarm: null })
    expect(kiosk.logged.filter((line) => line.startsWith('hub-message-failed'))).toEqual([])
    breakCache()
    levels(kiosk, 7, 8, [[3, 8, 1, 1]])
    expect(readdirSync(kiosk.folder).filter((name) => /^cache\.db\.broken-\d+$/.test(name))).toHaveLength(1)
    kiosk.engine.stop()
  })

  it('[KSK-7] does not keep a device from being enrolled with a new code', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.hub.say({ type: 'err', code: 'revoked', fatal: true })
    const file = join(kiosk.folder, 'cache.db')
    const sqlite = new Database(file)
    sqlite.exec('drop table position')
    sqlite.close()
    const before = kiosk.hub.connectionCount()
    expect(await kiosk.engine.call('enrol', { code: 'B' })).toMatchObject({ ok: true })
    expect(kiosk.hub.connectionCount()).toBe(before + 1)
    kiosk.engine.stop()
  })
})
