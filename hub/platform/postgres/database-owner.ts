import pg from 'pg'

/** The role that PostgreSQL was made with, a superuser; the hub connects as another one. */
export const SUPERUSER = 'carrel'

/** The hub's own role: it owns the hub's database, and nothing else. [OPS-13] */
export const HUB_ROLE = 'carrel_hub'

/**
 * Statements that make a role ($1) the owner of everything of Carrel's in a database; parts of extensions stay. Only what
 * the connected role owns is transferred, and when that is a superuser, also what superusers and the former owner own.
 */
const TRANSFER_OWNERSHIP = `
  with me as (
    select oid, rolsuper from pg_roles where rolname = current_user
  ), owners as (
    select r.oid as owner from pg_roles r, me
    where r.rolname <> $1 and (r.oid = me.oid or me.rolsuper and (r.rolsuper or r.rolname = '${HUB_ROLE}'
      or r.oid = (select relowner from pg_class where oid = to_regclass('public.universities'))))
  ), schemas as (
    select oid, nspname from pg_namespace where nspname in ('public', 'pgboss')
  ), parts as (
    select classid, objid from pg_depend where deptype = 'e'
  )
  select format('alter schema %I owner to %I', n.nspname, $1) as act
    from pg_namespace n join schemas using (oid) join owners on owner = n.nspowner
  union all
  select format('alter %s %s owner to %I',
      case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
      c.oid::regclass, $1)
    from pg_class c join schemas s on s.oid = c.relnamespace join owners on owner = c.relowner
    where c.relkind in ('r', 'p', 'S', 'v', 'm')
      and not exists (select from parts where classid = 'pg_class'::regclass and objid = c.oid)
      -- A sequence of a column goes with its table; a partition does not.
      and not (c.relkind = 'S' and exists (select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))
  union all
  select format('alter routine %s owner to %I', p.oid::regprocedure, $1)
    from pg_proc p join schemas s on s.oid = p.pronamespace join owners on owner = p.proowner
    where not exists (select from parts where classid = 'pg_proc'::regclass and objid = p.oid)
  union all
  select format('alter type %s owner to %I', t.oid::regtype, $1)
    from pg_type t join schemas s on s.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
    join owners on owner = t.typowner
    where (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
      and not exists (select from parts where classid = 'pg_type'::regclass and objid = t.oid)
  order by act`

/** Any fixed number, in the database `postgres`: simultaneous preparations wait here. */
const LOCK = 7_227_736
/** A deadlock with a hub that still runs, or a table that was dropped meanwhile. */
const PASSING_FAULTS = ['40P01', '42P01']
const MOST_TRIES = 5
const CONNECT_TIMEOUT_MS = 10_000

/** The role that a database is prepared for. */
export interface PreparedRole {
  role: string
  /** The password that the role gets; null: it keeps its own. Called once no other preparation runs. */
  password(): Promise<string | null>
}

/**
 * Makes the hub's role and its database where they are missing, and transfers to the role what an earlier release made as the
 * connected superuser. `urlOf` names a database for the superuser. With a password the role has that one from now on, and
 * loses all rights but those of an owner. It may be repeated, also at the same time. Throws what PostgreSQL throws.
 * [OPS-13] [OPS-14]
 */
export async function prepareDatabase(
  urlOf: (database: string) => string,
  database: string,
  password?: string,
): Promise<void> {
  await withClient(urlOf('postgres'), async (client) => {
    await makeRole(client, HUB_ROLE)
    if (password !== undefined) await restrictRole(client, HUB_ROLE, password)
    await transferDatabase(client, HUB_ROLE, database)
    await withClient(urlOf(database), (inside) => transferOwnership(inside, HUB_ROLE))
  })
}

/**
 * The same from within a database, for a role of that database alone: the connected role may also be one that may create roles
 * and owns it. Throws what PostgreSQL throws. [OPS-15]
 */
export async function prepareOwnRole(url: string, { role, password }: PreparedRole): Promise<void> {
  await withClient(url, async (client) => {
    await makeRole(client, role)
    await restrictRole(client, role, null)
    const next = await password()
    if (next !== null) await restrictRole(client, role, next)
    const { rows } = await client.query<{ name: string }>('select current_database() as name')
    await transferDatabase(client, role, rows[0]?.name ?? '')
    await transferOwnership(client, role)
  })
}

/** Waits for other preparations to end, and makes the role where it is missing. */
async function makeRole(client: pg.Client, role: string): Promise<void> {
  // Released by the end of the connection.
  await client.query('select pg_advisory_lock($1)', [LOCK])
  const roles = await client.query('select 1 from pg_roles where rolname = $1', [role])
  if (roles.rowCount === 0) await client.query(`create role ${pg.escapeIdentifier(role)} login`)
}

/** Sets the role's password, and revokes all rights beyond owning. Without superuser rights there is nothing to revoke. */
async function restrictRole(client: pg.Client, role: string, password: string | null): Promise<void> {
  const [me] = (
    await client.query<{ isSuper: boolean; mayBecome: boolean }>(
      `select rolsuper as "isSuper", pg_has_role(current_user, $1, 'set') as "mayBecome"
     from pg_roles where rolname = current_user`,
      [role],
    )
  ).rows
  // The password must not get into the server's log, not even in a statement that failed.
  if (me?.isSuper === true)
    await client.query(
      `set log_statement = 'none'; set log_min_duration_statement = -1; set log_min_error_statement = 'panic'`,
    )
  await client.query("set password_encryption = 'scram-sha-256'")
  const { rows } = await client.query<{ act: string }>(
    `select format('alter role %I login', $1::text) ||
       case when $3 then ' nosuperuser nocreatedb nocreaterole noreplication nobypassrls' else '' end ||
       case when $2::text is null then '' else format(' password %L', $2::text) end as act
     union all
     select format('revoke %s from %I granted by %s cascade', roleid::regrole, $1::text, grantor::regrole)
       from pg_auth_members where member = (select oid from pg_roles where rolname = $1::text)
     union all
     select format('grant %I to current_user with set true', $1::text) where not $4`,
    [role, password, me?.isSuper === true, me?.mayBecome === true],
  )
  await client.query(rows.map(({ act }) => act).join('; '))
}

async function transferDatabase(client: pg.Client, role: string, database: string): Promise<void> {
  const [name, owner] = [pg.escapeIdentifier(database), pg.escapeIdentifier(role)]
  const found = await client.query<{ isOurs: boolean }>(
    'select pg_get_userbyid(datdba) = $2 as "isOurs" from pg_database where datname = $1',
    [database, role],
  )
  if (found.rowCount === 0) await client.query(`create database ${name} owner ${owner}`)
  else if (found.rows[0]?.isOurs !== true) await client.query(`alter database ${name} owner to ${owner}`)
}

async function transferOwnership(client: pg.Client, role: string): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      const { rows } = await client.query<{ act: string }>(TRANSFER_OWNERSHIP, [role])
      // Sent as one text they are one transaction.
      if (rows.length > 0) await client.query(rows.map(({ act }) => act).join('; '))
      return
    } catch (error) {
      const { code = '' } = error as { code?: string }
      if (tries === MOST_TRIES || !PASSING_FAULTS.includes(code)) throw error
    }
}

async function withClient(url: string, run: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await run(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
