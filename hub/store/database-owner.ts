import pg from 'pg'

/** The role that PostgreSQL was made with, which can do everything; the hub speaks as another one. */
export const SUPERUSER = 'carrel'

/** The hub's own role: it owns the hub's database, and nothing else. [OPS-13] */
export const HUB_ROLE = 'carrel_hub'

/** Everything in a database that belongs to the superuser, as statements that give it to the hub; parts of extensions stay. */
const HAND_OVER = `
  with ours as (select '${SUPERUSER}'::regrole as superuser),
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
      and not exists (select from parts where classid = 'pg_type'::regclass and objid = t.oid)`

/**
 * Makes the hub's role and its database where they are missing, and gives the role what an earlier release made as
 * superuser. `urlOf` names a database for the superuser. Throws what PostgreSQL throws. [OPS-13]
 */
export async function prepareDatabase(urlOf: (database: string) => string, database: string): Promise<void> {
  await withClient(urlOf('postgres'), async (client) => {
    const roles = await client.query('select 1 from pg_roles where rolname = $1', [HUB_ROLE])
    if (roles.rowCount === 0) await client.query(`create role ${HUB_ROLE} login`)
    const found = await client.query<{ isOurs: boolean }>(
      'select datdba = $2::regrole as "isOurs" from pg_database where datname = $1',
      [database, HUB_ROLE],
    )
    if (found.rowCount === 0) await client.query(`create database ${database} owner ${HUB_ROLE}`)
    else if (found.rows[0]?.isOurs !== true)
      await client.query(`alter database ${database} owner to ${HUB_ROLE}`)
  })
  await withClient(urlOf(database), async (client) => {
    const { rows } = await client.query<{ act: string }>(HAND_OVER)
    if (rows.length > 0) await client.query(`begin; ${rows.map(({ act }) => act).join('; ')}; commit`)
  })
}

async function withClient(url: string, run: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await run(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
