import type { Locator, Page } from '@playwright/test'
import { expect, expectPlace, openPlace, test } from './portal-testing.ts'
import { enter, PASSWORD } from './portal-world.ts'

// How the platform gets its first administrator, how an account is got back into, moved and ended, and what staff do at a
// place: real browsers, hub, database and mail server.

const NEW_PASSWORD = 'three blue kettles at noon'

test('[IDN-13, UNI-3, POR-5] the set-up link makes the first administrator, who lets a university in; its people sign up', async ({
  portal,
  page,
  other,
}) => {
  test.slow()
  await portal.deleteTries()
  const stamp = Date.now()
  const name = `University of Ravne ${stamp}`
  const domain = `ravne${stamp}.example`
  const contact = `library@${domain}`
  await page.goto(`${portal.url}/universities/new`)
  await page.getByLabel('University name').fill(name)
  await page.getByLabel('Email domains').fill(domain)
  await page.getByLabel('Contact email').fill(contact)
  await page.getByRole('button', { name: 'Submit request' }).click()
  await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible()
  await page.goto(await portal.mailedLink(contact, '/universities/confirm'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('Thank you. We’ll review your request and write to you.')).toBeVisible()

  const admin = await other.newPage()
  const founder = `founder@carrel${stamp}.example`
  await admin.goto(await portal.takeSetupLink())
  expect(admin.url()).toBe(`${portal.url}/setup`)
  await admin.getByLabel('Email').fill(founder)
  await admin.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD)
  await admin.getByRole('button', { name: 'Become platform administrator' }).click()
  await expect(admin.getByText('Administrator account created. You can sign in now.')).toBeVisible()
  await enter(admin, founder, NEW_PASSWORD)
  const card = admin.getByRole('region', { name })
  await expect(card.getByText(`${contact} · confirmed`)).toBeVisible()
  await expect(card.getByText('No conflicts')).toBeVisible()

  await portal.ageConfirmation(founder)
  await card.getByRole('button', { name: 'Approve' }).click()
  const question = admin.getByRole('dialog', { name: `Approve ${name}?` })
  await question.getByRole('button', { name: 'Approve' }).click()
  const again = admin.getByRole('dialog', { name: 'Re-enter your password' })
  await again.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD)
  await again.getByRole('button', { name: 'Continue' }).click()
  await expect(admin.getByText(`${name} was approved.`).first()).toBeVisible()
  await expect(card).toHaveCount(0)
  await portal.mail.mailTo(contact, /can\s+create\s+an\s+account/)

  const email = `ana@${domain}`
  await page.goto(`${portal.url}/sign-up`)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  // The mail that is on its way is not this page's.
  await expect(page.getByRole('button', { name: 'Send link' })).toBeVisible()
  await expect(page.getByText('we’ve sent it a link')).toHaveCount(0)
  await page.goto(await portal.mailedLink(email, '/verify'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('Email address confirmed. You can sign in now.')).toBeVisible()
  await enter(page, email, PASSWORD)
  await expect(page.getByRole('banner').getByText(name)).toBeVisible()
})

test('[IDN-10, IDN-11] a forgotten password, another address, the end of an account: each ends the sessions elsewhere', async ({
  portal,
  page,
  other,
}) => {
  test.slow()
  await portal.deleteTries()
  const email = await portal.makePerson()
  const newEmail = email.replace('@', '.new@')
  const phone = await portal.signIn(other, email)
  await expect(phone.getByText('Live')).toBeVisible()
  const ended = phone.getByText('You were signed out. Please sign in again.')
  const refused = /^Wrong email or password\.$/

  await page.goto(`${portal.url}/sign-in`)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByRole('button', { name: 'Send link' }).click()
  await expect(page.getByText(`If ${email} has an account, we’ve sent it a link.`)).toBeVisible()
  await page.goto(await portal.mailedLink(email, '/reset'))
  await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD)
  await page.getByRole('button', { name: 'Set password' }).click()
  await expect(page.getByText('New password set. You can sign in now.')).toBeVisible()
  await expect(ended).toBeVisible()
  await enter(phone, email, PASSWORD)
  await expect(phone.getByText(refused)).toBeVisible()
  await enter(phone, email, NEW_PASSWORD)
  await expect(phone.getByText('Live')).toBeVisible()

  await enter(page, email, NEW_PASSWORD)
  await page.getByRole('link', { name: 'Profile' }).click()
  await page.getByLabel('New email').fill(newEmail)
  await page.getByRole('button', { name: 'Change email' }).click()
  await expect(page.getByText(`We’ve sent a link to ${newEmail}.`).first()).toBeVisible()
  await portal.mail.mailTo(email, /change\s+your\s+password\s+at\s+once/)
  await page.goto(await portal.mailedLink(newEmail, '/email'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  // Whoever confirms where they are signed in stays so, with the new address.
  await expect(page.getByText('New email address confirmed.').first()).toBeVisible()
  await expect(page.getByRole('region', { name: 'You', exact: true }).getByText(newEmail)).toBeVisible()
  await expect(ended).toBeVisible()
  await enter(phone, email, NEW_PASSWORD)
  await expect(phone.getByText(refused)).toBeVisible()
  await enter(phone, newEmail, NEW_PASSWORD)
  await expect(phone.getByText('Live')).toBeVisible()

  await page.getByRole('button', { name: 'Delete my account' }).click()
  await page.getByRole('button', { name: 'Delete account' }).click()
  await expect(page.getByText('Your account was deleted.')).toBeVisible()
  await expect(ended).toBeVisible()
  await page.reload()
  await enter(page, newEmail, NEW_PASSWORD)
  await expect(page.getByText(refused)).toBeVisible()
})

test('the super group lets a place on public screens, corrects its level and silences a kiosk; a student sees it live', async ({
  portal,
  context,
  other,
}) => {
  const { floors } = portal.takeLibrary()
  const corner = `Corner of ${floors[1]}`
  const kiosk = `Kiosk of ${floors[1]}`
  const student = await portal.signIn(context, await portal.makePerson(), '/spaces/new')
  await student.getByLabel('Name').fill(corner)
  const floor = await student.locator('option', { hasText: floors[1] }).getAttribute('value')
  await student.getByLabel('Inside').selectOption(floor)
  await student.getByRole('button', { name: 'Add place' }).click()
  await expect(student.getByRole('heading', { level: 1, name: corner })).toBeVisible()
  const hidden = student.getByText(/^Not on public screens: /)
  await expect(hidden).toBeVisible()
  await portal.putKiosk(kiosk, corner)

  const staff = await portal.signIn(other, await portal.makePerson('staff'))
  await openPlace(staff, corner)
  const desk = staff.getByRole('region', { name: 'For staff' })
  const button = (name: string): Locator => desk.getByRole('button', { name })
  await button('Show on public screens').click()
  await expect(hidden).toHaveCount(0)
  await button('Full').click()
  await expectPlace(student, 'Full')
  await expectPlace(staff, 'Full')
  await button('Unknown').click()
  await expectPlace(student, 'Unknown')

  await button(`Mute ${kiosk}`).click()
  await expect(desk.getByText('muted: its reports do not count')).toBeVisible()
  await staff.reload()
  await button(`Unmute ${kiosk}`).click()
  await expect(desk.getByText('never seen')).toBeVisible()
  await expect(student.getByRole('region', { name: 'For staff' })).toHaveCount(0)
})

test('[TRE-15] a place whose name is taken among what is public stays off, and the page says what to do first', async ({
  portal,
  context,
  other,
}) => {
  const { floors } = portal.takeLibrary()
  const name = `Alcove of ${floors[0]}`
  const add = async (page: Page): Promise<void> => {
    await page.getByLabel('Name').fill(name)
    const floor = await page.locator('option', { hasText: floors[0] }).first().getAttribute('value')
    await page.getByLabel('Inside').selectOption(floor)
    await page.getByRole('button', { name: 'Add place' }).click()
  }
  const student = await portal.signIn(context, await portal.makePerson(), '/spaces/new')
  await add(student)
  await expect(student.getByRole('heading', { level: 1, name })).toBeVisible()
  // What the student hid is in nobody's way.
  const staff = await portal.signIn(other, await portal.makePerson('staff'), '/spaces/new')
  await add(staff)
  await expect(staff.getByRole('heading', { level: 1, name })).toBeVisible()
  await staff.goto(student.url())
  const desk = staff.getByRole('region', { name: 'For staff' })
  await desk.getByRole('button', { name: 'Show on public screens' }).click()
  await expect(desk.getByRole('alert')).toHaveText(
    'This name is already in use here. Choose another one, or rename the existing one first.',
  )
  await staff.getByRole('link', { name: 'Edit', exact: true }).click()
  await staff.getByLabel('Name').fill(`${name} 2`)
  await staff.getByRole('button', { name: 'Save' }).click()
  await desk.getByRole('button', { name: 'Show on public screens' }).click()
  await expect(desk.getByText('Shown on public screens').first()).toBeVisible()
})
