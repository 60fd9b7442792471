import path from 'node:path'
import process from 'node:process'
import { defineConfig } from '@playwright/test'
import { findBrowser, type FoundBrowser } from './browser.ts'
import { buildScreens, GALLERY_FOLDER } from './build-screens.ts'
import { ROOT } from './house.mjs'

/** Playwright reads this file in every worker; the browser is looked for, and unpacked, once, and the screens are built. */
async function prepareOnce(): Promise<Pick<FoundBrowser, 'executablePath' | 'args' | 'env'>> {
  const known = process.env['CARREL_FOUND_BROWSER']
  if (known !== undefined) return JSON.parse(known) as FoundBrowser
  await buildScreens()
  await buildScreens(GALLERY_FOLDER)
  const browser = await findBrowser()
  process.on('exit', () => browser.clean())
  const { executablePath, args, env } = browser
  process.env['CARREL_FOUND_BROWSER'] = JSON.stringify({ executablePath, args, env })
  return browser
}

const { executablePath, args, env } = await prepareOnce()

/** Browser tests: a real Chromium against a really running hub and real kiosks, which each worker starts for itself. */
export default defineConfig({
  testDir: path.join(ROOT, 'desktop/e2e'),
  outputDir: path.join(ROOT, 'node_modules/.playwright'),
  // Two: tests of a cut line mostly wait, and leave the second core to those that look at hundreds of pictures.
  workers: 2,
  fullyParallel: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [['line'], ['json']],
  use: {
    browserName: 'chromium',
    // The panel of a 10.1" door.
    viewport: { width: 1280, height: 800 },
    launchOptions: { executablePath, args, env: { ...process.env, ...env } },
  },
})
