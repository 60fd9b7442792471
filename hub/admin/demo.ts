import { DEMO_CAMPUS, DEMO_PEOPLE } from '#shared/fixtures/campus.ts'
import { makePasswords } from '../accounts/passwords.ts'
import { makeReadablePassword } from '../accounts/readable-password.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { loadLocalUserId } from '../accounts/person-rows.ts'
import { updateSessionsRevoked } from '../accounts/user-session-rows.ts'
import { loadUniversityByDomain } from '../universities/university-rows.ts'
import { updatePasswordHash } from '../accounts/user-rows.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'

/** `demo passwords`. [IMP-10] */
export const demoPasswords: AdminCommand = {
  name: 'demo passwords',
  usage: '',
  summary: "creates new passwords for the demo's people, and shows them once",
  example: 'demo passwords',
  help: `Passwords are kept only as hashes, so the old ones cannot be shown again. New ones are created, and everyone signed in with
the old ones is signed out. In production there is no demo.`,
  options: {},
  run: async (world) => {
    if (world.config.isProduction)
      return refusal('There is no demo in production. Use it on a machine without NODE_ENV=production.')
    const campus = await loadUniversityByDomain(world.pool, DEMO_CAMPUS.domain)
    if (campus === null)
      return refusal('There is no demo in this database: "npm start" creates one in an empty database.')
    const passwords = makePasswords()
    const people: { email: string; password: string }[] = []
    for (const { username } of DEMO_PEOPLE) {
      const userId = await loadLocalUserId(world.pool, campus.id, username)
      if (userId === null) continue
      const password = makeReadablePassword()
      const hash = await passwords.hash(password)
      if (!hash.ok) return refusal('The server is busy and could not hash a password. Try again.')
      await transaction(world.pool, 'read committed', async (client) => {
        await updatePasswordHash(client, userId, hash.value)
        const count = await updateSessionsRevoked(client, userId, null)
        await appendChange(client, {
          universityId: campus.id,
          actor: 'cli',
          service: 'demo',
          subject: 'password',
          log: { userId, count },
        })
      })
      people.push({ email: `${username}@${DEMO_CAMPUS.domain}`, password })
    }
    if (people.length === 0)
      return refusal(
        'The people of the demo were deleted. "npm start" creates them again in an empty database.',
      )
    return answer(
      people.map(({ email, password }) => `sign in as ${email} with ${password}`).join('\n'),
      people,
    )
  },
}
