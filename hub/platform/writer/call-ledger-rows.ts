import type { Queryable } from '../postgres/database.ts'
import { rowSet } from '../postgres/row-set.ts'

/** Who makes a named call; `actorId` is a user, or 0 for staff at the command line. */
export interface CallActor {
  actorKind: 'person' | 'staff'
  actorId: number
}

/** Keys of the hub's own making begin with this, which no caller's key does. [SYN-54] */
export const INTERNAL_KEY_PREFIX = 'hub:'

/** How a named call ended. */
export interface SettledCall extends CallActor {
  key: string
  hash: string
  /** "done", or why it was refused. */
  outcome: string
  /** Null: none is kept, and whoever made it finds it by what it made. */
  result: { given: unknown } | null
}

const NAMES = rowSet({ actorKind: 'text', actorId: 'bigint', key: 'text' })

/** Named calls that were settled before; what was not has no entry. [SYN-51] */
export async function loadSettledCalls(
  client: Queryable,
  names: readonly (CallActor & { key: string })[],
): Promise<SettledCall[]> {
  const found = await client.query<SettledCall>({
    name: 'load-settled-calls',
    text: `select m.actor_kind as "actorKind", m.actor_id as "actorId", m.key, m.hash, m.outcome,
        case when m.result is not null then json_build_object('given', m.result) end as result
      from (select distinct * from ${NAMES.table(1, 'n')}) w
      join mutations m on m.actor_kind = w.actor_kind and m.actor_id = w.actor_id and m.key = w.key`,
    values: NAMES.values(names),
  })
  return found.rows
}

/** A named call that was settled just now. */
export interface NewSettledCall extends CallActor {
  key: string
  hash: string
  /** Word of its command. */
  kind: string
  outcome: string
  /** JSON of the answer, or of the refusal. */
  result: string
}

const NEW_CALLS = rowSet({
  actorKind: 'text',
  actorId: 'bigint',
  key: 'text',
  kind: 'text',
  hash: 'text',
  outcome: 'text',
  result: 'text',
})

/**
 * Writes how named calls ended, in the transaction that did them. A person's report has brought its own entry, without an
 * answer, when it was written: that one is completed. [SYN-50] [SYN-55]
 */
export async function insertSettledCalls(
  client: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  calls: readonly NewSettledCall[],
): Promise<void> {
  const written = await client.query({
    name: 'insert-settled-calls',
    text: `insert into mutations (university_id, actor_kind, actor_id, key, kind, hash, outcome, result, clock, at)
      select $1, c.actor_kind, c.actor_id, c.key, c.kind, c.hash, c.outcome, c.result::json, $2, time_of_ms($3)
      from ${NEW_CALLS.table(4, 'c')}
      on conflict (actor_kind, actor_id, key) where key is not null do update set
        kind = excluded.kind, hash = excluded.hash, outcome = excluded.outcome, result = excluded.result
      where mutations.result is null`,
    values: [commit.universityId, commit.clock, commit.nowMs, ...NEW_CALLS.values(calls)],
  })
  // The last line of exactly-once: what has an answer already is not done again.
  if (written.rowCount !== calls.length) throw new RangeError('a key was settled twice')
}

/** Of one actor's calls so many are remembered; what may be forgotten beyond that is answered and forgotten. [SYN-53] */
const MOST_KEPT_CALLS = 1_000

const ACTORS = rowSet({ actorKind: 'text', actorId: 'bigint' })

/** Those of some actors of whom the ledger has so many keys that nothing is added which may be forgotten. */
export async function loadActorsWithManyCalls(
  database: Queryable,
  actors: readonly CallActor[],
): Promise<CallActor[]> {
  const found = await database.query<CallActor>({
    name: 'load-actors-with-many-calls',
    text: `select a.actor_kind as "actorKind", a.actor_id as "actorId"
      from (select distinct * from ${ACTORS.table(2, 'n')}) a where $1 <= (
        select count(*) from (
          select from mutations m where m.actor_kind = a.actor_kind and m.actor_id = a.actor_id and m.key is not null limit $1
        ) kept)`,
    values: [MOST_KEPT_CALLS, ...ACTORS.values(actors)],
  })
  return found.rows
}

/** Keys are kept so long, in hours: those of callers, and those that the hub made for itself. [SYN-53] */
export const KEY_HOURS = { given: 48, internal: 1 }
/** Of each statement, so that none takes long, and statements of one sweep. */
const DROPPED_AT_ONCE = 5_000
const STATEMENTS_A_SWEEP = 40

/** Drops keys after their term, some thousand at a time and many more in all than a large university makes in a minute. [SYN-53] */
export async function dropOldKeys(database: Queryable): Promise<void> {
  await dropInPieces(
    database,
    `delete from mutations where ctid = any(array(
       select ctid from mutations where key is not null and at < now() - $1 * interval '1 hour' order by at limit $2))`,
    KEY_HOURS.given,
  )
  // In these words it is the condition of an index.
  await dropInPieces(
    database,
    `delete from mutations where ctid = any(array(
       select ctid from mutations where starts_with(key, '${INTERNAL_KEY_PREFIX}') and at < now() - $1 * interval '1 hour'
       order by at limit $2))`,
    KEY_HOURS.internal,
  )
}

async function dropInPieces(database: Queryable, sql: string, hours: number): Promise<void> {
  for (let piece = 0; piece < STATEMENTS_A_SWEEP; piece += 1) {
    const { rowCount } = await database.query(sql, [hours, DROPPED_AT_ONCE])
    if ((rowCount ?? 0) < DROPPED_AT_ONCE) return
  }
}
