import pg from 'pg'

/** A pool of connections to the hub's PostgreSQL. */
export type Database = pg.Pool

/** One connection, inside a transaction. */
export type Transaction = pg.PoolClient

/** A pool or a connection that runs statements. */
export type Queryable = Pick<pg.ClientBase, 'query'>

/** Isolation of a transaction. `snapshot` sees one moment and writes nothing. */
export type Isolation = 'read committed' | 'repeatable read' | 'snapshot'

/** RETURNING old/new, which the commit uses, came with 18. */
export const REQUIRED_MAJOR = 18

const BEGIN: Record<Isolation, string> = {
  'read committed': 'begin isolation level read committed',
  'repeatable read': 'begin isolation level repeatable read',
  snapshot: 'begin isolation level repeatable read read only',
}

/** Far more than any statement of the hub takes; a university's lane stands still meanwhile. */
const STATEMENT_MS = 15_000
const LOCK_MS = 10_000

const INT8_OID = 20
const INT8_LIST_OID = 1016

/** The database cannot be used; the message is one sentence for the person at the terminal. */
export class DatabaseUnusableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseUnusableError'
  }
}

/** Settings of a pool; `maxConnections` defaults to 10. */
export interface PoolOptions {
  maxConnections?: number
  /** Statements and waits for locks are cut after a while: for the hub's own work, not for migrations, backups and imports. */
  isBounded?: boolean
  /** Called when a connection broke while it was idle. */
  onIdleError?: (error: Error) => void
  /** The role to become in each connection; when that fails, so do all statements. */
  role?: string
}

/** Opens a pool. Connects at the first query. bigint columns come as numbers: identities and clocks fit exactly. */
export function openPool(url: string, options: PoolOptions = {}): Database {
  const { role } = options
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    application_name: 'carrel',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // Statements that do not wait for each other's results are sent together; the server does one after the other.
    pipeline: true,
    // A hub that is stopped in the middle of a commit must not hold a university's lock against the others for ever.
    idle_in_transaction_session_timeout: 15_000,
    // One that hangs must not hold it either, nor wait for it for ever.
    ...(options.isBounded === true && { statement_timeout: STATEMENT_MS, lock_timeout: LOCK_MS }),
    types: { getTypeParser: parserOf },
    // Before any other statement of that connection; one that may not become the role is closed, and its statement fails.
    ...(role !== undefined && {
      // The types say void; the pool waits for what it returns.
      onConnect: (client): unknown => client.query(`set role ${pg.escapeIdentifier(role)}`),
    }),
  })
  // Without a listener, a server that shuts down would crash the hub.
  pool.on('error', (error) => options.onIdleError?.(error))
  // The pool's own listener is off while a connection is lent out: one that breaks between two statements of a
  // transaction would be an uncaught exception. The next statement on it fails, and says why.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const open = new Set<pg.PoolClient>()
  pool.on('connect', (client) => open.add(client))
  pool.on('remove', (client) => open.delete(client))
  OPEN_CLIENTS.set(pool, open)
  return pool
}

function parserOf(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  const parse: (value: string) => unknown = pg.types.getTypeParser(oid, format)
  if (format === 'binary') return parse
  if (oid === INT8_OID) return Number
  if (oid !== INT8_LIST_OID) return parse
  return (text) => (parse(text) as (string | null)[]).map((item) => (item === null ? null : Number(item)))
}

/** Connections of a pool that were made and not closed yet; the pool's own count drops one before it is closed. */
const OPEN_CLIENTS = new WeakMap<Database, Set<pg.PoolClient>>()

/** Ends a pool and waits until its connections are closed: pg's own `end` only begins to, and a server stopped right after would complain. */
export async function closePool(pool: Database): Promise<void> {
  const open = OPEN_CLIENTS.get(pool) ?? new Set()
  await pool.end()
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (open.size === 0) resolve()
    }
    pool.on('remove', look)
    look()
  })
}

/** Runs one statement and gives its rows. The caller names their shape. */
export async function query<Row extends object>(
  database: Queryable,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await database.query<Row>(sql, [...values])
  return result.rows
}

/** Runs `run` in one transaction: COMMIT when it returns, ROLLBACK when it throws; a broken connection is thrown away. */
export async function transaction<Result>(
  pool: Database,
  isolation: Isolation,
  run: (client: Transaction) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    // Waited for before anything else is sent: without it each statement would be a transaction of its own.
    await client.query(BEGIN[isolation])
    const result = await run(client)
    await client.query('commit')
    return result
  } catch (error) {
    broken = await rollback(client)
    throw error
  } finally {
    client.release(broken)
  }
}

async function rollback(client: Transaction): Promise<Error | undefined> {
  try {
    await client.query('rollback')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Throws DatabaseUnusableError unless the server can be reached and is new enough. */
export async function requireServer(pool: Database): Promise<void> {
  let found: { version: number; encoding: string }[]
  try {
    found = await query(
      pool,
      "select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding",
    )
  } catch (cause) {
    throw new DatabaseUnusableError(
      `Cannot reach the database (${cause instanceof Error ? cause.message : String(cause)}). Check DATABASE_URL and that PostgreSQL runs.`,
      { cause },
    )
  }
  const { version = 0, encoding = '' } = found[0] ?? {}
  if (version < REQUIRED_MAJOR)
    throw new DatabaseUnusableError(
      `The database is PostgreSQL ${version}, and Carrel needs ${REQUIRED_MAJOR} or newer. Upgrade it, or leave DATABASE_URL unset to use the embedded one.`,
    )
  if (encoding !== 'UTF8')
    throw new DatabaseUnusableError(
      `The database is encoded in ${encoding}, and Carrel needs UTF8. Create one with "create database carrel encoding 'UTF8' template template0".`,
    )
}

/** The address of another database on the same server. */
export function withDatabase(url: string, name: string): string {
  return url.replace(/@([^/]*)\/[^?]*/, `@$1/${name}`)
}

/** A role that can do more than own its database, and its privileges: words of PostgreSQL, and names of roles that it may become. */
export interface PrivilegedRole {
  role: string
  privileges: string[]
}

/**
 * The connected role, when it can do more than own its database: everything, create roles, replicate, bypass row security, or
 * use files and programs of the server, itself or by a role that it is a member of. Else null. [OPS-13]
 */
export async function loadPrivilegedRole(database: Queryable): Promise<PrivilegedRole | null> {
  const [row] = await query<PrivilegedRole>(
    database,
    `with mighty as (
       select oid, rolname, rolsuper, case when rolsuper then array['superuser'] else array_remove(array[
         case when rolcreaterole then 'createrole' end, case when rolreplication then 'replication' end,
         case when rolbypassrls then 'bypassrls' end, case when rolname in
           ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program') then 'server' end
       ], null) end as privileges from pg_roles)
     select me.rolname::text as role, me.privileges || array(
         select other.rolname::text from mighty other
         where other.oid <> me.oid and other.privileges <> '{}' and not me.rolsuper and pg_has_role(me.oid, other.oid, 'member')
         order by 1) as privileges
       from mighty me where me.rolname = current_user`,
  )
  return row === undefined || row.privileges.length === 0 ? null : row
}

/** The name of the constraint that a statement broke; null for any other error. */
export function constraintOf(error: unknown): string | null {
  return error instanceof pg.DatabaseError && error.code?.startsWith('23') === true
    ? (error.constraint ?? null)
    : null
}

/** Whether a statement was cut since it took too long. */
export function isTooSlow(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '57014'
}

/** Whether a statement was cut since others held a lock, or waited for each other in a circle. */
export function isLockedOut(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === '55P03' || error.code === '40P01')
}

/** Whether a statement was refused since one before it in its transaction had failed: that one says why. */
export function isAfterFailure(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '25P02'
}

/** Whether the database cannot take a value as it is. */
export function isDataException(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith('22') === true
}

/** Whether the database refused the data, so that trying the same again is useless. Else the connection or the moment was bad. [SYN-7] */
export function isRefusedByDatabase(error: unknown): boolean {
  // 22 data exception, 23 integrity, P0 raised by a routine.
  return error instanceof pg.DatabaseError && /^(22|23|P0)/.test(error.code ?? '')
}

// 08…: connection exceptions; 25P03: too long idle within a transaction; 53…: connections, memory or disk are used up;
// 57P…: shutdown, crash, starting up; E…, ERR_…: of the network and of TLS.
const AWAY =
  /^(08\d{3}|25P03|53\d{3}|57P0\d|E(CONN(REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)|ERR_(SSL|TLS)_\w+)$/
// What the driver says itself has no code.
const AWAY_MESSAGE =
  /^(Connection terminated|timeout (exceeded|expired)|Client (has encountered a connection error|was closed)|Cannot use a pool after|Received unexpected \w+ message)/

/** Whether the database could not be reached, or the connection broke: what was under way may be done, or not. */
export function isDatabaseAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code = '', message = '', syscall } = error as { code?: string; message?: string; syscall?: string }
  if (code === 'ENOENT') return syscall === 'connect'
  return AWAY.test(code) || AWAY_MESSAGE.test(message)
}

/** Whether an error is none of the database or of the way to it, and so a bug of the hub. */
export function isBug(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) && !isDatabaseAway(error)
}
