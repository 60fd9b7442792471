import type { Page } from '@playwright/test'

/** Words that a page showed at one place, and when each came: in tenths of a second since the record began. */
export interface WordRecord {
  words(): Promise<[string, number][]>
  /** Tenths that have gone by. */
  tenths(): Promise<number>
  /** When these words came first; undefined: they never did. */
  firstOf(word: string): Promise<number | undefined>
}

interface Recording {
  lineRecord: { words: [string, number][]; tenths: number }
}

/**
 * Records what a page shows at a selector from now on; '' while nothing is there. Tenths are counted by the page's own timers:
 * on a busy machine they come late, and with them all that the page does by time.
 */
export async function recordWords(page: Page, selector: string): Promise<WordRecord> {
  await page.evaluate((at) => {
    const record: Recording['lineRecord'] = { words: [], tenths: 0 }
    setInterval(() => (record.tenths += 1), 100)
    const look = (): void => {
      const word = document.querySelector(at)?.textContent ?? ''
      if (record.words.at(-1)?.[0] !== word) record.words.push([word, record.tenths])
    }
    look()
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
    Object.assign(window, { lineRecord: record })
  }, selector)
  const read = (): Promise<Recording['lineRecord']> =>
    page.evaluate(() => (window as unknown as Recording).lineRecord)
  return {
    words: async () => (await read()).words,
    tenths: async () => (await read()).tenths,
    firstOf: async (word) => (await read()).words.find(([said]) => said === word)?.[1],
  }
}
