import type { Page } from '@playwright/test'
import { expectAnswer, expectDoor, expectEntrance, reportButton } from './kiosk-screens.ts'
import { expect, test } from './testing.ts'

// Who cannot touch, and who was here before: keyboard alone, settings in one tap each, and the way back to the start.

/** Whether the focused control can be seen to be focused: a ring of at least 2 px. */
async function expectVisibleFocus(page: Page): Promise<void> {
  const ring = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement ?? document.body)
    return { isRing: style.outlineStyle !== 'none', width: Number.parseFloat(style.outlineWidth) }
  })
  expect(ring).toEqual({ isRing: true, width: expect.any(Number) })
  expect(ring.width).toBeGreaterThanOrEqual(2)
}

/** Presses Tab until a control is focused whose text or label begins so. */
async function tabTo(page: Page, beginning: string): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press('Tab')
    const label = await page.evaluate(() => {
      const { activeElement: element } = document
      return (element?.getAttribute('aria-label') ?? element?.textContent ?? '').trim()
    })
    await expectVisibleFocus(page)
    if (label.startsWith(beginning)) return
  }
  throw new Error(`no control that begins with "${beginning}" can be reached by Tab`)
}

test('keyboard alone: a report and its undo at a door', async ({ world, openKiosk }) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await expectDoor(page, 'Unknown')
  await tabTo(page, 'Full')
  await page.keyboard.press('Enter')
  await expectDoor(page, 'Full')
  // The undo is where the finger was.
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused()
  await expectVisibleFocus(page)
  await page.keyboard.press('Space')
  await expectAnswer(page, 'Report removed')
  await expectDoor(page, 'Unknown')
  // [SCR-20] Back to the level that was reported.
  await expect(reportButton(page, 'Full')).toBeFocused()
})

test('keyboard alone: a place of an entrance opened, reported, undone and closed again', async ({
  world,
  openKiosk,
}) => {
  const { name, rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('entrance', ids.get(name) ?? 0)
  await expectEntrance(page, { [rooms[1]]: 'Unknown' })
  await tabTo(page, rooms[1])
  await page.keyboard.press('Enter')
  const panel = page.getByRole('complementary', { name: rooms[1] })
  await expect(panel).toBeVisible()
  await expect(panel.getByRole('button', { name: 'Close' })).toBeFocused()
  await expectVisibleFocus(page)
  await page.keyboard.press('Shift+Tab')
  await expect(reportButton(page, 'Full')).toBeFocused()
  await page.keyboard.press('Enter')
  await expectEntrance(page, { [rooms[1]]: 'Full' })
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expectEntrance(page, { [rooms[1]]: 'Unknown' })
  await page.keyboard.press('Escape')
  await expect(panel).toHaveCount(0)
  await expect(page.locator('.entrance-main').getByRole('button', { name: rooms[1] })).toBeFocused()
})

test('language, large text, contrast, dark and reach are one tap each; after a rest the screen asks, and starts over', async ({
  world,
  openKiosk,
}) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  // Upright: in landscape there is nothing to lower. [SCR-23]
  await page.setViewportSize({ width: 800, height: 1280 })
  await page.clock.install()
  await page.reload()
  await expectDoor(page, 'Unknown')
  const root = page.locator('html')
  const plain = { lang: 'en', theme: 'light', contrast: 'normal', text: 'normal', reach: 'false' }
  const look = (): Promise<Record<string, string | undefined>> =>
    root.evaluate((element: HTMLElement) => ({ lang: element.lang, ...element.dataset }))
  expect(await look()).toEqual(plain)
  for (const [button, change] of [
    ['Large text', { text: 'large' }],
    ['Contrast', { contrast: 'high' }],
    ['Dark', { theme: 'dark' }],
    ['Lower controls', { reach: 'true' }],
    ['中文 繁體中文', { lang: 'zh-TW' }],
    ['SL Slovenščina', { lang: 'sl' }],
  ] as const) {
    const before = await look()
    await page.getByRole('button', { name: button, exact: true }).click()
    await expect.poll(look).toEqual({ ...before, ...change })
  }
  await expect(page.locator('.state-word')).toHaveText('Ne vem')

  await page.clock.fastForward(90_000)
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  // [SCR-20] For a second it takes no tap.
  await page.clock.fastForward(1_100)
  await dialog.getByRole('button').first().click()
  await expect(dialog).toHaveCount(0)
  expect(await look()).toMatchObject({ lang: 'sl', text: 'large' })

  await page.clock.fastForward(90_000)
  await expect(dialog).toBeVisible()
  await page.clock.fastForward(19_000)
  await expect(dialog).toBeVisible()
  await page.clock.fastForward(3_000)
  await expect(dialog).toHaveCount(0)
  await expect.poll(look).toEqual(plain)
  await expectDoor(page, 'Unknown')
})

test('[SCR-22] the next visitor finds nothing of the last: no list scrolled away from its beginning, no button chosen by keys', async ({
  world,
  openKiosk,
}) => {
  const { name, rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('entrance', ids.get(name) ?? 0)
  await page.clock.install()
  await page.reload()
  await expectEntrance(page, { [rooms[0]]: 'Unknown' })
  await page.setViewportSize({ width: 1280, height: 520 })
  const list = page.locator('.entrance-main')
  const scrolled = (): Promise<number> => list.evaluate((element) => element.scrollTop)
  await list.hover()
  await page.mouse.wheel(0, 2_000)
  await expect.poll(scrolled).toBeGreaterThan(20)
  await list.getByRole('button').last().focus()
  const dialog = page.getByRole('dialog')
  await page.clock.fastForward(91_000)
  await expect(dialog).toBeVisible()
  await page.clock.fastForward(21_000)
  await expect(dialog).toHaveCount(0)
  await expect.poll(scrolled).toBe(0)
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY')
})
