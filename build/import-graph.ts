import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './launcher.mjs'

/** What programs need of the project, with paths below its folder. */
export interface ImportGraph {
  /** The programs themselves, and whatever they import. */
  files: string[]
  /** Files and folders that they name beside themselves to read at run time. */
  read: string[]
  /** Packages that they import. */
  packages: string[]
}

/** `import … from`, `export … from`, a bare import and a dynamic one; types alone leave nothing to be imported. */
const IMPORTS = /^(?:import|export)(?! type\b)[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm
const BESIDE = /new URL\(\s*'([^']+)',\s*import\.meta\.url/g
const JOINED = /join\(import\.meta\.dirname,([^)]*)\)/g

/** Follows imports from some programs on. */
export function importGraph(programs: readonly string[]): ImportGraph {
  const files = new Set<string>(programs)
  const read = new Set<string>()
  const packages = new Set<string>()
  for (const file of files) {
    const text = readFileSync(path.join(ROOT, file), 'utf8')
    for (const [, from, bare, dynamic] of text.matchAll(IMPORTS)) {
      const name = from ?? bare ?? dynamic ?? ''
      if (name.startsWith('#shared/')) files.add(name.slice(1))
      else if (name.startsWith('.')) files.add(path.join(path.dirname(file), name))
      else if (!name.startsWith('node:')) packages.add(packageOf(name))
    }
    for (const [, name = ''] of text.matchAll(BESIDE)) read.add(path.join(path.dirname(file), name))
    for (const [, names = ''] of text.matchAll(JOINED))
      read.add(
        path.join(path.dirname(file), ...[...names.matchAll(/'([^']+)'/g)].map(([, name = '']) => name)),
      )
  }
  return { files: [...files].toSorted(), read: [...read].toSorted(), packages: [...packages].toSorted() }
}

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}
