import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'vite'
import { ROOT } from './launcher.mjs'

/** One place where a program logs a line. */
export interface LogCall {
  /** File below the project's folder, and line in it. */
  where: string
  level: string
  /** Null: the first argument is no text. */
  code: string | null
  /** Null: the second argument is no text. */
  sentence: string | null
}

const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])

/** Names under which a log is held: `log`, `options.log`, `folderLog` … */
const LOG = /^(?:.*L|l)og$/

/** A node of the syntax tree, as far as it is read here. */
interface Node {
  type: string
  start: number
  [key: string]: unknown
}

/**
 * Every call of a log's method in the TypeScript files below some folders; tests and what only they use are left out, and so
 * is a log that passes its own `code` and `sentence` on to another.
 */
export function readLogCalls(folders: readonly string[]): LogCall[] {
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
        .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|\/testing[/-]|\/node_modules\//.test(file)),
    )
    .toSorted()
    .flatMap((file) => findLogCalls(file, readFileSync(path.join(ROOT, file), 'utf8')))
}

/** The calls in one file's text. Throws where it cannot be parsed. */
export function findLogCalls(file: string, text: string): LogCall[] {
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message ?? ''}`)
  const calls: LogCall[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (!isNode(value)) return
    const call = readCall(value)
    if (call !== null) {
      const line = text.slice(0, value.start).split('\n').length
      calls.push({ where: `${file}:${line}`, ...call })
    }
    for (const child of Object.values(value)) visit(child)
  }
  visit(program)
  return calls
}

function readCall(node: Node): Omit<LogCall, 'where'> | null {
  if (node.type !== 'CallExpression' || !isNode(node['callee'])) return null
  const { object, property } = node['callee']
  if (!isNode(object) || !isNode(property) || typeof property['name'] !== 'string') return null
  if (!LEVELS.has(property['name']) || !LOG.test(nameOf(object))) return null
  const [code, sentence] = node['arguments'] as (Node | undefined)[]
  if (code?.['name'] === 'code' && sentence?.['name'] === 'sentence') return null
  return { level: property['name'], code: textOf(code), sentence: textOf(sentence) }
}

/** The last name of `a.b.c`, also of an optional one. */
function nameOf(node: Node): string {
  if (node.type === 'ChainExpression' && isNode(node['expression'])) return nameOf(node['expression'])
  if (isNode(node['property'])) return nameOf(node['property'])
  return typeof node['name'] === 'string' ? node['name'] : ''
}

function textOf(node: Node | undefined): string | null {
  return typeof node?.['value'] === 'string' ? node['value'] : null
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}
