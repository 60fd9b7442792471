import { expect, type Locator, type Page } from '@playwright/test'

/** How long a screen may take to become right on a machine that does much else. How fast it is, is measured elsewhere. */
export const SCREEN_TIMEOUT_MS = 10_000

/** Words of the three levels and of what is unknown, as the English screens say them. */
export type Word = 'Free' | 'Busy' | 'Full' | 'Unknown'

/** A door, or the opened place of an entrance: the button that reports a level, once it takes taps. [SCR-20] */
export function reportButton(page: Page, word: Word | 'Polno'): Locator {
  return page
    .locator('.report-buttons:not([data-guarded="true"])')
    .getByRole('button', { name: word, exact: true })
}

/** Waits until a door shows a word. */
export async function expectDoor(page: Page, word: Word, within = SCREEN_TIMEOUT_MS): Promise<void> {
  await expect(page.locator('.state-word')).toHaveText(word, { timeout: within })
}

/** Waits until the question has made room for an answer. The live region says it too: that is not looked at here. */
export async function expectAnswer(page: Page, title: 'Thank you' | 'Report removed'): Promise<void> {
  await expect(page.locator('.answer-title')).toHaveText(title)
}

/** Waits until an entrance shows words for its building, its sections and its places, by name. */
export async function expectEntrance(
  page: Page,
  words: Record<string, Word>,
  within = SCREEN_TIMEOUT_MS,
): Promise<void> {
  const isBuilding = async (name: string): Promise<boolean> =>
    (await page.getByRole('heading', { level: 1 }).textContent()) === name
  // After a standstill of its kiosk it says for a moment that this is away.
  await expect(page.locator('.entrance-title')).toBeVisible({ timeout: within })
  for (const [name, word] of Object.entries(words)) {
    const place = (await isBuilding(name))
      ? page.locator('.entrance-title')
      : page.locator('.entrance-main').getByRole('button', { name })
    await expect(place.locator('strong')).toHaveText(word, { timeout: within })
  }
}

/** Everything that the page's one live region says from now on. */
export async function recordAnnouncements(page: Page): Promise<() => Promise<string[]>> {
  const heard = await page.evaluateHandle(() => {
    const texts: string[] = []
    const region = document.querySelector('[role="status"]')
    const keep = (records: MutationRecord[]): void => {
      for (const { addedNodes } of records) for (const node of addedNodes) texts.push(node.textContent ?? '')
    }
    if (region !== null) new MutationObserver(keep).observe(region, { childList: true })
    return texts
  })
  return () => heard.jsonValue()
}
