// Second half of `npm test`, under Node 24.
import process from 'node:process'
import { runTestProgram, type TestProgram } from './run-test-program.ts'
import type { Count } from './test-counts.ts'

/** Projects of build/vitest.config.ts. */
const PROJECTS = ['unit', 'database', 'simulation', 'kill-rounds', 'launcher']

/** Everything that can be asked for by name. */
const NAMES = ['check', ...PROJECTS, 'browser']

const HELP = `npm test [-- --only name,name]

Runs all checks and tests: static checks (check), one run of vitest over its projects (${PROJECTS.join(', ')})
and one run of Playwright (browser). --only runs the named ones. Continues after a failure. Prints why tests were skipped,
and as its last line "N passed, N failed", with ", N skipped" if any were. Exit code 0 only if nothing failed.
`

/** Many times what each takes: a busy machine may be slow without being wrong, and a test that hangs ends itself before. */
const CHECK_TIMEOUT_MS = 300_000
const VITEST_TIMEOUT_MS = 3_000_000
const BROWSER_TIMEOUT_MS = 1_500_000

/** The programs that test what is named, in order. */
function listPrograms(names: readonly string[]): TestProgram[] {
  const projects = PROJECTS.filter((project) => names.includes(project))
  const programs: TestProgram[] = [
    {
      name: 'check',
      args: ['build/check.ts'],
      counts: 'lastLine',
      expected: ['check'],
      timeoutMs: CHECK_TIMEOUT_MS,
    },
    {
      name: 'vitest',
      args: [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--config=build/vitest.config.ts',
        ...projects.map((project) => `--project=${project}`),
        '--reporter=minimal',
        '--reporter=./build/test-counts.ts',
      ],
      counts: 'vitest',
      expected: projects,
      timeoutMs: VITEST_TIMEOUT_MS,
    },
    {
      name: 'browser',
      args: ['node_modules/playwright/cli.js', 'test', '--config=build/playwright.config.ts'],
      counts: 'playwright',
      expected: ['browser'],
      timeoutMs: BROWSER_TIMEOUT_MS,
    },
  ]
  return programs.filter(({ expected }) => expected.some((name) => names.includes(name)))
}

async function runTests(names: readonly string[]): Promise<void> {
  const beganMs = performance.now()
  const counts: Count[] = []
  const times: string[] = []
  for (const program of listPrograms(names)) {
    const programBeganMs = performance.now()
    process.stdout.write(`\n── ${program.name} ──\n`)
    counts.push(...(await runTestProgram(program)))
    times.push(`${program.name} ${secondsSince(programBeganMs)} s`)
    // Ctrl-C.
    if (process.exitCode !== undefined) break
  }
  times.push(`all together ${secondsSince(beganMs)} s`)
  const { failed, passed } = printCounts(counts, times)
  if (failed > 0 || passed === 0) process.exitCode = 1
}

function secondsSince(beganMs: number): string {
  return ((performance.now() - beganMs) / 1000).toFixed(1)
}

/** Prints what was counted, why something was skipped, and the closing line. */
function printCounts(counts: readonly Count[], times: readonly string[]): { passed: number; failed: number } {
  const total = { passed: 0, failed: 0, skipped: 0 }
  process.stdout.write('\n')
  for (const { name, passed, failed, skips } of counts) {
    const skipped = skips.length > 0 ? `, ${skips.length} skipped` : ''
    process.stdout.write(`${name.padEnd(11)} ${passed} passed, ${failed} failed${skipped}\n`)
    total.passed += passed
    total.failed += failed
    total.skipped += skips.length
  }
  process.stdout.write(`${times.join(', ')}\n`)
  for (const skip of counts.flatMap(({ skips }) => skips)) process.stdout.write(`skipped: ${skip}\n`)
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`)
  return total
}

const args = process.argv.slice(2)
const only = args[0] === '--only' ? (args[1] ?? '').split(',') : null
const unknown = only?.filter((name) => !NAMES.includes(name)) ?? []
if (args.includes('--help') || args.includes('-h')) process.stdout.write(HELP)
else if (unknown.length > 0 || (only === null && args.length > 0)) {
  const wrong = (unknown.length > 0 ? unknown : args).join(', ')
  process.stderr.write(`Unknown name ${wrong}. Known are ${NAMES.join(', ')}.\n\n${HELP}`)
  process.exitCode = 2
} else await runTests(only ?? NAMES)
