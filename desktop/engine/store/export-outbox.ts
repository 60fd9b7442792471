import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { MutationRefusal } from '#shared/domain/mutation.ts'
import { readDamaged } from './salvage.ts'

/** What one outbox holds, without its keys. Times are ms since 1970, by the hub. */
export interface ExportedOutbox {
  file: string
  kioskId: number | null
  universityId: number | null
  wasRevoked: boolean
  mutations: {
    id: number
    kind: string
    body: unknown
    atMs: number
    /** True: no hub has acknowledged it. */
    isWaiting: boolean
    refusal: MutationRefusal['why'] | null
  }[]
}

/** Everything of a kiosk's outboxes, and which files could not be read or only in part. */
export interface OutboxExport {
  outboxes: ExportedOutbox[]
  unreadable: string[]
}

/** `outbox.db`, copies kept when the device changed its university, and files that were moved aside. */
const OUTBOX_FILE = /^outbox\.db(\.(kept|broken)-\d+)?$/

/**
 * Reads what a kiosk's outboxes hold, also of a revoked one, also while it runs; changes nothing. Throws where the folder
 * cannot be read. [SYN-25] [SYN-28]
 */
export function exportOutboxes(folder: string): OutboxExport {
  const found: OutboxExport = { outboxes: [], unreadable: [] }
  for (const file of readdirSync(folder).toSorted()) {
    if (!OUTBOX_FILE.test(file)) continue
    try {
      found.outboxes.push(readOutbox(folder, file))
    } catch {
      found.unreadable.push(file)
      const part = readPart(folder, file)
      if (part.mutations.length > 0) found.outboxes.push(part)
    }
  }
  return found
}

/** What can be read of a corrupt file. [KSK-4] */
function readPart(folder: string, file: string): ExportedOutbox {
  const { identity, mutations } = readDamaged(join(folder, file))
  return {
    file,
    kioskId: identity === null ? null : Number(identity['kiosk_id']),
    universityId: identity === null ? null : Number(identity['university_id']),
    wasRevoked: identity?.['was_revoked'] === 1,
    mutations: mutations.map((row) => ({
      id: Number(row['id']),
      kind: String(row['kind']),
      body: JSON.parse(String(row['body'])) as unknown,
      atMs: Number(row['at_ms']),
      isWaiting: row['acked_head'] === null,
      refusal: (row['refusal'] ?? null) as MutationRefusal['why'] | null,
    })),
  }
}

interface IdentityRow {
  kioskId: number | null
  universityId: number | null
  wasRevoked: number
}

interface MutationRow {
  id: number
  kind: string
  body: string
  atMs: number
  isWaiting: number
  refusal: MutationRefusal['why'] | null
}

function readOutbox(folder: string, file: string): ExportedOutbox {
  const sqlite = new Database(join(folder, file), { readonly: true, fileMustExist: true, timeout: 2_000 })
  try {
    const identity = sqlite
      .prepare<[], IdentityRow>(
        'select kiosk_id as kioskId, university_id as universityId, was_revoked as wasRevoked from identity',
      )
      .get()
    if (identity === undefined) throw new Error('an outbox without an identity row')
    const rows = sqlite
      .prepare<[], MutationRow>(
        `select id, kind, body, at_ms as atMs, acked_head is null as isWaiting, refusal from mutations order by id`,
      )
      .all()
    const mutations = rows.map((row) => ({
      ...row,
      body: JSON.parse(row.body) as unknown,
      isWaiting: row.isWaiting !== 0,
    }))
    return { file, ...identity, wasRevoked: identity.wasRevoked !== 0, mutations }
  } finally {
    sqlite.close()
  }
}
