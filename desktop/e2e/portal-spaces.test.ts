import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { expect, openPlace, test } from './portal-testing.ts'
import { DOMAIN, PASSWORD } from './portal-world.ts'

// What people make and change, and what staff and platform administrators decide, against a really running hub.

test('a student adds a place, staff sees it; edited by two at once, the second chooses; deleted and brought back', async ({
  portal,
  context,
  other,
}) => {
  test.slow()
  const { floors } = portal.takeLibrary()
  const table = `Table of ${floors[0]}`
  const page = await portal.signIn(context, await portal.makePerson())
  const staff = await portal.signIn(other, await portal.makePerson('staff'))

  await page.getByRole('link', { name: 'Add', exact: true }).click()
  await page.getByLabel('Name').fill(table)
  await page.getByRole('button', { name: 'Add place' }).click()
  await expect(page.getByText('Please fill this in.')).toBeVisible()
  const parent = await page.locator('option', { hasText: floors[0] }).getAttribute('value')
  await page.getByLabel('Inside').selectOption(parent)
  await page.getByLabel(/^Seats/).fill('4')
  await page.getByLabel('Quiet').selectOption('Yes')
  await page.getByRole('button', { name: 'Add place' }).click()
  await expect(page.getByRole('heading', { level: 1, name: table })).toBeVisible()
  const hidden = page.getByText(/^Not on public screens: /)
  await expect(hidden).toBeVisible()

  await openPlace(staff, table)
  await expect(staff.getByText('4 seats').last()).toBeVisible()
  await staff.getByRole('link', { name: 'Edit', exact: true }).click()
  await page.getByRole('link', { name: 'Edit', exact: true }).click()
  await staff.getByLabel(/^Seats/).fill('6')
  await staff.getByRole('button', { name: 'Save' }).click()
  await expect(staff.getByText('6 seats').last()).toBeVisible()

  await page.getByLabel(/^Seats/).fill('8')
  await page.getByLabel(/^Price/).fill('free')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Someone else changed this in the meantime')).toBeVisible()
  await expect(page.getByRole('radio')).toHaveCount(2)
  await page.getByLabel(/Theirs/).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('6 seats').last()).toBeVisible()
  await expect(page.getByText('free', { exact: true })).toBeVisible()

  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText(`${table} was deleted.`).first()).toBeVisible()
  await expect(staff.getByText('This place no longer exists')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText(`${table} was restored.`).first()).toBeVisible()
  await expect(staff.getByRole('heading', { level: 1, name: table })).toBeVisible()

  await staff.getByRole('button', { name: 'Show on public screens' }).click()
  await expect(staff.getByText('Shown on public screens').first()).toBeVisible()
  await page.getByRole('link', { name: 'My places' }).click()
  await openMine(page, table)
  await expect(hidden).toHaveCount(0)
})

async function openMine(page: Page, name: string): Promise<void> {
  await page.locator('.p-row').filter({ hasText: name }).first().click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
}

test('a place that is tracked in one browser is on the other one’s list', async ({
  portal,
  context,
  other,
}) => {
  const { rooms } = portal.takeLibrary()
  const email = await portal.makePerson()
  const page = await portal.signIn(context, email)
  const phone = await portal.signIn(other, email, '/mine')
  await openPlace(page, rooms[2])
  await page.getByRole('button', { name: 'Track' }).click()
  await expect(page.getByRole('button', { name: 'Track', pressed: true })).toBeVisible()
  await phone.getByRole('link', { name: 'My places' }).click()
  await expect(phone.locator('.p-row').filter({ hasText: rooms[2] })).toBeVisible()
})

test('[POR-5] a sensitive act asks for the password again when it was given long ago, and goes on by itself', async ({
  portal,
  context,
}) => {
  const email = await portal.makePerson()
  const page = await portal.signIn(context, email)
  await portal.ageConfirmation(email)
  await page.goto(`${portal.url}/profile`)
  await page.getByLabel('New password', { exact: true }).fill('nine slow rivers going home')
  await page.getByRole('button', { name: 'Change password' }).click()
  const dialog = page.getByRole('dialog', { name: 'Re-enter your password' })
  await dialog.getByLabel('Password', { exact: true }).fill('not my password')
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await expect(dialog.getByText('Wrong password.')).toBeVisible()
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await expect(
    page.getByText('Password changed. You were signed out on all other devices.').first(),
  ).toBeVisible()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download my data' }).click()
  expect((await download).suggestedFilename()).toBe('carrel-my-data.json')
})

test('a university is asked for, confirmed by mail, and approved by a platform administrator', async ({
  portal,
  page,
  other,
}) => {
  const stamp = Date.now()
  const contact = `library@brezje${stamp}.example`
  await page.goto(`${portal.url}/universities/new`)
  await page.getByLabel('University name').fill(`University of Brezje ${stamp}`)
  await page.getByLabel('Email domains').fill(`brezje${stamp}.example, sub.${DOMAIN}`)
  await page.getByLabel('Time zone').selectOption('Europe/Ljubljana')
  await page.getByLabel('Contact email').fill(contact)
  await page.getByRole('button', { name: 'Submit request' }).click()
  await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible()
  const { text } = await portal.mail.mailTo(contact, /#token=/)
  await page.goto(/http\S+#token=[\w-]{43}/.exec(text)?.[0] ?? '')
  expect(page.url()).not.toContain('#')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('Thank you. We’ll review your request and write to you.')).toBeVisible()

  const admin = await portal.signIn(other, await portal.makePerson('platform'))
  const card = admin.getByRole('region', { name: `University of Brezje ${stamp}` })
  await expect(card.getByText(`sub.${DOMAIN} is part of a domain of Portal University.`)).toBeVisible()
  await card.getByRole('button', { name: /^Reject/ }).click()
  await admin
    .getByRole('dialog')
    .getByLabel(/^Reason/)
    .fill('One domain is another university’s.')
  await admin.getByRole('dialog').getByRole('button', { name: 'Reject' }).click()
  await expect(admin.getByText(`University of Brezje ${stamp} was rejected.`).first()).toBeVisible()
  await expect(card).toHaveCount(0)
})

test('groups: made, filled, an admin made, the deletion says what hangs on it; the log tells, and is kept as a table', async ({
  portal,
  context,
}) => {
  const member = await portal.makePerson()
  const page = await portal.signIn(context, await portal.makePerson('staff'), '/groups')
  const name = `Chess ${Date.now()}`
  await page.goto(`${portal.url}/groups`)
  await page.getByRole('button', { name: 'New group' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create group' }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  await page.getByLabel('Email or username').fill(`nobody@${DOMAIN}`)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByText('No one at your university has this email address or username.')).toBeVisible()
  await page.getByLabel('Email or username').fill(member)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('button', { name: `Make admin ${member}` }).click()
  await expect(page.getByRole('button', { name: `Make member ${member}` })).toBeVisible()
  await page.getByRole('button', { name: 'Delete group' }).click()
  await expect(page.getByRole('dialog').getByText('This removes 1 member.')).toBeVisible()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete group' }).click()
  await expect(page.getByText(`Group ${name} was deleted.`).first()).toBeVisible()

  await page.goto(`${portal.url}/changes`)
  await expect(page.getByText(name).first()).toBeVisible()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export CSV' }).click()
  expect((await download).suggestedFilename()).toBe('carrel-log.csv')
  // What stands in the fields counts, applied or not; a spreadsheet is told that it is UTF-8.
  await page.getByLabel('Person').fill('command')
  const filtered = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export CSV' }).click()
  const text = readFileSync(await (await filtered).path(), 'utf8')
  expect(text.startsWith('\ufeff"id",')).toBe(true)
  expect(text).toContain('"Command line"')
  expect(text).not.toContain(name)
  await expect(page.getByRole('table')).not.toContainText(name)
})
