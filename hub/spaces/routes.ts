import { may, type Actor } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import { query, transaction } from '../platform/postgres/database.ts'
import {
  dropTracked,
  insertTracked,
  loadDeletedSpaces,
  loadSettings,
  loadSpaceState,
} from './people-spaces.ts'
import { loadPeopleSpace } from './people-tree.ts'
import { commitNewSpace, commitSpaceEdit } from './commit-person-space.ts'
import { commitOnKiosks, commitSpaceRemoval, commitSpaceRestore } from './commit-space-removal.ts'
import type { SpaceParts } from './change-spaces.ts'
import { WrittenJson, type CallRefusal, type Handle, type SignedIn } from '../platform/http/handle.ts'
import { makeTreeAnswers } from './tree-answers.ts'

/** The most spaces on one person's dashboard. */
const MAX_TRACKED = 200

/** Spaces: what members of the university see, make, change and track. */
export function spaceRoutes(handle: Handle, parts: SpaceParts): void {
  readingRoutes(handle, parts)
  changingRoutes(handle, parts)
  trackingRoutes(handle, parts)
}

function readingRoutes(handle: Handle, { pool }: SpaceParts): void {
  const answers = makeTreeAnswers(pool)
  handle('GET /spaces', async (_input, { actor }) => {
    const pieces = await answers.pieces(actor, async () => {
      const { staleMs } = await loadSettings(pool, actor.universityId ?? 0)
      const [now] = await query<{ ms: number }>(pool, 'select ms_of_time(clock_timestamp()) as ms')
      return { nowMs: now?.ms ?? 0, staleMs }
    })
    return pieces === null ? refuse({ why: 'notFound' }) : accept(new WrittenJson(pieces))
  })
  handle('GET /spaces/deleted', async (_input, { actor }) => {
    const { universityId, userId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    const makerId = may(actor, 'editSpace', { universityId, createdById: null }) ? null : userId
    return accept({ spaces: await loadDeletedSpaces(pool, universityId, makerId) })
  })
}

function changingRoutes(handle: Handle, parts: SpaceParts): void {
  const { pool } = parts
  const current = async (
    { actor }: SignedIn,
    done: Decision<number, CallRefusal>,
  ): Promise<Decision<PeopleSpace, CallRefusal>> => (done.ok ? show(pool, actor, done.value) : done)
  const withCurrent = async (
    { actor }: SignedIn,
    id: number,
    refusal: CallRefusal,
  ): Promise<{ ok: false; refusal: CallRefusal }> =>
    refuse(
      refusal.why === 'stale' ? { ...refusal, current: await loadPeopleSpace(pool, actor, id) } : refusal,
    )
  handle('POST /spaces', async ({ body }, caller) =>
    current(caller, await commitNewSpace(parts, caller, body)),
  )
  handle('PATCH /spaces/:id', async ({ params, body }, caller) => {
    const { version, ...wish } = body
    const done = await commitSpaceEdit(parts, caller, { id: params.id, version, wish })
    return done.ok ? show(pool, caller.actor, done.value) : withCurrent(caller, params.id, done.refusal)
  })
  handle('DELETE /spaces/:id', async ({ params, query: { version, withChildren = false } }, caller) => {
    const done = await commitSpaceRemoval(parts, caller, { id: params.id, version, withChildren })
    return done.ok ? done : withCurrent(caller, params.id, done.refusal)
  })
  handle('POST /spaces/:id/restore', async ({ params }, caller) =>
    current(caller, await commitSpaceRestore(parts, caller, params.id)),
  )
  handle('PUT /spaces/:id/on-kiosks', async ({ params, body }, caller) =>
    current(caller, await commitOnKiosks(parts, caller, { id: params.id, ...body })),
  )
}

function trackingRoutes(handle: Handle, { pool }: SpaceParts): void {
  handle('PUT /spaces/:id/tracked', async ({ params }, { actor }) => {
    const { universityId, userId } = actor
    const space = universityId === null ? null : await loadSpaceState(pool, universityId, params.id)
    if (universityId === null || space === null) return refuse({ why: 'notFound' })
    if (!may(actor, 'trackSpace', { universityId })) return refuse({ why: 'notAllowed' })
    if (space.isDeleted) return refuse({ why: 'spaceDeleted' })
    const isDone = await transaction(pool, 'read committed', (client) =>
      insertTracked(client, { universityId, userId, spaceId: space.id }, MAX_TRACKED),
    )
    return isDone ? accept(null) : refuse({ why: 'quotaReached' })
  })
  handle('DELETE /spaces/:id/tracked', async ({ params }, { actor }) => {
    const { universityId, userId } = actor
    const space = universityId === null ? null : await loadSpaceState(pool, universityId, params.id)
    if (space === null) return refuse({ why: 'notFound' })
    await dropTracked(pool, userId, space.id)
    return accept(null)
  })
}

/** A space after a change, as it is now: somebody else may have deleted it in between. */
async function show(
  pool: SpaceParts['pool'],
  actor: Actor,
  id: number,
): Promise<Decision<PeopleSpace, CallRefusal>> {
  const space = await loadPeopleSpace(pool, actor, id)
  return space === null ? refuse({ why: 'spaceDeleted' }) : accept(space)
}
