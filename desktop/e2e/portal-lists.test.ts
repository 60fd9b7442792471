import type { Page } from '@playwright/test'
import { expect, openPlace, reportButton, test } from './portal-testing.ts'

// What stands in a student's lists, and that it stands still while somebody handles it.

/** Names in the list, from top to bottom. */
async function rowsOf(page: Page): Promise<string[]> {
  return page.locator('.p-list .p-row-name').allTextContents()
}

/** Only what stands in a library; its name begins the names of others. */
async function lookIn(page: Page, library: string): Promise<void> {
  await page.getByRole('button', { name: 'Filters' }).click()
  const option = page
    .getByLabel('Location')
    .locator('option', { hasText: new RegExp(String.raw`^\s*${library}$`) })
  await page.getByLabel('Location').selectOption(await option.getAttribute('value'))
}

/** Reports a level in another browser, and goes back to the list there. */
async function reportIn(page: Page, name: string, word: 'Free' | 'Full'): Promise<void> {
  await openPlace(page, name)
  await reportButton(page, word).click()
  await expect(page.getByText('Thank you', { exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'Places', exact: true }).first().click()
}

test('[TRE-13, TRE-14] a student’s seat in a room changes nothing for others: the room is found, free, and reported; no library is offered in it', async ({
  portal,
  context,
  other,
}) => {
  test.slow()
  const { rooms, name } = portal.takeLibrary()
  const seat = `Seat of ${rooms[0]}`
  const page = await portal.signIn(context, await portal.makePerson())
  const second = await portal.signIn(other, await portal.makePerson())
  await reportIn(second, rooms[0], 'Free')
  await second.getByRole('searchbox').fill('')
  await lookIn(second, name)
  const before = await rowsOf(second)

  await page.getByRole('link', { name: 'Add', exact: true }).click()
  await page.getByLabel('Name').fill(seat)
  await expect(page.getByLabel('Kind').locator('option', { hasText: 'Library' })).toHaveCount(1)
  const parent = await page.locator('option', { hasText: rooms[0] }).getAttribute('value')
  await page.getByLabel('Inside').selectOption(parent)
  await expect(page.getByLabel('Kind').locator('option', { hasText: 'Library' })).toHaveCount(0)
  await page.getByLabel('Kind').selectOption('Carrel')
  await page.getByRole('button', { name: 'Add place' }).click()
  await expect(page.getByText(/^Not on public screens: /)).toBeVisible()
  await reportButton(page, 'Full').click()
  await expect(page.getByText('Thank you', { exact: true })).toBeVisible()

  expect(await rowsOf(second)).toEqual(before)
  await second.getByRole('button', { name: 'Free now' }).click()
  await expect(second.locator('.p-list .p-row').filter({ hasText: rooms[0] })).toBeVisible()
  await second.getByRole('searchbox').fill(seat)
  await expect(second.getByText('No matching places')).toBeVisible()
  await second.getByRole('button', { name: 'Clear filters' }).first().click()
  await openPlace(second, rooms[0])
  await expect(second.getByRole('heading', { name: 'Places inside' })).toHaveCount(0)
  await reportButton(second, 'Full').click()
  await expect(second.getByText('Thank you', { exact: true })).toBeVisible()

  // Its maker finds the room as everybody does, and the seat below it, marked.
  await page.getByRole('link', { name: 'Places', exact: true }).first().click()
  await lookIn(page, name)
  await expect(page.locator('.p-list .p-row-name')).toHaveText([rooms[0], seat, rooms[1], rooms[2]])
  const row = page.locator('.p-list .p-row').filter({ hasText: seat })
  await expect(row).toContainText(`In ${rooms[0]}`)
  await expect(row).toContainText('Not on public screens')
})

test('[POR-10] a list does not move under the finger; left alone, it is put in order, and the page stays where it was', async ({
  portal,
  context,
  other,
}) => {
  test.slow()
  const { rooms, name } = portal.takeLibrary()
  const page = await portal.signIn(context, await portal.makePerson())
  const second = await portal.signIn(other, await portal.makePerson())
  await lookIn(page, name)
  const list = page.locator('.p-list .p-row-name')
  await expect(list).toHaveText([rooms[0], rooms[1], rooms[2]])
  await list.nth(1).hover()
  await reportIn(second, rooms[1], 'Free')
  await reportIn(second, rooms[2], 'Free')
  // The new level is in the rows at once, the order is as it was.
  await expect(page.locator('.p-list .p-row').nth(1)).toContainText('Free')
  await expect(page.locator('.p-list .p-row').nth(2)).toContainText('Free')
  await expect(list).toHaveText([rooms[0], rooms[1], rooms[2]])
  await page.getByRole('button', { name: 'Free now' }).focus()
  await page.evaluate(() => window.scrollTo(0, 60))
  const scrollY = await page.evaluate(() => window.scrollY)
  await page.mouse.move(5, 5)
  await page.getByRole('button', { name: 'Free now' }).blur()
  await expect(list).toHaveText([rooms[1], rooms[0], rooms[2]], { timeout: 25_000 })
  expect(await page.evaluate(() => window.scrollY)).toBe(scrollY)
})

test('[POR-10] put in order anew, a list keeps the focus on its row, though the row moves', async ({
  portal,
  context,
  other,
}) => {
  test.slow()
  const { rooms, name } = portal.takeLibrary()
  const page = await portal.signIn(context, await portal.makePerson())
  const second = await portal.signIn(other, await portal.makePerson())
  await page.clock.install()
  await page.reload()
  await lookIn(page, name)
  const list = page.locator('.p-list .p-row-name')
  await expect(list).toHaveText([rooms[0], rooms[1], rooms[2]])
  const row = page.locator('.p-list .p-row').filter({ hasText: rooms[0] })
  await row.focus()
  await reportIn(second, rooms[1], 'Free')
  await expect(page.locator('.p-list .p-row').nth(1)).toContainText('Free')
  await expect(list).toHaveText([rooms[0], rooms[1], rooms[2]])
  // Nobody has moved for two minutes.
  await page.clock.fastForward(16_000)
  await page.clock.fastForward(120_000)
  await expect(list).toHaveText([rooms[1], rooms[0], rooms[2]])
  await expect(row).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: rooms[0], exact: true })).toBeVisible()
})

test('[POR-11] where no directory knows usernames the page asks for an email, and says so to who gives another', async ({
  portal,
  page,
}) => {
  await page.goto(portal.url)
  await expect(page.getByLabel('Email', { exact: true })).toBeVisible()
  await page.getByLabel('Email', { exact: true }).fill('ana')
  await page.getByLabel('Password', { exact: true }).fill('nine slow rivers going home')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(
    page.getByText('You can’t sign in with a username here. Use your email address.'),
  ).toBeVisible()
  await expect(page.getByRole('combobox')).toHaveCount(0)
})
