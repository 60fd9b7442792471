import { AxeBuilder } from '@axe-core/playwright'
import { test, type Page } from '@playwright/test'
import { LANGUAGES } from '../../hub/platform/languages.ts'

export { LANGUAGES }

/** The looks that a visitor can choose, as the gallery's address says them. */
export const LOOKS = {
  light: '',
  dark: '&theme=dark',
  contrast: '&contrast=high',
  'dark contrast': '&contrast=high&theme=dark',
  'large text': '&text=large',
  reach: '&reach=1',
} as const

/** The same in every combination, for who has time: CARREL_ALL_PICTURES=1 npm test -- --only browser. */
export const HAS_TIME = process.env['CARREL_ALL_PICTURES'] === '1'

/** The language with the longest words: where there is no time for all, what is about room is looked at in it. */
export const LONGEST = 'sl'

/**
 * The languages in which a picture is looked at where its words decide little: one in turn, or all for who has time.
 * `turn` shifts the order, so that a picture that is looked at in several ways is not always seen in the same language.
 */
export function languagesInTurn(index: number, turn = 0): readonly string[] {
  const mine = LANGUAGES[(index + turn) % LANGUAGES.length]
  return HAS_TIME || mine === undefined ? LANGUAGES : [mine]
}

/** Opens the gallery and gives the names of its pictures: of the kiosks, or of the portal. */
export async function openGallery(
  page: Page,
  url: string,
  of: 'data-screen-name' | 'data-portal-name' = 'data-screen-name',
): Promise<string[]> {
  await page.goto(url)
  const names = await page
    .locator(`[${of}]`)
    .evaluateAll((items, name) => items.map((item) => item.getAttribute(name) ?? ''), of)
  if (names.length === 0) throw new Error('the gallery lists no picture')
  return names
}

/** What would never end, is ended after as long as a whole test may take elsewhere. */
const PICTURE_LIMIT_MS = 60_000

/**
 * Looks at pictures one after the other. A walk over a hundred pictures takes as long as the machine needs: that nothing
 * hangs is asked of each picture, named in the report, and not of all together.
 */
export async function eachPicture(
  names: readonly string[],
  look: (name: string, index: number) => Promise<void>,
): Promise<void> {
  test.setTimeout(0)
  for (const [index, name] of names.entries())
    await test.step(name, () => look(name, index), { timeout: PICTURE_LIMIT_MS })
}

/** Shows one picture without loading the page anew, and waits until it is laid out. */
export async function showPicture(page: Page, query: string): Promise<void> {
  await page.evaluate(async (search) => {
    history.pushState(null, '', search)
    window.dispatchEvent(new PopStateEvent('popstate'))
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    // A picture in which a form is filled in or a button pressed first is not there at once.
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
    for (let count = 0; document.querySelector('[data-screen]') === null; count += 1) {
      if (count > 300) throw new Error(`no picture at ${search}`)
      await frame()
    }
    await document.fonts.ready
  }, query)
}

/** Brings axe into the page, once for all its pictures: a first analysis leaves it there. Gives what that found. */
export async function bringAxe(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  return violations.map(({ id }) => id)
}

/** What axe found in the page as it stands: one line per rule that is broken, or that axe could not judge. */
export interface AxeFindings {
  violations: string[]
  undecided: string[]
  passCount: number
}

/**
 * Runs every rule of axe on the whole page: all of WCAG 2.2 A and AA and best practices, also what axe leaves out by
 * itself (target sizes, experimental rules). Of level AAA `isStrict` adds enhanced contrast; the rest of it is not asked.
 */
export function runAxe(page: Page, isStrict: boolean): Promise<AxeFindings> {
  return page.evaluate(async (strict) => {
    interface Rule {
      ruleId: string
      tags: string[]
    }
    interface Finding {
      id: string
      nodes: { target: unknown[]; failureSummary?: string }[]
    }
    interface Axe {
      getRules(): Rule[]
      run(on: Document, options: object): Promise<Record<'violations' | 'incomplete' | 'passes', Finding[]>>
    }
    const { axe } = window as unknown as { axe: Axe }
    const rules = axe
      .getRules()
      .filter(
        ({ ruleId, tags }) => !tags.includes('wcag2aaa') || (strict && ruleId === 'color-contrast-enhanced'),
      )
      .map(({ ruleId }) => [ruleId, { enabled: true }])
    const found = await axe.run(document, {
      resultTypes: ['violations', 'incomplete'],
      rules: Object.fromEntries(rules),
    })
    const lineOf = ({ id, nodes }: Finding): string =>
      `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary ?? ''})`).join(' | ')}`
    return {
      violations: found.violations.map(lineOf),
      undecided: found.incomplete.map(lineOf),
      passCount: found.passes.length,
    }
  }, isStrict)
}
