import { quoted } from '#shared/domain/space-tree.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { updateAllSessionsRevoked, updateSessionsRevoked } from '../accounts/user-session-rows.ts'
import { answer, usageRefusal, type AdminCommand } from './answer.ts'
import { confirm, YES_OPTION } from './confirm.ts'
import { WHO_HELP } from './people.ts'
import { pickPerson, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

/** `sessions end`. [IDN-17] [IMP-16] */
export const sessionsEnd: AdminCommand = {
  name: 'sessions end',
  usage: 'WHO | --all [--university D] [--yes]',
  summary: 'signs someone out everywhere, or everyone at a university',
  help: `${WHO_HELP}
  --all            everyone at the university; asks first

It takes effect within two seconds. Everyone can sign in again, even someone who stole a password: to prevent that, use
"people edit WHO --block", or have the person choose a new password ("Forgot your password?").`,
  example: 'sessions end ana',
  options: { ...UNIVERSITY_OPTION, ...YES_OPTION, all: { type: 'boolean' } },
  words: [0, 1],
  run: async (world, input) => {
    const [word] = input.words
    if ((word === undefined) !== input.isSet('all'))
      return usageRefusal('Add who is to be signed out, or --all for everyone at the university.')
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id: universityId, name } = university.value
    const picked = word === undefined ? null : await pickPerson(world, university.value, word)
    if (picked !== null && !picked.ok) return picked
    const person = picked?.value ?? null
    if (person === null) {
      const about = `Everyone at ${name} will be signed out on every device.`
      const confirmed = await confirm(input, { about, word: name })
      if (!confirmed.ok) return confirmed
    }
    const count = await transaction(world.pool, 'read committed', async (client) => {
      const ended =
        person === null
          ? await updateAllSessionsRevoked(client, universityId)
          : await updateSessionsRevoked(client, person.userId, null)
      if (ended === 0) return 0
      await appendChange(client, {
        universityId,
        actor: 'cli',
        service: 'sessions',
        subject: 'endAll',
        log: { count: ended, ...(person === null ? {} : { userId: person.userId }) },
      })
      return ended
    })
    const whose = person === null ? `everyone at ${name}` : quoted(person.name)
    return answer(`${count} ${count === 1 ? 'session' : 'sessions'} of ${whose} ended.`, {
      universityId,
      userId: person?.userId ?? null,
      count,
    })
  },
}
