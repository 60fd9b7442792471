import { query, type Queryable } from '../platform/postgres/database.ts'

/** The identity that a device was given under a key already; null: none. [SYN-12] */
export async function loadFork(
  client: Queryable,
  fork: { universityId: number; kioskId: number; publicKey: string },
): Promise<number | null> {
  const [known] = await query<{ id: number }>(
    client,
    'select id from kiosks where university_id = $1 and forked_from_id = $2 and public_key = $3',
    [fork.universityId, fork.kioskId, fork.publicKey],
  )
  return known?.id ?? null
}

/** The identity that was enrolled, from which a kiosk descends by forks; itself when it never forked. [SYN-12] */
export async function loadFirstKiosk(database: Queryable, kioskId: number): Promise<number> {
  const [row] = await query<{ id: number }>(
    database,
    `with recursive line as (
       select id, forked_from_id from kiosks where id = $1
       union
       select k.id, k.forked_from_id from line l join kiosks k on k.id = l.forked_from_id
     )
     select id from line where forked_from_id is null`,
    [kioskId],
  )
  return row?.id ?? kioskId
}

/** How many identities of the whole family of a first kiosk were made by forking after a time. [SYN-12] */
export async function countForks(client: Queryable, firstKioskId: number, afterMs: number): Promise<number> {
  const [row] = await query<{ count: number }>(
    client,
    `with recursive family as (
       select $1::bigint as id
       union
       select k.id from family f join kiosks k on k.forked_from_id = f.id
     )
     select count(*)::int as count from family f join kiosks k on k.id = f.id
     where k.forked_from_id is not null and k.created_at > time_of_ms($2)`,
    [firstKioskId, afterMs],
  )
  return row?.count ?? 0
}

/** A new identity for a forked device, with the assignment of the old one. [SYN-12] */
export async function insertFork(
  client: Queryable,
  fork: { kioskId: number; publicKey: string; nowMs: number },
): Promise<number> {
  await query(client, 'update kiosks set has_fork = true where id = $1', [fork.kioskId])
  const [made] = await query<{ id: number }>(
    client,
    `insert into kiosks (university_id, space_id, role, name, public_key, key_grade, settings, forked_from_id,
        app_version, silenced_at, created_at, updated_at)
     select university_id, space_id, role, name, $2, key_grade, settings, id, app_version, silenced_at, time_of_ms($3), time_of_ms($3)
     from kiosks where id = $1 returning id`,
    [fork.kioskId, fork.publicKey, fork.nowMs],
  )
  if (made === undefined) throw new Error('an insert gave no row')
  return made.id
}

/** Identities that descend from a kiosk by forks and are not revoked. [SYN-12] [SYN-28] */
export async function loadLiveForks(client: Queryable, kioskId: number): Promise<number[]> {
  const rows = await query<{ id: number }>(
    client,
    `with recursive family as (
       select $1::bigint as id
       union
       select k.id from family f join kiosks k on k.forked_from_id = f.id
     )
     select k.id from family f join kiosks k on k.id = f.id where k.id <> $1 and k.revoked_at is null order by k.id`,
    [kioskId],
  )
  return rows.map(({ id }) => id)
}
