import { nearestName } from './nearest-name.ts'
import { MAX_TREE_DEPTH, MAX_TREE_SPACES } from './space.ts'
import { parsePath, pathText, quoted, type SpaceSpec, type TreeFault } from './space-tree.ts'

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
  const meantPath = makeMeantPath()
  for (const spec of specs) {
    const parent = pathText(spec.path.slice(0, -1))
    if (parent === '' || first.has(parent) || knownPaths.has(parent)) continue
    const meant = meantPath(spec.path.slice(0, -1), knownPaths, first)
    faults.push({
      at: spec.at,
      why: 'missingParent',
      detail: `there is no space ${quoted(parent)}${meant === null ? '' : `; did you mean ${quoted(meant)}?`}`,
    })
  }
  return faults
}

/** So many paths that are not there are compared with those that are: each costs a comparison with thousands of names. */
const MAX_SUGGESTIONS = 20

/** Makes a function from a path that is not there to the one that was perhaps meant: each of its names is there, or near to one that is. */
function makeMeantPath(): (
  path: readonly string[],
  knownPaths: ReadonlySet<string>,
  named: ReadonlyMap<string, unknown>,
) => string | null {
  const found = new Map<string, string | null>()
  let below: Map<string, string[]> | null = null
  return (path, knownPaths, named) => {
    const typed = pathText(path)
    const before = found.get(typed)
    if (before !== undefined || found.size >= MAX_SUGGESTIONS) return before ?? null
    below ??= Map.groupBy([...knownPaths, ...named.keys()], (text) => pathText(parsePath(text).slice(0, -1)))
    const meant = nearestPath(path, below)
    found.set(typed, meant)
    return meant
  }
}

function nearestPath(path: readonly string[], below: ReadonlyMap<string, readonly string[]>): string | null {
  let at = ''
  for (const name of path) {
    const here = (below.get(at) ?? []).filter((text) => text !== '')
    const names = here.map((text) => parsePath(text).at(-1) ?? '')
    const meant = names.includes(name) ? name : nearestName(name, names)
    if (meant === null) return null
    at = here[names.indexOf(meant)] ?? ''
  }
  return at
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
