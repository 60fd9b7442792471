import { may } from '#shared/domain/access.ts'
import { containsLink } from '#shared/domain/address-in-name.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { MAX_LOCATION_LENGTH, type SpaceDetails, type TextsPatch } from '#shared/domain/space.ts'
import {
  faultOfFit,
  faultOfTexts,
  textsAfter,
  textsDifference,
  type TextFault,
} from '#shared/domain/space-text-rules.ts'
import { faultOfDetails, faultOfName, faultOfText, normaliseName } from '#shared/domain/space-tree.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { NAME_REFUSALS, spaceChange, type SpaceCommand } from './change-spaces.ts'
import {
  insertPersonSpace,
  loadDescendants,
  loadSpaceState,
  updatePersonSpace,
  type Descendant,
  type SpaceState,
  type SpaceValues,
} from './person-space-rows.ts'
import { loadNamesakes, type Namesake } from './sibling-name-rows.ts'
import {
  decideSpace,
  faultOfCount,
  faultOfKind,
  faultOfPosition,
  faultOfSibling,
  isOfSuperGroup,
  loadChanger,
  loadCounts,
  loadPosition,
  subtreeHeight,
  visibleDescendants,
  type SpaceChanger,
  type SpaceCounts,
  type SpacePosition,
} from './space-change-facts.ts'
import { rebuildComposites } from './space-rows.ts'

/** Values of a space that somebody changes; what is absent stays as it is, texts by language and field. [TXT-4] */
export type SpacePatch = {
  [Key in keyof Omit<SpaceValues, 'onKiosks' | 'texts'>]?: SpaceValues[Key] | undefined
} & { texts?: TextsPatch | undefined }

/** A space that somebody wants to make. */
export type NewSpaceInput = SpacePatch & { name: string; kind: SpaceValues['kind']; parentId: number }

/** Makes a space below another one, and gives its id. It is hidden from kiosks unless its maker is of the super group. [TRE-8] [TRE-12] */
export const newSpaceCommand: SpaceCommand<
  NewSpaceInput,
  { position: SpacePosition; counts: SpaceCounts; namesakes: Namesake[] },
  SpaceValues,
  number
> = {
  name: 'make a space',
  actor: 'person',
  actorId: ({ by }) => by.userId,
  refusals: NAME_REFUSALS,
  load: async (client, { universityId }, { by, input }) => ({
    changer: await loadChanger(client, universityId, by),
    position: await loadPosition(client, universityId, input.parentId),
    counts: await loadCounts(client, universityId, by.userId),
    namesakes: await findNamesakes(client, universityId, input.parentId, input.name),
  }),
  decide: ({ input }, { changer, position, counts, namesakes }) => {
    if (changer === null) return refuse({ why: 'signInNeeded' })
    const { actor, universityId } = changer
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
    const { onKiosks } = values
    const fault =
      faultOfPatch(input, values) ??
      faultOfPosition(position, { movedId: null, height: 1 }) ??
      faultOfKind(changer, position, { kind: values.kind, below: [] }) ??
      faultOfCount(changer, counts, { count: 1, hiddenCount: onKiosks ? 0 : 1, mineCount: 1 }) ??
      faultOfSibling(changer, namesakes, { id: null, onKiosks, createdById: actor.userId }, true)
    return fault === null ? accept(values) : refuse(fault)
  },
  write: async (client, { universityId, clock }, values, effects, wish) => {
    effects.step()
    const { userId } = wish.by
    const id = await insertPersonSpace(client, { universityId, clock, userId }, values)
    // Off kiosks it counts in no other space: no composite has to be recomputed. [TRE-6]
    if (values.onKiosks) await rebuildComposites(client, universityId, clock)
    const { after } = difference({ ...values, texts: {} }, values)
    const { texts: _texts, ...main } = values
    const log = { spaceId: id, name: values.name, after: { ...main, ...after } }
    effects.log.push(spaceChange(universityId, wish, 'create', log))
    return id
  },
}

/** A name that is refused anyhow is not looked for: the database takes no NUL. */
async function findNamesakes(
  client: Queryable,
  universityId: number,
  parentId: number | null,
  name: string,
): Promise<Namesake[]> {
  return faultOfName(name) === null ? loadNamesakes(client, universityId, parentId, normaliseName(name)) : []
}

/** A change of a space that was at `version`. */
export interface SpaceEdit {
  id: number
  version: number
  patch: SpacePatch
}

interface EditFacts {
  space: SpaceState | null
  /** What is below it; read only when it moves or gets another kind. */
  below: Descendant[]
  position: SpacePosition
  namesakes: Namesake[]
}

/** Null: it is so already. */
type AcceptedEdit = { before: SpaceState; after: SpaceValues; isUnknown: boolean } | null

/**
 * Changes a space that was at `version`, or moves it. Whoever changes it from outside the super group takes it off
 * kiosks: public screens show only what the super group allowed. [TRE-8] [TRE-9] [TRE-11]
 */
export const editSpaceCommand: SpaceCommand<SpaceEdit, EditFacts, AcceptedEdit, number> = {
  name: 'edit a space',
  actor: 'person',
  actorId: ({ by }) => by.userId,
  refusals: NAME_REFUSALS,
  load: async (client, { universityId }, { by, input: { id, patch } }) => {
    const changer = await loadChanger(client, universityId, by)
    const space = await loadSpaceState(client, universityId, id)
    if (space === null) return { changer, space, below: [], position: NOWHERE, namesakes: [] }
    const { parentId = space.parentId, kind = space.kind, name = space.name } = patch
    const isPlaced = parentId !== space.parentId || kind !== space.kind
    return {
      changer,
      space,
      below: isPlaced ? await loadDescendants(client, id) : [],
      position: isPlaced ? await loadPosition(client, universityId, parentId) : NOWHERE,
      namesakes: await findNamesakes(client, universityId, parentId, name),
    }
  },
  decide: ({ input: { version, patch } }, { changer, space, namesakes, ...place }) => {
    if (changer === null) return refuse({ why: 'signInNeeded' })
    const found = decideSpace(changer, space, 'editSpace')
    if (!found.ok) return found
    const before = found.value
    if (before.isDeleted) return refuse({ why: 'spaceDeleted' })
    if (before.version !== version) return refuse({ why: 'stale' })
    const isSuper = isOfSuperGroup(changer.actor)
    const after = applyPatch({ ...valuesOf(before), onKiosks: before.onKiosks && isSuper }, patch)
    const fault = faultOfPatch(patch, after) ?? faultOfMove(changer, before, after, place)
    if (fault !== null) return refuse(fault)
    // Values that are the same change nothing, and take nothing off kiosks either. [AUD-5]
    const { after: changed } = difference(valuesOf(before), { ...after, onKiosks: before.onKiosks })
    if (Object.keys(changed).length === 0) return accept(null)
    const isRenamedOrMoved = 'name' in changed || 'parentId' in changed
    const taken = faultOfSibling(changer, namesakes, { ...before, ...after }, isRenamedOrMoved)
    // The new name was on no public screen yet. [IMP-12]
    return taken === null ? accept({ before, after, isUnknown: isRenamedOrMoved && !isSuper }) : refuse(taken)
  },
  write: async (client, { universityId, clock }, edit, effects, wish) => {
    const { id } = wish.input
    if (edit === null) return id
    effects.step()
    const { before, after, isUnknown } = edit
    const { userId } = wish.by
    await updatePersonSpace(client, { universityId, clock, userId }, id, after, isUnknown)
    const isReshaped = (['parentId', 'capacity', 'onKiosks'] as const).some(
      (key) => after[key] !== before[key],
    )
    // Off kiosks, before and after, it counts in no other space. [TRE-6]
    if (isReshaped && before.onKiosks) await rebuildComposites(client, universityId, clock)
    const log = { spaceId: id, ...difference(valuesOf(before), after) }
    effects.log.push(spaceChange(universityId, wish, 'edit', log))
    return id
  },
}

const NOWHERE: SpacePosition = { parent: null, lineage: [] }

/** Why a space cannot get this parent and kind; null when it can. */
function faultOfMove(
  changer: SpaceChanger,
  before: SpaceState,
  { parentId, kind }: SpaceValues,
  { below, position }: Pick<EditFacts, 'below' | 'position'>,
): HttpRefusal | null {
  const isMoved = parentId !== before.parentId && parentId !== null
  // The university's own space stays the root.
  if (isMoved && before.parentId === null) return { why: 'valueRefused', at: '/parentId' }
  if (!isMoved && kind === before.kind) return null
  const height = subtreeHeight(changer, below)
  return (
    (isMoved ? faultOfPosition(position, { movedId: before.id, height }) : null) ??
    faultOfKind(changer, position, { kind, below: visibleDescendants(changer, below) })
  )
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
