import { may } from '#shared/domain/access.ts'
import { containsLink } from '#shared/domain/address-in-name.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { MAX_LOCATION_LENGTH, type SpaceDetails, type TextsPatch } from '#shared/domain/space.ts'
import {
  faultOfFit,
  faultOfTexts,
  textsAfter,
  textsDifference,
  type TextFault,
} from '#shared/domain/space-text-rules.ts'
import { faultOfDetails, faultOfName, faultOfText, normaliseName } from '#shared/domain/space-tree.ts'
import type { HttpRefusal, SignedIn } from '../platform/http/handle.ts'
import {
  insertPersonSpace,
  loadDescendants,
  updatePersonSpace,
  type SpaceValues,
  type SpaceState,
} from './person-space-rows.ts'
import { rebuildComposites } from './space-rows.ts'
import {
  changeSpaces,
  faultOfCount,
  faultOfKind,
  faultOfPosition,
  faultOfSibling,
  findSpace,
  subtreeHeight,
  isOfSuperGroup,
  appendSpaceChange,
  visibleDescendants,
  type SpaceChange,
  type SpaceDependencies,
} from './change-spaces.ts'

/** Values of a space that somebody changes; what is absent stays as it is, texts by language and field. [TXT-4] */
export type SpacePatch = {
  [Key in keyof Omit<SpaceValues, 'onKiosks' | 'texts'>]?: SpaceValues[Key] | undefined
} & { texts?: TextsPatch | undefined }

/** Makes a space below another one, and gives its id. It is hidden from kiosks unless its maker is of the super group. [TRE-8] [TRE-12] */
export async function commitNewSpace(
  dependencies: SpaceDependencies,
  caller: SignedIn,
  input: SpacePatch & { name: string; kind: SpaceValues['kind']; parentId: number },
): Promise<Decision<number, HttpRefusal>> {
  return changeSpaces(dependencies, caller, async (change) => {
    const { client, universityId, clock, actor, userId } = change
    if (!may(actor, 'createSpace', { universityId })) return refuse({ why: 'notAllowed' })
    const blank = {
      parentId: input.parentId,
      name: '',
      kind: input.kind,
      location: null,
      details: {},
      texts: {},
      capacity: null,
    }
    const values = applyPatch({ ...blank, onKiosks: isOfSuperGroup(actor) }, input)
    const { parentId, name } = input
    const standing = { ...values, id: null, createdById: userId }
    const fault =
      faultOfPatch(input, values) ??
      (await faultOfPosition(change, { parentId, movedId: null, height: 1 })) ??
      (await faultOfKind(change, { parentId, kind: values.kind, below: [] })) ??
      (await faultOfCount(change, { count: 1, hiddenCount: values.onKiosks ? 0 : 1, mineCount: 1 })) ??
      (await faultOfSibling(change, standing, true))
    if (fault !== null) return refuse(fault)
    const id = await insertPersonSpace(client, { universityId, clock, userId }, values)
    // Off kiosks it counts in no other space: no composite has to be recomputed. [TRE-6]
    if (values.onKiosks) await rebuildComposites(client, universityId, clock)
    const { after } = difference({ ...values, texts: {} }, values)
    const { texts: _texts, ...main } = values
    await appendSpaceChange(change, 'create', {
      spaceId: id,
      name: normaliseName(name),
      after: { ...main, ...after },
    })
    return accept(id)
  })
}

/**
 * Changes a space that was at `version`, or moves it. Whoever changes it from outside the super group takes it off
 * kiosks: public screens show only what the super group allowed. [TRE-8] [TRE-9] [TRE-11]
 */
export async function commitSpaceEdit(
  dependencies: SpaceDependencies,
  caller: SignedIn,
  edit: { id: number; version: number; patch: SpacePatch },
): Promise<Decision<number, HttpRefusal>> {
  return changeSpaces(dependencies, caller, async (change) => {
    const { client, universityId, clock, actor, userId } = change
    const found = await findSpace(change, edit.id, 'editSpace')
    if (!found.ok) return found
    const before = found.value
    if (before.isDeleted) return refuse({ why: 'spaceDeleted' })
    if (before.version !== edit.version) return refuse({ why: 'stale' })
    const after = applyPatch(
      { ...valuesOf(before), onKiosks: before.onKiosks && isOfSuperGroup(actor) },
      edit.patch,
    )
    const fault = faultOfPatch(edit.patch, after) ?? (await faultOfMove(change, before, after))
    if (fault !== null) return refuse(fault)
    // Values that are the same change nothing, and take nothing off kiosks either. [AUD-5]
    const { after: changed } = difference(valuesOf(before), { ...after, onKiosks: before.onKiosks })
    if (Object.keys(changed).length === 0) return { ...accept(edit.id), isStep: false }
    const isRenamedOrMoved = 'name' in changed || 'parentId' in changed
    const taken = await faultOfSibling(change, { ...before, ...after }, isRenamedOrMoved)
    if (taken !== null) return refuse(taken)
    // The new name was on no public screen yet. [IMP-12]
    const isUnknown = isRenamedOrMoved && !isOfSuperGroup(actor)
    await updatePersonSpace(client, { universityId, clock, userId }, edit.id, after, isUnknown)
    const isReshaped = (['parentId', 'capacity', 'onKiosks'] as const).some(
      (key) => after[key] !== before[key],
    )
    // Off kiosks, before and after, it counts in no other space. [TRE-6]
    if (isReshaped && before.onKiosks) await rebuildComposites(client, universityId, clock)
    await appendSpaceChange(change, 'edit', { spaceId: edit.id, ...difference(valuesOf(before), after) })
    return accept(edit.id)
  })
}

/** Why a space cannot get this parent and kind; null when it can. */
async function faultOfMove(
  change: SpaceChange,
  before: SpaceState,
  { parentId, kind }: SpaceValues,
): Promise<HttpRefusal | null> {
  const isMoved = parentId !== before.parentId && parentId !== null
  // The university's own space stays the root.
  if (isMoved && before.parentId === null) return { why: 'valueRefused', at: '/parentId' }
  if (isMoved || kind !== before.kind) {
    const below = await loadDescendants(change.client, before.id)
    const height = subtreeHeight(change, below)
    return (
      (isMoved ? await faultOfPosition(change, { parentId, movedId: before.id, height }) : null) ??
      faultOfKind(change, { parentId, kind, below: visibleDescendants(change, below) })
    )
  }
  return null
}

/** Names, locations, details and texts go on public screens: invisible and misleading characters are refused. [TRE-2] */
function faultOfPatch(
  { name, location, details, texts }: SpacePatch,
  after: SpaceValues,
): HttpRefusal | null {
  if (name !== undefined && faultOfName(name) !== null) return { why: 'nameRefused', at: '/name' }
  // Room codes have dots: only unmistakable links are refused. [EDG-10]
  if (name !== undefined && containsLink(name))
    return { why: 'nameRefused', nameFault: 'address', at: '/name' }
  if (faultOfText(location ?? '', MAX_LOCATION_LENGTH) !== null)
    return { why: 'valueRefused', at: '/location' }
  const wrong = faultOfDetails(details ?? {})
  if (wrong !== null) return { why: 'valueRefused', at: ['/details', wrong.field ?? []].flat().join('/') }
  return texts === undefined ? null : faultOfLanguages(texts, after)
}

/** The same for texts in other languages, and whether they fit the main ones. [TXT-1] [TXT-3] */
function faultOfLanguages(patch: TextsPatch, { texts, details }: SpaceValues): HttpRefusal | null {
  for (const [tag, text] of Object.entries(patch))
    if (containsLink(text?.name ?? ''))
      return { why: 'nameRefused', nameFault: 'address', at: `/texts/${tag}/name` }
  const fault = faultOfTexts(patch) ?? faultOfFit(texts, details)
  return fault === null ? null : refusalOf(fault)
}

function refusalOf({ tag, field, index, why }: TextFault): HttpRefusal {
  const at = ['/texts', tag, field, index].filter((part) => part !== null).join('/')
  return { why: why === 'name' ? 'nameRefused' : 'valueRefused', at }
}

function applyPatch(before: SpaceValues, input: SpacePatch): SpaceValues {
  const { name = before.name, location = before.location, details = before.details } = input
  const { parentId = before.parentId, kind = before.kind, capacity = before.capacity } = input
  const shown = trimmed(details)
  return {
    parentId,
    kind,
    capacity,
    onKiosks: before.onKiosks,
    name: normaliseName(name),
    location: normaliseName(location ?? '') || null,
    details: shown,
    texts: textsAfter(before, shown, input.texts),
  }
}

/** Texts normalised; empty ones left out. */
function trimmed(details: SpaceDetails): SpaceDetails {
  const { price, note, equipment, ...flags } = details
  const texts = Object.entries({ price, note }).flatMap(([key, text]) => {
    const shown = normaliseName(text ?? '')
    return shown === '' ? [] : [[key, shown]]
  })
  const things = (equipment ?? []).map(normaliseName).filter((thing) => thing !== '')
  return { ...flags, ...Object.fromEntries(texts), ...(things.length === 0 ? {} : { equipment: things }) }
}

function valuesOf(space: SpaceState): SpaceValues {
  const { parentId, name, kind, location, details, texts, capacity, onKiosks } = space
  return { parentId, name, kind, location, details, texts, capacity, onKiosks }
}

/** Only what differs, before and after; of texts only the languages and fields that do. [TXT-6] */
function difference(
  before: SpaceValues,
  after: SpaceValues,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const keys = (Object.keys(after) as (keyof SpaceValues)[]).filter(
    (key) => key !== 'texts' && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  )
  const texts = textsDifference(before.texts, after.texts)
  const pick = (values: SpaceValues, ofTexts: TextsPatch): Record<string, unknown> => ({
    ...Object.fromEntries(keys.map((key) => [key, values[key]])),
    ...(texts.names.length === 0 ? {} : { texts: ofTexts }),
  })
  return { before: pick(before, texts.before), after: pick(after, texts.after) }
}
