import pg from 'pg'
import {
  closePool,
  DatabaseUnusableError,
  openPool,
  requireServer,
  withDatabase,
} from './platform/postgres/database.ts'
import { HUB_ROLE, prepareDatabase } from './platform/postgres/database-owner.ts'

const HELP = `node hub/prepare-database.ts - prepares a PostgreSQL database for the hub, and exits

Creates the hub's role ${HUB_ROLE} and its database where they are missing, sets the role's password, revokes all rights beyond
owning that database, and makes it the owner of what an earlier release created there as superuser. It can be repeated at any time.

  SUPERUSER_DATABASE_URL  a superuser of that PostgreSQL; only this program needs to know it
  DATABASE_URL            what the hub will use: role ${HUB_ROLE}, its password, and the database
`

/** As far as it must be known here; the rest is what PostgreSQL's own client makes of it. */
const SHAPE = /^postgres(ql)?:\/\/[^/@\s]+@[^/@\s]*\/[^/?\s]+(\?\S*)?$/
const SIGN_IN_REFUSED = /^28/
const INSUFFICIENT_PRIVILEGE = '42501'

interface Addresses {
  superuserUrl: string
  hubUrl: string
  database: string
  password: string
}

async function main(): Promise<void> {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(HELP)
    return
  }
  const addresses = readAddresses(process.env)
  if (typeof addresses === 'string') return fail(addresses)
  const { superuserUrl, hubUrl, database, password } = addresses
  try {
    await prepareDatabase((name) => withDatabase(superuserUrl, name), database, password)
  } catch (error) {
    return fail(sentenceOf(error))
  }
  const fault = await tryHub(hubUrl)
  if (fault !== null) return fail(fault)
  process.stdout.write(`database ${database} belongs to ${HUB_ROLE}\n`)
}

/** What the environment says, or what is wrong with it, in a sentence without any secret. */
function readAddresses(environment: NodeJS.ProcessEnv): Addresses | string {
  const { SUPERUSER_DATABASE_URL: superuserUrl = '', DATABASE_URL: hubUrl = '' } = environment
  if (!SHAPE.test(superuserUrl))
    return 'SUPERUSER_DATABASE_URL must look like postgresql://superuser:password@host/postgres; letters and digits make a password that needs no escaping.'
  if (!SHAPE.test(hubUrl))
    return `DATABASE_URL must look like postgresql://${HUB_ROLE}:password@host/database; letters and digits make a password that needs no escaping.`
  const superuser = new pg.Client(superuserUrl)
  const hub = new pg.Client(hubUrl)
  if (hub.user !== HUB_ROLE)
    return `DATABASE_URL must name the role ${HUB_ROLE}, which this command prepares.`
  if (superuser.user === HUB_ROLE) return `SUPERUSER_DATABASE_URL must name a role other than ${HUB_ROLE}.`
  if (!hub.password) return `DATABASE_URL has no password for ${HUB_ROLE}.`
  if (hub.password === superuser.password)
    return `The password of ${HUB_ROLE} is the superuser's too: give it one of its own (openssl rand -hex 24).`
  return { superuserUrl, hubUrl, database: hub.database ?? HUB_ROLE, password: hub.password }
}

function sentenceOf(error: unknown): string {
  const { code = '', message } = error as { code?: string; message: string }
  const said = message || code
  if (SIGN_IN_REFUSED.test(code))
    return `PostgreSQL refuses the superuser (${said}); check SUPERUSER_DATABASE_URL: a database keeps the password that it was created with.`
  if (code === INSUFFICIENT_PRIVILEGE)
    return `The role of SUPERUSER_DATABASE_URL is not a superuser (${said}); name one that is.`
  return `The database cannot be prepared (${said}); check SUPERUSER_DATABASE_URL and that PostgreSQL runs.`
}

/** Whether the hub can connect with what it is given; else why not, in a sentence. */
async function tryHub(url: string): Promise<string | null> {
  const pool = openPool(url, { maxConnections: 1 })
  try {
    await requireServer(pool)
    return null
  } catch (error) {
    if (error instanceof DatabaseUnusableError) return error.message
    throw error
  } finally {
    await closePool(pool)
  }
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = 1
}

await main()
