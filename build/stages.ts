/** What a stage came to. Each skip is a title and its reason. */
export interface Count {
  passed: number
  failed: number
  skips: string[]
}

/** One step of `npm test`: programs run one after the other under Node 24. */
export interface Stage {
  name: string
  /** Seconds that it should take on two cores; ten times as many end it. */
  budgetSeconds: number
  commands: Command[]
}

/** A program, and where it says what it counted: in its last line `N passed, N failed`, or in a file of its reporter. */
export interface Command {
  args: string[]
  counts: 'lastLine' | 'vitest' | 'playwright'
}

const VITEST = 'node_modules/vitest/vitest.mjs'

function vitest(project: string, ...more: string[]): Command {
  const reporters = ['--reporter=minimal', '--reporter=./build/count-reporter.ts']
  return {
    args: [VITEST, 'run', '--config', 'build/vitest.config.ts', '--project', project, ...reporters, ...more],
    counts: 'vitest',
  }
}

function script(file: string, ...args: string[]): Command {
  return { args: [file, ...args], counts: 'lastLine' }
}

/** All that `npm test` runs, in order. The sum of the budgets stays below eight minutes. */
export function listStages(): Stage[] {
  const playwright: Command = {
    args: ['node_modules/playwright/cli.js', 'test', '--config', 'build/playwright.config.ts'],
    counts: 'playwright',
  }
  return [
    { name: 'check', budgetSeconds: 15, commands: [script('build/check.ts')] },
    { name: 'unit', budgetSeconds: 30, commands: [vitest('unit')] },
    // Hubs and databases that start and stop mostly wait: twice as many workers as cores.
    { name: 'database', budgetSeconds: 60, commands: [vitest('database', '--maxWorkers=4')] },
    {
      name: 'simulation',
      budgetSeconds: 90,
      commands: [vitest('simulation'), script('hub/simulation/run.ts', '--ops', '50000')],
    },
    {
      name: 'kill rounds',
      budgetSeconds: 60,
      commands: [script('hub/simulation/kill-rounds.ts', '--rounds', '20')],
    },
    { name: 'house', budgetSeconds: 70, commands: [vitest('house')] },
    { name: 'browser', budgetSeconds: 150, commands: [script('build/build-screens.ts'), playwright] },
  ]
}
