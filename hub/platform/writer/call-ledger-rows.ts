import { query, type Queryable } from '../postgres/database.ts'
import { numberList, rowSet } from '../postgres/row-set.ts'

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

/** Of one person's calls so many are remembered; refusals beyond that are answered and forgotten. [SYN-53] */
const MOST_KEPT_CALLS = 1_000

/** Which of some actors have so many keys in the ledger that no refusal is added. */
export async function loadActorsWithManyCalls(
  database: Queryable,
  actorKind: CallActor['actorKind'],
  actorIds: readonly number[],
): Promise<Set<number>> {
  const rows = await query<{ id: number }>(
    database,
    `select a.id from unnest($2::bigint[]) a (id) where $3 <= (
       select count(*) from (
         select from mutations where actor_kind = $1 and actor_id = a.id and key is not null limit $3) kept)`,
    [actorKind, numberList(actorIds), MOST_KEPT_CALLS],
  )
  return new Set(rows.map(({ id }) => id))
}

/** Keys are kept so long, in hours: those of callers, and those that the hub made for itself. [SYN-53] */
export const KEY_HOURS = { given: 48, internal: 1 }
/** Of each sweep, so that no statement takes long. */
const DROPPED_AT_ONCE = 5_000

/** Drops keys after their term, some thousand of each kind at a time. [SYN-53] */
export async function dropOldKeys(database: Queryable): Promise<void> {
  await query(
    database,
    `delete from mutations where ctid = any(array(
       select ctid from mutations where key is not null and at < now() - $1 * interval '1 hour' order by at limit $2))`,
    [KEY_HOURS.given, DROPPED_AT_ONCE],
  )
  await query(
    database,
    `delete from mutations where ctid = any(array(
       select ctid from mutations where key is not null and starts_with(key, $1)
         and at < now() - $2 * interval '1 hour' order by at limit $3))`,
    [INTERNAL_KEY_PREFIX, KEY_HOURS.internal, DROPPED_AT_ONCE],
  )
}
