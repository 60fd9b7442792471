import { FEATURES } from './boundaries.ts'
import type { TreeFile } from './tree.ts'

// Lint judges an import by its text. What would get past it by another text for the same file is found here.

const PROGRAM = /^(?:hub|desktop|shared|build)\/.*\.(?:tsx?|mjs)$/
/** Has one of each that is refused. */
const OWN_TEST = 'build/check-imports.test.ts'
/** A path in an import, a re-export, an import type or an import at run time. */
const RELATIVE = /(?:\bfrom\s+|\bimport\s*\(?\s*)(['"`])(\.[^'"`\n]*)\1/g
/** "./x" or "../../x": the one way to write where a file is. */
const PLAIN = /^(?:\.\/|(?:\.\.\/)+)(?!\.{1,2}(?:\/|$))(?:(?!\/\.{1,2}(?:\/|$)).)*$/
const GLOB = /import\.meta\.glob(?:<[^(]*>)?\(\s*['"`]([^'"`]*)/g
/** Reads texts of all languages, which lie in folders that no file names. */
const LANGUAGES = /^(?:\.\.\/)+shared\/i18n\/\*\/[a-z]+\.ts$/
const REQUIRE = /\bcreateRequire\s*\(/g
/** Asks where a package lies, and loads nothing. */
const MAY_RESOLVE = 'hub/platform/postgres/postgres-binaries.ts'

/** Folders of the hub that are no features. */
const NO_FEATURES = ['platform', 'admin', 'simulation', 'bench', 'testing']

/** Imports that lint cannot judge, each with its file and line, and folders of the hub that no boundary knows. */
export function checkImports(tree: readonly TreeFile[]): string[] {
  const programs = tree.filter(({ path }) => PROGRAM.test(path) && path !== OWN_TEST)
  return [...programs.flatMap(hiddenImports), ...unknownFolders(tree)]
}

function hiddenImports({ path, text }: TreeFile): string[] {
  const at = (index: number): string => `${path}:${text.slice(0, index).split('\n').length}`
  const paths = [...text.matchAll(RELATIVE)].flatMap(({ 2: from = '', index }) =>
    PLAIN.test(from) ? [] : [`${at(index)}: "${from}" is not the shortest way to write it`],
  )
  const globs = [...text.matchAll(GLOB)].flatMap(({ 1: files = '', index }) =>
    LANGUAGES.test(files) ? [] : [`${at(index)}: import.meta.glob is for the languages' folders alone`],
  )
  // Tests write programs that they run elsewhere.
  const isFree = path === MAY_RESOLVE || /\.test\.tsx?$/.test(path)
  const requires = isFree
    ? []
    : [...text.matchAll(REQUIRE)].map(({ index }) => `${at(index)}: createRequire hides what is imported`)
  return [...paths, ...globs, ...requires]
}

function unknownFolders(tree: readonly TreeFile[]): string[] {
  const folders = new Set(tree.flatMap(({ path }) => /^hub\/([^/]+)\/.*\.ts$/.exec(path)?.[1] ?? []))
  const known = new Set([...Object.keys(FEATURES), ...NO_FEATURES])
  return [
    ...[...folders]
      .filter((name) => !known.has(name))
      .map((name) => `hub/${name} is in no table of build/boundaries.ts`),
    ...Object.keys(FEATURES)
      .filter((name) => !folders.has(name))
      .map((name) => `build/boundaries.ts names hub/${name}, which is not there`),
  ]
}
