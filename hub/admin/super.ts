import type { Permission } from '#shared/domain/group.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import {
  dropMember,
  insertMember,
  loadGroups,
  loadMember,
  lockGroup,
  updateMember,
} from '../groups/group-rows.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { pickPerson, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

/** `super`. [IMP-3] */
export const superAdmin: AdminCommand = {
  name: 'super',
  usage: 'WHO [--university D]',
  summary: "makes someone an administrator of their university's super group",
  help: `  WHO              a username, or an email address that was confirmed

The person must have an account: created and confirmed, from a directory after the first sign-in, or imported. "people edit
WHO --role member" or "--role none" removes the role again.`,
  example: 'super ana.novak@example.edu',
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
        `${quoted(person.name)} has not confirmed the email address yet: someone else may have used it. Try again once it is confirmed.`,
      )
    if (!person.isActive)
      return refusal(
        `${quoted(person.name)} is blocked. "people edit ${person.name} --unblock" unblocks the account.`,
      )
    const { userId } = person
    const before = await transaction(world.pool, 'read committed', (client) =>
      writeSuperRole(client, universityId, userId, 'admin'),
    )
    const facts = { universityId, userId, before, permission: 'admin' }
    return before === 'admin'
      ? answer(`${quoted(person.name)} is already an administrator of ${name}.`, facts)
      : answer(`${quoted(person.name)} is now an administrator of ${name}.`, facts)
  },
}

/**
 * Gives somebody a role in the super group of their university, null: none, in the caller's transaction; answers with the
 * one before. The caller looks that an administrator stays. [IMP-3] [AUD-5]
 */
export async function writeSuperRole(
  client: Transaction,
  universityId: number,
  userId: number,
  role: Permission | null,
): Promise<Permission | null> {
  const groupId = (await loadGroups(client, universityId)).find(({ isSuper }) => isSuper)?.id
  if (groupId === undefined) throw new Error(`university ${universityId} has no super group`)
  await lockGroup(client, universityId, groupId)
  const before = (await loadMember(client, groupId, userId))?.permission ?? null
  if (before === role) return before
  if (role === null) await dropMember(client, groupId, userId)
  else if (before === null) await insertMember(client, { universityId, groupId, userId, permission: role })
  else await updateMember(client, groupId, userId, role)
  await appendChange(client, {
    universityId,
    actor: 'cli',
    groupId,
    service: 'groups',
    subject: role === null ? 'member remove' : before === null ? 'member add' : 'member edit',
    log: {
      userId,
      ...(before === null ? {} : { before: { permission: before } }),
      ...(role === null ? {} : { after: { permission: role } }),
    },
  })
  return before
}
