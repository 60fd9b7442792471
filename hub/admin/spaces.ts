import { basename, extname } from 'node:path'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { findJsonFault } from '#shared/domain/json-fault.ts'
import { LANGUAGES } from '../platform/languages.ts'
import { findRepeatedKey } from '#shared/domain/repeated-key.ts'
import { parseSpaceTreeJson } from '#shared/domain/space-tree-json.ts'
import {
  columnMeant,
  faultOfTreeHeader,
  inOrderOfLines,
  parseSpaceTreeRows,
  treeColumns,
} from '#shared/domain/space-tree-rows.ts'
import { spacesByPath, type ExistingSpace, type TreeDifference } from '#shared/domain/space-tree-diff.ts'
import { pathToRoot } from '#shared/domain/space.ts'
import { openness } from '#shared/domain/week-time.ts'
import { zoneOrUtc } from '../audit/zoned-time.ts'
import { isSlipOf } from '#shared/domain/nearest-name.ts'
import {
  parsePath,
  pathText,
  quoted,
  shownPath,
  type ParsedTree,
  type TreeFault,
} from '#shared/domain/space-tree.ts'
import { loadShownTree, loadSpaces, type ShownRow } from '../spaces/space-rows.ts'
import { commitSpaceTree, previewSpaceTree, type ImportOutcome } from '../spaces/commit-spaces.ts'
import {
  answer,
  refusal,
  type AdminCommand,
  type AdminInput,
  type AdminRefusal,
  type AdminWorld,
} from './answer.ts'
import { confirm, YES_OPTION } from './confirm.ts'
import type { University } from '../universities/university-rows.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { readCsv } from './read-csv.ts'
import { formatAge } from './table.ts'
import { cut, ignoredLine, readTextFile } from './text-file.ts'

/** Endings that say what is in a file; what another one begins with says it. */
const IS_JSON: ReadonlyMap<string, boolean> = new Map([
  ['.json', true],
  ['.csv', false],
  ['.tsv', false],
])

/** Reads the text of a tree file, CSV or JSON by its ending, and by its first character where the ending says neither. Never throws. [TRE-2] */
export function parseTreeText(
  fileName: string,
  text: string,
  knownPaths: ReadonlySet<string>,
  { makesParents = false, ownName = null }: { makesParents?: boolean; ownName?: string | null } = {},
): Decision<ParsedTree, TreeFault[]> {
  const isJson = IS_JSON.get(extname(fileName).toLowerCase()) ?? /^\s*[[{]/.test(text)
  return isJson
    ? parseJson(text.replace(/^\uFEFF/, ''), knownPaths)
    : parseCsv(text, knownPaths, makesParents, ownName)
}

function parseJson(text: string, knownPaths: ReadonlySet<string>): Decision<ParsedTree, TreeFault[]> {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    const { line, column, detail } = findJsonFault(text) ?? { line: 1, column: 1, detail: 'it is not JSON' }
    return refuse([{ at: `line ${line}, column ${column}`, why: 'badShape', detail }])
  }
  const repeated = findRepeatedKey(text)
  if (repeated === null) return parseSpaceTreeJson(file, knownPaths, LANGUAGES)
  const at = shownPath(repeated)
  return refuse([{ at, why: 'duplicatePath', detail: 'the file has this key twice in one object' }])
}

/** Faults of shape and of content together, in the order of the file; of a table without the columns that it needs that alone. [IMP-13] */
function parseCsv(
  text: string,
  knownPaths: ReadonlySet<string>,
  makesParents: boolean,
  ownName: string | null,
): Decision<ParsedTree, TreeFault[]> {
  const { header, rows, faults } = readCsv(text, treeColumns(LANGUAGES))
  const headerFault = header.length === 0 ? null : faultOfTreeHeader(header)
  if (headerFault !== null) return refuse([headerFault])
  const tree = parseSpaceTreeRows(rows, knownPaths, makesParents, LANGUAGES, ownName)
  if (faults.length === 0) return tree
  const ofShape = faults.map(({ line, detail }): TreeFault => ({
    at: line === null ? 'file' : `line ${line}`,
    why: 'badShape',
    detail,
  }))
  return refuse(inOrderOfLines([...ofShape, ...(tree.ok || rows.length === 0 ? [] : tree.refusal)]))
}

/** `spaces import`. [TRE-2] [TRE-4] [TRE-5] */
export const spacesImport: AdminCommand = {
  name: 'spaces import',
  usage: '[--university D] FILE [--dry-run] [--prune] [--make-parents] [--yes]',
  summary: 'adds and changes spaces as a CSV or JSON file says',
  example: 'spaces import library.csv --dry-run',
  help: `  --dry-run        shows what would change, and changes nothing
  --prune          also deletes what the file does not name; asks first
  --make-parents   also adds the spaces above, where a CSV names only what is in them

CSV: a column "path" ("Library/Floor 1/Room 101"; a "/" inside a name is written "\\/"), or the columns "id", "parent"
and "name"; and, as far as known, kind, location, capacity, wifi, sockets, quiet, stepFree (yes, no), equipment ("Screen,
Whiteboard"), price, note and hours ("Mon-Fri 08:00-20:00; Sat 10:00-22:00"). In other languages: name:sl, location:sl,
equipment:sl (as many as in equipment, in its order), price:sl, note:sl, and so for ${LANGUAGES.join(', ')}. Every
parent needs a line of its own, unless it exists already or --make-parents adds it. A path may begin with "/" or with the
university's own name; a new name beside one that is nearly the same is pointed out. Commas, semicolons and tabs, header
names in any case, UTF-8 and UTF-16 are read as spreadsheets write them. JSON: { "name", "kind", "location", "capacity",
"details", "texts": { "sl": { "name", … } }, "hours", "children": [ … ] }, a list of such, or an object from names to what
is in them. Spaces are matched by path. What was never on public screens is left alone. A file with an error is not imported
at all; every error is named.`,
  options: {
    ...UNIVERSITY_OPTION,
    ...YES_OPTION,
    'dry-run': { type: 'boolean' },
    prune: { type: 'boolean' },
    'make-parents': { type: 'boolean' },
  },
  words: [1, 1],
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const file = input.file(0) ?? ''
    const text = await readTextFile(file)
    if (!text.ok) return text
    const { id, name } = university.value
    const known = new Set(spacesByPath(await loadSpaces(world.pool, id)).keys())
    const tree = parseTreeText(file, text.value, known, {
      makesParents: input.isSet('make-parents'),
      ownName: name,
    })
    if (!tree.ok) return refusedTree(file, tree.refusal)
    const { specs, ignored } = tree.value
    const prune = input.isSet('prune')
    const isDry = input.isSet('dry-run')
    const asked =
      prune && !isDry ? await confirmPrune(world, input, university.value, { file, specs }) : accept(null)
    if (!asked.ok) return asked
    const done = isDry
      ? await previewSpaceTree(world.pool, id, specs, { prune })
      : await commitSpaceTree(world.pool, id, specs, {
          prune,
          source: basename(file),
          actor: 'cli',
          confirmed: asked.value,
        })
    if (!done.ok) return refusedTree(file, done.refusal)
    const shown = withoutHidden(done.value)
    const alike = alikeNames(shown.difference.create, known)
    return answer(describe(shown, name, ignored, alike, isDry), {
      universityId: id,
      isDryRun: isDry,
      ignored,
      alike,
      ...shown,
    })
  },
}

/**
 * Asks before anything is deleted; nothing is asked where nothing would be. Gives what may be deleted; null, with `--yes`:
 * whatever the file does not name. [IMP-16]
 */
async function confirmPrune(
  world: AdminWorld,
  input: AdminInput,
  { id, name }: University,
  { file, specs }: { file: string; specs: ParsedTree['specs'] },
): Promise<Decision<TreeDifference['delete'] | null, AdminRefusal>> {
  if (input.isSet('yes')) return accept(null)
  const planned = await previewSpaceTree(world.pool, id, specs, { prune: true })
  if (!planned.ok) return refusedTree(file, planned.refusal)
  const { difference, hiddenDeletedCount } = withoutHidden(planned.value)
  const count = difference.delete.length + hiddenDeletedCount
  const confirmed = planned.value.difference.delete
  if (count === 0) return accept(confirmed)
  const paths = difference.delete.map(({ path }) => `  - ${pathText(path)}`)
  const about = [
    `${count} ${count === 1 ? 'space' : 'spaces'} of ${name} that ${basename(file)} does not name will be deleted:`,
    ...cut(paths),
    ...cut(strandedLines(planned.value)),
  ]
  const answered = await confirm(input, { about: about.join('\n'), word: name })
  return answered.ok ? accept(confirmed) : answered
}

function refusedTree(file: string, faults: TreeFault[]): { ok: false; refusal: AdminRefusal } {
  const lines = faults.map(({ at, detail }) => `  ${at}: ${detail}`)
  if (faults.some(({ why }) => why === 'notConfirmed'))
    return refusal(
      [
        `Nothing was changed. Since you were asked, spaces were added, moved or renamed that ${basename(file)} does not name:`,
        ...cut(lines),
        'Use the command again to be asked about these too.',
      ].join('\n'),
      { faults },
    )
  const count = `${faults.length} ${faults.length === 1 ? 'error' : 'errors'}`
  const isParentMissing = faults.some(
    ({ why, detail }) => why === 'missingParent' && !detail.includes(' id '),
  )
  const next = isParentMissing
    ? ['A space that is not there yet needs a line of its own; --make-parents adds it without one.']
    : []
  return refusal(
    [`${basename(file)} was not imported; it has ${count}:`, ...cut(lines), ...next].join('\n'),
    {
      faults,
    },
  )
}

/** A new space and one beside it that is called nearly the same. */
interface Alike {
  path: string[]
  besides: string
}

/** A long list is of numbers, and a longer file of what is all new: comparing each name with each takes time and finds nothing. */
const MAX_COMPARED = { new: 1_000, beside: 200 }

/** New spaces whose names were perhaps to be that of one that is there: in other capitals, or with a letter wrong. [IMP-22] */
function alikeNames(create: TreeDifference['create'], knownPaths: ReadonlySet<string>): Alike[] {
  const below = Map.groupBy(knownPaths, (text) => pathText(parsePath(text).slice(0, -1)))
  return create.slice(0, MAX_COMPARED.new).flatMap(({ path }): Alike[] => {
    const name = path.at(-1) ?? ''
    const besides = (below.get(pathText(path.slice(0, -1))) ?? [])
      .slice(0, MAX_COMPARED.beside)
      .flatMap((text) => parsePath(text).slice(-1))
      .find((one) => isSlipOf(name, one))
    return besides === undefined ? [] : [{ path, besides }]
  })
}

/** Kiosks that lose their place. */
function strandedLines({ strandedKiosks }: Pick<ImportOutcome, 'strandedKiosks'>): string[] {
  return strandedKiosks.map(
    (kiosk) =>
      `  ! kiosk ${kiosk.id} ${quoted(kiosk.name)} is assigned to ${quoted(kiosk.path)}, which is deleted: use "kiosk move"`,
  )
}

interface ToldOutcome extends Omit<ImportOutcome, 'difference'> {
  difference: Omit<TreeDifference, 'delete'> & { delete: { id: number; path: string[] }[] }
  /** Deleted with what they are in, and named to nobody. */
  hiddenDeletedCount: number
}

/** An outcome with no name of what was never public. [TRE-13] */
function withoutHidden(outcome: ImportOutcome): ToldOutcome {
  const { difference } = outcome
  const named = difference.delete.flatMap(({ id, path, isHidden }) => (isHidden ? [] : [{ id, path }]))
  const hiddenDeletedCount = difference.delete.length - named.length
  return { ...outcome, difference: { ...difference, delete: named }, hiddenDeletedCount }
}

function describe(
  outcome: ToldOutcome,
  name: string,
  ignored: readonly string[],
  alike: readonly Alike[],
  isDry: boolean,
): string {
  const { difference, beforeCount, afterCount, hiddenDeletedCount } = outcome
  const lines = [
    ...difference.create.map(({ path, facts }) => `  + ${pathText(path)} (${facts.kind})`),
    ...difference.update.map(({ path, changed }) => `  ~ ${pathText(path)}: ${changed.join(', ')}`),
    ...difference.delete.map(({ path }) => `  - ${pathText(path)}`),
  ]
  return [
    ...cut(lines),
    ...(hiddenDeletedCount > 0
      ? [
          `  - and ${hiddenDeletedCount} more that ${hiddenDeletedCount === 1 ? 'was' : 'were'} never on public screens`,
        ]
      : []),
    ...strandedLines(outcome),
    ...cut(
      alike.map(
        ({ path, besides }) =>
          `  ? ${quoted(pathText(path))} ${isDry ? 'would be' : 'is'} new, and ${quoted(besides)} is there already: did you mean that one?`,
      ),
    ),
    ...ignoredLine(ignored, (column) => columnMeant(column, LANGUAGES)),
    `${name}: ${difference.create.length} new, ${difference.update.length} changed, ${difference.delete.length + hiddenDeletedCount} deleted, ${difference.unchangedCount} unchanged`,
    isDry
      ? `Nothing was changed; there would be ${afterCount} spaces instead of ${beforeCount}.`
      : `There are ${afterCount} spaces now; there were ${beforeCount}.`,
  ].join('\n')
}

/** `spaces tree`. [OCC-13] */
export const spacesTree: AdminCommand = {
  name: 'spaces tree',
  aliases: ['spaces list'],
  usage: '[--university D]',
  summary: 'shows all spaces as a tree, with status, age and how many were reported recently',
  example: 'spaces tree',
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, settings, timezone } = university.value
    const { nowMs, rows } = await loadShownTree(world.pool, id, settings.staleMs)
    const isOpen = makeIsOpen(await loadSpaces(world.pool, id), timezone, nowMs)
    const ordered = topDown(rows).map((row) => ({ ...row, isOpen: isOpen(row.id) }))
    const next =
      ordered.length === 1 ? ['There are no spaces yet. "spaces import FILE" adds them from a table.'] : []
    const lines = ordered.map((row) => [
      `${'  '.repeat(row.depth)}${row.name}`,
      statusOf(row),
      row.meanMillionths === null || row.isLeaf ? '' : (row.meanMillionths / 1_000_000).toFixed(2),
      formatAge(nowMs, row.reportedAtMs),
      row.isLeaf ? '' : `${row.knownCount} of ${row.leafCount}`,
      row.isLeaf ? '' : `${row.freeCount} of ${row.leafCount}`,
      row.capacity ?? '-',
      row.id,
    ])
    const columns = ['space', 'status', 'mean', 'age', 'recent', 'free', 'seats', 'id']
    return answer([{ columns, rows: lines }, ...next], {
      universityId: id,
      nowMs,
      staleMs: settings.staleMs,
      spaces: ordered,
    })
  },
}

/** A place that is closed by its hours has no other status, as in the portal. [IMP-25] */
function statusOf({ isOpen, level }: ShownRow & { isOpen: boolean }): string {
  if (!isOpen) return 'closed'
  return level === null ? '-' : (['free', 'busy', 'full'][level] ?? '')
}

/** Makes a function that says whether a space is open by its hours and those of what it is in. [HRS-1] */
function makeIsOpen(
  spaces: readonly ExistingSpace[],
  timezone: string,
  nowMs: number,
): (spaceId: number) => boolean {
  const byId = new Map(spaces.map((space) => [space.id, space]))
  const { localAt } = zoneOrUtc(timezone)
  return (spaceId) =>
    openness(
      pathToRoot(byId, spaceId).map(({ hours }) => hours),
      localAt,
      nowMs,
    ).isOpen
}

/** Parents before their children, children beside each other, by name. */
function topDown(rows: readonly ShownRow[]): ShownRow[] {
  const below = Map.groupBy(rows, (row) => row.parentId)
  const order = (parentId: number | null): ShownRow[] =>
    (below.get(parentId) ?? []).flatMap((row) => [row, ...order(row.id)])
  return order(null)
}
