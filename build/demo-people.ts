import process from 'node:process'
import { DEMO_CAMPUS, DEMO_PEOPLE, type PlannedPerson } from '#shared/fixtures/campus.ts'
import { makeReadablePassword } from '../hub/accounts/readable-password.ts'
import { query, transaction, type Database } from '../hub/platform/postgres/database.ts'
import { StartupError } from './launcher.mjs'

/** Somebody of the demo who can sign in. */
export interface DemoPerson {
  email: string
  password: string
}

/**
 * Makes the people of the demo campus where it is and they are not. Their passwords are made here, given this once, and
 * kept nowhere but as hashes. Never in production. [IMP-8]
 */
export async function makeDemoPeople(pool: Database): Promise<DemoPerson[]> {
  if (process.env['NODE_ENV'] === 'production')
    throw new StartupError('The demo people are not available in production.')
  const [campus] = await query<{ id: number }>(
    pool,
    `select v.id from universities v where $1 = any(v.email_domains)
       and not exists (select 1 from users u where u.associated_university_id = v.id)`,
    [DEMO_CAMPUS.domain],
  )
  if (campus === undefined) return []
  // A native module that only this one start needs.
  const { makePasswords } = await import('../hub/accounts/passwords.ts')
  const passwords = makePasswords()
  const made: DemoPerson[] = []
  for (const planned of DEMO_PEOPLE) {
    const password = makeReadablePassword()
    const hash = await passwords.hash(password)
    if (!hash.ok) throw new StartupError('No password could be hashed.')
    const email = `${planned.username}@${DEMO_CAMPUS.domain}`
    await insertPerson(pool, campus.id, { ...planned, email, hash: hash.value })
    made.push({ email, password })
  }
  return made
}

/** Whether people of the demo are there, whose passwords were shown once. */
export async function hasDemoPeople(pool: Database): Promise<boolean> {
  const rows = await query(
    pool,
    `select 1 from users u join universities v on v.id = u.associated_university_id
     where $1 = any(v.email_domains) and u.username = any($2) and u.erased_at is null limit 1`,
    [DEMO_CAMPUS.domain, DEMO_PEOPLE.map(({ username }) => username)],
  )
  return rows.length > 0
}

async function insertPerson(
  pool: Database,
  universityId: number,
  person: PlannedPerson & { email: string; hash: string },
): Promise<void> {
  const { username, displayname, email, hash, isSuperAdmin } = person
  await transaction(pool, 'read committed', async (client) => {
    const [user] = await query<{ id: number }>(
      client,
      `insert into users (associated_university_id, username, displayname, email, email_key, password_hash, verified_at)
       values ($1, $2, $3, $4, lower($4), $5, now()) returning id`,
      [universityId, username, displayname, email, hash],
    )
    if (isSuperAdmin)
      await query(
        client,
        `insert into user_group (university_id, user_id, group_id, permissions)
         select $1, $2, g.id, 'admin' from groups g where g.university_id = $1 and g.is_super`,
        [universityId, user?.id],
      )
  })
}
