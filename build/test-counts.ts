import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** What some tests of `npm test` came to. Each skip is a title and its reason. */
export interface Count {
  /** `check`, a project of vitest, or `browser`. */
  name: string
  passed: number
  failed: number
  skips: string[]
}

/** Where a program of `npm test` says what it counted: in its last line `N passed, N failed`, or in a file. */
export type CountSource = 'lastLine' | 'vitest' | 'playwright'

/** Names the file to a run of vitest. */
export const COUNT_FILE_VARIABLE = 'CARREL_COUNT_FILE'

/** Reads what a program counted; null where it said nothing of it. `name`: of the tests, where it does not say. */
export function readCounts(
  source: CountSource,
  name: string,
  from: { file: string; lastLine: string },
): Count[] | null {
  if (source === 'lastLine') {
    const found = /^(\d+) passed, (\d+) failed/.exec(from.lastLine)
    return found === null ? null : [{ name, passed: Number(found[1]), failed: Number(found[2]), skips: [] }]
  }
  try {
    const report: unknown = JSON.parse(readFileSync(from.file, 'utf8'))
    return source === 'vitest' ? (report as Count[]) : [countPlaywright(name, report as PlaywrightSuite)]
  } catch {
    return null
  }
}

interface PlaywrightSuite {
  suites?: PlaywrightSuite[]
  specs?: {
    title: string
    tests: { status: string; annotations: { type: string; description?: string }[] }[]
  }[]
}

/** Adds up Playwright's JSON report. A test that passed only at a second try counts as failed. */
function countPlaywright(name: string, suite: PlaywrightSuite): Count {
  const count: Count = { name, passed: 0, failed: 0, skips: [] }
  for (const { title, tests } of suite.specs ?? [])
    for (const test of tests) {
      const reason = test.annotations.find((each) => each.type === 'skip')?.description
      if (test.status === 'expected') count.passed += 1
      else if (test.status === 'skipped') count.skips.push(`${title}: ${reason ?? 'no reason given'}`)
      else count.failed += 1
    }
  for (const inner of suite.suites ?? []) {
    const below = countPlaywright(name, inner)
    count.passed += below.passed
    count.failed += below.failed
    count.skips.push(...below.skips)
  }
  return count
}

const NO_NOTE = 'its condition does not hold here'

/** Vitest's reporter that writes the counts of each project into the file named by CARREL_COUNT_FILE. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = new Map<string, Count>()
    const countOf = (name: string): Count => {
      const count = counts.get(name) ?? { name, passed: 0, failed: 0, skips: [] }
      counts.set(name, count)
      return count
    }
    // Errors outside of any test.
    if (errors.length > 0) countOf('vitest').failed += errors.length
    for (const module of modules) {
      const count = countOf(module.project.name)
      if (module.errors().length > 0) count.failed += 1
      for (const test of module.children.allTests()) addTest(count, test)
    }
    const file = process.env[COUNT_FILE_VARIABLE]
    if (file !== undefined) writeFileSync(file, JSON.stringify([...counts.values()]))
  }
}

function addTest(count: Count, test: TestCase): void {
  const result = test.result()
  if (result.state === 'passed') count.passed += 1
  else if (result.state === 'failed' || hasBrokenSuite(test)) count.failed += 1
  else
    count.skips.push(`${test.fullName}: ${result.state === 'skipped' ? (result.note ?? NO_NOTE) : NO_NOTE}`)
}

/** A test that never ran because what is before it broke has failed, whatever vitest calls it. */
function hasBrokenSuite(test: TestCase): boolean {
  for (let above = test.parent; above.type === 'suite'; above = above.parent)
    if (above.errors().length > 0) return true
  return false
}
