import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { hashMutation, mutationBodyText } from '../core/identity.ts'
import { spaceLine } from '../kinds/space-fold.ts'
import { makeKnownKinds } from '../kinds/kinds.ts'
import { scratchFolder } from '../testing/scripted-hub.ts'
import { RETENTION_MS } from './outbox-rows.ts'
import { openStores, type Stores } from './stores.ts'

const FROZEN = new URL('../../../build/releases/0.1.0/outbox.db.gz', import.meta.url)
const COPY = 'outbox.db.before-fold'

/** The columns of release 0.1, which are never changed. */
const COLUMNS = `id, kind, space_id, body, hash, level, target_id, before_level, before_at_ms, boot, elapsed_ms, contact_ms,
  at_ms, origin_kiosk_id, origin_id, origin_hash, acked_head, acked_at_ms, refusal`

/** A folder with the outbox that release 0.1 left: 1,000 waiting taps, 1,000 acknowledged ones. */
function frozenFolder(): string {
  const folder = scratchFolder()
  writeFileSync(join(folder, 'outbox.db'), gunzipSync(readFileSync(FROZEN)))
  return folder
}

function open(folder: string): Stores {
  const opened = openStores(folder, { info: () => undefined, warn: () => undefined })
  if (!opened.ok) throw new Error(opened.refusal)
  return opened.value
}

function read(folder: string, file: string, sql: string): unknown[] {
  const sqlite = new Database(join(folder, file))
  try {
    return sqlite.prepare(sql).raw().all()
  } finally {
    sqlite.close()
  }
}

const mutations = (folder: string, file = 'outbox.db'): unknown[] =>
  read(folder, file, `select ${COLUMNS} from mutations order by id`)
const identity = (folder: string, file = 'outbox.db'): unknown[] =>
  read(folder, file, 'select * from identity')

describe('an outbox of release 0.1', () => {
  it('[KSK-21] keeps every mutation and its version, and each is given its fold', () => {
    const folder = frozenFolder()
    const [before, device] = [mutations(folder), identity(folder)]
    expect(before).toHaveLength(2_000)
    const stores = open(folder)
    expect(stores.wasOutboxReset).toBe(false)
    expect(stores.outbox.waitingCount()).toBe(1_000)
    expect(stores.outbox.ackedTo()).toBe(1_000)
    expect(stores.outbox.hasGaps()).toBe(false)
    expect(stores.outbox.readHeldMutations(makeKnownKinds(), 'another boot')).toHaveLength(2_000)
    stores.close()
    expect(mutations(folder)).toEqual(before)
    expect(identity(folder)).toEqual(device)
    expect(read(folder, 'outbox.db', 'pragma user_version')).toEqual([[1]])
    const folds = read(folder, 'outbox.db', 'select distinct space_id, fold from mutations') as [
      number,
      string,
    ][]
    expect(folds.length).toBeGreaterThan(0)
    for (const [spaceId, fold] of folds) expect(fold).toBe(spaceLine(spaceId))
  })

  it('[KSK-21] [SYN-3] has bodies and hashes that today’s kinds would give, byte for byte', () => {
    const kinds = makeKnownKinds()
    const rows = read(frozenFolder(), 'outbox.db', 'select kind, body, hash from mutations')
    for (const [kind, text, hash] of rows as [string, string, string][]) {
      const known = kinds.parse(kind, JSON.parse(text))
      expect([known?.kind.kind, mutationBodyText(known?.body), hashMutation(kind, known?.body)]).toEqual([
        kind,
        text,
        hash,
      ])
    }
  })

  it('[KSK-2] [KSK-21] is copied before, once and for its owner alone; the copy is as it was', () => {
    const folder = frozenFolder()
    const [before, device] = [mutations(folder), identity(folder)]
    open(folder).close()
    const made = statSync(join(folder, COPY))
    expect(made.mode & 0o777).toBe(0o600)
    expect([mutations(folder, COPY), identity(folder, COPY)]).toEqual([before, device])
    expect(read(folder, COPY, "select 1 from pragma_table_info('mutations') where name = 'fold'")).toEqual([])
    open(folder).close()
    expect(statSync(join(folder, COPY)).mtimeMs).toBe(made.mtimeMs)
    expect(readdirSync(folder).filter((file) => file.startsWith('outbox.db.'))).toEqual([COPY])
  })

  it('[KSK-2] is not changed where there is no room for the copy', () => {
    const folder = frozenFolder()
    const before = mutations(folder)
    renameSync(scratchFolder(), join(folder, COPY))
    expect(openStores(folder, { info: () => undefined, warn: () => undefined })).toMatchObject({ ok: false })
    expect(mutations(folder)).toEqual(before)
    expect(
      read(folder, 'outbox.db', "select 1 from pragma_table_info('mutations') where name = 'fold'"),
    ).toEqual([])
  })

  it('[KSK-21] that the old program went on with for a while has folds also for what that one wrote', () => {
    const folder = frozenFolder()
    open(folder).close()
    const sqlite = new Database(join(folder, 'outbox.db'))
    sqlite.exec(`insert into mutations (id, kind, space_id, body, hash, level, boot, elapsed_ms, contact_ms, at_ms)
      select 2001, kind, 77, body, hash, level, boot, elapsed_ms, contact_ms, at_ms from mutations where id = 1999`)
    sqlite.close()
    const stores = open(folder)
    expect(stores.outbox.readNewestOfFold(spaceLine(77))?.id).toBe(2001)
    stores.close()
  })

  it('[KSK-2] loses its copy once nothing waits and nothing in the copy is younger than seven days', () => {
    const folder = frozenFolder()
    const stores = open(folder)
    const newest = stores.outbox.readMutation(2_000)?.atMs ?? 0
    const copies = (): string[] => readdirSync(folder).filter((file) => file === COPY)
    stores.outbox.prune(newest + RETENTION_MS + 1)
    expect(copies()).toEqual([COPY])
    stores.outbox.applyAck({ lastMutationId: 2_000, head: 9_999, outcomes: [] }, newest)
    stores.outbox.prune(newest + RETENTION_MS)
    expect(copies()).toEqual([COPY])
    while (stores.outbox.prune(newest + RETENTION_MS + 1)) continue
    expect(copies()).toEqual([])
    stores.close()
  })

  it('[KSK-2] a new outbox is not copied', () => {
    const folder = scratchFolder()
    open(folder).close()
    expect(readdirSync(folder).filter((file) => file.startsWith('outbox.db.'))).toEqual([])
  })
})
