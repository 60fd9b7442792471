import path from 'node:path'
import { defineConfig } from 'vitest/config'
import { ROOT } from './house.mjs'

const POSTGRES = './hub/platform/postgres/testing-setup.ts'
const SCRATCH = './build/testing-scratch.ts'

/**
 * For what would never end. How long something may take is a promise of the product only by a clock that the test holds
 * or compares with; a busy machine takes many times as long for all.
 */
const HANGS_MS = 60_000
const LIMITS = { testTimeout: HANGS_MS, hookTimeout: HANGS_MS, expect: { poll: { timeout: HANGS_MS / 4 } } }

/** Three projects, so that what needs no PostgreSQL does not wait for one: `vitest --project unit`. */
export default defineConfig({
  root: ROOT,
  cacheDir: path.join(ROOT, 'node_modules', '.vitest'),
  test: {
    // Two cores: more workers than that only wait for each other.
    maxWorkers: 2,
    // Files of one worker share what they import, which takes a third off; none of them leaves anything behind in it.
    isolate: false,
    projects: [
      {
        resolve: {
          // The package of Electron downloads a program as soon as it is imported; tests drive a double instead.
          alias: { electron: path.join(ROOT, 'desktop/main/testing/electron-double.ts') },
        },
        test: {
          name: 'unit',
          setupFiles: [SCRATCH],
          ...LIMITS,
          include: ['{shared,desktop,build}/**/*.test.{ts,tsx}'],
          exclude: ['desktop/e2e/**', 'build/{start,compose,package}.test.ts'],
        },
      },
      {
        test: {
          name: 'database',
          setupFiles: [SCRATCH],
          ...LIMITS,
          include: ['hub/**/*.test.ts'],
          exclude: ['hub/simulation/**', 'hub/bench/**'],
          globalSetup: [POSTGRES],
        },
      },
      {
        test: {
          name: 'simulation',
          setupFiles: [SCRATCH],
          ...LIMITS,
          include: ['hub/{simulation,bench}/**/*.test.ts'],
          globalSetup: [POSTGRES],
        },
      },
      {
        test: {
          name: 'house',
          setupFiles: [SCRATCH],
          ...LIMITS,
          include: ['build/{start,compose,package}.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
