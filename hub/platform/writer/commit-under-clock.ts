import { query, transaction, type Database, type Transaction } from '../postgres/database.ts'
import { notifyHeads } from './heads.ts'
import { lockUniversity } from './lock-university.ts'

/** What a piece of administrative work is given. */
export interface CommitMoment {
  /** Clock that the commit will have: stamp it on every mirrored row that changes (`clock`, and `facts_clock` for facts). */
  clock: number
  epoch: string
  /** The commit's time, ms since 1970. */
  nowMs: number
}

/**
 * Runs an administrative change that touches what kiosks hold (spaces, assignments and settings of kiosks, settings of the
 * university) as one commit in the university's order, and notifies all hubs. Call `rebuild_composites(university, clock)`
 * inside when the tree or seats change. Throws RangeError for an unknown university, and what `run` throws; then nothing
 * was changed. The work must use nothing but the database: all reports wait for it. `isStep` false for a result
 * that changed nothing kiosks hold, such as a refusal: the clock stays where it is.
 */
export async function commitUnderClock<Result>(
  pool: Database,
  universityId: number,
  run: (client: Transaction, moment: CommitMoment) => Promise<Result>,
  nowMs: number | null = null,
  isStep: (result: Result) => boolean = () => true,
): Promise<Result> {
  const done = await transaction(pool, 'read committed', async (client) => {
    const locked = await lockUniversity(client, universityId, nowMs)
    if (locked === null) throw new RangeError(`no university ${universityId}`)
    const clock = locked.clock + 1
    const result = await run(client, { clock, epoch: locked.epoch, nowMs: locked.nowMs })
    if (!isStep(result)) return { result, clock: null }
    await query(client, 'update universities set clock = $2, facts_clock = $2 where id = $1', [
      universityId,
      clock,
    ])
    return { result, clock }
  })
  // The change is committed; a notification that is lost here is made up for by the poll within a second.
  if (done.clock !== null)
    await notifyHeads(pool, [{ universityId, head: done.clock }]).catch(() => undefined)
  return done.result
}
