import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { makeEngine } from '../api/engine.ts'
import {
  ack,
  levels,
  LIBRARY,
  openTestKiosk,
  openLiveTestKiosk,
  reopen,
  snapshot,
  untilReconnected,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'
import { makeScriptedHub, makeTestClock, scratchFolder } from '../testing/scripted-hub.ts'
import { openStores, type Stores } from './stores.ts'

const SILENT = { info: () => undefined, warn: () => undefined }

async function report(kiosk: TestKiosk, spaceId: number, level: number): Promise<unknown> {
  return kiosk.engine.call('reportOccupancy', { spaceId, level })
}

function openOrFail(folder: string): Stores {
  const opened = openStores(folder, SILENT)
  if (!opened.ok) throw new Error(opened.refusal)
  return opened.value
}

describe('the kiosk’s folder', () => {
  it('[SYN-1] is readable for its owner alone, and every commit of the outbox is flushed', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    const files = readdirSync(kiosk.folder).filter((file) => /^(outbox|cache)/.test(file))
    expect(files).toContain('outbox.db-wal')
    for (const file of files) expect(statSync(join(kiosk.folder, file)).mode & 0o777).toBe(0o600)
    kiosk.engine.stop()
    const stores = openOrFail(kiosk.folder)
    const { sqlite } = stores.outbox
    expect(sqlite.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(sqlite.pragma('synchronous', { simple: true })).toBe(2)
    expect(sqlite.pragma('fullfsync', { simple: true })).toBe(1)
    expect(stores.cache.sqlite.pragma('synchronous', { simple: true })).toBe(1)
    stores.close()
  })

  it('[KSK-1] belongs to one process at a time', async () => {
    const kiosk = await openLiveTestKiosk()
    const other = openTestKiosk({ folder: kiosk.folder })
    expect(other.seen.kiosk).toEqual({ state: 'storeError', advice: 'locked' })
    expect(await report(other, 3, 1)).toEqual({ ok: false, refusal: { why: 'notSaved' } })
    kiosk.engine.stop()
    const third = openTestKiosk({ folder: kiosk.folder })
    expect(third.seen.kiosk).toMatchObject({ state: 'enrolled' })
  })

  it('[KSK-1] that is a file is reported to the screen', () => {
    const file = join(scratchFolder(), 'taken')
    writeFileSync(file, '')
    expect(openTestKiosk({ folder: file }).seen.kiosk).toEqual({ state: 'storeError', advice: 'unreadable' })
  })

  it('[SYN-25] of a newer program is left alone', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.engine.stop()
    const sqlite = new Database(join(kiosk.folder, 'outbox.db'))
    sqlite.pragma('user_version = 99')
    sqlite.close()
    expect(openTestKiosk({ folder: kiosk.folder }).seen.kiosk).toEqual({
      state: 'storeError',
      advice: 'tooNew',
    })
    expect(readdirSync(kiosk.folder).some((file) => file.includes('broken'))).toBe(false)
  })
})

describe('a broken file', () => {
  it('[SYN-25] cache.db is moved aside and requested again; waiting taps are not touched', async () => {
    for (const damage of ['garbage', 'cut', 'text'] as const) {
      const kiosk = await openLiveTestKiosk()
      kiosk.hub.cut()
      await report(kiosk, 3, 2)
      kiosk.engine.stop()
      const file = join(kiosk.folder, 'cache.db')
      if (damage === 'garbage') writeFileSync(file, 'x'.repeat(8192))
      if (damage === 'cut') truncateSync(file, 5_000)
      if (damage === 'text') {
        const sqlite = new Database(file)
        sqlite.exec("update rows_spaces set body = '{' where id = 3")
        sqlite.close()
      }
      const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
      again.engine.start()
      expect(readdirSync(kiosk.folder)).toContain('cache.db.broken-1')
      again.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
      expect(again.hub.last('hello')).toMatchObject({ kioskId: 7, epoch: null, cursor: 0, nextMutationId: 2 })
      welcome(again)
      expect(again.hub.last('push')?.mutations).toMatchObject([{ id: 1 }])
      snapshot(again)
      expect(again.screen.get(3)).toMatchObject({ level: 2, isWaiting: true })
      again.engine.stop()
    }
  })

  it('[SYN-25] cache.db that breaks under way is thrown away, and the rows come again', async () => {
    const kiosk = await openLiveTestKiosk()
    const file = join(kiosk.folder, 'cache.db')
    const sqlite = new Database(file)
    sqlite.pragma('wal_checkpoint(TRUNCATE)')
    sqlite.close()
    const bytes = readFileSync(file)
    writeFileSync(file, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0x2a)]))
    levels(kiosk, 6, 7, [[3, 7, 1, 1]])
    expect(kiosk.hub.isOpen()).toBe(false)
    untilReconnected(kiosk)
    kiosk.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(kiosk.hub.last('hello')).toMatchObject({ epoch: null, cursor: 0 })
    expect(kiosk.screen.size).toBe(6)
    welcome(kiosk, { head: 7 })
    snapshot(kiosk, LIBRARY, 7)
    expect(kiosk.engine.readRows()).toMatchObject({ cursor: 7 })
    expect(kiosk.seen.link?.status).toBe('online')
  })

  it('[SYN-25] outbox.db is moved aside, never deleted, and raises the alarm', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.engine.stop()
    writeFileSync(join(kiosk.folder, 'outbox.db'), 'y'.repeat(8192))
    const again = openTestKiosk({ folder: kiosk.folder })
    expect(again.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
    expect(again.seen.kiosk).toMatchObject({ state: 'notEnrolled' })
    expect(readFileSync(join(kiosk.folder, 'outbox.db.broken-1'), 'utf8')).toBe('y'.repeat(8192))
    again.engine.stop()
    writeFileSync(join(kiosk.folder, 'outbox.db'), 'z'.repeat(8192))
    openTestKiosk({ folder: kiosk.folder })
    expect(readFileSync(join(kiosk.folder, 'outbox.db.broken-2'), 'utf8')).toBe('z'.repeat(8192))
  })
})

describe('a full disk', () => {
  it('[SYN-1] refuses the tap, shows nothing of it, and raises the alarm until there is room', async () => {
    const first = await openLiveTestKiosk()
    first.engine.stop()
    const stores = openOrFail(first.folder)
    const clock = makeTestClock()
    const engine = makeEngine(
      {
        folder: first.folder,
        config: { name: 'Floor', hub: { url: 'http://127.0.0.1:4710' } },
        appVersion: '0.0.1',
        clock,
        connect: makeScriptedHub().connect,
        postEnrolment: () => Promise.reject(new Error('not asked')),
        random: makeSeededRandom(5),
        makeSecret: () => '',
        log: SILENT,
      },
      stores,
    )
    const seen: unknown[] = []
    engine.subscribe((name, value) => {
      if (name === 'outbox') seen.push(value)
    })
    const { sqlite } = stores.outbox
    sqlite.pragma(`max_page_count = ${String(sqlite.pragma('page_count', { simple: true }))}`)
    const answers: unknown[] = []
    for (let turn = 0; turn < 40 && !JSON.stringify(answers).includes('notSaved'); turn += 1) {
      clock.advance(1_000)
      answers.push(await engine.call('reportOccupancy', { spaceId: 3, level: turn % 3 }))
    }
    expect(answers.at(-1)).toEqual({ ok: false, refusal: { why: 'notSaved' } })
    expect(seen.at(-1)).toMatchObject({ alarm: 'diskFull', waitingCount: answers.length - 1 })
    expect(sqlite.prepare('select count(*) from mutations').pluck().get()).toBe(answers.length - 1)
    expect(sqlite.inTransaction).toBe(false)
    sqlite.pragma('max_page_count = 100000')
    expect(await engine.call('reportOccupancy', { spaceId: 4, level: 1 })).toMatchObject({
      ok: true,
      value: { mutationId: answers.length },
    })
    expect(seen.at(-1)).toMatchObject({ alarm: null })
    engine.stop()
  })
})

describe('a full outbox', () => {
  it('[SYN-5] takes 100,000 waiting taps, refuses one more loudly, and still drains', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.engine.stop()
    const sqlite = new Database(join(kiosk.folder, 'outbox.db'))
    sqlite.exec(`with recursive n (id) as (select 1 union all select id + 1 from n where id < 99999)
      insert into mutations (id, kind, space_id, body, hash, level, boot, elapsed_ms, contact_ms, at_ms)
      select id, 'report', 3 + id % 3, '{"level":1,"spaceId":' || (3 + id % 3) || '}', 'aaaaaaaaaaaaaaaaaaaaaa',
             1, 'boot-0', id, 1800000000000, 1800000000000 + id from n`)
    sqlite.close()
    const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
    expect(again.seen.outbox?.waitingCount).toBe(99_999)
    expect(await report(again, 3, 2)).toMatchObject({ ok: true, value: { mutationId: 100_000 } })
    expect(await report(again, 3, 0)).toEqual({ ok: false, refusal: { why: 'outboxFull' } })
    again.engine.start()
    welcome(again)
    expect(again.hub.last('push')?.mutations).toHaveLength(64)
    ack(again, 64, 7)
    expect(await report(again, 3, 0)).toMatchObject({ ok: true })
    expect(again.hub.last('push')?.mutations[0]).toMatchObject({ id: 65, ageMs: null })
  })
})

/** What a power cut would find now: the files as they lie. */
function copyDisk(folder: string): string {
  const copy = scratchFolder()
  for (const file of readdirSync(folder))
    if (!file.endsWith('-shm') && !file.startsWith('lock')) copyFileSync(join(folder, file), join(copy, file))
  return copy
}

describe('the end of the process between any two effects', () => {
  it('[SYN-1] [SYN-19] loses no tap, shows the same, and says the same at the next hello', async () => {
    const kiosk = await openLiveTestKiosk()
    const atMs = (): number => kiosk.clock.wallMs()
    const steps: { run: () => unknown; level: number | null; nextId: number }[] = [
      { run: () => report(kiosk, 3, 1), level: 1, nextId: 2 },
      { run: () => ack(kiosk, 1, 7), level: 1, nextId: 2 },
      { run: () => levels(kiosk, 6, 7, [[3, 7, 1, atMs()]]), level: 1, nextId: 2 },
      { run: () => report(kiosk, 3, 2), level: 2, nextId: 3 },
      { run: () => levels(kiosk, 7, 8, [[3, 8, 2, atMs()]]), level: 2, nextId: 3 },
      { run: () => ack(kiosk, 2, 8), level: 2, nextId: 3 },
      { run: () => kiosk.engine.call('withdrawReport', { mutationId: 2 }), level: 1, nextId: 4 },
      { run: () => ack(kiosk, 3, 9), level: 1, nextId: 4 },
      { run: () => levels(kiosk, 8, 9, [[3, 9, 1, atMs()]]), level: 1, nextId: 4 },
    ]
    for (const { run, level, nextId } of steps) {
      kiosk.clock.advance(1_000)
      await run()
      kiosk.clock.advance(0)
      expect(kiosk.screen.get(3)?.level).toBe(level)
      const copy = openTestKiosk({ folder: copyDisk(kiosk.folder), clock: kiosk.clock })
      expect(copy.screen.get(3)).toEqual(kiosk.screen.get(3))
      copy.engine.start()
      copy.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
      expect(copy.hub.last('hello')).toMatchObject({
        nextMutationId: nextId,
        ticket: 'ticket-1',
        cursor: kiosk.engine.readRows().cursor,
      })
      copy.engine.stop()
    }
  })

  it('[SYN-11] [SYN-17] between a welcome of a new epoch and its rows nothing flickers', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    ack(kiosk, 1, 9)
    kiosk.hub.cut()
    untilReconnected(kiosk)
    welcome(kiosk, { epoch: 'epoch-2', head: 2, lastMutationId: 1, ticket: 'ticket-2' })
    expect(kiosk.screen.get(3)).toMatchObject({ level: 1 })
    const again = reopen(kiosk)
    expect(again.screen.get(3)).toMatchObject({ level: 1 })
    again.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(again.hub.last('hello')).toMatchObject({ epoch: 'epoch-1', cursor: 6, ticket: 'ticket-2' })
  })
})
