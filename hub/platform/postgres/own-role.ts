import { createHash, createHmac, hkdfSync, pbkdf2Sync, randomBytes } from 'node:crypto'
import { prepareOwnRole } from './database-owner.ts'
import { closePool, loadPrivilegedRole, openPool, query, requireServer, type Database } from './database.ts'

/** Longest name of a role in PostgreSQL, bytes. */
const MAX_ROLE_BYTES = 63
const SIGN_IN_REFUSED = '28P01'
/** For so long sessions of a hub that was just stopped may still be there. */
const OTHERS_TRIES = 10
const OTHERS_PAUSE_MS = 500

/** The hub cannot have a role of its own; the message is one sentence for the person at the terminal. */
export class OwnRoleError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OwnRoleError'
  }
}

/** The role of a hub whose DATABASE_URL names one that can do more: of that database alone, however many a server has. [OPS-15] */
export function ownRoleOf(database: string): string {
  const name = `carrel_hub_${database}`
  if (Buffer.byteLength(name) <= MAX_ROLE_BYTES) return name
  return `carrel_hub_${createHash('sha256').update(database).digest('hex').slice(0, 40)}`
}

/** The same address for another role; parameters at the end override. */
export function withRole(url: string, role: string, password: string): string {
  const credentials = new URLSearchParams({ user: role, password })
  return `${url}${url.includes('?') ? '&' : '?'}${credentials.toString()}`
}

/** How the hub connects to its database. */
export interface OwnRole {
  url: string
  /** The role of DATABASE_URL, its privileges, and the role that is used instead; null: DATABASE_URL's role is used. */
  instead: { role: string; privileges: string[]; own: string } | null
}

/**
 * The address under which the hub works: that of DATABASE_URL, unless its role can do more than own the database. Then a
 * role of its own is made there, with a password out of the server's secret, and owns what Carrel has; all hubs of a
 * database have the same. Throws OwnRoleError when that cannot be. [OPS-13] [OPS-15] [OPS-16]
 */
export async function connectAsOwnRole(url: string, secret: () => string): Promise<OwnRole> {
  const mighty = await withPool(url, async (pool) => {
    await requireServer(pool)
    const [row] = await query<{ database: string }>(pool, 'select current_database() as database')
    const found = await loadPrivilegedRole(pool)
    return found === null ? null : { ...found, database: row?.database ?? '' }
  })
  if (mighty === null) return { url, instead: null }
  const role = ownRoleOf(mighty.database)
  const password = Buffer.from(
    hkdfSync('sha256', secret(), 'carrel', `role of the database ${mighty.database} 1`, 32),
  ).toString('base64url')
  const own = withRole(url, role, password)
  try {
    await prepareOwnRole(url, {
      role,
      password: async () =>
        (await findSignInFault(own)) === null ? null : passwordToSet(url, role, password),
    })
    const fault = await findSignInFault(own)
    if (fault !== null) throw fault
    const left = await withPool(own, (pool) => loadPrivilegedRole(pool))
    if (left !== null) throw new Error(`${role} can still do more: ${left.privileges.join(', ')}`)
  } catch (error) {
    if (error instanceof OwnRoleError) throw error
    throw new OwnRoleError(describeFault(mighty, role, error), { cause: error })
  }
  return { url: own, instead: { role: mighty.role, privileges: mighty.privileges, own: role } }
}

/** The password to set for the role. Waits for, and then refuses because of, a hub that still uses another password. */
async function passwordToSet(url: string, role: string, password: string): Promise<string> {
  const others = (): Promise<object[]> =>
    withPool(url, (pool) => query(pool, 'select 1 from pg_stat_activity where usename = $1', [role]))
  for (let tries = 1; (await others()).length > 0; tries += 1) {
    if (tries === OTHERS_TRIES)
      throw new OwnRoleError(
        `Another hub works with this database as ${role}, with another CARREL_SECRET. Give all hubs of a database the same one, or stop that hub first.`,
      )
    await new Promise((resolve) => setTimeout(resolve, OTHERS_PAUSE_MS))
  }
  return scramVerifier(password)
}

const SCRAM_ROUNDS = 4096

/** What PostgreSQL stores of a password (RFC 5803): the password itself is in no statement, and so in no log of the server. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, SCRAM_ROUNDS, 32, 'sha256')
  const keyOf = (name: string): Buffer => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${SCRAM_ROUNDS}:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`
}

/** The error when an address's role cannot sign in; null when it can. Other errors are thrown. */
async function findSignInFault(url: string): Promise<Error | null> {
  try {
    await withPool(url, (pool) => query(pool, 'select 1'))
    return null
  } catch (error) {
    const { code = '' } = error as { code?: string }
    if (error instanceof Error && code === SIGN_IN_REFUSED) return error
    throw error
  }
}

function describeFault(
  { role, privileges, database }: { role: string; privileges: string[]; database: string },
  own: string,
  error: unknown,
): string {
  const reason = error instanceof Error ? error.message : String(error)
  return (
    `DATABASE_URL names ${role}, which can do more than own the database (${privileges.join(', ')}), and the hub cannot work as a role of its own, ${own}, instead (${reason}): ` +
    `run "node hub/prepare-database.ts" with SUPERUSER_DATABASE_URL naming a superuser and DATABASE_URL=postgresql://carrel_hub:password@host/${database}, and start the hub with that DATABASE_URL.`
  )
}

/** The own role of a database, where the connected role is privileged and may become it; null: there is none, or no need. [OPS-15] */
export async function findOwnRole(pool: Database): Promise<string | null> {
  if ((await loadPrivilegedRole(pool)) === null) return null
  const [row] = await query<{ database: string; owner: string; mayBecome: boolean }>(
    pool,
    `select current_database() as database, pg_get_userbyid(datdba) as owner, pg_has_role(current_user, datdba, 'set') as "mayBecome"
     from pg_database where datname = current_database()`,
  )
  return row?.mayBecome === true && row.owner === ownRoleOf(row.database) ? row.owner : null
}

async function withPool<Result>(url: string, run: (pool: Database) => Promise<Result>): Promise<Result> {
  const pool = openPool(url, { maxConnections: 1 })
  try {
    return await run(pool)
  } finally {
    await closePool(pool)
  }
}
