import { writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Reporter, TestModule } from 'vitest/node'
import type { Count } from './stages.ts'

/** Writes what a run of vitest came to into the file named by CARREL_COUNT_FILE, for `npm test` to add up. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count: Count = { passed: 0, failed: errors.length, skips: [] }
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') count.passed += 1
        else if (result.state === 'skipped')
          count.skips.push(`${test.fullName}: ${result.note ?? 'its condition does not hold here'}`)
        else count.failed += 1
      }
    }
    const file = process.env['CARREL_COUNT_FILE']
    if (file !== undefined) writeFileSync(file, JSON.stringify(count))
  }
}
