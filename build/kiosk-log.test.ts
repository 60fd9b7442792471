import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { LOG_CODES } from '../desktop/engine/log/log-codes.ts'
import { ROOT } from './launcher.mjs'
import { findLogCalls, readLogCalls, type LogCall } from './log-calls.ts'

const CALLS = readLogCalls(['desktop/engine', 'desktop/main', 'desktop/agent', 'desktop/preload'])

/** What is wrong with the log calls of a program: a sentence for each. */
function faultsOf(calls: readonly LogCall[]): string[] {
  const meanings = new Map<string, LogCall>()
  return calls.flatMap((call) => {
    const { where, level, code, sentence } = call
    if (code === null || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code))
      return [`${where}: no code in kebab case`]
    if (sentence === null || !/^[A-Z].*\.$|^hub\.caFile .*\.$/.test(sentence))
      return [`${where}: no sentence`]
    const first = meanings.get(code)
    meanings.set(code, first ?? call)
    const isSame = first === undefined || (first.sentence === sentence && first.level === level)
    return isSame ? [] : [`${where}: "${code}" means something else in ${first.where}`]
  })
}

test('every line of a kiosk’s log has a code and a sentence, and each code one meaning', () => {
  expect(CALLS.length).toBeGreaterThan(40)
  expect(faultsOf(CALLS)).toEqual([])
})

test('a call without a code, with another word for it, without a sentence, or with a second meaning is found', () => {
  const found = (text: string): string[] => faultsOf(findLogCalls('example.ts', text))
  expect(found("log.warn('the disk is full')")).toEqual(['example.ts:1: no code in kebab case'])
  expect(found("core.options.log.warn(code, 'The disk is full.')")).toHaveLength(1)
  expect(found("log?.warn('diskFull', 'The disk is full.')")).toHaveLength(1)
  expect(found("log.info('disk-full', { disk })")).toEqual(['example.ts:1: no sentence'])
  expect(
    found("log.info('disk-full', 'The disk is full.')\nfolderLog.warn('disk-full', 'It burns.')"),
  ).toEqual(['example.ts:2: "disk-full" means something else in example.ts:1'])
  expect(found("log.warn('disk-full', 'The disk is full.', { disk })")).toEqual([])
  expect(found('first.log.warn(code, sentence, facts)')).toEqual([])
})

test('the list of codes holds those that are logged, and no other', () => {
  const logged = new Set(CALLS.map(({ code }) => String(code)))
  expect(Object.keys(LOG_CODES).toSorted()).toEqual([...logged].toSorted())
})

test('the table in desktop/README.md has each code with its level, its sentence and what release 0.1 wrote', () => {
  const readme = readFileSync(path.join(ROOT, 'desktop/README.md'), 'utf8')
  const table = readme.slice(readme.indexOf('| `code`'), readme.indexOf('\n\n', readme.indexOf('| `code`')))
  const rows = table.split('\n').slice(2)
  const cells = rows.map((row) =>
    row
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  )
  const expected = Object.entries(LOG_CODES).map(([code, before]) => {
    const call = CALLS.find((one) => one.code === code)
    return [`\`${code}\``, call?.level, call?.sentence, before]
  })
  expect(cells).toEqual(expected)
})
