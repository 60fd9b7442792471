import type { Page } from '@playwright/test'
import { eachPicture, LANGUAGES, languagesInTurn, openGallery, showPicture } from './gallery.ts'
import { expect, test } from './testing.ts'

// "Large text" compared with usual text, element by element, on every picture of the gallery: nothing gets smaller.

/** A text whose size was measured in both looks of the same picture. */
interface Compared {
  what: string
  /** It stands in the state of a door that has lost its connection. */
  isOffline: boolean
  /** And the door is turned upright: the only one without room. */
  isTight: boolean
  usual: number
  large: number
}

/** Sizes of every text that is seen, in px, as it is and with large text. */
function compareLooks(page: Page): Promise<Compared[]> {
  return page.evaluate(() => {
    const root = document.documentElement
    const texts: HTMLElement[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement
      if (node.textContent?.trim() !== '' && parent?.checkVisibility() === true) texts.push(parent)
    }
    const sizes = (): number[] => texts.map((text) => Number.parseFloat(getComputedStyle(text).fontSize))
    root.dataset['text'] = 'normal'
    const usual = sizes()
    root.dataset['text'] = 'large'
    const large = sizes()
    root.dataset['text'] = 'normal'
    const isOffline = (text: HTMLElement): boolean => text.closest('.state[data-offline="true"]') !== null
    return texts.map((text, index) => ({
      isOffline: isOffline(text),
      isTight: innerWidth < innerHeight && isOffline(text),
      what: `${text.tagName}.${text.closest('[class]')?.className ?? ''} "${text.textContent.trim().slice(0, 24)}"`,
      usual: usual[index] ?? 0,
      large: large[index] ?? 0,
    }))
  })
}

/**
 * A door's word gives a tenth of its room to what stands round it, and a fifth where that tells of a lost connection as well; its least
 * height in mm is measured by SCR-11.
 */
const leastOf = ({ what, usual, isOffline }: Compared): number =>
  (what.startsWith('P.state-word') ? (isOffline ? 0.79 : 0.9) * usual : usual) - 0.05

/** What a passer-by reads of a place is larger by a ninth at least: its name, where it is, how old the report is, what it has. */
const READ =
  /^[A-Z0-9]+\.(?:state-names|state-clock|state-time|state-age|state-offline|facts|nearby|nearby-title|place-words|card-name|card-line|section-name|section-counts|entrance-title) /

/** What a passer-by has to read to touch the right thing, and what a place has, is larger by three tenths. */
const HELPS =
  /^[A-Z0-9]+\.(?:facts|tool-word|tool-short|tool place-close|report-lines|report-note|chip|code-said|diagnostics|button|button button-main) /

/** The question itself is large enough as it is. */
const TITLE = /^H2\./

/** What is smaller in large text, and how many texts were compared. */
async function walk(
  page: Page,
  names: string[],
): Promise<{ faults: string[]; compared: number; grown: number }> {
  const faults = new Set<string>()
  let compared = 0
  let grown = 0
  await eachPicture(names, async (name, index) => {
    for (const language of languagesInTurn(index)) {
      await showPicture(page, `?screen=${name}&lang=${language}`)
      for (const text of await compareLooks(page)) {
        const { what, isTight, usual, large } = text
        compared += 1
        if (large > usual + 0.05) grown += 1
        if (READ.test(what) && large < 1.11 * usual)
          faults.add(
            `${name}, ${language}: ${what} grows by ${((large / usual - 1) * 100).toFixed(0)} % only`,
          )
        if (HELPS.test(what) && !TITLE.test(what) && !isTight && large < 1.299 * usual)
          faults.add(
            `${name}, ${language}: ${what} grows by ${((large / usual - 1) * 100).toFixed(0)} % only, of 30`,
          )
        if (large < leastOf(text))
          faults.add(`${name}, ${language}: ${what} ${usual.toFixed(1)} → ${large.toFixed(1)} px`)
      }
    }
  })
  return { faults: [...faults], compared, grown }
}

for (const [panel, width, height] of [
  ['door in landscape', 1280, 800],
  ['door in portrait', 800, 1280],
  ['entrance', 1080, 1920],
] as const)
  test(`[SCR-14] no text of a kiosk is smaller with large text: ${panel}`, async ({ page, galleryUrl }) => {
    test.slow()
    await page.setViewportSize({ width, height })
    const names = await openGallery(page, galleryUrl)
    const { faults, compared, grown } = await walk(page, names)
    expect(faults).toEqual([])
    expect(compared).toBeGreaterThan(20 * LANGUAGES.length)
    expect(grown).toBeGreaterThan(compared / 2)
  })

for (const width of [390, 1280])
  test(`[SCR-14] no text of the portal is smaller with large text: ${width} px`, async ({
    page,
    galleryUrl,
  }) => {
    test.slow()
    await page.setViewportSize({ width, height: 844 })
    const names = await openGallery(page, galleryUrl, 'data-portal-name')
    const { faults, compared, grown } = await walk(page, names)
    expect(faults).toEqual([])
    expect(compared).toBeGreaterThan(20 * LANGUAGES.length)
    expect(grown).toBeGreaterThan(compared / 2)
  })
