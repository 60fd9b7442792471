import type { KioskFacts } from '../platform/writer/batch.ts'
import type { KioskFactSet } from '../platform/writer/registry.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { loadKioskFactRows } from './kiosk-fact-rows.ts'

/** What a commit must know of some kiosks of a university, by id. Read after the university's lock; unknown ids have no entry. */
export async function loadKioskFacts(
  client: Queryable,
  universityId: number,
  kioskIds: readonly number[],
): Promise<ReadonlyMap<number, KioskFacts>> {
  const rows = await loadKioskFactRows(client, universityId, kioskIds)
  return new Map(rows.map((row) => [row.id, row]))
}

/** The kiosks of a batch. */
export const kioskFacts: KioskFactSet = {
  name: 'kiosks',
  rank: 0,
  load: (client, { universityId }, ids) => loadKioskFacts(client, universityId, [...new Set(ids)]),
}
