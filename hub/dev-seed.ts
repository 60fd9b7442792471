import { SUPER_GROUP_NAME } from '#shared/domain/group.ts'
import { DEFAULT_GROUP_LIST, mergeGroupList, readGroupList } from './admin/import-groups.ts'
import { decideUniversity, makeUniversity } from './universities/make-university.ts'
import type { HubLog } from './platform/log.ts'
import { appendChange } from './platform/postgres/append-change.ts'
import { query, transaction, type Database, type Transaction } from './platform/postgres/database.ts'
import { insertMember, loadGroups } from './groups/group-rows.ts'
import { insertImportedUsers } from './admin/import-rows.ts'
import { loadNamedAccount } from './accounts/user-rows.ts'

/** The university of the development directory (build/dev/ldap): its people's addresses end so. */
export const DEVELOPMENT_UNIVERSITY = {
  name: 'Lipnik University',
  domains: ['lipnik.example'],
  timezone: 'Europe/Ljubljana',
  locale: 'en',
}

/** The one superuser, by username in the directory. */
const SUPERUSER = { username: 'ta217', displayname: 'Assistant of Room 217' }

const ACTOR = 'hub'

/**
 * Gives a database without any university what development begins with: a university, its group cspace with the superuser
 * as administrator, and the default groups. Its people are the directory's, and sign in with the passwords there; the
 * superuser's account waits for the directory's word like any that was taken over. Gives whether it did. [OPS-1] [OPS-2]
 */
export async function seedDevelopment(pool: Database, log: HubLog): Promise<boolean> {
  const listed = await readGroupList(DEFAULT_GROUP_LIST)
  if (!listed.ok) throw new Error(listed.refusal.sentence)
  const isNew = await transaction(pool, 'read committed', async (client) => {
    const present = await query(client, 'select 1 from universities limit 1')
    if (present.length > 0) return false
    const input = decideUniversity(DEVELOPMENT_UNIVERSITY)
    if (!input.ok) throw new Error(input.refusal.sentence)
    const made = await makeUniversity(client, input.value, { actor: ACTOR })
    // Two hubs that start at once wait for each other in there, and the second finds the first one's.
    if (!made.ok) return false
    await mergeGroupList(client, made.value.id, listed.value, { source: 'default-groups.txt', actor: ACTOR })
    await makeSuperuser(client, made.value.id)
    return true
  })
  if (isNew)
    log.info('development-seeded', 'The development university was created.', {
      name: DEVELOPMENT_UNIVERSITY.name,
    })
  return isNew
}

async function makeSuperuser(client: Transaction, universityId: number): Promise<void> {
  await insertImportedUsers(client, universityId, [
    { ...SUPERUSER, lastLoginAt: null, lastLoginIp: null, createdAt: null },
  ])
  const userId = (await loadNamedAccount(client, universityId, SUPERUSER.username))?.id
  const groupId = (await loadGroups(client, universityId)).find(({ isSuper }) => isSuper)?.id
  if (userId === undefined || groupId === undefined) throw new Error(`no ${SUPER_GROUP_NAME} was made`)
  await insertMember(client, { universityId, groupId, userId, permission: 'admin' })
  await appendChange(client, {
    universityId,
    actor: ACTOR,
    groupId,
    service: 'groups',
    subject: 'member add',
    log: { userId, after: { permission: 'admin' } },
  })
}
