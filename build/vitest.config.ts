import path from 'node:path'
import { defineConfig } from 'vitest/config'
import { ROOT } from './house.mjs'

const POSTGRES = './hub/store/testing-setup.ts'

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
          include: ['{shared,desktop,build}/**/*.test.{ts,tsx}'],
          exclude: ['desktop/e2e/**', 'build/{start,compose}.test.ts'],
          // Not a rule of the product: what reckons for a second alone takes six beside seven other workers.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'database',
          include: ['hub/**/*.test.ts'],
          exclude: ['hub/simulation/**', 'hub/bench/**'],
          globalSetup: [POSTGRES],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['hub/{simulation,bench}/**/*.test.ts'],
          globalSetup: [POSTGRES],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'house',
          include: ['build/{start,compose}.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
