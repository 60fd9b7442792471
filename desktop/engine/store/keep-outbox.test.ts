import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { mutationBodyText, hashMutation } from '../core/identity.ts'
import {
  openTestKiosk,
  openLiveTestKiosk,
  untilReconnected,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'
import { scratchFolder } from '../testing/scripted-hub.ts'
import { exportOutboxes } from './export-outbox.ts'
import { OUTBOX_MIGRATIONS } from './outbox-migrations.ts'
import { openStores, type Stores } from './stores.ts'
import { storeErrorOf } from './sqlite.ts'

const SILENT = { info: () => undefined, warn: () => undefined }

function openOrFail(folder: string): Stores {
  const opened = openStores(folder, SILENT)
  if (!opened.ok) throw new Error(opened.refusal)
  return opened.value
}

/** A kiosk in its place with so many taps in its outbox that they fill several pages; the first are acknowledged. */
async function makeOutbox(tapCount: number, ackedTo: number): Promise<TestKiosk> {
  const kiosk = await openLiveTestKiosk()
  kiosk.engine.stop()
  const stores = openOrFail(kiosk.folder)
  for (let id = 1; id <= tapCount; id += 1) {
    const body = { spaceId: 3 + (id % 3), level: id % 3 }
    stores.outbox.insertMutation({
      kind: 'report',
      fold: `spaces/${body.spaceId}`,
      before: null,
      spaceId: body.spaceId,
      body: mutationBodyText(body),
      hash: hashMutation('report', body),
      level: 1,
      targetId: null,
      beforeLevel: null,
      beforeAtMs: null,
      boot: `boot-${id}-${'x'.repeat(40)}`,
      elapsedMs: id,
      contactMs: 1,
      atMs: 1_800_000_000_000 + id,
    })
  }
  stores.outbox.applyAck({ lastMutationId: ackedTo, head: 6, outcomes: [] }, 1_800_000_000_000)
  stores.close()
  return kiosk
}

/** Overwrites the page that holds a text, as a disk does that goes bad in one place. */
function breakPageOf(folder: string, text: string): void {
  const file = join(folder, 'outbox.db')
  const bytes = readFileSync(file)
  const at = bytes.indexOf(text)
  if (at === -1) throw new Error(`no page holds ${text}`)
  bytes.fill(0x2a, at - (at % 4096), at - (at % 4096) + 4096)
  writeFileSync(file, bytes)
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.startsWith('outbox.db') && !/-(wal|shm)$/.test(file))
}

describe('what SQLite does not call corrupt', () => {
  const NEXT = [...OUTBOX_MIGRATIONS, 'alter table mutations add column note text; select * from nowhere']

  it('[KSK-1] a migration that fails leaves outbox.db with all that it holds, and the next start tries again', async () => {
    const { folder } = await makeOutbox(5, 2)
    const before = exportOutboxes(folder)
    for (let turn = 0; turn < 3; turn += 1)
      expect(openStores(folder, SILENT, NEXT)).toEqual({ ok: false, refusal: 'unreadable' })
    expect(filesOf(folder)).toEqual(['outbox.db', 'outbox.db.version-1'])
    expect(exportOutboxes(folder).outboxes[0]).toEqual(before.outboxes[0])
    const stores = openOrFail(folder)
    expect(stores.wasOutboxReset).toBe(false)
    expect(stores.outbox.identity().kioskId).toBe(7)
    expect(stores.outbox.waitingCount()).toBe(3)
    stores.close()
  })

  it('[KSK-1] memory that runs out while outbox.db is opened changes nothing', async () => {
    const { folder } = await makeOutbox(5, 2)
    const pragma = Database.prototype.pragma
    const faulty = vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (
      this: Database.Database,
      text,
      options,
    ) {
      if (this.name.endsWith('outbox.db') && text.includes('_check'))
        throw new Database.SqliteError('out of memory', 'SQLITE_NOMEM')
      return pragma.call(this, text, options)
    })
    expect(openStores(folder, SILENT)).toEqual({ ok: false, refusal: 'unreadable' })
    faulty.mockRestore()
    expect(filesOf(folder)).toEqual(['outbox.db'])
    const stores = openOrFail(folder)
    expect(stores.outbox.identity().kioskId).toBe(7)
    stores.close()
  })

  it('[KSK-1] only two families of codes are corruption', () => {
    const kind = (code: string) => storeErrorOf(Object.assign(new Error(code), { code }))
    for (const code of ['SQLITE_CORRUPT', 'SQLITE_CORRUPT_VTAB', 'SQLITE_CORRUPT_INDEX', 'SQLITE_NOTADB'])
      expect(kind(code)).toBe('corrupt')
    for (const code of [
      'SQLITE_IOERR_READ',
      'SQLITE_IOERR',
      'SQLITE_NOMEM',
      'SQLITE_READONLY',
      'SQLITE_CANTOPEN',
      'EIO',
      'EROFS',
    ])
      expect(kind(code)).toBe('failing')
    for (const code of ['SQLITE_FULL', 'ENOSPC', 'EDQUOT']) expect(kind(code)).toBe('diskFull')
    for (const code of ['SQLITE_BUSY', 'SQLITE_LOCKED']) expect(kind(code)).toBe('locked')
    for (const code of ['SQLITE_ERROR', 'SQLITE_CONSTRAINT_UNIQUE', 'ENOENT']) expect(kind(code)).toBeNull()
  })

  it('[KSK-1] is said on the screen, and the process is to end after half a minute to try again', async () => {
    const { folder } = await makeOutbox(1, 0)
    const sqlite = new Database(join(folder, 'outbox.db'))
    sqlite.pragma('user_version = 99')
    sqlite.close()
    const kiosk = openTestKiosk({ folder })
    expect(kiosk.seen.kiosk).toEqual({ state: 'storeError', advice: 'tooNew' })
    let failed = ''
    void kiosk.engine.failed.then((why) => (failed = why))
    kiosk.clock.advance(29_000)
    await Promise.resolve()
    expect(failed).toBe('')
    kiosk.clock.advance(1_000)
    expect(await kiosk.engine.failed).toBe('storeUnusable')
  })
})

describe('before an update changes outbox.db', () => {
  const next = (count: number): string[] => [
    ...OUTBOX_MIGRATIONS,
    ...Array.from({ length: count }, (_, index) => `alter table mutations add column note_${index} text`),
  ]

  it('[KSK-2] it is copied, with what only its log holds, and the copies of the last two versions stay', async () => {
    const { folder } = await makeOutbox(3, 1)
    for (const version of [1, 2, 3]) {
      const opened = openStores(folder, SILENT, next(version))
      if (!opened.ok) throw new Error(opened.refusal)
      opened.value.close()
    }
    expect(filesOf(folder)).toEqual(['outbox.db', 'outbox.db.version-2', 'outbox.db.version-3'])
    const copy = new Database(join(folder, 'outbox.db.version-2'), { readonly: true })
    expect(copy.pragma('user_version', { simple: true })).toBe(2)
    expect(copy.prepare('select count(*) from mutations').pluck().get()).toBe(3)
    expect(copy.prepare('select kiosk_id from identity').pluck().get()).toBe(7)
    copy.close()
  })

  it('[KSK-2] and is not changed where there is no room for the copy', async () => {
    const { folder } = await makeOutbox(3, 1)
    // A folder in the copy's place: nothing can be written there, as on a full disk.
    const blocked = join(folder, 'outbox.db.version-1')
    renameSync(scratchFolder(), blocked)
    expect(openStores(folder, SILENT, next(1))).toMatchObject({ ok: false })
    const sqlite = new Database(join(folder, 'outbox.db'), { readonly: true })
    expect(sqlite.pragma('user_version', { simple: true })).toBe(1)
    expect(sqlite.prepare('select count(*) from mutations').pluck().get()).toBe(3)
    sqlite.close()
    const stores = openOrFail(folder)
    expect(stores.outbox.waitingCount()).toBe(2)
    stores.close()
  })
})

describe('a corrupt outbox.db', () => {
  it('[KSK-4] gives back its identity and every tap that can be read, and the hub counts them under a new identity', async () => {
    const { folder, clock, hub } = await makeOutbox(120, 40)
    breakPageOf(folder, 'boot-60-x')
    const kiosk = openTestKiosk({ folder, clock, hub })
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'enrolled' })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
    const held = kiosk.seen.outbox?.waitingCount ?? 0
    expect(held).toBeGreaterThan(40)
    expect(held).toBeLessThan(80)
    expect(filesOf(folder)).toEqual(['outbox.db', 'outbox.db.broken-1'])
    kiosk.engine.start()
    hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(hub.last('hello')).toMatchObject({ kioskId: 7, ticket: null, nextMutationId: 121, ackedTo: 40 })
    hub.say({ type: 'err', code: 'forked', fatal: false })
    hub.say({ type: 'forked', kioskId: 8 })
    untilReconnected(kiosk)
    welcome(kiosk, { head: 6, ticket: 'ticket-9' })
    const pushed = hub.last('push')?.mutations ?? []
    expect(pushed[0]).toMatchObject({ id: 1, origin: { kioskId: 7, id: 1 } })
    const origins = pushed.map(({ origin }) => origin?.id ?? 0)
    expect(origins).not.toContain(60)
    expect(pushed.map(({ id }) => id)).toEqual(pushed.map((_, index) => index + 1))
    kiosk.engine.stop()
  })

  it('[KSK-4] requests a new identity by itself where a hub with a new epoch knows no ticket to compare', async () => {
    const { folder, clock, hub } = await makeOutbox(120, 40)
    breakPageOf(folder, 'boot-80-x')
    const kiosk = openTestKiosk({ folder, clock, hub })
    kiosk.engine.start()
    welcome(kiosk, { head: 6, epoch: 'epoch-1', lastMutationId: 40 })
    expect(hub.last('push')).toBeUndefined()
    expect(hub.last('fork')).toBeDefined()
    kiosk.engine.stop()
  })

  it('[KSK-4] whose first page is broken stays aside with all that it holds, and the kiosk asks for a code', async () => {
    const { folder } = await makeOutbox(10, 0)
    const file = join(folder, 'outbox.db')
    const bytes = readFileSync(file)
    bytes.fill(0x2a, 100, 4096)
    writeFileSync(file, bytes)
    const kiosk = openTestKiosk({ folder })
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'notEnrolled' })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset', waitingCount: 0 })
    expect(readFileSync(`${file}.broken-1`)).toEqual(bytes)
    kiosk.engine.stop()
  })

  it('[KSK-4] what can be read of one that lies aside is exported, and it is named as broken', async () => {
    const { folder } = await makeOutbox(120, 0)
    breakPageOf(folder, 'boot-60-x')
    openTestKiosk({ folder }).engine.stop()
    const found = exportOutboxes(folder)
    expect(found.unreadable).toEqual(['outbox.db.broken-1'])
    expect(found.outboxes.map(({ file }) => file)).toEqual(['outbox.db', 'outbox.db.broken-1'])
    expect(found.outboxes[1]?.mutations).toEqual(found.outboxes[0]?.mutations)
    expect(found.outboxes[1]?.mutations.length).toBeGreaterThan(80)
  })

  it('[KSK-4] whose row names an impossible number is salvaged at once, and that row stays aside', async () => {
    const { folder, clock, hub } = await makeOutbox(30, 0)
    const file = join(folder, 'outbox.db')
    const sqlite = new Database(file)
    sqlite.exec('update mutations set id = 7000000000000000000 where id = 30')
    sqlite.exec('update mutations set id = 40000000000 where id = 29')
    const root = sqlite.prepare(`select rootpage from sqlite_schema where name = 'mutations_fold'`)
    const page = Number(root.pluck().get())
    sqlite.close()
    const bytes = readFileSync(file)
    bytes.fill(0x2a, (page - 1) * 4096, page * 4096)
    writeFileSync(file, bytes)
    const kiosk = openTestKiosk({ folder, clock, hub })
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'enrolled' })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset', waitingCount: 29 })
    kiosk.engine.stop()
  }, 20_000)

  it('[KSK-4] of the release before is salvaged by one that has more columns', async () => {
    const { folder } = await makeOutbox(120, 0)
    breakPageOf(folder, 'boot-60-x')
    const more = [...OUTBOX_MIGRATIONS, "alter table mutations add column note text not null default ''"]
    const opened = openStores(folder, SILENT, more)
    if (!opened.ok) throw new Error(opened.refusal)
    expect(opened.value.outbox.waitingCount()).toBeGreaterThan(80)
    opened.value.close()
  })

  it('[KSK-14] stays where it is while the disk fails under the salvage, and the next start saves all of it', async () => {
    const { folder } = await makeOutbox(120, 0)
    breakPageOf(folder, 'boot-60-x')
    const prepare = Database.prototype.prepare
    for (const text of ['from identity', 'from mutations not indexed']) {
      const faulty = vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (
        this: Database.Database,
        sql: string,
      ) {
        if (this.readonly && sql.includes(text))
          throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR')
        return prepare.call(this, sql)
      })
      expect(openStores(folder, SILENT)).toEqual({ ok: false, refusal: 'unreadable' })
      faulty.mockRestore()
      expect(filesOf(folder)).toEqual(['outbox.db'])
    }
    const stores = openOrFail(folder)
    expect(stores.outbox.identity().kioskId).toBe(7)
    expect(stores.outbox.waitingCount()).toBeGreaterThan(80)
    stores.close()
  })

  it('[KSK-14] emptied by a power cut beside its log, is not begun again in silence: the log stays aside', async () => {
    const { folder } = await makeOutbox(3, 0)
    const file = join(folder, 'outbox.db')
    const writer = new Database(file)
    writer.pragma('journal_mode = WAL')
    writer.exec("update identity set ticket = 'in the log'")
    const log = readFileSync(`${file}-wal`)
    writer.close()
    writeFileSync(file, '')
    writeFileSync(`${file}-wal`, log)
    const kiosk = openTestKiosk({ folder })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
    expect(readFileSync(`${file}.broken-1-wal`)).toEqual(log)
    kiosk.engine.stop()
  })

  it('[KSK-14] a lock that is no database any more locks nobody out', async () => {
    const { folder } = await makeOutbox(3, 0)
    for (const rubbish of [
      'no database at all, and long enough to be looked at',
      'SQLite format 3\0',
      '\0'.repeat(8192),
    ]) {
      writeFileSync(join(folder, 'lock.db'), rubbish)
      const stores = openOrFail(folder)
      expect(openStores(folder, SILENT)).toEqual({ ok: false, refusal: 'locked' })
      writeFileSync(join(folder, 'lock.db'), rubbish)
      expect(openStores(folder, SILENT)).toEqual({ ok: false, refusal: 'locked' })
      stores.close()
    }
  })

  it('[KSK-4] is salvaged also when the power goes between any two of its steps', async () => {
    const { folder } = await makeOutbox(120, 0)
    breakPageOf(folder, 'boot-60-x')
    const name = (end: string): string => join(folder, `outbox.db${end}`)
    openTestKiosk({ folder }).engine.stop()
    const whole = exportOutboxes(folder).outboxes[0]
    // A reader leaves an empty log.
    rmSync(name('-wal'))
    // As after the broken file went and before the salvaged one came.
    renameSync(name(''), name('.salvaged'))
    const kiosk = openTestKiosk({ folder })
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'enrolled' })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
    kiosk.engine.stop()
    expect(exportOutboxes(folder).outboxes[0]).toEqual(whole)
    // As after the main file went aside and before its log followed.
    renameSync(name(''), name('.broken-2'))
    writeFileSync(name('-wal'), 'the log of it')
    openTestKiosk({ folder }).engine.stop()
    expect(readFileSync(name('.broken-2-wal'), 'utf8')).toBe('the log of it')
  })
})
