import type { Page } from '@playwright/test'
import {
  bringAxe,
  eachPicture,
  HAS_TIME,
  LANGUAGES,
  languagesInTurn,
  LONGEST,
  openGallery,
  runAxe,
  showPicture,
} from './gallery.ts'
import { expect, test } from './testing.ts'

// Every state of the portal as a picture: axe on each in one language in turn (with CARREL_ALL_PICTURES=1 in all), and in
// the other looks on those that have colours of their own; no picture is wider than the narrowest phone.

const LOOKS = {
  dark: '&theme=dark',
  contrast: '&contrast=high',
  'dark contrast': '&contrast=high&theme=dark',
}

/** Pictures that between them hold every part in every colour. */
const COLOURFUL =
  /signInRefused|signUpSent|placesFiltered|placesOffline|mine$|free$|busy|full|unknown|closed|saving|waiting|undoing|thanks|refused|staff|delete|editStale|toast|profile$|platform$|changes$/

test.use({ viewport: { width: 390, height: 844 }, contextOptions: { reducedMotion: 'reduce' } })

/**
 * What axe found wrong, and what it could not judge. That something is hidden at this width is no fault: a phone and a
 * desktop each leave out what the other shows, and both are looked at.
 */
async function faultsOf(page: Page, name: string, isStrict: boolean): Promise<string[]> {
  const { violations, passCount, ...seen } = await runAxe(page, isStrict)
  const isUnjudged = (fault: string): boolean => !fault.startsWith('hidden-content:')
  // What lies half under a bar, or at the edge of what is laid out, is looked at again without either.
  const unjudged = seen.undecided.some(isUnjudged)
    ? (await runAxeOnAll(page, isStrict)).filter(isUnjudged)
    : []
  const few = passCount < 10 ? [`only ${passCount} rules had something to look at`] : []
  return [...violations, ...unjudged, ...few].map((fault) => `${name}: ${fault}`)
}

// Both in one walk, shared by as many tests as there are languages: laying out a picture takes longer than looking for buttons.
for (const part of LANGUAGES.keys())
  test(`[POR-12] axe finds nothing on any picture of the portal, and no button is without a word or a sign that stands out from it: part ${part + 1}`, async ({
    page,
    galleryUrl,
  }) => {
    const names = await openGallery(page, galleryUrl, 'data-portal-name')
    expect(names.length).toBeGreaterThan(60)
    expect(await bringAxe(page)).toEqual([])
    const faults: string[] = []
    await eachPicture(names, async (name, index) => {
      if (index % LANGUAGES.length !== part) return
      for (const language of languagesInTurn(index)) {
        await showPicture(page, `?screen=${name}&lang=${language}`)
        faults.push(...(await faultsOf(page, name, false)))
        faults.push(...(await blankButtons(page)).map((button) => `${name}, ${language}: ${button}`))
      }
    })
    expect(faults).toEqual([])
  })

for (const [look, query] of Object.entries(LOOKS))
  test(`axe finds nothing on the portal's pictures: ${look}`, async ({ page, galleryUrl }) => {
    const names = await openGallery(page, galleryUrl, 'data-portal-name')
    await bringAxe(page)
    const faults: string[] = []
    const colourful = names.filter((one) => COLOURFUL.test(one))
    await eachPicture(colourful, async (name) => {
      await showPicture(page, `?screen=${name}&lang=en${query}`)
      faults.push(...(await faultsOf(page, name, look.includes('contrast'))))
    })
    expect(faults).toEqual([])
  })

test('[POR-12] what waits for the hub says so', async ({ page, galleryUrl }) => {
  await openGallery(page, galleryUrl, 'data-portal-name')
  for (const [name, count] of [
    ['portal-waiting-staff', 4],
    ['portal-waiting-reports', 1],
    ['portal-waiting-profile', 3],
  ] as const) {
    await showPicture(page, `?screen=${name}&lang=en`)
    await expect(page.locator('button[aria-busy="true"]:has(.p-spinner)'), name).toHaveCount(count)
  }
})

/**
 * What axe finds and cannot judge while no bar stands still over what is scrolled, and a long list is laid out whole. The page
 * is afterwards as it was.
 */
async function runAxeOnAll(page: Page, isStrict: boolean): Promise<string[]> {
  await page.evaluate(() => {
    for (const element of document.querySelectorAll<HTMLElement>('body *')) {
      const { position, contentVisibility } = getComputedStyle(element)
      const isBar = ['fixed', 'sticky'].includes(position) && element.closest('dialog') === null
      if (!isBar && contentVisibility !== 'auto') continue
      element.dataset['changed'] = ''
      if (isBar) element.style.visibility = 'hidden'
      if (contentVisibility === 'auto') element.style.contentVisibility = 'visible'
    }
  })
  const { violations, undecided } = await runAxe(page, isStrict)
  await page.evaluate(() => {
    for (const element of document.querySelectorAll<HTMLElement>('[data-changed]')) {
      // No picture sets either by itself.
      element.style.visibility = ''
      element.style.contentVisibility = ''
      delete element.dataset['changed']
    }
  })
  return [...violations, ...undecided]
}

/** Buttons that show nothing: no words and no sign, or these in the colour of the ground they stand on. */
function blankButtons(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const groundOf = (start: Element): string => {
      for (let at: Element | null = start; at !== null; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor
        if (colour !== 'rgba(0, 0, 0, 0)') return colour
      }
      return 'none'
    }
    return [...document.querySelectorAll<HTMLElement>('button, a.p-button')]
      .filter((button) => button.checkVisibility())
      .filter((button) => {
        const hasSign = button.querySelector('svg, .p-spinner') !== null
        const hasWords = button.innerText.trim() !== ''
        return (!hasSign && !hasWords) || getComputedStyle(button).color === groundOf(button)
      })
      .map((button) => `${button.className} "${button.getAttribute('aria-label') ?? button.textContent}"`)
  })
}

/** How far the picture that is shown is too wide, and what is too low to be hit. */
async function faultsOfRoom(page: Page, where: string): Promise<string[]> {
  const { over, small } = await page.evaluate(() => {
    const root = document.querySelector('dialog[open]') ?? document
    const low = [...root.querySelectorAll<HTMLElement>('button, a[href], input, select, textarea')]
      .filter(
        (one) => one.checkVisibility() && !one.matches('.p-skip, p a, h3 a, .p-line-words a, .p-radio input'),
      )
      .filter((one) => one.getBoundingClientRect().height < 43.5)
      .map((one) => `${one.className} "${one.textContent.slice(0, 20)}"`)
    return { over: document.documentElement.scrollWidth - window.innerWidth, small: low }
  })
  const wide = over > 0 ? [`${where}: ${over} px too wide`] : []
  return [...wide, ...small.map((target) => `${where}: low target ${target}`)]
}

// A picture that is shown is measured at every width: it is laid out anew, but not made anew.
for (const [text, widths] of [
  ['', [1440, 320]],
  ['&text=large', [320]],
] as const)
  test(`nothing scrolls sideways, and everything can be hit: ${widths.join(' and ')} px${text}`, async ({
    page,
    galleryUrl,
  }) => {
    const names = await openGallery(page, galleryUrl, 'data-portal-name')
    const faults: string[] = []
    await eachPicture(names, async (name) => {
      for (const language of HAS_TIME ? LANGUAGES : [LONGEST]) {
        await showPicture(page, `?screen=${name}&lang=${language}${text}`)
        for (const width of widths) {
          await page.setViewportSize({ width, height: 700 })
          faults.push(...(await faultsOfRoom(page, `${name}, ${language}, ${width} px`)))
        }
      }
    })
    expect(faults).toEqual([])
  })

for (const [width, screen] of [
  [390, 'portal-places-places'],
  [390, 'portal-space-composite'],
  [360, 'portal-places-mine'],
  [1440, 'portal-places-places'],
] as const)
  test(`no line of facts begins or ends with a point, wherever it breaks: ${screen}, ${width} px`, async ({
    page,
    galleryUrl,
  }) => {
    await openGallery(page, galleryUrl, 'data-portal-name')
    await page.setViewportSize({ width, height: 844 })
    for (const language of LANGUAGES) {
      await showPicture(page, `?screen=${screen}&lang=${language}`)
      const { shown, atBegin, after } = await readPoints(page)
      expect(shown, language).toBeGreaterThan(0)
      expect([atBegin, after], language).toEqual([[], 0])
    }
  })

test('a phone’s page enlarged twice, 195 px wide, neither scrolls sideways nor breaks words into letters', async ({
  page,
  galleryUrl,
}) => {
  await openGallery(page, galleryUrl, 'data-portal-name')
  await page.setViewportSize({ width: 195, height: 422 })
  const faults: string[] = []
  for (const name of [
    'places-places',
    'places-mine',
    'space-free',
    'space-composite',
    'pages-reports',
    'open-signIn',
  ])
    for (const language of ['en', LONGEST]) {
      await showPicture(page, `?screen=portal-${name}&lang=${language}`)
      const { over, narrow } = await page.evaluate(() => ({
        over: document.documentElement.scrollWidth - window.innerWidth,
        narrow: [
          ...document.querySelectorAll('.p-row-words, .p-branch-words, .p-state-words, .p-report-button'),
        ]
          .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width < 80)
          .map((one) => one.className),
      }))
      if (over > 0) faults.push(`${name}, ${language}: ${over} px too wide`)
      faults.push(...narrow.map((one) => `${name}, ${language}: ${one} is narrow`))
    }
  expect(faults).toEqual([])
})

/** Points of facts: how many are seen, beside which facts one is seen though a line begins there, and how many follow one. */
function readPoints(page: Page): Promise<{ shown: number; atBegin: string[]; after: number }> {
  return page.evaluate(() => {
    const seen = { shown: 0, atBegin: [] as string[], after: 0 }
    for (const line of document.querySelectorAll('.p-row-state, .p-branch-state, .p-counts')) {
      const style = getComputedStyle(line)
      if (style.display === 'contents' || !line.checkVisibility()) continue
      const cut = Number.parseFloat(/inset\(0px 0px 0px ([\d.]+)px\)/.exec(style.clipPath)?.[1] ?? '0')
      const from = line.getBoundingClientRect().left + cut
      const facts = [...line.querySelectorAll(':scope > :not(.p-counts), :scope > .p-counts > *')]
      facts.forEach((fact, index) => {
        const { left, top } = fact.getBoundingClientRect()
        const lastTop = facts[index - 1]?.getBoundingClientRect().top
        const before = getComputedStyle(fact, '::before')
        if (getComputedStyle(fact, '::after').content.includes('·')) seen.after += 1
        if (!before.content.includes('·')) return
        const isCut = left + Number.parseFloat(before.width) <= from + 1
        if (!isCut) seen.shown += 1
        if (!isCut && (lastTop === undefined || top > lastTop + 4)) seen.atBegin.push(fact.textContent)
      })
    }
    return seen
  })
}

test('a low window is not filled by bars, and the narrowest phone shows a place with large text', async ({
  page,
  galleryUrl,
}) => {
  await openGallery(page, galleryUrl, 'data-portal-name')
  await page.setViewportSize({ width: 320, height: 256 })
  await showPicture(page, '?screen=portal-places-places&lang=sl')
  for (const bar of ['.p-bar', '.p-nav']) await expect(page.locator(bar)).toHaveCSS('position', 'static')
  await page.setViewportSize({ width: 320, height: 568 })
  await showPicture(page, '?screen=portal-places-places&lang=sl&text=large')
  await expect(page.locator('.p-nav')).toHaveCSS('position', 'fixed')
  const [place, nav] = await Promise.all([
    page.locator('.p-branch-name').first().boundingBox(),
    page.locator('.p-nav').boundingBox(),
  ])
  expect((place?.y ?? 999) + (place?.height ?? 0)).toBeLessThan(nav?.y ?? 0)
})
