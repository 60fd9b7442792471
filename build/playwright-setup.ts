import process from 'node:process'
import { startScratchServer, TEST_SERVER_VARIABLE } from '../hub/platform/postgres/testing.ts'
import { findBrowser, type FoundBrowser } from './browser.ts'
import { buildScreens, GALLERY_FOLDER } from './build-screens.ts'

/** How to start the browser; JSON of what `LaunchedBrowser` says. */
const BROWSER_VARIABLE = 'CARREL_FOUND_BROWSER'

/** What Playwright needs to know of the browser. */
export type LaunchedBrowser = Pick<FoundBrowser, 'executablePath' | 'args' | 'env'>

/**
 * Playwright's globalSetup: builds the screens where a source of them has changed, looks for the browser, and unpacks it, and
 * starts one PostgreSQL for all workers, which find everything through the environment.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const [browser, server] = await Promise.all([
    findBrowser(),
    startScratchServer(),
    buildScreens(),
    buildScreens(GALLERY_FOLDER),
  ])
  const { executablePath, args, env } = browser
  process.env[BROWSER_VARIABLE] = JSON.stringify({ executablePath, args, env } satisfies LaunchedBrowser)
  process.env[TEST_SERVER_VARIABLE] = server.url
  return async () => {
    browser.clean()
    await server.stop()
  }
}

/** What the setup found, in a worker; null before it ran: Playwright reads its configuration then already. */
export function readLaunchedBrowser(): LaunchedBrowser | null {
  const text = process.env[BROWSER_VARIABLE]
  return text === undefined ? null : (JSON.parse(text) as LaunchedBrowser)
}
