import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { HUB_MS } from '../testing/scripted-hub.ts'
import {
  ack,
  beat,
  openLiveTestKiosk,
  openTestKiosk,
  report,
  snapshot,
  LIBRARY,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Time passes while the hub goes on sending heartbeats, so that the connection stays up. */
function pass(kiosk: TestKiosk, ms: number): void {
  for (let passed = 0; passed < ms; passed += 5_000) {
    kiosk.clock.advance(5_000)
    beat(kiosk, 6)
  }
}

/** A suspend after which the hub answers on the same connection. */
function sleep(kiosk: TestKiosk, ms: number): void {
  kiosk.clock.suspend(ms)
  for (let second = 0; second < 3; second += 1) {
    kiosk.clock.advance(1_000)
    kiosk.hub.pong()
  }
  beat(kiosk, 6)
}

function countRows(kiosk: TestKiosk): number {
  const sqlite = new Database(join(kiosk.folder, 'outbox.db'), { readonly: true })
  try {
    return Number(sqlite.prepare('select count(*) from mutations').pluck().get())
  } finally {
    sqlite.close()
  }
}

it('[KSK-6] what is not seven days old yet at one hour is deleted at the next', async () => {
  const kiosk = await openLiveTestKiosk()
  for (let id = 1; id <= 3; id += 1) {
    await report(kiosk, 2 + id, 1)
    ack(kiosk, id, 6)
  }
  sleep(kiosk, 7 * DAY_MS - 90 * MINUTE_MS)
  pass(kiosk, 62 * MINUTE_MS)
  expect(countRows(kiosk)).toBe(3)
  pass(kiosk, 60 * MINUTE_MS)
  expect(countRows(kiosk)).toBe(1)
  expect(kiosk.hub.connectionCount()).toBe(1)
  kiosk.engine.stop()
})

it('[KSK-6] a great heap is gone seconds after its hour, not a part of it each hour', async () => {
  const kiosk = await openLiveTestKiosk()
  kiosk.engine.stop()
  const sqlite = new Database(join(kiosk.folder, 'outbox.db'))
  // They become seven days old half an hour after the welcome.
  const ackedAtMs = HUB_MS - 7 * DAY_MS + 30 * MINUTE_MS
  sqlite.exec(`with recursive n (id) as (select 1 union all select id + 1 from n where id < 9000)
    insert into mutations (id, kind, space_id, body, hash, level, boot, elapsed_ms, contact_ms, at_ms, acked_head, acked_at_ms)
    select id, 'report', 3, '{}', 'h', 1, 'b', id, 1, 1, 6, ${ackedAtMs} from n`)
  sqlite.close()
  const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
  again.engine.start()
  welcome(again, { lastMutationId: 9_000 })
  snapshot(again, LIBRARY)
  expect(countRows(again)).toBe(9_000)
  pass(again, 61 * MINUTE_MS)
  expect(countRows(again)).toBe(1)
  again.engine.stop()
})

it('[KSK-6] nothing is deleted while no hub says what time it is', async () => {
  const kiosk = await openLiveTestKiosk()
  for (let id = 1; id <= 3; id += 1) {
    await report(kiosk, 2 + id, 1)
    ack(kiosk, id, 6)
  }
  kiosk.hub.cut('unreachable')
  kiosk.clock.suspend(30 * DAY_MS)
  kiosk.clock.advance(3 * HOUR_MS)
  expect(countRows(kiosk)).toBe(3)
  kiosk.engine.stop()
})
