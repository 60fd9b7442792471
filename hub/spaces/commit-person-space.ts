import { may } from '#shared/domain/access.ts'
import { carriesLink } from '#shared/domain/address-in-name.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { MAX_LOCATION_LENGTH, type SpaceDetails } from '#shared/domain/space.ts'
import { faultOfDetails, faultOfName, faultOfText, normaliseName } from '#shared/domain/space-tree.ts'
import type { CallRefusal, SignedIn } from '../platform/http/handle.ts'
import {
  insertPersonSpace,
  loadDescendants,
  updatePersonSpace,
  type SpaceSaid,
  type SpaceState,
} from './people-spaces.ts'
import { rebuildComposites } from './spaces.ts'
import {
  changeSpaces,
  faultOfCount,
  faultOfKind,
  faultOfPlace,
  faultOfSibling,
  findSpace,
  heightOf,
  isOfSuperGroup,
  noteChange,
  partsSeen,
  type SpaceChange,
  type SpaceParts,
} from './change-spaces.ts'

/** What somebody says of a space; what is absent stays as it is. */
export type SpaceWish = { [Key in keyof Omit<SpaceSaid, 'onKiosks'>]?: SpaceSaid[Key] | undefined }

/** Makes a space below another one, and gives its id. It is off kiosks unless its maker is of the super group. [TRE-8] [TRE-12] */
export async function commitNewSpace(
  parts: SpaceParts,
  caller: SignedIn,
  wish: SpaceWish & { name: string; kind: SpaceSaid['kind']; parentId: number },
): Promise<Decision<number, CallRefusal>> {
  return changeSpaces(parts, caller, async (change) => {
    const { client, universityId, clock, actor, userId } = change
    if (!may(actor, 'createSpace', { universityId })) return refuse({ why: 'notAllowed' })
    const blank = {
      parentId: wish.parentId,
      name: '',
      kind: wish.kind,
      location: null,
      details: {},
      capacity: null,
    }
    const said = sayOf({ ...blank, onKiosks: isOfSuperGroup(actor) }, wish)
    const { parentId, name } = wish
    const standing = { ...said, id: null, createdById: userId }
    const fault =
      faultOfWish(wish) ??
      (await faultOfPlace(change, { parentId, movedId: null, height: 1 })) ??
      (await faultOfKind(change, { parentId, kind: said.kind, below: [] })) ??
      (await faultOfCount(change, { count: 1, hiddenCount: said.onKiosks ? 0 : 1, mineCount: 1 })) ??
      (await faultOfSibling(change, standing, true))
    if (fault !== null) return refuse(fault)
    const id = await insertPersonSpace(client, { universityId, clock, userId }, said)
    // Off kiosks it counts in no other: nothing else has to be summed anew. [TRE-6]
    if (said.onKiosks) await rebuildComposites(client, universityId, clock)
    await noteChange(change, 'create', { spaceId: id, name: normaliseName(name), after: said })
    return accept(id)
  })
}

/**
 * Changes a space that was at `version`, or moves it. Whoever changes it from outside the super group takes it off
 * kiosks: what stands on public screens is what was let there. [TRE-8] [TRE-9] [TRE-11]
 */
export async function commitSpaceEdit(
  parts: SpaceParts,
  caller: SignedIn,
  edit: { id: number; version: number; wish: SpaceWish },
): Promise<Decision<number, CallRefusal>> {
  return changeSpaces(parts, caller, async (change) => {
    const { client, universityId, clock, actor, userId } = change
    const found = await findSpace(change, edit.id, 'editSpace')
    if (!found.ok) return found
    const before = found.value
    if (before.isDeleted) return refuse({ why: 'spaceDeleted' })
    if (before.version !== edit.version) return refuse({ why: 'stale' })
    const after = sayOf({ ...saidOf(before), onKiosks: before.onKiosks && isOfSuperGroup(actor) }, edit.wish)
    const fault = faultOfWish(edit.wish) ?? (await faultOfMove(change, before, after))
    if (fault !== null) return refuse(fault)
    // What is so already is no change, and takes nothing off kiosks either. [AUD-5]
    const { after: changed } = difference(saidOf(before), { ...after, onKiosks: before.onKiosks })
    if (Object.keys(changed).length === 0) return { ...accept(edit.id), isStep: false }
    const isPlacedAnew = 'name' in changed || 'parentId' in changed
    const taken = await faultOfSibling(change, { ...before, ...after }, isPlacedAnew)
    if (taken !== null) return refuse(taken)
    // A name of their own choice was on no screen yet. [IMP-12]
    const isUnknown = isPlacedAnew && !isOfSuperGroup(actor)
    await updatePersonSpace(client, { universityId, clock, userId }, edit.id, after, isUnknown)
    const isReshaped = (['parentId', 'capacity', 'onKiosks'] as const).some(
      (key) => after[key] !== before[key],
    )
    // Off kiosks, before and after, it counts in no other. [TRE-6]
    if (isReshaped && before.onKiosks) await rebuildComposites(client, universityId, clock)
    await noteChange(change, 'edit', { spaceId: edit.id, ...difference(saidOf(before), after) })
    return accept(edit.id)
  })
}

/** What speaks against where it is to stand, and as what. */
async function faultOfMove(
  change: SpaceChange,
  before: SpaceState,
  { parentId, kind }: SpaceSaid,
): Promise<CallRefusal | null> {
  const isMoved = parentId !== before.parentId && parentId !== null
  // The university's own space is the top of everything.
  if (isMoved && before.parentId === null) return { why: 'valueRefused', at: '/parentId' }
  if (isMoved || kind !== before.kind) {
    const below = await loadDescendants(change.client, before.id)
    const height = heightOf(change, below)
    return (
      (isMoved ? await faultOfPlace(change, { parentId, movedId: before.id, height }) : null) ??
      faultOfKind(change, { parentId, kind, below: partsSeen(change, below) })
    )
  }
  return null
}

/** Names, locations and details go on public screens: invisible and misleading characters are refused. [TRE-2] */
function faultOfWish({ name, location, details }: SpaceWish): CallRefusal | null {
  if (name !== undefined && faultOfName(name) !== null) return { why: 'nameRefused', at: '/name' }
  // Codes of rooms have dots in them: only what can be nothing but a link. [EDG-10]
  if (name !== undefined && carriesLink(name))
    return { why: 'nameRefused', nameFault: 'address', at: '/name' }
  if (faultOfText(location ?? '', MAX_LOCATION_LENGTH) !== null)
    return { why: 'valueRefused', at: '/location' }
  if (details !== undefined && faultOfDetails(details) !== null)
    return { why: 'valueRefused', at: '/details' }
  return null
}

function sayOf(before: SpaceSaid, wish: SpaceWish): SpaceSaid {
  const { name = before.name, location = before.location, details = before.details } = wish
  const { parentId = before.parentId, kind = before.kind, capacity = before.capacity } = wish
  return {
    parentId,
    kind,
    capacity,
    onKiosks: before.onKiosks,
    name: normaliseName(name),
    location: normaliseName(location ?? '') || null,
    details: trimmed(details),
  }
}

/** Texts as they are shown; empty ones say nothing. */
function trimmed(details: SpaceDetails): SpaceDetails {
  const { price, note, equipment, ...flags } = details
  const texts = Object.entries({ price, note }).flatMap(([key, text]) => {
    const shown = normaliseName(text ?? '')
    return shown === '' ? [] : [[key, shown]]
  })
  const things = (equipment ?? []).map(normaliseName).filter((thing) => thing !== '')
  return { ...flags, ...Object.fromEntries(texts), ...(things.length === 0 ? {} : { equipment: things }) }
}

function saidOf({ parentId, name, kind, location, details, capacity, onKiosks }: SpaceState): SpaceSaid {
  return { parentId, name, kind, location, details, capacity, onKiosks }
}

/** Only what differs, before and after. */
function difference(
  before: SpaceSaid,
  after: SpaceSaid,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const keys = (Object.keys(after) as (keyof SpaceSaid)[]).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  )
  const pick = (said: SpaceSaid): Record<string, unknown> =>
    Object.fromEntries(keys.map((key) => [key, said[key]]))
  return { before: pick(before), after: pick(after) }
}
