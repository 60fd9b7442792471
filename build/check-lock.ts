import type { TreeFile } from './tree.ts'

type Versions = Record<string, string>
interface Entry {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  dependencies?: Versions
  devDependencies?: Versions
  optionalDependencies?: Versions
  hasInstallScript?: boolean
}
interface Manifest {
  dependencies: Versions
  devDependencies: Versions
  optionalDependencies: Versions
}

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

/**
 * What `npm ci` would refuse, without asking any registry: a lock that does not fit package.json, one that lacks
 * packages of other platforms, one that carries addresses; and versions that are not exact.
 */
export function checkLock(tree: readonly TreeFile[]): string[] {
  const manifest = readJson(tree, 'package.json') as Manifest | null
  const lock = readJson(tree, 'package-lock.json') as { packages: Record<string, Entry> } | null
  if (manifest === null || lock === null) return ['package.json or package-lock.json is missing or not JSON']
  const root = lock.packages[''] ?? {}
  return [...checkRoot(manifest, root), ...Object.entries(lock.packages).flatMap(checkEntry(lock.packages))]
}

function checkRoot(manifest: Manifest, root: Entry): string[] {
  return KINDS.flatMap((kind) => {
    const wanted = manifest[kind]
    const locked = root[kind] ?? {}
    const names = new Set([...Object.keys(wanted), ...Object.keys(locked)])
    return [...names].flatMap((name) => {
      const version = wanted[name] ?? ''
      if (version !== locked[name])
        return [
          `${kind}: ${name} is ${version || 'absent'} in package.json, ${locked[name] ?? 'absent'} in the lock`,
        ]
      return /^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)
        ? []
        : [`${kind}: ${name} ${version} is not an exact version`]
    })
  })
}

function checkEntry(packages: Record<string, Entry>): (entry: [string, Entry]) => string[] {
  return ([place, entry]) => {
    if (place === '') return []
    const problems: string[] = []
    if (entry.resolved !== undefined) problems.push(`${place}: carries an address`)
    if (entry.integrity === undefined) problems.push(`${place}: has no integrity`)
    for (const name of Object.keys(entry.optionalDependencies ?? {}))
      if (
        packages[`node_modules/${name}`] === undefined &&
        packages[`${place}/node_modules/${name}`] === undefined
      )
        problems.push(`${place}: its platform package ${name} is not in the lock; "npm ci" refuses that`)
    return problems
  }
}

function readJson(tree: readonly TreeFile[], path: string): unknown {
  const file = tree.find((each) => each.path === path)
  try {
    return file === undefined ? null : (JSON.parse(file.text) as unknown)
  } catch {
    return null
  }
}
