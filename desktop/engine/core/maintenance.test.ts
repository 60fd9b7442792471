import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  ack,
  beat,
  openTestKiosk,
  openLiveTestKiosk,
  report,
  untilReconnected,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Time passes while the hub goes on sending heartbeats, so that the connection stays up. */
function pass(kiosk: TestKiosk, ms: number, head: number): void {
  for (let passed = 0; passed < ms; passed += 5_000) {
    kiosk.clock.advance(5_000)
    beat(kiosk, head)
  }
}

function countRows(kiosk: TestKiosk): number {
  const sqlite = new Database(join(kiosk.folder, 'outbox.db'), { readonly: true })
  try {
    return Number(sqlite.prepare('select count(*) from mutations').pluck().get())
  } finally {
    sqlite.close()
  }
}

describe('a connection that stays up for weeks', () => {
  it('[KSK-6] [SYN-18] deletes what was acknowledged seven days ago without a new welcome, and never the newest id', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let id = 1; id <= 3; id += 1) {
      await report(kiosk, 2 + id, 1)
      ack(kiosk, id, 6)
    }
    kiosk.clock.suspend(7 * DAY_MS)
    for (let second = 0; second < 3; second += 1) {
      kiosk.clock.advance(1_000)
      kiosk.hub.pong()
    }
    beat(kiosk, 6)
    pass(kiosk, 2 * HOUR_MS, 6)
    expect(kiosk.hub.connectionCount()).toBe(1)
    expect(countRows(kiosk)).toBe(1)
    await report(kiosk, 3, 2)
    expect(kiosk.hub.last('push')?.mutations).toMatchObject([{ id: 4 }])
    kiosk.engine.stop()
  })

  it('[KSK-6] works off a great heap in steps, leaves no gap, and is not fooled by an ack of a hub with a wrong clock', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.engine.stop()
    const sqlite = new Database(join(kiosk.folder, 'outbox.db'))
    // Acknowledged long ago; one of them by a hub that believed to be in 2096, the last three lately.
    sqlite.exec(`with recursive n (id) as (select 1 union all select id + 1 from n where id < 5003)
      insert into mutations (id, kind, space_id, body, hash, level, boot, elapsed_ms, contact_ms, at_ms, acked_head, acked_at_ms)
      select id, 'report', 3, '{}', 'h', 1, 'b', id, 1, 1, 6,
             case when id = 2000 then 4000000000000 when id > 5000 then 1800000000000 else 1600000000000 end from n`)
    sqlite.close()
    const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
    again.engine.start()
    // A hub that is met sends the time; what is deleted by then is not looked at here.
    welcome(again, { lastMutationId: 5_003 })
    expect(countRows(again)).toBe(3)
    again.engine.stop()
  })
})

describe('standing still', () => {
  it('[KSK-12] says "connecting" at once, and "online" again with the hub’s answer, not with what it said before', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.clock.suspend(9_000)
    kiosk.clock.advance(1_000)
    expect(kiosk.seen.link?.status).toBe('connecting')
    expect(kiosk.hub.pings()).toBe(1)
    beat(kiosk, 6)
    expect(kiosk.seen.link?.status).toBe('connecting')
    kiosk.hub.pong()
    expect(kiosk.seen.link?.status).toBe('online')
    kiosk.engine.stop()
  })

  it('[KSK-12] is noticed also by an old message that is read before any timer', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.clock.suspend(9_000)
    beat(kiosk, 6)
    expect(kiosk.seen.link?.status).toBe('connecting')
    expect(kiosk.hub.pings()).toBe(1)
    kiosk.hub.pong()
    expect(kiosk.seen.link?.status).toBe('online')
    kiosk.clock.advance(1_000)
    expect([kiosk.seen.link?.status, kiosk.hub.pings()]).toEqual(['online', 1])
    kiosk.engine.stop()
  })

  it('[KSK-12] is followed by a new connection at once where none answers, and where one was waited for', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.clock.suspend(3_600_000)
    kiosk.clock.advance(1_000)
    expect(kiosk.seen.link?.status).toBe('connecting')
    kiosk.clock.advance(3_000)
    expect(kiosk.seen.link?.status).toBe('offline')
    expect(kiosk.hub.isOpen()).toBe(false)
    expect(untilReconnected(kiosk)).toBeLessThanOrEqual(4_100)
    for (let turn = 0; turn < 8; turn += 1) {
      kiosk.hub.cut('unreachable')
      if (turn < 7) untilReconnected(kiosk)
    }
    kiosk.clock.suspend(60_000)
    expect(untilReconnected(kiosk)).toBeLessThanOrEqual(1_100)
    kiosk.engine.stop()
  })
})
