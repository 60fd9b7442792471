import type { TreeFile } from './tree.ts'

const LISTS = ['shared/domain/RULES.md', 'shared/wire/PROTOCOL.md']
const LISTED = /^- \*\*([A-Z]{3}-\d+)\*\*/gm
const CITED = /\[([A-Z]{3}-\d+(?:, ?[A-Z]{3}-\d+)*)\]/g
/** A quoted text that begins with citations: in a test file, a title. */
const TITLE = /['"`]((?:\[[A-Z]{3}-\d+(?:, ?[A-Z]{3}-\d+)*\] ?)+)/g
/** A row of a table that names rules and, in its last column, tests in backticks. */
const ROW = /^\|(.+)\|((?:[^|`]*`[^`|]+\.test\.tsx?`)+ *)\|$/gm
const TEST_FILE = /\.(?:test|spec)\.tsx?$/

/** Holds the lists of rules against the tests: every rule has a test that cites it, every cited id exists, none is listed twice. */
export function checkRules(tree: readonly TreeFile[]): string[] {
  const problems: string[] = []
  const listed = new Map<string, string>()
  for (const file of tree.filter((each) => LISTS.includes(each.path)))
    for (const [, id = ''] of file.text.matchAll(LISTED)) {
      if (listed.has(id)) problems.push(`${file.path}: ${id} is listed twice`)
      listed.set(id, file.path)
    }
  if (listed.size === 0) problems.push(`no rule found in ${LISTS.join(' and ')}`)

  const tested = new Set<string>()
  for (const file of tree) {
    for (const id of citations(file.text, CITED))
      if (!listed.has(id)) problems.push(`${file.path}: cites ${id}, which no list holds`)
    if (TEST_FILE.test(file.path)) for (const id of citations(file.text, TITLE)) tested.add(id)
  }
  for (const [id, list] of listed)
    if (!tested.has(id)) problems.push(`${list}: ${id} has no test that cites it in its title`)
  return [...problems, ...checkTables(tree)]
}

/** What a table says of rules and their tests: each file exists, and cites one of its row's rules in a title. */
function checkTables(tree: readonly TreeFile[]): string[] {
  const problems: string[] = []
  const tests = new Map(tree.map(({ path, text }) => [path, text]))
  for (const list of tree.filter(({ path }) => LISTS.includes(path)))
    for (const [, said = '', files = ''] of list.text.matchAll(ROW)) {
      const rules = said.match(/[A-Z]{3}-\d+/g) ?? []
      for (const [, file = ''] of files.matchAll(/`([^`]+)`/g)) {
        const cited = citations(tests.get(file) ?? '', TITLE)
        if (!rules.some((rule) => cited.has(rule)))
          problems.push(`${list.path}: ${file} cites none of ${rules.join(', ')}`)
      }
    }
  return problems
}

function citations(text: string, pattern: RegExp): Set<string> {
  const ids = [...text.matchAll(pattern)].flatMap(([, cited = '']) => cited.match(/[A-Z]{3}-\d+/g) ?? [])
  return new Set(ids)
}
