import { MAX_TREE_DEPTH, MAX_TREE_SPACES } from './space.ts'
import { pathText, quoted, type SpaceSpec, type TreeFault } from './space-tree.ts'

/**
 * What is wrong with a tree as a whole: two spaces at one path, a parent that neither the file nor the university has,
 * too deep, too large. [TRE-2]
 */
export function faultsOfTree(specs: readonly SpaceSpec[], knownPaths: ReadonlySet<string>): TreeFault[] {
  if (specs.length > MAX_TREE_SPACES) return [tooLarge(specs.length)]
  const faults: TreeFault[] = []
  const first = new Map<string, SpaceSpec>()
  for (const spec of specs) {
    const key = pathText(spec.path)
    const twin = first.get(key)
    if (twin === undefined) first.set(key, spec)
    else
      faults.push({
        at: spec.at,
        why: 'duplicatePath',
        detail: `${quoted(key)} was already named at ${twin.at}`,
      })
    if (spec.path.length > MAX_TREE_DEPTH)
      faults.push({
        at: spec.at,
        why: 'tooDeep',
        detail: `${quoted(key)} is ${spec.path.length} levels deep; at most ${MAX_TREE_DEPTH} are allowed`,
      })
  }
  for (const spec of specs) {
    const parent = pathText(spec.path.slice(0, -1))
    if (parent === '' || first.has(parent) || knownPaths.has(parent)) continue
    faults.push({ at: spec.at, why: 'missingParent', detail: `there is no space ${quoted(parent)}` })
  }
  return faults
}

/** The spaces above those of a file that neither the file nor the university has, each once. */
export function missingParents(specs: readonly SpaceSpec[], knownPaths: ReadonlySet<string>): SpaceSpec[] {
  const present = new Set([...knownPaths, ...specs.map(({ path }) => pathText(path))])
  const made: SpaceSpec[] = []
  for (const { path, at } of specs)
    for (let length = Math.min(path.length - 1, MAX_TREE_DEPTH); length > 0; length -= 1) {
      const above = path.slice(0, length)
      const key = pathText(above)
      if (present.has(key)) break
      present.add(key)
      made.push({ path: above, at })
    }
  return made
}

/** The fault of a file that names too many spaces; reading stops there. */
export function tooLarge(count: number): TreeFault {
  return {
    at: 'file',
    why: 'tooLarge',
    detail: `it names ${count} spaces; at most ${MAX_TREE_SPACES} are allowed`,
  }
}

/** Parents before children, otherwise in the file's order. */
export function parentsFirst(specs: readonly SpaceSpec[]): SpaceSpec[] {
  return specs.toSorted((left, right) => left.path.length - right.path.length)
}
