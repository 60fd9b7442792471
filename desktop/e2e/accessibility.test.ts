import { bringAxe, HAS_TIME, LANGUAGES, LOOKS, openGallery, runAxe, showPicture } from './gallery.ts'
import { expect, test } from './testing.ts'

// axe on every picture of the gallery, in every language and theme: no rule off, nothing excluded.

/** Themes; the other looks are about room. */
const THEMES = ['light', 'dark', 'contrast']

for (const language of LANGUAGES)
  for (const [look, query] of Object.entries(LOOKS)) {
    if (!HAS_TIME && !THEMES.includes(look)) continue
    test(`axe finds nothing on any picture of the gallery: ${language}, ${look}`, async ({
      page,
      galleryUrl,
    }) => {
      const names = await openGallery(page, galleryUrl)
      expect(await bringAxe(page)).toEqual([])
      const faults: string[] = []
      for (const name of names) {
        await showPicture(page, `?screen=${name}&lang=${language}${query}`)
        const { violations, undecided, passCount } = await runAxe(page, look.includes('contrast'))
        faults.push(...[...violations, ...undecided].map((fault) => `${name}: ${fault}`))
        if (passCount < 10) faults.push(`${name}: only ${passCount} rules had something to look at`)
      }
      expect(faults).toEqual([])
    })
  }
