import { may } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { decideGroupDescription, decideGroupName } from '#shared/domain/group-name.ts'
import { normaliseName } from '#shared/domain/space-tree.ts'
import type { Group } from '#shared/domain/group.ts'
import type { RouteInput } from '#shared/wire/rest.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import {
  transaction,
  type Database,
  type Queryable,
  type Transaction,
} from '../platform/postgres/database.ts'
import {
  dropGroup,
  insertGroup,
  loadBookingCount,
  loadGroup,
  loadGroups,
  loadMembers,
  lockGroup,
  lockGroupNames,
  updateGroup,
} from './group-rows.ts'
import { findGroup } from './find-group.ts'
import { memberRoutes } from './group-members.ts'
import { refusalOfName, type HttpRefusal, type Handle, type SignedIn } from '../platform/http/handle.ts'

/** Groups of the caller's university, and their members. [ACC-1] [ACC-3] [ACC-4] */
export function groupRoutes(handle: Handle, { pool }: { pool: Database }): void {
  handle('GET /groups', async (_input, caller) => accept({ groups: await loadGroupsSeen(pool, caller) }))
  handle('POST /groups', (input, caller) =>
    transaction(pool, 'read committed', (client) => commitGroup(client, input, caller)),
  )
  handle('PATCH /groups/:id', (input, caller) =>
    transaction(pool, 'read committed', (client) => commitGroupChange(client, input, caller)),
  )
  handle('GET /groups/:id/deletion', async ({ params }, caller) => {
    const found = await findGroup(pool, params.id, 'deleteGroup', caller)
    if (!found.ok) return found
    const { id, memberCount } = found.value.group
    return accept({ memberCount, bookingCount: await loadBookingCount(pool, id) })
  })
  handle('DELETE /groups/:id', (input, caller) =>
    transaction(pool, 'read committed', (client) => commitGroupDeletion(client, input, caller)),
  )
  memberRoutes(handle, pool)
}

/** All groups for whoever may see any; else the caller's own. */
async function loadGroupsSeen(database: Queryable, { actor }: SignedIn): Promise<Group[]> {
  const { universityId, memberships } = actor
  if (universityId === null) return []
  const seesAll = may(actor, 'seeGroup', { universityId })
  const own = memberships.map(({ groupId }) => groupId)
  return loadGroups(database, universityId, seesAll ? null : own)
}

type GroupText = Pick<Group, 'name' | 'description'>

/** `held`: the name that it has, which may stay even when it would be refused today. [EDG-10] */
function decideGroupText(typed: GroupText, held: string | null = null): Decision<GroupText, HttpRefusal> {
  const isHeld = held !== null && normaliseName(typed.name) === held
  const name = isHeld ? accept(held) : decideGroupName(typed.name)
  if (!name.ok) return refuse(refusalOfName(name.refusal, '/name'))
  const description = decideGroupDescription(typed.description)
  if (!description.ok) return refuse({ why: description.refusal, at: '/description' })
  return accept({ name: name.value, description: description.value })
}

async function commitGroup(
  client: Transaction,
  { body }: RouteInput<'POST /groups'>,
  caller: SignedIn,
): Promise<Decision<Group, HttpRefusal>> {
  const { universityId } = caller.actor
  if (universityId === null || !may(caller.actor, 'createGroup', { universityId }))
    return refuse({ why: 'notAllowed' })
  const decided = decideGroupText({ name: body.name, description: body.description ?? null })
  if (!decided.ok) return decided
  const input = { ...decided.value, gidNumber: body.gidNumber ?? null }
  if ((await lockGroupNames(client, universityId, input.name)) !== null) return refuse({ why: 'nameTaken' })
  const groupId = await insertGroup(client, universityId, input)
  await appendChange(client, {
    ...changedBy(caller),
    universityId,
    groupId,
    service: 'groups',
    subject: 'add',
    log: { after: input },
  })
  const group = await loadGroup(client, universityId, groupId)
  return group === null ? refuse({ why: 'notFound' }) : accept(group)
}

async function commitGroupChange(
  client: Transaction,
  { params, body }: RouteInput<'PATCH /groups/:id'>,
  caller: SignedIn,
): Promise<Decision<Group, HttpRefusal>> {
  const found = await findGroup(client, params.id, 'editGroup', caller, lockGroup)
  if (!found.ok) return found
  const { universityId, group } = found.value
  if (group.version !== body.version) return refuse({ why: 'stale', current: group })
  const before: GroupText = { name: group.name, description: group.description }
  const decided = decideGroupText({ ...before, ...body }, before.name)
  if (!decided.ok) return decided
  const after = decided.value
  if (after.name === before.name && after.description === before.description) return accept(group)
  const twin = await lockGroupNames(client, universityId, after.name)
  if (twin !== null && twin !== group.id) return refuse({ why: 'nameTaken' })
  await updateGroup(client, group.id, after)
  await appendChange(client, {
    ...changedBy(caller),
    universityId,
    groupId: group.id,
    service: 'groups',
    subject: 'edit',
    log: {
      before,
      after,
    },
  })
  return accept({ ...group, ...after, version: group.version + 1 })
}

async function commitGroupDeletion(
  client: Transaction,
  { params, query }: RouteInput<'DELETE /groups/:id'>,
  caller: SignedIn,
): Promise<Decision<null, HttpRefusal>> {
  const found = await findGroup(client, params.id, 'deleteGroup', caller, lockGroup)
  if (!found.ok) return found
  if (!caller.isConfirmed) return refuse({ why: 'passwordNeeded' })
  const { universityId, group } = found.value
  if (group.version !== query.version) return refuse({ why: 'stale', current: group })
  const members = await loadMembers(client, group.id)
  await dropGroup(client, group.id)
  await appendChange(client, {
    ...changedBy(caller),
    universityId,
    groupId: group.id,
    service: 'groups',
    subject: 'remove',
    log: {
      before: {
        name: group.name,
        description: group.description,
        gidNumber: group.gidNumber,
      },
      members: members.map(({ userId, permission }) => ({
        userId,
        permission,
      })),
    },
  })
  return accept(null)
}
