import path from 'node:path'
import process from 'node:process'
import { defineConfig } from '@playwright/test'
import { ROOT } from './launcher.mjs'
import { readLaunchedBrowser } from './playwright-setup.ts'

const browser = readLaunchedBrowser()

/** Browser tests: a real Chromium against a really running hub and real kiosks, which each worker starts for itself. */
export default defineConfig({
  testDir: path.join(ROOT, 'desktop/e2e'),
  outputDir: path.join(ROOT, 'node_modules/.playwright'),
  globalSetup: path.join(ROOT, 'build/playwright-setup.ts'),
  // Two: tests of a cut connection mostly wait, and leave the second core to those that look at hundreds of pictures.
  workers: 2,
  fullyParallel: true,
  retries: 0,
  // For what would never end: a busy machine takes many times as long.
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [['line'], ['json']],
  use: {
    browserName: 'chromium',
    // The panel of a 10.1" door.
    viewport: { width: 1280, height: 800 },
    launchOptions: browser === null ? {} : { ...browser, env: { ...process.env, ...browser.env } },
  },
})
