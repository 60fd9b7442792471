import { makeCheck } from '../wire/parse.ts'
import { accept, refuse, type Decision } from './decision.ts'
import {
  MAX_CAPACITY,
  MAX_LOCATION_LENGTH,
  MAX_TREE_DEPTH,
  MAX_TREE_SPACES,
  TextPatch,
  type TextsPatch,
} from './space.ts'
import { faultOfTexts } from './space-text-rules.ts'
import { faultsOfTree, parentsFirst, tooLarge } from './space-tree-check.ts'
import { parseHours } from './space-tree-hours.ts'
import {
  faultOfDetails,
  faultOfName,
  faultOfText,
  normaliseName,
  quoted,
  shownPath,
  SpaceTreeNode,
  type ParsedTree,
  type SpaceSpec,
  type TreeFault,
  type TreeFaultKind,
} from './space-tree.ts'

const checkNode = makeCheck(SpaceTreeNode)
const checkText = makeCheck(TextPatch)
const KEYS = new Set(Object.keys(SpaceTreeNode.properties))

interface Reading {
  /** Tags of the languages that are offered. */
  languages: readonly string[]
  specs: SpaceSpec[]
  faults: TreeFault[]
  ignored: Set<string>
  /** The file names more than may be taken; the rest is not read. */
  isFull: boolean
}

/**
 * Reads a nested tree: a node `{ name, kind?, location?, capacity?, details?, texts?, hours?, children? }`, a list of
 * such, or an object from names to what is below them – objects again, or lists of nodes ("Main building" → "1" →
 * rooms). A top node of kind "university" is the university's own space, and its children are at the top. Taken whole or not
 * at all; texts in a language that is not offered are left out, and named. [TRE-2] [TRE-3] [TXT-7]
 */
export function parseSpaceTreeJson(
  file: unknown,
  knownPaths: ReadonlySet<string> = new Set(),
  languages: readonly string[] = [],
): Decision<ParsedTree, TreeFault[]> {
  const reading: Reading = { languages, specs: [], faults: [], ignored: new Set(), isFull: false }
  if (isNode(file) && file['kind'] === 'university') readBelow(reading, file['children'] ?? [], [])
  else readBelow(reading, file, [])
  const { specs, faults, ignored } = reading
  if (specs.length === 0 && faults.length === 0)
    faults.push({ at: 'file', why: 'badShape', detail: 'it names no space' })
  const all = [...faults, ...faultsOfTree(specs, knownPaths)]
  return all.length > 0
    ? refuse(all)
    : accept({ specs: parentsFirst(specs), ignored: [...ignored].toSorted() })
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { name?: unknown }).name === 'string'
}

function fault(reading: Reading, path: readonly string[], why: TreeFaultKind, detail: string): void {
  reading.faults.push({ at: path.length === 0 ? 'file' : shownPath(path), why, detail })
}

/** What is below a path: a list of nodes, one node, or an object from names to what is below each. */
function readBelow(reading: Reading, value: unknown, path: string[]): void {
  if (path.length > MAX_TREE_DEPTH)
    return fault(reading, path, 'tooDeep', `at most ${MAX_TREE_DEPTH} levels are allowed`)
  if (reading.isFull) return
  if (Array.isArray(value)) for (const item of value as unknown[]) readNode(reading, item, path)
  else if (isNode(value)) readNode(reading, value, path)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, below] of Object.entries(value)) {
      const here = addSpec(reading, { name }, path)
      readBelow(reading, below, here)
    }
  } else fault(reading, path, 'badShape', 'this is neither a space nor a list of spaces')
}

function readNode(reading: Reading, value: unknown, path: string[]): void {
  const checked = checkNode(value)
  if (!checked.ok) {
    const { at, reason } = checked.refusal
    const here = isNode(value) ? [...path, value['name'] as string] : path
    const why = at.startsWith('/kind') ? 'badKind' : /^\/(capacity|seats)/.test(at) ? 'badNumber' : 'badShape'
    return fault(reading, here, why, `${at.replace('/', '') || 'a space'}: ${reason}`)
  }
  for (const key of Object.keys(checked.value)) if (!KEYS.has(key)) reading.ignored.add(key)
  const here = addSpec(reading, checked.value, path)
  if (checked.value.children !== undefined) readBelow(reading, checked.value.children, here)
}

/** Adds one space and gives its path. */
function addSpec(reading: Reading, node: SpaceTreeNode, parent: readonly string[]): string[] {
  const path = [...parent, normaliseName(node.name)]
  if (reading.specs.length >= MAX_TREE_SPACES) {
    if (!reading.isFull) reading.faults.push(tooLarge(MAX_TREE_SPACES + 1))
    reading.isFull = true
    return path
  }
  const nameFault = faultOfName(node.name)
  if (nameFault !== null) fault(reading, path, 'badName', `the name ${quoted(node.name)}: ${nameFault}`)
  const spec: SpaceSpec = { path, at: shownPath(path) }
  if (node.kind !== undefined && node.kind !== null) spec.kind = node.kind
  if (node.location !== undefined)
    spec.location = node.location === null ? null : normaliseName(node.location) || null
  const locationFault = faultOfText(node.location ?? '', MAX_LOCATION_LENGTH)
  if (locationFault !== null) fault(reading, path, 'badValue', `location: ${locationFault}`)
  readCapacity(reading, node, spec)
  readDetails(reading, node, spec)
  readTexts(reading, node, spec)
  readHours(reading, node, spec)
  reading.specs.push(spec)
  return path
}

function readCapacity(reading: Reading, node: SpaceTreeNode, spec: SpaceSpec): void {
  const seats = node.capacity === undefined ? node.seats : node.capacity
  if (seats === undefined) return
  if (node.capacity !== undefined && node.seats !== undefined)
    return fault(reading, spec.path, 'badShape', '"capacity" and "seats" mean the same: leave one out')
  if (seats === null || (Number.isInteger(seats) && seats >= 1 && seats <= MAX_CAPACITY))
    spec.capacity = seats
  else
    fault(
      reading,
      spec.path,
      'badNumber',
      `${seats} seats: a whole number from 1 to ${MAX_CAPACITY}, or none`,
    )
}

function readDetails(reading: Reading, node: SpaceTreeNode, spec: SpaceSpec): void {
  if (node.details === undefined) return
  const wrong = faultOfDetails(node.details)
  const { note } = node.details
  if (wrong === null)
    spec.details =
      typeof note === 'string' ? { ...node.details, note: normaliseName(note) || null } : node.details
  else fault(reading, spec.path, 'badValue', wrong.detail)
}

function readTexts(reading: Reading, node: SpaceTreeNode, spec: SpaceSpec): void {
  const texts: TextsPatch = {}
  for (const [typed, said] of Object.entries(node.texts ?? {})) {
    const tag = reading.languages.find((one) => one.toLowerCase() === typed.toLowerCase())
    const checked = checkText(said)
    if (tag !== undefined && tag in texts)
      fault(reading, spec.path, 'badShape', `texts.${quoted(typed)}: this language is named twice`)
    else if (tag === undefined) reading.ignored.add(`texts.${shownPath([typed])}`)
    else if (said === null) texts[tag] = null
    else if (checked.ok) texts[tag] = checked.value
    else {
      const { at, reason } = checked.refusal
      fault(reading, spec.path, 'badValue', `texts.${tag}${at.replaceAll('/', '.')}: ${reason}`)
    }
  }
  const wrong = faultOfTexts(texts)
  if (wrong !== null)
    fault(reading, spec.path, 'badValue', `texts.${wrong.tag}.${wrong.field ?? ''}: ${wrong.detail}`)
  if (Object.keys(texts).length > 0) spec.texts = texts
}

function readHours(reading: Reading, node: SpaceTreeNode, spec: SpaceSpec): void {
  if (node.hours === undefined) return
  const hours = parseHours(node.hours)
  if (hours.ok) spec.hours = hours.value
  else fault(reading, spec.path, 'badHours', hours.refusal)
}
