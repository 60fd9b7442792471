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
  await portal.forgetTries()
  const stamp = Date.now()
  const name = `University of Ravne ${stamp}`
  const domain = `ravne${stamp}.example`
  const contact = `library@${domain}`
  await page.goto(`${portal.url}/universities/new`)
  await page.getByLabel('Name of the university').fill(name)
  await page.getByLabel('E-mail domains').fill(domain)
  await page.getByLabel('Contact address').fill(contact)
  await page.getByRole('button', { name: 'Ask' }).click()
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible()
  await page.goto(await portal.mailedLink(contact, '/universities/confirm'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('Thank you. Somebody looks at it and writes to you.')).toBeVisible()

  const admin = await other.newPage()
  const founder = `founder@carrel${stamp}.example`
  await admin.goto(await portal.takeSetupLink())
  expect(admin.url()).toBe(`${portal.url}/setup`)
  await admin.getByLabel('E-mail').fill(founder)
  await admin.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD)
  await admin.getByRole('button', { name: 'Become administrator' }).click()
  await expect(admin.getByText('The administrator is made. Now sign in.')).toBeVisible()
  await enter(admin, founder, NEW_PASSWORD)
  const card = admin.getByRole('region', { name })
  await expect(card.getByText(`${contact} · confirmed`)).toBeVisible()
  await expect(card.getByText('Nothing stands against it.')).toBeVisible()

  await portal.ageConfirmation(founder)
  await card.getByRole('button', { name: 'Approve' }).click()
  const question = admin.getByRole('dialog', { name: `Let ${name} in?` })
  await question.getByRole('button', { name: 'Approve' }).click()
  const again = admin.getByRole('dialog', { name: 'Please give your password again' })
  await again.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD)
  await again.getByRole('button', { name: 'Continue' }).click()
  await expect(admin.getByText(`${name} is in.`).first()).toBeVisible()
  await expect(card).toHaveCount(0)
  await portal.mail.mailTo(contact, /can\s+sign\s+up/)

  const email = `ana@${domain}`
  await page.goto(`${portal.url}/sign-up`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Make the account' }).click()
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  // The mail that is on its way is not this page's.
  await expect(page.getByRole('button', { name: 'Send the link' })).toBeVisible()
  await expect(page.getByText('a mail is on its way')).toHaveCount(0)
  await page.goto(await portal.mailedLink(email, '/verify'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('Your address is confirmed. Now sign in.')).toBeVisible()
  await enter(page, email, PASSWORD)
  await expect(page.getByRole('banner').getByText(name)).toBeVisible()
})

test('[IDN-10, IDN-11] a forgotten password, another address, the end of an account: each ends the sessions elsewhere', async ({
  portal,
  page,
  other,
}) => {
  test.slow()
  await portal.forgetTries()
  const email = await portal.makePerson()
  const newEmail = email.replace('@', '.new@')
  const phone = await portal.signIn(other, email)
  await expect(phone.getByText('Live')).toBeVisible()
  const ended = phone.getByText('You were signed out. Please sign in again.')
  const refused = /password do not belong together\.$/

  await page.goto(`${portal.url}/sign-in`)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await expect(page.getByText(`If ${email} has an account, a mail is on its way.`)).toBeVisible()
  await page.goto(await portal.mailedLink(email, '/reset'))
  await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD)
  await page.getByRole('button', { name: 'Set the password' }).click()
  await expect(page.getByText('Your new password is set. Now sign in.')).toBeVisible()
  await expect(ended).toBeVisible()
  await enter(phone, email, PASSWORD)
  await expect(phone.getByText(refused)).toBeVisible()
  await enter(phone, email, NEW_PASSWORD)
  await expect(phone.getByText('Live')).toBeVisible()

  await enter(page, email, NEW_PASSWORD)
  await page.getByRole('link', { name: 'Profile' }).click()
  await page.getByLabel('New e-mail').fill(newEmail)
  await page.getByRole('button', { name: 'Change the address' }).click()
  await expect(page.getByText(`A link went to ${newEmail}.`).first()).toBeVisible()
  await portal.mail.mailTo(email, /change\s+your\s+password\s+at\s+once/)
  await page.goto(await portal.mailedLink(newEmail, '/email'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  // Whoever confirms where they are signed in stays so, with the new address.
  await expect(page.getByText('Your new address is confirmed.').first()).toBeVisible()
  await expect(page.getByRole('region', { name: 'You', exact: true }).getByText(newEmail)).toBeVisible()
  await expect(ended).toBeVisible()
  await enter(phone, email, NEW_PASSWORD)
  await expect(phone.getByText(refused)).toBeVisible()
  await enter(phone, newEmail, NEW_PASSWORD)
  await expect(phone.getByText('Live')).toBeVisible()

  await page.getByRole('button', { name: 'Delete my account' }).click()
  await page.getByRole('button', { name: 'Delete for good' }).click()
  await expect(page.getByText('Your account is deleted.')).toBeVisible()
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
  await student.getByLabel('It is in').selectOption(floor)
  await student.getByRole('button', { name: 'Add the place' }).click()
  await expect(student.getByRole('heading', { level: 1, name: corner })).toBeVisible()
  const hidden = student.getByText(/^Your place is not public/)
  await expect(hidden).toBeVisible()
  await portal.putKiosk(kiosk, corner)

  const staff = await portal.signIn(other, await portal.makePerson('staff'))
  await openPlace(staff, corner)
  const desk = staff.getByRole('region', { name: 'For staff' })
  const button = (name: string): Locator => desk.getByRole('button', { name })
  await button('Let on public screens').click()
  await expect(hidden).toHaveCount(0)
  await button('Full').click()
  await expectPlace(student, 'Full')
  await expectPlace(staff, 'Full')
  await button('Nothing known').click()
  await expectPlace(student, 'Unsure')

  await button(`Silence ${kiosk}`).click()
  await expect(desk.getByText('silenced: its reports do not count')).toBeVisible()
  await staff.reload()
  await button(`Let it speak ${kiosk}`).click()
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
    await page.getByLabel('It is in').selectOption(floor)
    await page.getByRole('button', { name: 'Add the place' }).click()
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
  await desk.getByRole('button', { name: 'Let on public screens' }).click()
  await expect(desk.getByRole('alert')).toHaveText(
    'This name is taken here. Choose another one, or rename what has it first.',
  )
  await staff.getByRole('link', { name: 'Edit', exact: true }).click()
  await staff.getByLabel('Name').fill(`${name} 2`)
  await staff.getByRole('button', { name: 'Save' }).click()
  await desk.getByRole('button', { name: 'Let on public screens' }).click()
  await expect(desk.getByText('It is on public screens.').first()).toBeVisible()
})
