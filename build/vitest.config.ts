import path from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'
import { ROOT } from './launcher.mjs'

const POSTGRES = './hub/platform/postgres/testing-setup.ts'

/**
 * For what would never end. How long something may take is a promise of the product only by a clock that the test holds
 * or compares with; a busy machine takes many times as long for all.
 */
const HANGS_MS = 60_000

/** What every project has, beside its files. */
const COMMON = {
  setupFiles: ['./build/testing-folder.ts'],
  testTimeout: HANGS_MS,
  hookTimeout: HANGS_MS,
  expect: { poll: { timeout: HANGS_MS / 4 } },
}

/** Tests of whole programs: started, stopped, packed. */
const LAUNCHER = 'build/{start,compose,package}.test.ts'
const SIMULATION = 'hub/{simulation,bench}/**/*.test.ts'
const KILL_ROUNDS = 'hub/simulation/kill-rounds.test.ts'

/** Files that take a minute or more on two usual cores: begun first, so that in the end nobody waits for one of them. */
const LONGEST = [
  KILL_ROUNDS,
  'hub/simulation/simulate.test.ts',
  'build/start.test.ts',
  'hub/main.test.ts',
  'hub/platform/postgres/embedded.test.ts',
  'hub/accounts/campus-limits.test.ts',
  'build/package.test.ts',
]

/** All others project by project; those that mostly wait before those that only compute. */
const ORDER = ['simulation', 'launcher', 'database', 'unit']

/** Within a project the files that took longest the last time come first, or those that are largest. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const byLength = super.sort.bind(this)
    const sorted = await byLength(files)
    const isFirst = new Set(LONGEST.map((file) => path.join(ROOT, file)))
    return [
      ...[...isFirst].flatMap((file) => sorted.filter(({ moduleId }) => moduleId === file)),
      ...ORDER.flatMap((name) =>
        sorted.filter(({ project, moduleId }) => project.name === name && !isFirst.has(moduleId)),
      ),
    ]
  }
}

/** One run of several projects side by side; `vitest --project unit` needs no PostgreSQL. */
export default defineConfig({
  root: ROOT,
  cacheDir: path.join(ROOT, 'node_modules', '.vitest'),
  test: {
    // For two cores: hubs, databases and kiosks that start and stop mostly wait, but the simulation uses two cores by itself.
    maxWorkers: 3,
    // Files of one worker share what they import, which takes a third off; none of them leaves anything behind in it.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve: {
          // The package of Electron downloads a program as soon as it is imported; tests drive a double instead.
          alias: { electron: path.join(ROOT, 'desktop/main/testing/electron-double.ts') },
        },
        test: {
          ...COMMON,
          name: 'unit',
          include: ['{shared,desktop,build}/**/*.test.{ts,tsx}'],
          exclude: ['desktop/e2e/**', LAUNCHER],
        },
      },
      {
        test: {
          ...COMMON,
          name: 'database',
          include: ['hub/**/*.test.ts'],
          exclude: [SIMULATION],
          globalSetup: [POSTGRES],
        },
      },
      {
        test: {
          ...COMMON,
          name: 'simulation',
          include: [SIMULATION],
          exclude: [KILL_ROUNDS],
          globalSetup: [POSTGRES],
          // A test of these plays hundreds of acts one after the other, each a commit that is looked at.
          testTimeout: 5 * HANGS_MS,
        },
      },
      { test: { ...COMMON, name: 'kill-rounds', include: [KILL_ROUNDS] } },
      {
        test: {
          ...COMMON,
          name: 'launcher',
          include: [LAUNCHER],
          // Everything is started here from nothing, several times in some tests, beside those of other projects.
          testTimeout: 5 * HANGS_MS,
          hookTimeout: 5 * HANGS_MS,
        },
      },
    ],
  },
})
