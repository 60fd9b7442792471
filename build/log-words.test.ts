import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseSync } from 'vite'
import { DEFAULT_SETTINGS } from '#shared/domain/university.ts'
import { actKey } from '#shared/i18n/words.ts'
import { portal } from '#shared/i18n/en/portal.ts'
import { CHANGE_ROUTES } from '#shared/wire/rest-changes.ts'
import { ROOT } from './launcher.mjs'

/** A node of the syntax tree, as far as it is read here. */
interface Node {
  type: string
  [key: string]: unknown
}

/** What the hub writes into its log, as far as its code names it. */
interface Written {
  acts: Set<string>
  keys: Set<string>
}

/** Acts of no university: nobody reads them on the portal's page. */
const OF_THE_HUB = new Set([
  'jobs retry',
  'hub backup',
  'hub restore',
  'keys rotate',
  'mail retry',
  'accounts setup',
  'accounts platform add',
  'accounts platform remove',
  'universities request',
  'universities request confirm',
  'universities approve',
  'universities reject',
  'universities remove',
])

/** Of what the log was looked through for: the hub leaves out the language, the page where a page or a table began. */
const OF_PAGES = new Set(['language', 'before', 'limit'])

/** Keys of those, keys that only hold others, and what the page does not show. */
const WITHOUT_WORDS = new Set([
  'takenAt',
  'byteCount',
  'counts',
  'keyId',
  'requestId',
  'universityId',
  'reason',
  'before',
  'after',
  'from',
  'to',
  'key',
  'details',
  'texts',
  'clock',
  'sessionId',
  'enrolmentId',
  'publicKey',
])

/** Keys that come out of what is spread into an act: a new university, what an import of old tables counts, the last fork of a day. */
const SPREAD = [
  'name',
  'domains',
  'timezone',
  'locale',
  'isLastOfDay',
  'users',
  'groups',
  'memberships',
  'kept',
  'reports',
  'createdCount',
  'changedCount',
  'unchangedCount',
]

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

const textOf = (node: unknown): string[] => {
  if (!isNode(node)) return []
  if (node.type === 'ConditionalExpression') return [node['consequent'], node['alternate']].flatMap(textOf)
  return node.type === 'Literal' && typeof node['value'] === 'string' ? [node['value']] : []
}

const propertiesOf = (node: unknown): Map<string, Node> =>
  new Map(
    isNode(node) && node.type === 'ObjectExpression'
      ? (node['properties'] as Node[]).flatMap((one): [string, Node][] => {
          const key = one['key'] as Node | undefined
          const name = key?.['name'] ?? key?.['value']
          return one['computed'] !== true && typeof name === 'string' ? [[name, one['value'] as Node]] : []
        })
      : [],
  )

/** Keys of an object that is written down, and of what it was before and after. */
function keysOf(node: unknown, into: Set<string>): void {
  if (isNode(node) && node.type === 'ArrowFunctionExpression') return keysOf(node['body'], into)
  if (isNode(node) && node.type === 'ParenthesizedExpression') return keysOf(node['expression'], into)
  if (isNode(node) && node.type === 'ConditionalExpression') {
    keysOf(node['consequent'], into)
    return keysOf(node['alternate'], into)
  }
  for (const [name, value] of propertiesOf(node)) {
    into.add(name)
    if (name === 'before' || name === 'after') keysOf(value, into)
  }
}

function readFile(text: string, file: string, into: Written): void {
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (!isNode(value)) return
    if (value.type === 'ObjectExpression') {
      const properties = propertiesOf(value)
      const services = textOf(properties.get('service'))
      for (const service of services)
        for (const subject of textOf(properties.get('subject'))) into.acts.add(actKeyOf(service, subject))
      if (properties.has('log')) keysOf(properties.get('log'), into.keys)
    }
    if (value.type === 'CallExpression' && (value['callee'] as Node)['name'] === 'spaceChange') {
      const [, , subject, log] = value['arguments'] as unknown[]
      for (const one of textOf(subject)) into.acts.add(actKeyOf('spaces', one))
      keysOf(log, into.keys)
    }
    // Facts that have a name before they are written down.
    if (value.type === 'VariableDeclarator' && (value['id'] as Node)['name'] === 'log')
      keysOf(value['init'], into.keys)
    // A helper of one file, for one service.
    if (value.type === 'CallExpression' && (value['callee'] as Node)['name'] === 'log') {
      const [, , subject, log] = value['arguments'] as unknown[]
      const service = /service: '(\w+)'/.exec(text)?.[1] ?? ''
      for (const one of textOf(subject)) into.acts.add(actKeyOf(service, one))
      keysOf(log, into.keys)
    }
    for (const child of Object.values(value)) visit(child)
  }
  const { program, errors } = parseSync(file, text)
  expect(errors).toEqual([])
  visit(program)
}

const actKeyOf = (service: string, subject: string): string =>
  OF_THE_HUB.has(`${service} ${subject}`) ? '' : actKey({ service, subject })

/** All that the hub's own files write. */
function readWritten(): Written {
  const written: Written = { acts: new Set(), keys: new Set() }
  for (const file of readdirSync(path.join(ROOT, 'hub'), { recursive: true, encoding: 'utf8' })) {
    if (!/^(?!.*(?:testing|\.test\.)).*\.ts$/.test(file)) continue
    const text = readFileSync(path.join(ROOT, 'hub', file), 'utf8')
    if (/appendChange\b|spaceChange\(|log: ?\(|service: '/.test(text)) readFile(text, file, written)
  }
  return written
}

test('[AUD-10] whatever the hub writes into a university’s log has words: acts, the facts of each, and settings', () => {
  const { acts, keys } = readWritten()
  expect(acts.size).toBeGreaterThan(35)
  expect(keys.size).toBeGreaterThan(30)
  const actsWithout = [...acts].filter((act) => act !== '' && !(act in portal.log.act))
  const worded = new Set(Object.keys({ ...portal.log.field, ...portal.edit, ...portal.places }))
  const searched = Object.keys(CHANGE_ROUTES['GET /changes.csv'].query.properties)
  const wanted = [
    ...keys,
    ...SPREAD,
    ...Object.keys(DEFAULT_SETTINGS),
    ...searched.filter((key) => !OF_PAGES.has(key)),
  ]
  expect([...actsWithout, ...wanted.filter((key) => !worded.has(key) && !WITHOUT_WORDS.has(key))]).toEqual([])
})
