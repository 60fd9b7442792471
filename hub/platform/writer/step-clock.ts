import { query, type Queryable } from '../postgres/database.ts'

/** A step of the clock by a commit that changed facts of spaces, kiosks or settings. */
export async function stepClock(client: Queryable, universityId: number, clock: number): Promise<void> {
  await query(client, 'update universities set clock = $2, facts_clock = $2 where id = $1', [
    universityId,
    clock,
  ])
}
