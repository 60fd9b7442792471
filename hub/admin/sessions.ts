import { quoted } from '#shared/domain/space-tree.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { updateAllSessionsRevoked, updateSessionsRevoked } from '../accounts/user-session-rows.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { pickPerson, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

/** `sessions end`. [IDN-17] */
export const sessionsEnd: AdminCommand = {
  name: 'sessions end',
  usage: 'USER | --all [--university D]',
  summary: 'signs somebody out everywhere, or everybody of a university',
  help: `  USER    a user name, or an e-mail address
  --all   everybody of the university

Every hub refuses what was signed in within two seconds. Nothing keeps anybody from signing in again: whoever knows the
password that should be nobody else's still can, until "forgotten password" gave the account another.`,
  options: { ...UNIVERSITY_OPTION, all: { type: 'boolean' } },
  words: [0, 1],
  run: async (world, input) => {
    const [word] = input.words
    if ((word === undefined) !== input.isSet('all'))
      return refusal('Say either whose sessions are to end, or --all.')
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id: universityId, name } = university.value
    const picked = word === undefined ? null : await pickPerson(world, university.value, word)
    if (picked !== null && !picked.ok) return picked
    const person = picked?.value ?? null
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
    const whose = person === null ? `everybody of ${name}` : quoted(person.name)
    return answer(`${count} ${count === 1 ? 'session' : 'sessions'} of ${whose} ended.`, {
      universityId,
      userId: person?.userId ?? null,
      count,
    })
  },
}
