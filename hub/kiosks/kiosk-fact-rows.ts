import type { Queryable } from '../platform/postgres/database.ts'
import { numberList } from '../platform/postgres/row-set.ts'
import type { KioskFacts } from '../platform/writer/batch.ts'

/** Kiosks of one university, read after the lock. */
export async function loadKioskFactRows(
  client: Queryable,
  universityId: number,
  kioskIds: readonly number[],
): Promise<KioskFacts[]> {
  const result = await client.query<KioskFacts>({
    name: 'load-kiosk-facts',
    text: `select id, space_id as "spaceId", session, last_mutation_id as "lastMutationId",
             has_fork as "hasFork", revoked_at is not null as "isRevoked", silenced_at is not null as "isSilenced"
           from kiosks where id = any($2) and university_id = $1`,
    values: [universityId, numberList(kioskIds)],
  })
  return result.rows
}
