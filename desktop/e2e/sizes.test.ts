import type { Page } from '@playwright/test'
import { eachPicture, LANGUAGES, languagesInTurn, openGallery, showPicture } from './gallery.ts'
import { countPictures, measureTargets, measureWord } from './measure.ts'
import { expect, test } from './testing.ts'

// Sizes in millimetres of real panels: a door's 10.1" (217 × 136 mm), upright or not, and an entrance's 32" (398 × 708 mm).

interface Panel {
  name: string
  width: number
  height: number
  widthMm: number
  /** In reach mode no control stands in this upper part of the screen. */
  outOfReach: number
  /** Least sizes in mm of a door's word and shape, so that they are read from five metres; null: no door is so wide. */
  fromFar: { capHeight: number; shape: number } | null
  fits(screen: string): boolean
}

/** Looks that change sizes; colours do not. */
const LOOKS = { 'usual text': '', 'large text': '&text=large', reach: '&reach=1' }

const isEntrance = (screen: string): boolean => screen.startsWith('entrance')
const isDoor = (screen: string): boolean => /^(?:door|report)-/.test(screen)
const isAny = (): boolean => true

const LANDSCAPE: Panel = {
  name: 'landscape',
  width: 1280,
  height: 800,
  widthMm: 217,
  outOfReach: 0.28,
  fromFar: { capHeight: 29, shape: 0 },
  fits: isAny,
}
const PORTRAIT: Panel = {
  name: 'portrait',
  width: 800,
  height: 1280,
  widthMm: 136,
  outOfReach: 0.45,
  fromFar: { capHeight: 20, shape: 60 },
  fits: isAny,
}
const ENTRANCE: Panel = {
  name: 'entrance',
  width: 1080,
  height: 1920,
  widthMm: 398,
  outOfReach: 0.45,
  fromFar: null,
  fits: isEntrance,
}

/** Sizes are rounded to whole pixels by nobody, but sums of fractions are not exact. */
const TOLERANCE_MM = 0.05

async function openOn(
  page: Page,
  url: string,
  { width, height, widthMm }: Panel,
): Promise<{ names: string[]; mmPerPx: number }> {
  await page.setViewportSize({ width, height })
  return { names: await openGallery(page, url), mmPerPx: widthMm / width }
}

/** What is wrong with what can be touched in the picture that is shown: too small, too near, or too high to reach. */
async function faultsOfTargets(
  page: Page,
  mmPerPx: number,
  lineMm: number,
): Promise<{ count: number; faults: string[] }> {
  const { targets, near } = await measureTargets(page, mmPerPx, 3 - TOLERANCE_MM)
  const faults = near.map(({ between, room }) => `${room.toFixed(1)} mm between ${between}`)
  for (const { what, smallest, isPrimary, top } of targets) {
    if (smallest < (isPrimary ? 20 : 15) - TOLERANCE_MM) faults.push(`${what} is ${smallest.toFixed(1)} mm`)
    if (top !== null && top < lineMm - TOLERANCE_MM)
      faults.push(`${what} stands ${(lineMm - top).toFixed(1)} mm above the reach line`)
  }
  return { count: targets.length, faults }
}

/** What is wrong with a door's word in the picture that is shown; null: it has none, or nothing is asked of it. */
async function faultsOfWord(page: Page, mmPerPx: number, least: Panel['fromFar']): Promise<string[] | null> {
  const word = least === null ? null : await measureWord(page, mmPerPx)
  if (least === null || word === null) return null
  const faults: string[] = []
  if (word.capHeight < least.capHeight) faults.push(`is ${word.capHeight.toFixed(1)} mm high`)
  if (word.shape < least.shape) faults.push(`has a shape of ${word.shape.toFixed(1)} mm`)
  if (word.stateShare < 0.6) faults.push(`has ${(word.stateShare * 100).toFixed(0)} % of the screen`)
  if (word.overhang > 0) faults.push(`stands out by ${word.overhang.toFixed(1)} mm`)
  return faults.map((fault) => `"${word.text}" ${fault}`)
}

// Both in one walk: laying out a picture takes longer than measuring it. Where things stand in reach mode does not change
// with the language, so that each picture is seen there in one in turn.
for (const panel of [LANDSCAPE, PORTRAIT, ENTRANCE])
  for (const [look, query] of Object.entries(LOOKS))
    test(`[SCR-11] what is touched is large, apart and in reach, and a door is read from five metres: ${panel.name}, ${look}`, async ({
      page,
      galleryUrl,
    }) => {
      const { names, mmPerPx } = await openOn(page, galleryUrl, panel)
      const lineMm = look === 'reach' ? panel.outOfReach * panel.height * mmPerPx : 0
      const faults: string[] = []
      let targetCount = 0
      let wordCount = 0
      await eachPicture(names.filter(panel.fits), async (name, index) => {
        for (const language of look === 'reach' ? languagesInTurn(index) : LANGUAGES) {
          await showPicture(page, `?screen=${name}&lang=${language}${query}`)
          const touched = await faultsOfTargets(page, mmPerPx, lineMm)
          targetCount += touched.count
          const read = isDoor(name) ? await faultsOfWord(page, mmPerPx, panel.fromFar) : null
          if (read !== null) wordCount += 1
          faults.push(
            ...[...touched.faults, ...(read ?? [])].map((fault) => `${name}, ${language}: ${fault}`),
          )
        }
      })
      expect(faults).toEqual([])
      const share = look === 'reach' ? LANGUAGES.length : 1
      expect(targetCount).toBeGreaterThan(100 / share)
      expect(wordCount).toBeGreaterThanOrEqual(panel.fromFar === null ? 0 : Math.floor(34 / share))
    })

test('letters of all three languages are drawn, each as itself', async ({ page, galleryUrl }) => {
  for (const [language, letters] of [
    ['en', 'FreBusyl'],
    ['sl', 'čšžPdnoŽ'],
    ['zh-TW', '有位稍擠已滿不明'],
  ]) {
    await page.goto(`${galleryUrl}?screen=door-busy&lang=${language}`)
    await expect(page.locator('.state-word')).toBeVisible()
    // A font in many files fetches the one of a letter when that letter is first drawn.
    await page.evaluate(async (text) => {
      const { fontFamily } = getComputedStyle(document.documentElement)
      await document.fonts.load(`40px ${fontFamily}`, text)
    }, letters ?? '')
    expect(await countPictures(page, letters ?? ''), language).toBe(8)
    const width = await page.locator('.state-word').evaluate((word) => word.getBoundingClientRect().width)
    expect(width).toBeGreaterThan(200)
  }
})
