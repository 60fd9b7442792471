import { defineConfig } from '@playwright/test'
import path from 'node:path'
import { ROOT } from './house.mjs'

/** Browser tests: a real Chromium against a really running hub and real kiosks, which each file starts for itself. */
export default defineConfig({
  testDir: path.join(ROOT, 'desktop/e2e'),
  outputDir: path.join(ROOT, 'node_modules/.playwright'),
  // Two cores carry hub, database, kiosks and browser: one worker, so that time limits mean something.
  workers: 1,
  retries: 0,
  timeout: 60_000,
  forbidOnly: true,
  reporter: [['line'], ['json']],
})
