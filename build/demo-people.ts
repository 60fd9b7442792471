import { randomInt } from 'node:crypto'
import process from 'node:process'
import { DEMO_CAMPUS } from '#shared/fixtures/campus.ts'
import { query, transaction, type Database } from '../hub/store/database.ts'
import { HouseError } from './house-error.ts'

/** Somebody of the demo who can sign in. */
export interface DemoPerson {
  email: string
  password: string
}

interface PlannedPerson {
  username: string
  displayname: string
  isSuperAdmin: boolean
}

/** The one superuser of the development set-up, and somebody who studies. */
const PEOPLE: readonly PlannedPerson[] = [
  { username: 'ta217', displayname: 'Assistant of Room 217', isSuperAdmin: true },
  { username: 'student', displayname: 'Demo Student', isSuperAdmin: false },
]

/** Letters and digits that nobody mistakes for each other; 16 of them are 78 bits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'

/**
 * Makes the people of the demo campus where it is and they are not. Their passwords are made here, given this once, and
 * kept nowhere but as hashes. Never in production. [IMP-8]
 */
export async function makeDemoPeople(pool: Database): Promise<DemoPerson[]> {
  if (process.env['NODE_ENV'] === 'production')
    throw new HouseError('The people of the demo do not exist in production.')
  const [campus] = await query<{ id: number }>(
    pool,
    `select v.id from universities v where $1 = any(v.email_domains)
       and not exists (select 1 from users u where u.associated_university_id = v.id)`,
    [DEMO_CAMPUS.domain],
  )
  if (campus === undefined) return []
  // A native module that only this one start needs.
  const { makePasswords } = await import('../hub/identity/passwords.ts')
  const passwords = makePasswords()
  const made: DemoPerson[] = []
  for (const planned of PEOPLE) {
    const password = makePassword()
    const hash = await passwords.hash(password)
    if (!hash.ok) throw new HouseError('No password could be hashed.')
    const email = `${planned.username}@${DEMO_CAMPUS.domain}`
    await insertPerson(pool, campus.id, { ...planned, email, hash: hash.value })
    made.push({ email, password })
  }
  return made
}

function makePassword(): string {
  const part = (): string => Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return [part(), part(), part(), part()].join('-')
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
