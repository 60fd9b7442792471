import { canonicalJson } from './canonical-json.ts'
import { childrenByParent, pathToRoot, type SpaceFacts, type SpaceKind } from './space.ts'
import { faultOfFit, textsAfter, textsDifference } from './space-text-rules.ts'
import type { TextField } from './space-texts.ts'
import { mergeDetails, normaliseName, pathText, type SpaceSpec, type TreeFault } from './space-tree.ts'

/** A live space as the university has it now. */
export interface ExistingSpace extends SpaceFacts {
  id: number
  onKiosks: boolean
  /** Whether it was on public screens once under its name, in its place. */
  wasOnKiosks: boolean
  /** Null: an import, or somebody whose account is gone. */
  createdById: number | null
}

/** A space that is to be made. Its parent is an existing one or one made before it. */
export interface SpaceToCreate {
  path: string[]
  facts: Omit<SpaceFacts, 'parentId'>
}

/** A space whose facts are to change; `changed` names which. */
export interface SpaceToUpdate {
  id: number
  path: string[]
  facts: SpaceFacts
  changed: ChangedFact[]
}

/** A fact that a tree file can change. */
export type FactName = 'kind' | 'location' | 'capacity' | 'details' | 'hours'

/** The same, and texts of a language: "name:sl". [TXT-6] */
export type ChangedFact = FactName | `${TextField}:${string}`

/** What an import would do, which is also what it does. [TRE-5] */
export interface TreeDifference {
  /** Parents before children. */
  create: SpaceToCreate[]
  update: SpaceToUpdate[]
  /** Children before parents. What is hidden was never public, or is in such a place, and goes with what it is in. */
  delete: { id: number; path: string[]; isHidden: boolean }[]
  unchangedCount: number
}

const FACT_NAMES: readonly FactName[] = ['kind', 'location', 'capacity', 'details', 'hours']

/** Path texts of all spaces below the university's own, by id. The own one has the empty path. */
export function pathsOfSpaces(existing: readonly ExistingSpace[]): Map<number, string[]> {
  const byId = new Map(existing.map((space) => [space.id, space]))
  return new Map(
    existing.map((space) => [
      space.id,
      pathToRoot(byId, space.id)
        .slice(0, -1)
        .map((node) => normaliseName(node.name))
        .toReversed(),
    ]),
  )
}

/**
 * The spaces that a path means, by path text: the public one, or else the oldest of those that were public there once; with
 * what is below that one, and below no other. None that was never public. [IMP-12] [TRE-13]
 */
export function spacesByPath(existing: readonly ExistingSpace[]): Map<string, ExistingSpace> {
  const paths = pathsOfSpaces(existing)
  const children = childrenByParent(existing)
  const found = new Map<string, ExistingSpace>()
  const look = (parentId: number | null): void => {
    const publicFirst = (children.get(parentId) ?? []).toSorted(
      (left, right) => Number(right.onKiosks) - Number(left.onKiosks) || left.id - right.id,
    )
    for (const space of publicFirst) {
      const path = pathText(paths.get(space.id) ?? [])
      if (wasNeverPublic(space) || found.has(path)) continue
      found.set(path, space)
      look(space.id)
    }
  }
  look(null)
  return found
}

function wasNeverPublic({ onKiosks, wasOnKiosks }: ExistingSpace): boolean {
  return !onKiosks && !wasOnKiosks
}

/**
 * What must be done so that the university has the wanted spaces: matched by path; what the file does not name stays,
 * unless `prune` is set – and even then what a named space is below, and the university's own space, stay. [TRE-4]
 */
export function diffSpaceTree(
  existing: readonly ExistingSpace[],
  wanted: readonly SpaceSpec[],
  options: { prune: boolean },
): TreeDifference {
  const byPath = spacesByPath(existing)
  const inner = new Set(wanted.map((spec) => pathText(spec.path.slice(0, -1))))
  const difference: TreeDifference = { create: [], update: [], delete: [], unchangedCount: 0 }
  for (const spec of wanted) {
    const key = pathText(spec.path)
    const space = byPath.get(key)
    if (space === undefined) difference.create.push(toCreate(spec, inner.has(key)))
    else {
      const facts = factsAfter(space, spec)
      const plain = FACT_NAMES.filter((name) => canonicalJson(space[name]) !== canonicalJson(facts[name]))
      const changed = [...plain, ...textsDifference(space.texts ?? {}, facts.texts ?? {}).names]
      if (changed.length > 0) difference.update.push({ id: space.id, path: spec.path, facts, changed })
      else difference.unchangedCount += 1
    }
  }
  if (options.prune) difference.delete = unnamed(existing, wanted, byPath)
  return difference
}

/** What texts in other languages of a file do not fit the spaces that they are of. [TXT-1] [TXT-3] */
export function faultsOfTexts(
  { create, update }: Pick<TreeDifference, 'create' | 'update'>,
  wanted: readonly SpaceSpec[],
): TreeFault[] {
  const places = new Map(wanted.map(({ path, at }) => [pathText(path), at]))
  return [...create, ...update].flatMap(({ path, facts }): TreeFault[] => {
    const fault = faultOfFit(facts.texts ?? {}, facts.details)
    if (fault === null) return []
    const { tag, field, detail } = fault
    return [
      {
        at: places.get(pathText(path)) ?? 'file',
        why: 'badValue',
        detail: `${field ?? 'texts'}:${tag}: ${detail}`,
      },
    ]
  })
}

function toCreate(spec: SpaceSpec, isInner: boolean): SpaceToCreate {
  const details = mergeDetails({}, spec.details)
  return {
    path: spec.path,
    facts: {
      name: spec.path.at(-1) ?? '',
      kind: spec.kind ?? usualKind(spec.path.length, isInner),
      location: spec.location ?? null,
      capacity: spec.capacity ?? null,
      details,
      hours: spec.hours ?? { weekly: null, closures: [] },
      ...textsOf({ details: {} }, details, spec),
    },
  }
}

/** What a space probably is when the file does not say: at the top with something below, a building; then floors; else rooms. */
function usualKind(depth: number, isInner: boolean): SpaceKind {
  if (!isInner) return 'room'
  return depth === 1 ? 'building' : 'floor'
}

/** Absent where there are none. */
function textsOf(
  before: Pick<SpaceFacts, 'details' | 'texts'>,
  details: SpaceFacts['details'],
  spec: SpaceSpec,
): Pick<SpaceFacts, 'texts'> {
  const texts = textsAfter(before, details, spec.texts)
  return Object.keys(texts).length === 0 ? {} : { texts }
}

function factsAfter(space: ExistingSpace, spec: SpaceSpec): SpaceFacts {
  const details = mergeDetails(space.details, spec.details)
  return {
    parentId: space.parentId,
    name: space.name,
    kind: spec.kind ?? space.kind,
    location: spec.location === undefined ? space.location : spec.location,
    capacity: spec.capacity === undefined ? space.capacity : spec.capacity,
    details,
    hours: spec.hours ?? space.hours,
    ...textsOf(space, details, spec),
  }
}

/** What goes: not named, and public once; and whatever is below it. */
function unnamed(
  existing: readonly ExistingSpace[],
  wanted: readonly SpaceSpec[],
  byPath: ReadonlyMap<string, ExistingSpace>,
): TreeDifference['delete'] {
  const paths = pathsOfSpaces(existing)
  const kept = new Set(
    wanted.flatMap(({ path }) => path.map((_, index) => pathText(path.slice(0, index + 1)))),
  )
  const children = childrenByParent(existing)
  const gone: TreeDifference['delete'] = []
  const look = (parentId: number | null, above: { isGone: boolean; isHidden: boolean }): void => {
    for (const space of children.get(parentId) ?? []) {
      const path = paths.get(space.id) ?? []
      const text = pathText(path)
      const isHidden = above.isHidden || wasNeverPublic(space)
      const isNamed = path.length === 0 || kept.has(text)
      // Names in the file below a path mean what is in the one that the path means, and nothing in another.
      const isOther = isHidden || (isNamed && byPath.get(text) !== space)
      if (isOther && !above.isGone) continue
      const isGone = above.isGone || !isNamed
      if (isGone) gone.push({ id: space.id, path, isHidden })
      look(space.id, { isGone, isHidden })
    }
  }
  look(null, { isGone: false, isHidden: false })
  return gone.toSorted((left, right) => right.path.length - left.path.length)
}
