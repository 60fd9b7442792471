import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  openTestKiosk,
  openLiveTestKiosk,
  reopen,
  snapshot,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'
import { scratchFolder } from '../testing/scripted-hub.ts'

const frozen = (name: string): Buffer =>
  gunzipSync(readFileSync(new URL(`../../../build/releases/0.1.0/${name}.gz`, import.meta.url)))

/** A folder with what release 0.1 left. */
function frozenFolder(): string {
  const folder = scratchFolder()
  for (const file of ['outbox.db', 'cache.db']) writeFileSync(join(folder, file), frozen(file))
  return folder
}

function read<Row>(folder: string, sql: string): Row[] {
  const sqlite = new Database(join(folder, 'cache.db'))
  try {
    return sqlite.prepare<[], Row>(sql).all()
  } finally {
    sqlite.close()
  }
}

function run(folder: string, sql: string): void {
  const sqlite = new Database(join(folder, 'cache.db'))
  sqlite.exec(sql)
  sqlite.close()
}

interface OldSpace {
  id: number
  clock: number
  level: number | null
  is_gone: number
  facts: string
}

const oldSpaces = (folder: string): OldSpace[] => read(folder, 'select * from spaces order by id')
const oldMeta = (folder: string): unknown[] =>
  read(folder, 'select epoch, cursor, sealed, assignment, contact from meta')

/** The statements by which release 0.1 opens a cache and writes to it. */
const OLD_STATEMENTS = [
  'select epoch, cursor, sealed, assignment, contact from meta',
  'select id, clock, level, reported_at_ms, is_gone, facts from spaces',
  "update meta set epoch = 'epoch-9', cursor = 12",
  "insert into spaces (id, clock, level, reported_at_ms, is_gone, facts) values (77, 12, null, null, 0, '{}')",
]

describe('a cache of release 0.1', () => {
  it('[KSK-22] is shown at once, with levels and hours, and its rows are asked for anew', () => {
    const folder = frozenFolder()
    const [rows, meta] = [oldSpaces(folder), oldMeta(folder)]
    expect(rows.length).toBeGreaterThan(20)
    const kiosk = openTestKiosk({ folder })
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'enrolled' })
    const live = rows.filter((row) => row.is_gone === 0)
    expect(kiosk.screen.size).toBe(live.length)
    const withHours = live.filter(
      ({ facts }) => (JSON.parse(facts) as { hours: { weekly: unknown } }).hours.weekly !== null,
    )
    expect(withHours.length).toBeGreaterThan(0)
    for (const { id, facts } of live)
      expect(kiosk.screen.get(id)).toMatchObject(JSON.parse(facts) as Record<string, unknown>)
    const { collections } = kiosk.engine.readRows()
    expect(collections.find(({ name }) => name === 'hours')?.rows.length).toBeLessThan(live.length)
    kiosk.engine.start()
    welcome(kiosk, { capabilities: ['rows/hours@1'] })
    expect(kiosk.hub.last('hello')).toMatchObject({
      epoch: null,
      cursor: 0,
      holds: { spaceId: null, collections: [] },
      sealed: { head: expect.any(Number) as number },
    })
    kiosk.engine.stop()
    expect(oldSpaces(folder)).toEqual(rows)
    expect(oldMeta(folder)).toEqual(meta)
    expect(readdirSync(folder).filter((file) => file.includes('broken'))).toEqual([])
  })

  it('[KSK-22] stays one that release 0.1 opens, and so does a new one', async () => {
    const folder = frozenFolder()
    openTestKiosk({ folder }).engine.stop()
    const fresh = await openLiveTestKiosk()
    fresh.engine.stop()
    for (const one of [folder, fresh.folder]) {
      expect(read(one, 'pragma user_version')).toEqual([{ user_version: 1 }])
      const sqlite = new Database(join(one, 'cache.db'))
      for (const sql of OLD_STATEMENTS) {
        const statement = sqlite.prepare(sql)
        if (statement.reader) statement.all()
        else expect(statement.run().changes).toBe(1)
      }
      sqlite.close()
    }
  })

  it('[KSK-22] that release 0.1 went on with for a while is not read again: the rows of this version are merely behind', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.engine.stop()
    run(kiosk.folder, OLD_STATEMENTS.slice(2).join(';'))
    const again = reopen(kiosk)
    expect([...again.screen.keys()]).toEqual([1, 2, 3, 4, 5, 6])
    welcome(again)
    expect(again.hub.last('hello')).toMatchObject({ epoch: 'epoch-1', cursor: 6 })
    again.engine.stop()
  })

  it('[KSK-22] of a program between then and now, whose version is 2, is taken over too', () => {
    const folder = frozenFolder()
    run(folder, 'alter table meta add column protocol integer not null default 1; pragma user_version = 2')
    const kiosk = openTestKiosk({ folder })
    expect(kiosk.screen.size).toBeGreaterThan(20)
    kiosk.engine.stop()
    expect(read(folder, 'pragma user_version')).toEqual([{ user_version: 1 }])
  })

  it('[KSK-22] is begun anew where its rows cannot be read, and where a newer program wrote it', () => {
    for (const damage of ["update spaces set facts = '{' where id = 3", 'pragma user_version = 3']) {
      const folder = frozenFolder()
      run(folder, damage)
      const kiosk = openTestKiosk({ folder })
      expect(kiosk.screen.size).toBe(0)
      expect(readdirSync(folder)).toContain('cache.db.broken-1')
      kiosk.engine.stop()
    }
  })
})

describe('rows of another university', () => {
  const screenOf = (kiosk: TestKiosk): number => {
    const again = reopen(kiosk)
    const { size } = again.screen
    again.engine.stop()
    return size
  }

  it('[SYN-21] are gone at the next start, also where the device ended before it dropped them', async () => {
    const kiosk = await openLiveTestKiosk()
    expect(screenOf(kiosk)).toBe(6)
    run(kiosk.folder, 'update position set university_id = 2')
    expect(screenOf(kiosk)).toBe(0)
    expect(read(kiosk.folder, 'select count(*) as count from rows_spaces')).toEqual([{ count: 0 }])
    expect(read(kiosk.folder, 'select epoch, cursor, assignment from position')).toEqual([
      { epoch: null, cursor: 0, assignment: null },
    ])
  })

  it('[SYN-21] are gone from the tables of release 0.1 too', () => {
    const folder = frozenFolder()
    const kiosk = openTestKiosk({ folder })
    kiosk.engine.start()
    welcome(kiosk, { lastMutationId: 1_000 })
    snapshot(kiosk)
    kiosk.engine.stop()
    run(folder, 'update position set university_id = 999')
    openTestKiosk({ folder }).engine.stop()
    expect(oldSpaces(folder)).toEqual([])
    expect(read(folder, 'select epoch, cursor, sealed, assignment from meta')).toEqual([
      { epoch: null, cursor: 0, sealed: null, assignment: null },
    ])
  })
})
