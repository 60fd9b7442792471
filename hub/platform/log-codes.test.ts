import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { LOG_CODES } from './log-codes.ts'

const HUB = path.join(import.meta.dirname, '..')
/** A call of the hub's log in a program's text, with the code that it begins with. */
const CALL = /\blog(?:\.(?:debug|info|warn|error)|\[[^\]]*\])\(\s*(?:'([^']*)')?/g

/** Codes of all calls in the hub's programs; null for a call that does not begin with one in quotes. */
function codesOfCalls(): { file: string; code: string | null }[] {
  const files = globSync('**/*.ts', { cwd: HUB }).filter(
    (file) => !/\.test\.ts$|(^|\/)(testing|simulation|bench)[-/]|platform\/log\.ts$/.test(file),
  )
  return files.flatMap((file) =>
    [...readFileSync(path.join(HUB, file), 'utf8').matchAll(CALL)].map(([, code]) => ({
      file,
      code: code ?? null,
    })),
  )
}

test('every call of the log begins with a code of the list', () => {
  const calls = codesOfCalls()
  expect(calls.length).toBeGreaterThan(40)
  expect(calls.filter(({ code }) => code === null || !(code in LOG_CODES))).toEqual([])
})

test('every code of the list is written at exactly one place', () => {
  const written = codesOfCalls().map(({ code }) => code ?? '')
  const inOrder = (codes: string[]): string[] => codes.toSorted((left, right) => (left < right ? -1 : 1))
  expect(inOrder(written)).toEqual(inOrder(Object.keys(LOG_CODES)))
})

test('the list is in the order of the alphabet, and the table in README.md says the same', () => {
  const readme = readFileSync(path.join(HUB, 'README.md'), 'utf8')
  const [, section = ''] = /^## The log\n(.*?)^## /ms.exec(readme) ?? []
  const rows = section
    .split('\n')
    .map((line) => /^\| `([a-z0-9-]+)` +\| (.*?) *\|$/.exec(line))
    .filter((row) => row !== null)
    .map(([, code = '', meaning = '']) => [code, meaning])
  expect(rows).toEqual(Object.entries(LOG_CODES))
  expect(rows).toEqual(rows.toSorted(([left = ''], [right = '']) => (left < right ? -1 : 1)))
})
