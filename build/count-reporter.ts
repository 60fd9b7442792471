import { writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { Count } from './stages.ts'

const NO_NOTE = 'its condition does not hold here'

/** A test that never ran because what stands before it broke has failed, whatever vitest calls it. */
function hasBrokenSuite(test: TestCase): boolean {
  for (let above = test.parent; above.type === 'suite'; above = above.parent)
    if (above.errors().length > 0) return true
  return false
}

/** Writes what a run of vitest came to into the file named by CARREL_COUNT_FILE, for `npm test` to add up. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count: Count = { passed: 0, failed: errors.length, skips: [] }
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') count.passed += 1
        else if (result.state === 'failed' || hasBrokenSuite(test)) count.failed += 1
        else
          count.skips.push(
            `${test.fullName}: ${result.state === 'skipped' ? (result.note ?? NO_NOTE) : NO_NOTE}`,
          )
      }
    }
    const file = process.env['CARREL_COUNT_FILE']
    if (file !== undefined) writeFileSync(file, JSON.stringify(count))
  }
}
