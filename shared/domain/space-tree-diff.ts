import { canonicalJson } from './canonical-json.ts'
import { childrenByParent, pathToRoot, type SpaceFacts, type SpaceKind } from './space.ts'
import { mergeDetails, normaliseName, pathText, type SpaceSpec } from './space-tree.ts'

/** A live space as the university has it now. */
export interface ExistingSpace extends SpaceFacts {
  id: number
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
  changed: FactName[]
}

/** A fact that a tree file can change. */
export type FactName = 'kind' | 'location' | 'capacity' | 'details' | 'hours'

/** What an import would do, which is also what it does. [TRE-5] */
export interface TreeDifference {
  /** Parents before children. */
  create: SpaceToCreate[]
  update: SpaceToUpdate[]
  /** Children before parents. */
  delete: { id: number; path: string[] }[]
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
 * What must be done so that the university has the wanted spaces: matched by path; what the file does not name stays,
 * unless `prune` is set – and even then what a named space stands below, and the university's own space, stay. [TRE-4]
 */
export function diffSpaceTree(
  existing: readonly ExistingSpace[],
  wanted: readonly SpaceSpec[],
  options: { prune: boolean },
): TreeDifference {
  const paths = pathsOfSpaces(existing)
  const byPath = new Map(existing.map((space) => [pathText(paths.get(space.id) ?? []), space]))
  const inner = new Set(wanted.map((spec) => pathText(spec.path.slice(0, -1))))
  const difference: TreeDifference = { create: [], update: [], delete: [], unchangedCount: 0 }
  for (const spec of wanted) {
    const key = pathText(spec.path)
    const space = byPath.get(key)
    if (space === undefined) difference.create.push(toCreate(spec, inner.has(key)))
    else {
      const facts = factsAfter(space, spec)
      const changed = FACT_NAMES.filter((name) => canonicalJson(space[name]) !== canonicalJson(facts[name]))
      if (changed.length > 0) difference.update.push({ id: space.id, path: spec.path, facts, changed })
      else difference.unchangedCount += 1
    }
  }
  if (options.prune) difference.delete = unnamed(existing, paths, wanted)
  return difference
}

function toCreate(spec: SpaceSpec, isInner: boolean): SpaceToCreate {
  return {
    path: spec.path,
    facts: {
      name: spec.path.at(-1) ?? '',
      kind: spec.kind ?? usualKind(spec.path.length, isInner),
      location: spec.location ?? null,
      capacity: spec.capacity ?? null,
      details: mergeDetails({}, spec.details),
      hours: spec.hours ?? { weekly: null, closures: [] },
    },
  }
}

/** What a space probably is when the file does not say: at the top with something below, a building; then floors; else rooms. */
function usualKind(depth: number, isInner: boolean): SpaceKind {
  if (!isInner) return 'room'
  return depth === 1 ? 'building' : 'floor'
}

function factsAfter(space: ExistingSpace, spec: SpaceSpec): SpaceFacts {
  return {
    parentId: space.parentId,
    name: space.name,
    kind: spec.kind ?? space.kind,
    location: spec.location === undefined ? space.location : spec.location,
    capacity: spec.capacity === undefined ? space.capacity : spec.capacity,
    details: mergeDetails(space.details, spec.details),
    hours: spec.hours ?? space.hours,
  }
}

function unnamed(
  existing: readonly ExistingSpace[],
  paths: ReadonlyMap<number, string[]>,
  wanted: readonly SpaceSpec[],
): TreeDifference['delete'] {
  const kept = new Set(
    wanted.flatMap(({ path }) => path.map((_, index) => pathText(path.slice(0, index + 1)))),
  )
  return [...childrenByParent(existing).values()]
    .flat()
    .map((space) => ({ id: space.id, path: paths.get(space.id) ?? [] }))
    .filter(({ path }) => path.length > 0 && !kept.has(pathText(path)))
    .toSorted((left, right) => right.path.length - left.path.length)
}
