import type { Page } from '@playwright/test'
import {
  bringAxe,
  eachPicture,
  HAS_TIME,
  LANGUAGES,
  languagesInTurn,
  LOOKS,
  openGallery,
  runAxe,
  showPicture,
} from './gallery.ts'
import { expect, test } from './testing.ts'

// axe on every picture of the gallery, in every language and in every theme: no rule off, nothing excluded. Colours do not
// change with the language: in the themes each picture is looked at in one language in turn, with CARREL_ALL_PICTURES=1 in all.

/** Themes beside the light one; the other looks are about room. */
const THEMES = ['dark', 'contrast']

async function faultsOf(page: Page, name: string, query: string, isStrict: boolean): Promise<string[]> {
  await showPicture(page, `?screen=${name}${query}`)
  const { violations, undecided, passCount } = await runAxe(page, isStrict)
  const few = passCount < 10 ? [`only ${passCount} rules had something to look at`] : []
  return [...violations, ...undecided, ...few].map((fault) => `${name}${query}: ${fault}`)
}

for (const language of LANGUAGES)
  test(`axe finds nothing on any picture of the gallery: ${language}`, async ({ page, galleryUrl }) => {
    const names = await openGallery(page, galleryUrl)
    expect(await bringAxe(page)).toEqual([])
    const faults: string[] = []
    await eachPicture(names, async (name) => {
      faults.push(...(await faultsOf(page, name, `&lang=${language}`, false)))
    })
    expect(faults).toEqual([])
  })

for (const [turn, [look, query]] of Object.entries(LOOKS).entries()) {
  if (look === 'light' || !(HAS_TIME || THEMES.includes(look))) continue
  test(`axe finds nothing on any picture of the gallery: ${look}`, async ({ page, galleryUrl }) => {
    const names = await openGallery(page, galleryUrl)
    expect(await bringAxe(page)).toEqual([])
    const faults: string[] = []
    await eachPicture(names, async (name, index) => {
      for (const language of languagesInTurn(index, turn))
        faults.push(...(await faultsOf(page, name, `&lang=${language}${query}`, look.includes('contrast'))))
    })
    expect(faults).toEqual([])
  })
}
