import path from 'node:path'
import process from 'node:process'
import { defineConfig } from '@playwright/test'
import { findBrowser, type FoundBrowser } from './browser.ts'
import { ROOT } from './house.mjs'

/** Playwright reads this file in every worker; the browser is looked for, and unpacked, once. */
async function findBrowserOnce(): Promise<Pick<FoundBrowser, 'executablePath' | 'args' | 'env'>> {
  const known = process.env['CARREL_FOUND_BROWSER']
  if (known !== undefined) return JSON.parse(known) as FoundBrowser
  const browser = await findBrowser()
  process.on('exit', () => browser.clean())
  const { executablePath, args, env } = browser
  process.env['CARREL_FOUND_BROWSER'] = JSON.stringify({ executablePath, args, env })
  return browser
}

const { executablePath, args, env } = await findBrowserOnce()

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
  use: {
    browserName: 'chromium',
    // The panel of a 10.1" door.
    viewport: { width: 1280, height: 800 },
    launchOptions: { executablePath, args, env: { ...process.env, ...env } },
  },
})
