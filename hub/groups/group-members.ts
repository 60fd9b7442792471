import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { Member } from '#shared/domain/group.ts'
import type { RouteInput } from '#shared/wire/rest.ts'
import { parseAddress } from '../platform/mail/address.ts'
import { appendChange, changedBy, type Change } from '../platform/postgres/append-change.ts'
import { transaction, type Database, type Transaction } from '../platform/postgres/database.ts'
import {
  dropMember,
  insertMember,
  loadMember,
  loadMembers,
  loadPersonNamed,
  lockGroup,
  updateMember,
} from './group-rows.ts'
import { isLastSuperAdmin } from './super-group.ts'
import { findGroup, type FoundGroup } from './find-group.ts'
import type { HttpRefusal, Handle, SignedIn } from '../platform/http/handle.ts'

/** Members of groups. Whatever changes them holds the group's lock. [ACC-3] [ACC-5] */
export function memberRoutes(handle: Handle, pool: Database): void {
  handle('GET /groups/:id/members', async ({ params }, caller) => {
    const found = await findGroup(pool, params.id, 'seeGroup', caller)
    return found.ok ? accept({ members: await loadMembers(pool, found.value.group.id) }) : found
  })
  handle('POST /groups/:id/members', (input, caller) =>
    transaction(pool, 'read committed', (client) => commitMember(client, input, caller)),
  )
  handle('PUT /groups/:id/members/:userId', (input, caller) =>
    transaction(pool, 'read committed', (client) => commitPermission(client, input, caller)),
  )
  handle('DELETE /groups/:id/members/:userId', (input, caller) =>
    transaction(pool, 'read committed', (client) => commitRemoval(client, input, caller)),
  )
}

async function commitMember(
  client: Transaction,
  { params, body }: RouteInput<'POST /groups/:id/members'>,
  caller: SignedIn,
): Promise<Decision<Member, HttpRefusal>> {
  const found = await findGroup(client, params.id, 'addMember', caller, lockGroup)
  if (!found.ok) return found
  const { universityId, group } = found.value
  const person = body.person.normalize('NFC').trim()
  // PostgreSQL takes no NUL in a text.
  if (person.includes('\u0000')) return refuse({ why: 'valueRefused', at: '/person' })
  const name = { username: person, emailKey: parseAddress(person)?.key ?? null }
  const userId = await loadPersonNamed(client, universityId, name)
  if (userId === null) return refuse({ why: 'valueRefused', at: '/person' })
  const already = await loadMember(client, group.id, userId)
  if (already !== null)
    return already.permission === body.permission
      ? accept(already)
      : refuse({ why: 'valueRefused', at: '/permission' })
  await insertMember(client, { universityId, groupId: group.id, userId, permission: body.permission })
  await appendMemberChange(client, found.value, caller, 'member add', {
    userId,
    after: { permission: body.permission },
  })
  return foundMember(await loadMember(client, group.id, userId))
}

async function commitPermission(
  client: Transaction,
  { params, body }: RouteInput<'PUT /groups/:id/members/:userId'>,
  caller: SignedIn,
): Promise<Decision<Member, HttpRefusal>> {
  const found = await findGroup(client, params.id, 'changePermission', caller, lockGroup)
  if (!found.ok) return found
  const { universityId, group } = found.value
  const { userId } = params
  const before = await loadMember(client, group.id, userId)
  if (before === null) return refuse({ why: 'notFound' })
  if (before.permission === body.permission) return accept(before)
  if (group.isSuper && (await isLastSuperAdmin(client, universityId, userId)))
    return refuse({ why: 'lastAdmin' })
  await updateMember(client, group.id, userId, body.permission)
  await appendMemberChange(client, found.value, caller, 'member edit', {
    userId,
    before: { permission: before.permission },
    after: { permission: body.permission },
  })
  return foundMember(await loadMember(client, group.id, userId))
}

async function commitRemoval(
  client: Transaction,
  { params }: RouteInput<'DELETE /groups/:id/members/:userId'>,
  caller: SignedIn,
): Promise<Decision<null, HttpRefusal>> {
  const found = await findGroup(client, params.id, 'removeMember', caller, lockGroup)
  if (!found.ok) return found
  const { universityId, group } = found.value
  const { userId } = params
  const before = await loadMember(client, group.id, userId)
  if (before === null) return refuse({ why: 'notFound' })
  if (group.isSuper && (await isLastSuperAdmin(client, universityId, userId)))
    return refuse({ why: 'lastAdmin' })
  await dropMember(client, group.id, userId)
  await appendMemberChange(client, found.value, caller, 'member remove', {
    userId,
    before: { permission: before.permission },
  })
  return accept(null)
}

function foundMember(member: Member | null): Decision<Member, HttpRefusal> {
  return member === null ? refuse({ why: 'notFound' }) : accept(member)
}

function appendMemberChange(
  client: Transaction,
  { universityId, group }: FoundGroup,
  caller: SignedIn,
  subject: string,
  log: Change['log'],
): Promise<void> {
  const act = { universityId, groupId: group.id, service: 'groups', subject }
  return appendChange(client, { ...changedBy(caller), ...act, log })
}
