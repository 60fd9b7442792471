import type { Queryable } from '../platform/postgres/database.ts'
import { loadKioskFactRows, type KioskFacts } from './kiosk-fact-rows.ts'

export type { KioskFacts } from './kiosk-fact-rows.ts'

/** What a commit must know of some kiosks of a university, by id. Read after the university's lock; unknown ids have no entry. */
export async function loadKioskFacts(
  client: Queryable,
  universityId: number,
  kioskIds: readonly number[],
): Promise<ReadonlyMap<number, KioskFacts>> {
  const rows = await loadKioskFactRows(client, universityId, kioskIds)
  return new Map(rows.map((row) => [row.id, row]))
}
