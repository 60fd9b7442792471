import type { Locator } from '@playwright/test'
import { LANGUAGES, openGallery, showPicture } from './gallery.ts'
import { expect, test } from './testing.ts'

// Single parts of a kiosk's screen, on pictures.

interface Middle {
  x: number
  y: number
}

async function middleOf(control: Locator): Promise<Middle> {
  const box = await control.boundingBox()
  if (box === null) throw new Error('not on the screen')
  return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) }
}

for (const [panel, width, height] of [
  ['landscape', 1280, 800],
  ['portrait', 800, 1280],
] as const)
  test(`[SCR-16] the digits of the PIN pad stand as on a telephone, and nothing has to be scrolled to: ${panel}`, async ({
    page,
    galleryUrl,
  }) => {
    await page.setViewportSize({ width, height })
    await openGallery(page, galleryUrl)
    for (const query of ['', '&text=large', '&reach=1']) {
      await showPicture(page, `?screen=overlay-pinPad&lang=en${query}`)
      const dialog = page.locator('dialog[open]')
      const keys = await Promise.all(
        [...'1234567890'].map((digit) => middleOf(dialog.getByRole('button', { name: digit, exact: true }))),
      )
      const columns = [0, 1, 2].map((column) => new Set([0, 3, 6].map((row) => keys[row + column]?.x)))
      const rows = [0, 3, 6].map((row) => new Set([0, 1, 2].map((column) => keys[row + column]?.y)))
      for (const line of [...columns, ...rows]) expect(line.size, query).toBe(1)
      expect(keys[9]?.x).toBe(keys[7]?.x)
      expect(keys[9]?.y ?? 0).toBeGreaterThan(keys[7]?.y ?? 0)
      const over = await dialog.evaluate((element) => element.scrollHeight - element.clientHeight)
      expect(over, query).toBeLessThanOrEqual(0)
    }
  })

test('[SCR-16] a real keyboard types and erases a PIN, and its Enter is to send it', async ({
  page,
  galleryUrl,
}) => {
  await openGallery(page, galleryUrl)
  await showPicture(page, '?screen=overlay-pinPad&lang=en')
  const dots = page.locator('.pin-dots [aria-hidden]')
  await page.keyboard.type('120')
  await expect(dots).toHaveText('●●●')
  await page.keyboard.press('Backspace')
  await expect(dots).toHaveText('●●')
  await expect(page.locator('.key-go')).toBeFocused()
  // Arrows and taps press the keys themselves.
  await page.getByRole('button', { name: '5', exact: true }).click()
  await page.keyboard.press('ArrowUp')
  await expect(page.getByRole('button', { name: '2', exact: true })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(dots).toHaveText('●●●●')
})

for (const screen of ['door-notEnrolled', 'door-revoked'])
  test(`[SCR-16] a real keyboard types the enrolment code, erases, and Enter sends it: ${screen}`, async ({
    page,
    galleryUrl,
  }) => {
    await openGallery(page, galleryUrl)
    await showPicture(page, `?screen=${screen}&lang=en`)
    const boxes = page.locator('.code-boxes')
    await page.keyboard.type('ab-cd')
    await expect(boxes).toHaveText('ABCD')
    await page.keyboard.press('Backspace')
    await page.keyboard.type('E0123456789fg')
    await expect(boxes).toHaveText('ABCE0123456789FG')
    await expect(page.locator('.key-go')).toBeFocused()
    // The gallery's engine says yes to everything.
    await page.keyboard.press('Enter')
    await expect(boxes).toHaveText('')
  })

test('[SCR-17] a report that waits to be sent is shown without a warning, what is wrong with one', async ({
  page,
  galleryUrl,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await openGallery(page, galleryUrl)
  await showPicture(page, '?screen=door-waiting&lang=en')
  const box = page.locator('.notice-box')
  const colour = (): Promise<string> => box.evaluate((element) => getComputedStyle(element).backgroundColor)
  await expect(box).toContainText('1 report')
  await expect(box).toHaveAttribute('data-wrong', 'false')
  const calm = await colour()
  await showPicture(page, '?screen=door-alarm&lang=en')
  await expect(box).toHaveAttribute('data-wrong', 'true')
  expect(await colour()).not.toBe(calm)
})

for (const [panel, width, height] of [
  ['door in landscape', 1280, 800],
  ['door in portrait', 800, 1280],
  ['entrance in landscape', 1920, 1080],
  ['entrance in portrait', 1080, 1920],
] as const)
  test(`[SCR-23] "Lower controls" is offered where it moves something, and only there: ${panel}`, async ({
    page,
    galleryUrl,
  }) => {
    await page.setViewportSize({ width, height })
    const names = await openGallery(page, galleryUrl)
    /** Upper edges of all that can be touched but for the tool itself, px. */
    const tops = (): Promise<number[]> =>
      page
        .locator('.frame button:not([data-setting="isReach"])')
        .evaluateAll((all) =>
          all.filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect().top),
        )
    const wanted = panel.startsWith('door') ? /^(?:door|report|setup)-/ : /^(?:entrance|setup)-/
    const faults: string[] = []
    for (const name of names.filter((one) => wanted.test(one))) {
      await showPicture(page, `?screen=${name}&lang=en`)
      const [before, isOffered] = [await tops(), await page.locator('[data-setting="isReach"]').isVisible()]
      await showPicture(page, `?screen=${name}&lang=en&reach=1`)
      const after = await tops()
      const isMoved =
        after.length !== before.length || after.some((top, index) => Math.abs(top - (before[index] ?? 0)) > 1)
      if (isMoved !== isOffered) faults.push(`${name}: ${isOffered ? 'moves nothing' : 'is not offered'}`)
    }
    expect(faults).toEqual([])
  })

test('the frame of a lost connection runs through nothing that stands in it', async ({
  page,
  galleryUrl,
}) => {
  await openGallery(page, galleryUrl)
  for (const [width, height] of [
    [1280, 800],
    [800, 1280],
  ] as const)
    for (const look of ['', '&text=large']) {
      await page.setViewportSize({ width, height })
      await showPicture(page, `?screen=door-waiting&lang=sl${look}`)
      const rooms = await page.locator('.state').evaluate((state) => {
        const { inset, borderTopWidth } = getComputedStyle(state, '::after')
        const frame = Number.parseFloat(inset) + Number.parseFloat(borderTopWidth)
        const panel = state.getBoundingClientRect()
        return [...state.querySelectorAll('.nearby, .facts li, .state-names, .state-clock')].map((one) => {
          const box = one.getBoundingClientRect()
          const edges = [
            box.left - panel.left,
            box.top - panel.top,
            panel.right - box.right,
            panel.bottom - box.bottom,
          ]
          return Math.min(...edges) - frame
        })
      })
      expect(rooms.length).toBeGreaterThan(3)
      expect(Math.min(...rooms), `${width} × ${height}${look}`).toBeGreaterThanOrEqual(1)
    }
})

for (const [panel, width, height] of [
  ['landscape', 1280, 800],
  ['portrait', 800, 1280],
  ['entrance', 1080, 1920],
] as const)
  test(`[SCR-14] what is written on a control stands within it, usual and large: ${panel}`, async ({
    page,
    galleryUrl,
  }) => {
    await page.setViewportSize({ width, height })
    const names = await openGallery(page, galleryUrl)
    const wanted = panel === 'entrance' ? /^entrance-/ : /^(?:door|report)-/
    const faults: string[] = []
    for (const name of names.filter((one) => wanted.test(one)))
      for (const language of LANGUAGES)
        for (const look of ['', '&text=large']) {
          await showPicture(page, `?screen=${name}&lang=${language}${look}`)
          const found = await page.locator('.tool, .report-button, .button').evaluateAll((controls) =>
            controls
              .filter((control) => control.checkVisibility())
              .flatMap((control) => {
                const box = control.getBoundingClientRect()
                const parts = [...control.querySelectorAll('span:not(.hidden, .pips, .mark), .icon, .pip')]
                const rects = parts.flatMap((part) => {
                  const range = document.createRange()
                  range.selectNodeContents(part)
                  return part.matches('.icon, .pip')
                    ? [part.getBoundingClientRect()]
                    : [...range.getClientRects()]
                })
                return rects.flatMap((rect) =>
                  rect.left < box.left + 4 ||
                  rect.right > box.right - 4 ||
                  rect.top < box.top + 2 ||
                  rect.bottom > box.bottom - 2
                    ? [control.textContent]
                    : [],
                )
              }),
          )
          for (const text of new Set(found)) faults.push(`${name}, ${language}${look}: ${text}`)
        }
    expect(faults).toEqual([])
  })
