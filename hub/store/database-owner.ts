import pg from 'pg'

/** The role that PostgreSQL was made with, which can do everything; the hub speaks as another one. */
export const SUPERUSER = 'carrel'

/** The hub's own role: it owns the hub's database, and nothing else. [OPS-13] */
export const HUB_ROLE = 'carrel_hub'

/** Everything in a database that belongs to the superuser, as statements that give it to the hub; parts of extensions stay. */
const HAND_OVER = `
  with ours as (select oid as superuser from pg_roles where rolname = current_user),
  schemas as (
    select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  ), parts as (
    select classid, objid from pg_depend where deptype = 'e'
  )
  select format('alter schema %I owner to ${HUB_ROLE}', n.nspname) as act
    from pg_namespace n join schemas using (oid), ours where n.nspowner = superuser
  union all
  select format('alter %s %s owner to ${HUB_ROLE}',
      case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
      c.oid::regclass)
    from pg_class c join schemas s on s.oid = c.relnamespace, ours
    where c.relowner = superuser and c.relkind in ('r', 'p', 'S', 'v', 'm')
      and not exists (select from parts where classid = 'pg_class'::regclass and objid = c.oid)
      -- A sequence of a column goes with its table; a partition does not.
      and not (c.relkind = 'S' and exists (select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))
  union all
  select format('alter routine %s owner to ${HUB_ROLE}', p.oid::regprocedure)
    from pg_proc p join schemas s on s.oid = p.pronamespace, ours
    where p.proowner = superuser
      and not exists (select from parts where classid = 'pg_proc'::regclass and objid = p.oid)
  union all
  select format('alter type %s owner to ${HUB_ROLE}', t.oid::regtype)
    from pg_type t join schemas s on s.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid, ours
    where t.typowner = superuser and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
      and not exists (select from parts where classid = 'pg_type'::regclass and objid = t.oid)
  order by act`

/** Any fixed number, in the database `postgres`: who prepares at the same time waits here. */
const LOCK = 7_227_736
/** A deadlock with a hub that still runs, or a table that went between the looking and the giving. */
const PASSING_FAULTS = ['40P01', '42P01']
const MOST_TRIES = 5
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Makes the hub's role and its database where they are missing, and gives the role what an earlier release made as the
 * superuser who asks. `urlOf` names a database for the superuser. With a password the role has that one from now on, and
 * loses all rights but those of an owner. It may be repeated, also at the same time. Throws what PostgreSQL throws.
 * [OPS-13] [OPS-14]
 */
export async function prepareDatabase(
  urlOf: (database: string) => string,
  database: string,
  password?: string,
): Promise<void> {
  await withClient(urlOf('postgres'), async (client) => {
    // The connection's end gives it back.
    await client.query('select pg_advisory_lock($1)', [LOCK])
    const roles = await client.query('select 1 from pg_roles where rolname = $1', [HUB_ROLE])
    if (roles.rowCount === 0) await client.query(`create role ${HUB_ROLE} login`)
    if (password !== undefined) await settleRole(client, password)
    await giveDatabase(client, database)
    await withClient(urlOf(database), handOver)
  })
}

/** Gives the role its password, and takes whatever it can do beyond owning. */
async function settleRole(client: pg.Client, password: string): Promise<void> {
  // The server's log is no place for the password, not even in a statement that failed.
  await client.query(
    `set log_statement = 'none'; set log_min_duration_statement = -1; set log_min_error_statement = 'panic';
     set password_encryption = 'scram-sha-256'`,
  )
  const { rows } = await client.query<{ act: string }>(
    `select format('alter role ${HUB_ROLE} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password %L', $1::text) as act
     union all
     select format('revoke %s from ${HUB_ROLE} granted by %s cascade', roleid::regrole, grantor::regrole)
       from pg_auth_members where member = '${HUB_ROLE}'::regrole`,
    [password],
  )
  await client.query(rows.map(({ act }) => act).join('; '))
}

async function giveDatabase(client: pg.Client, database: string): Promise<void> {
  const name = pg.escapeIdentifier(database)
  const found = await client.query<{ isOurs: boolean }>(
    'select datdba = $2::regrole as "isOurs" from pg_database where datname = $1',
    [database, HUB_ROLE],
  )
  if (found.rowCount === 0) await client.query(`create database ${name} owner ${HUB_ROLE}`)
  else if (found.rows[0]?.isOurs !== true) await client.query(`alter database ${name} owner to ${HUB_ROLE}`)
}

async function handOver(client: pg.Client): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      const { rows } = await client.query<{ act: string }>(HAND_OVER)
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
