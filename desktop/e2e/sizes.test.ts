import type { Page } from '@playwright/test'
import { LANGUAGES, openGallery, showPicture } from './gallery.ts'
import { countPictures, measureTargets, measureWord } from './measure.ts'
import { expect, test } from './testing.ts'

// Sizes in millimetres of real panels: a door's 10.1" (217 × 136 mm), upright or not, and a lobby's 32" (398 × 708 mm).

interface Panel {
  name: string
  width: number
  height: number
  widthMm: number
  /** In reach mode no control stands in this upper part of the screen. */
  outOfReach: number
  fits(screen: string): boolean
}

/** Looks that change sizes; colours do not. */
const LOOKS = { 'usual text': '', 'large text': '&text=large', reach: '&reach=1' }

const isLobby = (screen: string): boolean => screen.startsWith('entrance')
const isAny = (): boolean => true

const LANDSCAPE: Panel = {
  name: 'landscape',
  width: 1280,
  height: 800,
  widthMm: 217,
  outOfReach: 0.28,
  fits: isAny,
}
const PORTRAIT: Panel = {
  name: 'portrait',
  width: 800,
  height: 1280,
  widthMm: 136,
  outOfReach: 0.45,
  fits: isAny,
}
const LOBBY: Panel = {
  name: 'lobby',
  width: 1080,
  height: 1920,
  widthMm: 398,
  outOfReach: 0.45,
  fits: isLobby,
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

for (const panel of [LANDSCAPE, PORTRAIT, LOBBY])
  for (const [look, query] of Object.entries(LOOKS))
    test(`every target is large enough, and far enough from the next: ${panel.name}, ${look}`, async ({
      page,
      galleryUrl,
    }) => {
      const { names, mmPerPx } = await openOn(page, galleryUrl, panel)
      const faults: string[] = []
      let count = 0
      for (const name of names.filter(panel.fits))
        for (const language of LANGUAGES) {
          await showPicture(page, `?screen=${name}&lang=${language}${query}`)
          const { targets, near } = await measureTargets(page, mmPerPx, 3 - TOLERANCE_MM)
          count += targets.length
          const where = `${name}, ${language}`
          for (const { what, smallest, isPrimary } of targets)
            if (smallest < (isPrimary ? 20 : 15) - TOLERANCE_MM)
              faults.push(`${where}: ${what} is ${smallest.toFixed(1)} mm`)
          for (const { between, room } of near)
            faults.push(`${where}: ${room.toFixed(1)} mm between ${between}`)
          if (look !== 'reach') continue
          const line = panel.outOfReach * panel.height * mmPerPx
          for (const { what, top } of targets)
            if (top !== null && top < line - TOLERANCE_MM)
              faults.push(`${where}: ${what} stands ${(line - top).toFixed(1)} mm above the reach line`)
        }
      expect(faults).toEqual([])
      expect(count).toBeGreaterThan(100)
    })

for (const { panel, capHeight, shape } of [
  { panel: LANDSCAPE, capHeight: 29, shape: 0 },
  { panel: PORTRAIT, capHeight: 20, shape: 60 },
])
  test(`a door is read from five metres: its word, its shape and its place, ${panel.name}`, async ({
    page,
    galleryUrl,
  }) => {
    const { names, mmPerPx } = await openOn(page, galleryUrl, panel)
    const faults: string[] = []
    let count = 0
    for (const name of names.filter((each) => /^(?:door|report)-/.test(each)))
      for (const language of LANGUAGES)
        for (const [look, query] of Object.entries(LOOKS)) {
          await showPicture(page, `?screen=${name}&lang=${language}${query}`)
          const word = await measureWord(page, mmPerPx)
          if (word === null) continue
          count += 1
          const where = `${name}, ${language}, ${look}: "${word.text}"`
          if (word.capHeight < capHeight) faults.push(`${where} is ${word.capHeight.toFixed(1)} mm high`)
          if (word.shape < shape) faults.push(`${where} has a shape of ${word.shape.toFixed(1)} mm`)
          if (word.stateShare < 0.6)
            faults.push(`${where} has ${(word.stateShare * 100).toFixed(0)} % of the screen`)
          if (word.overhang > 0) faults.push(`${where} stands out by ${word.overhang.toFixed(1)} mm`)
        }
    expect(faults).toEqual([])
    expect(count).toBeGreaterThan(100)
  })

test('letters of all three languages are drawn, each as itself', async ({ page, galleryUrl }) => {
  for (const [language, letters] of [
    ['en', 'FreBusyl'],
    ['sl', 'čšžPdnoŽ'],
    ['zh-TW', '有位稍擠客滿不明'],
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
