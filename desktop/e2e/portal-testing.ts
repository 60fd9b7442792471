import type { BrowserContext, Locator, Page } from '@playwright/test'
import { PortalWorld } from './portal-world.ts'
import { expect, test as base } from './testing.ts'

interface PortalTestParts {
  /** A browser of somebody else: another context, whose pages may not complain either. */
  other: BrowserContext
}

interface PortalWorkerParts {
  portal: PortalWorld
}

/** Playwright's test on a phone, with a running hub that gives the portal. What a browser says of refused calls is no complaint. */
export const test = base.extend<PortalTestParts, PortalWorkerParts>({
  viewport: { width: 390, height: 844 },
  portal: [
    async ({ libraryCount }, run) => {
      const portal = await PortalWorld.begin(libraryCount)
      await run(portal)
      await portal.end()
    },
    { scope: 'worker', timeout: 150_000 },
  ],
  complaints: async ({ complaints, context }, run) => {
    complaints.expect(/^Failed to load resource: the server responded with a status of 4\d\d/)
    await run(complaints)
    await Promise.all(context.pages().map((page) => page.close()))
  },
  other: async ({ browser, complaints }, run) => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
    complaints.listen(context)
    await run(context)
    await context.close()
  },
})

export { expect }

/** The button that reports a level, once it takes taps. [SCR-20] */
export function reportButton(page: Page, word: 'Free' | 'Busy' | 'Full'): Locator {
  return page
    .locator('.p-report-buttons:not([data-guarded="true"])')
    .getByRole('button', { name: word, exact: true })
}

/** Waits until the opened place shows a word. */
export async function expectPlace(page: Page, word: string): Promise<void> {
  await expect(page.locator('.p-state-word')).toHaveText(word)
}

/** Opens a place by its number, without loading the page anew. */
export async function openPlace(page: Page, name: string): Promise<void> {
  await page.getByRole('searchbox').fill(name)
  await page
    .locator('.p-row')
    .filter({ has: page.getByText(name, { exact: true }) })
    .first()
    .click()
  await expect(page.getByRole('heading', { level: 1, name, exact: true })).toBeVisible()
}
