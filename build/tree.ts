import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './launcher.mjs'

/** One text file of the project, by its path with slashes below the root. */
export interface TreeFile {
  path: string
  text: string
}

const SKIPPED_FOLDERS = new Set(['node_modules', '.git', 'dist', 'out'])
const BINARY = /\.(?:png|ico|icns|woff2?|ttf|otf|mp3|ogg|wav|gz)$/

/** Every text file of the project, in order of path: what git knows and what it would add. */
export function readTree(): TreeFile[] {
  return listPaths()
    .filter((file) => !BINARY.test(file) && existsSync(path.join(ROOT, file)))
    .toSorted()
    .map((file) => ({ path: file, text: readFileSync(path.join(ROOT, file), 'utf8') }))
}

/** The path of every file of the project. From git where this is a clone; else from the folder, so that a copy without history can be checked as well. */
export function listPaths(): string[] {
  if (!existsSync(path.join(ROOT, '.git'))) return walk('')
  // Whoever checks may be another user than whoever cloned; reading names is harmless.
  const args = ['-c', `safe.directory=${ROOT}`, 'ls-files', '-co', '--exclude-standard', '-z']
  try {
    const listed = execFileSync('git', args, {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return listed.split('\0').filter((file) => file !== '')
  } catch {
    // A machine that only runs Carrel need not have git.
    return walk('')
  }
}

function walk(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const below = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : walk(below)
    return entry.isFile() ? [below] : []
  })
}
