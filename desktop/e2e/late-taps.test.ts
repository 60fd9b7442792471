import type { Locator, Page } from '@playwright/test'
import { expectAnswer, expectDoor, expectEntrance, reportButton } from './kiosk-screens.ts'
import { expect, test } from './testing.ts'

// Taps and keys that were meant for what stood at a spot a moment before. [SCR-20]

interface Spot {
  x: number
  y: number
}

async function middleOf(control: Locator): Promise<Spot> {
  const box = await control.boundingBox()
  if (box === null) throw new Error('not on the screen')
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

function undo(page: Page): Locator {
  return page.getByRole('button', { name: 'Undo' })
}

/** What is said of a place while nobody can have meant another button yet: still the same after a late tap had its effect. */
async function expectStill(page: Page, word: 'Free' | 'Busy' | 'Full' | 'Unknown'): Promise<void> {
  await page.waitForTimeout(500)
  await expectDoor(page, word)
  await expect(page.locator('.answer')).toHaveCount(0)
}

/** Waits until the buttons of a report stand where an answer was. */
async function waitForButtons(page: Page): Promise<void> {
  await page.locator('.report-buttons').waitFor({ timeout: 15_000 })
}

/** Waits until they also take a tap. */
async function waitForOpenButtons(page: Page): Promise<void> {
  await page.locator('.report-buttons:not([data-guarded="true"])').waitFor({ timeout: 15_000 })
}

test('[SCR-20] a tap on Undo that comes too late reports nothing, and a second later the same spot reports again', async ({
  world,
  openKiosk,
}) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await reportButton(page, 'Free').click()
  const spot = await middleOf(undo(page))
  await waitForButtons(page)
  await page.mouse.click(spot.x, spot.y)
  await expectStill(page, 'Free')
  await waitForOpenButtons(page)
  await page.mouse.click(spot.x, spot.y)
  await expectDoor(page, 'Full')
})

test('[SCR-20] a key for Undo that comes too late reports nothing; the focus is on the level that was reported', async ({
  world,
  openKiosk,
}) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await reportButton(page, 'Busy').focus()
  await page.keyboard.press('Enter')
  await expect(undo(page)).toBeFocused()
  await waitForButtons(page)
  await page.keyboard.press('Enter')
  await expectStill(page, 'Busy')
  await expect(reportButton(page, 'Busy')).toBeFocused()
  // Undone: the focus waits on the answer, and is back on that level after it.
  await reportButton(page, 'Full').focus()
  await page.keyboard.press('Enter')
  await expect(undo(page)).toBeFocused()
  await page.keyboard.press('Enter')
  await expectAnswer(page, 'Report removed')
  await expect(page.locator('.answer')).toBeFocused()
  await waitForButtons(page)
  await page.keyboard.press('Space')
  await expectStill(page, 'Busy')
  await expect(reportButton(page, 'Full')).toBeFocused()
})

test('[SCR-20] the second of two taps, and a held Enter, undo nothing', async ({ world, openKiosk }) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await reportButton(page, 'Free').click()
  const spot = await middleOf(undo(page))
  await waitForOpenButtons(page)
  // Slow enough for the answer to be there at the second tap.
  await page.mouse.move(spot.x, spot.y)
  await page.mouse.down({ clickCount: 1 })
  await page.mouse.up({ clickCount: 1 })
  await expectAnswer(page, 'Thank you')
  await page.mouse.down({ clickCount: 2 })
  await page.mouse.up({ clickCount: 2 })
  await page.waitForTimeout(300)
  await expectAnswer(page, 'Thank you')
  await page.mouse.click(spot.x, spot.y)
  await expectAnswer(page, 'Report removed')

  await waitForOpenButtons(page)
  await reportButton(page, 'Busy').focus()
  await page.keyboard.down('Enter')
  await expectAnswer(page, 'Thank you')
  await page.keyboard.down('Enter')
  await page.keyboard.down('Enter')
  await page.waitForTimeout(300)
  await page.keyboard.up('Enter')
  await expectAnswer(page, 'Thank you')
})

test('[SCR-20] two taps on a place of an entrance open it and do nothing more; another place takes taps at once', async ({
  world,
  openKiosk,
}) => {
  const { name, rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('entrance', ids.get(name) ?? 0)
  await page.setViewportSize({ width: 800, height: 1280 })
  await expectEntrance(page, { [rooms[0]]: 'Unknown' })
  const list = page.locator('.entrance-main')
  for (const room of rooms) {
    await list.getByRole('button', { name: room }).dblclick()
    await page.waitForTimeout(300)
    await expect(page.getByRole('complementary', { name: room })).toBeVisible()
    await expect(page.locator('.answer')).toHaveCount(0)
    await page.keyboard.press('Escape')
  }
  await list.getByRole('button', { name: rooms[0] }).click()
  await reportButton(page, 'Full').click()
  await expectAnswer(page, 'Thank you')
  await list.getByRole('button', { name: rooms[1] }).click()
  await expect(page.locator('.report-buttons')).toHaveAttribute('data-guarded', 'false', { timeout: 300 })
})

test('[SCR-20] "Still there?" takes no tap that was meant for what it covers, nor what it covered one for it', async ({
  world,
  openKiosk,
}) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await page.clock.install()
  await page.reload()
  await expectDoor(page, 'Unknown')
  await page.getByRole('button', { name: 'Large text' }).click()
  const full = await middleOf(reportButton(page, 'Full'))
  await page.clock.pauseAt(Date.now() + 200_000)
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  await dialog.getByRole('button').last().click()
  await page.clock.runFor(250)
  await expect(dialog).toBeVisible()
  await page.clock.runFor(1_000)
  await dialog.getByRole('button').first().click()
  await expect(dialog).toHaveCount(0)
  await page.mouse.click(full.x, full.y)
  await page.clock.runFor(500)
  await expectDoor(page, 'Unknown')
  await page.clock.runFor(1_000)
  await page.mouse.click(full.x, full.y)
  await expectDoor(page, 'Full')
})

test('Escape out of "Service" leads back to it, and takes no undo away', async ({ world, openKiosk }) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await page.getByRole('button', { name: 'Service' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Service' })).toBeFocused()
  await waitForOpenButtons(page)
  await reportButton(page, 'Full').click()
  await expectAnswer(page, 'Thank you')
  await page.keyboard.press('Escape')
  await page.waitForTimeout(300)
  await expectAnswer(page, 'Thank you')
})

test.describe('by touch', () => {
  test.use({ hasTouch: true })

  test('[SCR-20] the second of two quick touches undoes nothing', async ({ world, openKiosk }) => {
    const { rooms, ids } = world.takeLibrary()
    const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
    await reportButton(page, 'Free').tap()
    const spot = await middleOf(undo(page))
    await waitForOpenButtons(page)
    await page.touchscreen.tap(spot.x, spot.y)
    await page.waitForTimeout(100)
    await page.touchscreen.tap(spot.x, spot.y)
    await page.waitForTimeout(500)
    await expectAnswer(page, 'Thank you')
  })
})
