import type { TreeFile } from './tree.ts'

/** What may be nowhere in the project's text, where to look for it, and why. The patterns are written so that they do not find themselves. */
const FORBIDDEN: { pattern: RegExp; files: RegExp; why: string }[] = [
  {
    pattern: /@ts-(?:[i]gnore|[e]xpect-error|[n]ocheck)/,
    files: /\.(?:m?[jt]sx?)$/,
    why: 'types are fixed, not silenced',
  },
  { pattern: /(?:ox|es)lint-[d]isable/, files: /\.(?:m?[jt]sx?|css)$/, why: 'lint is obeyed, not silenced' },
  {
    pattern: /prettier-[i]gnore|oxfmt-[i]gnore/,
    files: /\.(?:m?[jt]sx?|css)$/,
    why: 'format is obeyed, not silenced',
  },
  {
    pattern: /\b(?:[T]ODO|[F]IXME|[X]XX)\b/,
    files: /\.(?:m?[jt]sx?|css|html|sql|sh|md|ya?ml)$/,
    why: 'what is to be done is done, or stands in the README',
  },
  {
    pattern: /\b(?:test|it|describe)\.(?:[o]nly|[t]odo)\b/,
    files: /\.(?:test|spec)\.tsx?$/,
    why: 'every test runs',
  },
  {
    pattern: /\b(?:test|it|describe)\.[s]kip\(\s*['"`]/,
    files: /\.(?:test|spec)\.tsx?$/,
    why: 'a test is skipped on a printed condition, never for good',
  },
  {
    pattern: /^(?:export )?[l]et /m,
    files: /(?<!\.test)\.(?:ts|tsx|mjs)$/,
    why: 'no state at module level: things with a life are made in main.ts',
  },
  {
    pattern: /registry\.(?:[n]pmjs|[y]arnpkg)|npm\.pkg\.[g]ithub/,
    files: /./,
    why: 'no registry is named: it is the machine that knows where packages come from',
  },
  {
    pattern: /(?<![\w.)}*])\/(?:[w]ork|[m]nt|[U]sers)\//,
    files: /./,
    why: 'no path of one particular machine',
  },
]

/** Finds words and paths that may be nowhere, each with file and line. */
export function checkWords(tree: readonly TreeFile[]): string[] {
  return tree
    .filter((file) => file.path !== 'package-lock.json')
    .flatMap((file) =>
      FORBIDDEN.filter(({ files }) => files.test(file.path)).flatMap(({ pattern, why }) => {
        const found = pattern.exec(file.text)
        if (found === null) return []
        const line = file.text.slice(0, found.index).split('\n').length
        return [`${file.path}:${line}: "${found[0].trim()}": ${why}`]
      }),
    )
}
