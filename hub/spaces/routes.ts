import { may, type Actor } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import { runCommand } from '../platform/http/run-command.ts'
import { loadFreshness } from '../platform/postgres/university-facts.ts'
import { loadDeletedSpaces } from './person-space-rows.ts'
import { loadPeopleSpace } from './people-tree.ts'
import { editSpaceCommand, newSpaceCommand } from './edit-space.ts'
import { onKiosksCommand, removeSpaceCommand, restoreSpaceCommand } from './remove-space.ts'
import { changeSpaces } from './change-spaces.ts'
import type { SpaceDependencies } from './change-spaces.ts'
import { SerializedJson, type HttpRefusal, type Handle, type SignedIn } from '../platform/http/handle.ts'
import { trackCommand, untrackCommand } from './track-space.ts'
import { makeTreeAnswers } from './tree-answers.ts'

/** Routes of spaces: what members of a university see, make, change and track. */
export function spaceRoutes(handle: Handle, dependencies: SpaceDependencies): void {
  readingRoutes(handle, dependencies)
  changingRoutes(handle, dependencies)
  trackingRoutes(handle, dependencies)
}

function readingRoutes(handle: Handle, { pool }: SpaceDependencies): void {
  const answers = makeTreeAnswers(pool)
  handle('GET /spaces', async (_input, { actor }) => {
    const chunks = await answers.chunks(actor, () => loadFreshness(pool, actor.universityId ?? 0))
    return chunks === null ? refuse({ why: 'notFound' }) : accept(new SerializedJson(chunks))
  })
  handle('GET /spaces/deleted', async (_input, { actor }) => {
    const { universityId, userId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    const makerId = may(actor, 'editSpace', { universityId, createdById: null }) ? null : userId
    return accept({ spaces: await loadDeletedSpaces(pool, universityId, makerId) })
  })
}

function changingRoutes(handle: Handle, dependencies: SpaceDependencies): void {
  const { pool } = dependencies
  const current = async (
    { actor }: SignedIn,
    done: Decision<number, HttpRefusal>,
  ): Promise<Decision<PeopleSpace, HttpRefusal>> => (done.ok ? show(pool, actor, done.value) : done)
  const withCurrent = async (
    { actor }: SignedIn,
    id: number,
    refusal: HttpRefusal,
  ): Promise<{ ok: false; refusal: HttpRefusal }> =>
    refuse(
      refusal.why === 'stale' ? { ...refusal, current: await loadPeopleSpace(pool, actor, id) } : refusal,
    )
  handle('POST /spaces', async ({ body }, caller) =>
    current(caller, await changeSpaces(dependencies, caller, newSpaceCommand, body)),
  )
  handle('PATCH /spaces/:id', async ({ params, body }, caller) => {
    const { version, ...input } = body
    const done = await changeSpaces(dependencies, caller, editSpaceCommand, {
      id: params.id,
      version,
      patch: input,
    })
    return done.ok ? show(pool, caller.actor, done.value) : withCurrent(caller, params.id, done.refusal)
  })
  handle('DELETE /spaces/:id', async ({ params, query: { version, withChildren = false } }, caller) => {
    const done = await changeSpaces(dependencies, caller, removeSpaceCommand, {
      id: params.id,
      version,
      withChildren,
    })
    return done.ok ? done : withCurrent(caller, params.id, done.refusal)
  })
  handle('POST /spaces/:id/restore', async ({ params }, caller) =>
    current(caller, await changeSpaces(dependencies, caller, restoreSpaceCommand, { id: params.id })),
  )
  handle('PUT /spaces/:id/on-kiosks', async ({ params, body }, caller) =>
    current(caller, await changeSpaces(dependencies, caller, onKiosksCommand, { id: params.id, ...body })),
  )
}

function trackingRoutes(handle: Handle, { writer }: SpaceDependencies): void {
  handle('PUT /spaces/:id/tracked', ({ params }, caller) =>
    runCommand(writer, trackCommand, caller, { spaceId: params.id }),
  )
  handle('DELETE /spaces/:id/tracked', ({ params }, caller) =>
    runCommand(writer, untrackCommand, caller, { spaceId: params.id }),
  )
}

/** A space after a change, as it is now: somebody else may have deleted it in between. */
async function show(
  pool: SpaceDependencies['pool'],
  actor: Actor,
  id: number,
): Promise<Decision<PeopleSpace, HttpRefusal>> {
  const space = await loadPeopleSpace(pool, actor, id)
  return space === null ? refuse({ why: 'spaceDeleted' }) : accept(space)
}
