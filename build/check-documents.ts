import path from 'node:path'
import type { TreeFile } from './tree.ts'

/** A link to somewhere in the project, with what may follow a #. */
const LINK = /\]\(([^)#\s]+)(?:#[^)]*)?\)/g

/** Code that can only be a file of ours: below a folder, or a test. */
const FILE = /`((?:[\w.@-]+\/)+[\w.@-]+\.(?:tsx?|mjs|md|sql|json|ya?ml|css|sh)|[\w-]+\.test\.tsx?)`/g

/** A program in an indented block, such as a map of folders. */
const MAPPED = /(?<=^ {4}.*?)(?<![\w./-])(\w[\w.-]*\.(?:tsx?|mjs))\b/gm

/** A command of npm that stands in code. */
const SCRIPT = /\bnpm run ([\w-]+)/g

/** Decisions tell of the day on which they were made. */
const DATED = 'build/decisions/'

/**
 * Files and commands of npm that documents name and that are not there, each with document and line. A name without a folder
 * may be anywhere.
 */
export function checkDocuments(
  tree: readonly TreeFile[],
  paths: readonly string[],
  scripts: readonly string[],
): string[] {
  const known = new Set(paths.flatMap(withFolders))
  const names = new Set(paths.map((file) => path.posix.basename(file)))
  const exists = (document: string, named: string, isLink: boolean): boolean => {
    const beside = path.posix.join(path.posix.dirname(document), named).replace(/\/$/, '')
    return known.has(beside) || (!isLink && (known.has(named) || names.has(named)))
  }
  return tree
    .filter((file) => file.path.endsWith('.md') && !file.path.startsWith(DATED))
    .flatMap(({ path: document, text }) =>
      [LINK, FILE, MAPPED, SCRIPT].flatMap((pattern) =>
        [...text.matchAll(pattern)].flatMap(({ 1: named = '', index }) => {
          const isThere =
            pattern === SCRIPT
              ? scripts.includes(named)
              : /^[a-z]+:/.test(named) || exists(document, named, pattern === LINK)
          if (isThere) return []
          const line = text.slice(0, index).split('\n').length
          return [`${document}:${line}: ${pattern === SCRIPT ? 'npm run ' : ''}${named} is not there`]
        }),
      ),
    )
}

function withFolders(file: string): string[] {
  const parts = file.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
