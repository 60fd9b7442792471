import { quoted } from '#shared/domain/space-tree.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Database } from '../platform/postgres/database.ts'
import { insertMember, loadGroups, loadMember, lockGroup, updateMember } from '../groups/group-rows.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { pickPerson, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

/** `super`. [IMP-3] */
export const superAdmin: AdminCommand = {
  name: 'super',
  usage: 'USER [--university D]',
  summary: 'makes somebody an administrator of their university’s super group',
  help: `  USER   a user name, or an e-mail address that was confirmed

The person must be known: registered and confirmed, signed in by a directory once, or imported.`,
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id: universityId, name } = university.value
    const picked = await pickPerson(world, university.value, input.words[0] ?? '')
    if (!picked.ok) return picked
    const person = picked.value
    if (!person.isTrusted)
      return refusal(
        `${quoted(person.name)} has not confirmed the address yet: whoever registered it may be somebody else.`,
      )
    if (!person.isActive) return refusal(`${quoted(person.name)} is shut out.`)
    const { userId } = person
    const before = await commitSuperAdmin(world.pool, universityId, userId)
    const facts = { universityId, userId, before, permission: 'admin' }
    return before === 'admin'
      ? answer(`${quoted(person.name)} is an administrator of ${name} already.`, facts)
      : answer(`${quoted(person.name)} is an administrator of ${name} now, from the next call on.`, facts)
  },
}

/** Makes somebody an administrator of the super group; gives what they were in it before. [IMP-3] */
async function commitSuperAdmin(
  pool: Database,
  universityId: number,
  userId: number,
): Promise<'admin' | 'member' | null> {
  return transaction(pool, 'read committed', async (client) => {
    const groupId = (await loadGroups(client, universityId)).find(({ isSuper }) => isSuper)?.id
    if (groupId === undefined) throw new Error(`university ${universityId} has no super group`)
    await lockGroup(client, universityId, groupId)
    const before = (await loadMember(client, groupId, userId))?.permission ?? null
    if (before === 'admin') return before
    if (before === null) await insertMember(client, { universityId, groupId, userId, permission: 'admin' })
    else await updateMember(client, groupId, userId, 'admin')
    await appendChange(client, {
      universityId,
      actor: 'cli',
      groupId,
      service: 'groups',
      subject: before === null ? 'member add' : 'member edit',
      log: {
        userId,
        ...(before === null ? {} : { before: { permission: before } }),
        after: { permission: 'admin' },
      },
    })
    return before
  })
}
