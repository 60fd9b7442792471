import { chromium, type Page } from '@playwright/test'
import { findBrowser } from '../../build/browser.ts'
import { buildScreens } from './bundle.ts'

/** Opens pages, each in a context of its own: a screen of its own kiosk. */
export interface BrowserScene {
  open(url: string): Promise<Page>
}

/** The panel of a 10.1" kiosk. */
const VIEWPORT = { width: 1280, height: 800 }

/** Runs something with a real Chromium over the built screens. */
export async function withBrowser<Result>(run: (scene: BrowserScene) => Promise<Result>): Promise<Result> {
  buildScreens()
  const found = await findBrowser()
  const browser = await chromium.launch({
    executablePath: found.executablePath,
    args: found.args,
    env: { ...process.env, ...found.env },
  })
  try {
    return await run({
      open: async (url) => {
        const context = await browser.newContext({ viewport: VIEWPORT })
        const page = await context.newPage()
        await page.goto(url)
        return page
      },
    })
  } finally {
    await browser.close()
    found.clean()
  }
}
