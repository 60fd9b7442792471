import type { Locator, Page } from '@playwright/test'
import { openGallery, showPicture } from './gallery.ts'
import { expect, test } from './testing.ts'

// What a page of the portal tells, and where: on pictures, whose hub always answers the same.

async function show(page: Page, galleryUrl: string, name: string, width = 390): Promise<void> {
  await page.setViewportSize({ width, height: 844 })
  await openGallery(page, galleryUrl, 'data-portal-name')
  await showPicture(page, `?screen=${name}&lang=en`)
}

test('[POR-17] that somebody was signed out is not said any more beside a refused password', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-open-signInEnded')
  const ended = page.getByText('You were signed out. Please sign in again.')
  await expect(ended).toBeVisible()
  await showPicture(page, '?screen=portal-open-signInEndedRefused&lang=en')
  await expect(page.getByRole('alert')).toBeVisible()
  await expect(ended).toHaveCount(0)
})

test('[POR-17] that a mail was sent is not said any more beside why none is sent now', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-open-forgottenSent')
  await expect(page.locator('.p-notice[data-kind="good"]')).toBeVisible()
  await showPicture(page, '?screen=portal-open-forgottenSentTooMany&lang=en')
  await expect(page.getByRole('alert')).toBeVisible()
  await expect(page.locator('.p-notice[data-kind="good"]')).toHaveCount(0)
})

test('[POR-17] the set-up page without its link speaks of no mail, and the platform’s page of no university’s staff', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-open-setupNoToken')
  await expect(page.locator('.p-notice')).toHaveText(/setup link.*file/)
  await expect(page.locator('.p-notice')).not.toContainText('mail')
  await showPicture(page, '?screen=portal-open-verifyNoToken&lang=en')
  await expect(page.locator('.p-notice')).toContainText('mail')
  await showPicture(page, '?screen=portal-pages-platformNotForYou&lang=en')
  await expect(page.locator('.p-notice')).toContainText('platform administrators')
  await showPicture(page, '?screen=portal-pages-changesNotForYou&lang=en')
  await expect(page.locator('.p-notice')).toContainText('staff of your university')
})

test('[POR-17] the way out stands beside the ways to all pages, on a phone at the foot of the profile', async ({
  page,
  galleryUrl,
}) => {
  const inSide = (): Locator => page.getByRole('navigation').getByRole('button', { name: 'Sign out' })
  for (const picture of ['portal-places-places', 'portal-pages-platform', 'portal-pages-profile']) {
    await show(page, galleryUrl, picture, 1280)
    await expect(inSide()).toBeVisible()
  }
  await show(page, galleryUrl, 'portal-pages-profile')
  await expect(inSide()).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Sign out', exact: true })).toBeVisible()
})

/** Whether something covers a control where it stands after it was scrolled to. */
async function isCovered(control: Locator): Promise<boolean> {
  return control.evaluate((element) => {
    element.scrollIntoView({ block: 'center' })
    const { left, top, width, height } = element.getBoundingClientRect()
    const hit = document.elementFromPoint(left + width / 2, top + height / 2)
    return hit === null || !(element.contains(hit) || hit.contains(element))
  })
}

for (const width of [390, 1280])
  test(`[POR-18] what staff do at a place is answered there, and a toast lies over none of its buttons for good: ${width} px`, async ({
    page,
    galleryUrl,
  }) => {
    await show(page, galleryUrl, 'portal-space-staff', width)
    const desk = page.getByRole('region', { name: 'For staff' })
    await desk.getByRole('button', { name: 'Full' }).click()
    await expect(desk.getByText('Status overridden.')).toBeVisible()
    await expect(page.locator('.p-toast')).toHaveCount(0)
    await showPicture(page, '?screen=portal-space-staffToast&lang=en')
    await expect(page.locator('.p-toast')).toBeVisible()
    const controls = await page.locator('.p-detail').getByRole('button').all()
    expect(controls.length).toBeGreaterThan(6)
    for (const control of controls) expect(await isCovered(control), await control.innerText()).toBe(false)
  })

test('[POR-19] what the hub has against one field stands at that field, which has the focus and is seen', async ({
  page,
  galleryUrl,
}) => {
  for (const [picture, field, words] of [
    ['portal-space-newNameTaken', 'name', 'This name is already in use here.'],
    ['portal-space-newNoteRefused', 'note', 'This value is not valid. Please check it.'],
    ['portal-open-signUpElsewhere', 'email', 'You can’t create an account with this email address.'],
    ['portal-open-forgottenRefused', 'email', 'We can’t send email to this address.'],
    ['portal-pages-emailSame', 'email', 'This is your email address already.'],
    ['portal-pages-emailElsewhere', 'email', 'You can’t change to this email address. Use one from your'],
    ['portal-pages-groupNobody', 'person', 'No one at your university has this email address or username.'],
    ['portal-pages-groupAlready', 'permission', 'ta217 is already in this group, as Admin.'],
    ['portal-pages-changesSwapped', 'to', '“To” is before “From”.'],
    ['portal-open-askUniversityDomain', 'domains', 'One of these domains can’t be used'],
  ] as const) {
    await show(page, galleryUrl, picture)
    const input = page.locator(`[name="${field}"]`)
    await expect(input, picture).toBeFocused()
    await expect(input).toHaveAttribute('aria-invalid', 'true')
    await expect(input).toBeInViewport()
    const id = (await input.getAttribute('aria-describedby')) ?? ''
    await expect(page.locator(`[id="${id}"] strong`)).toHaveText(new RegExp(`^${words}`))
    await expect(page.getByRole('alert')).toHaveCount(0)
  }
})

test('[POR-19] [POR-17] every field that is wrong says so, and what was refused before does not', async ({
  page,
  galleryUrl,
}) => {
  const wrong = page.locator('[aria-invalid="true"]')
  await show(page, galleryUrl, 'portal-open-signInMissing')
  await expect(wrong).toHaveCount(2)
  await expect(wrong.first()).toBeFocused()
  await show(page, galleryUrl, 'portal-open-signUpCorrected')
  await expect(wrong).toHaveCount(1)
  await expect(wrong).toHaveAttribute('name', 'password')
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(page.getByText('email address. Use')).toHaveCount(0)
})

test('who is in a group already is not said to be added', async ({ page, galleryUrl }) => {
  await show(page, galleryUrl, 'portal-pages-groupAddedTwice')
  await expect(page.locator('.p-toast')).toContainText('Ana Novak is already in this group.')
})

test('[POR-19] a university that is refused for its domain reads about its domain', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-pages-platformDomainTaken')
  await expect(page.getByRole('alert')).toHaveText(
    'Another university already has one of these email domains.',
  )
})

test('[POR-20] a floor is deleted with its name typed, and what goes with it counted; a seat without', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-space-deleteParts')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('alert')).toContainText(/Room: \d+/)
  const typed = dialog.getByLabel(/^To confirm, enter the name: /)
  const name =
    /: (.+)$/.exec((await dialog.getByText(/^To confirm, enter the name/).textContent()) ?? '')?.[1] ?? ''
  const go = dialog.getByRole('button', { name: /^Delete \d+ places$/ })
  await go.click()
  await expect(dialog.getByText('Please fill this in.')).toBeVisible()
  await typed.fill(`${name} 2`)
  await go.click()
  await expect(dialog.getByText('This name doesn’t match.')).toBeVisible()
  await typed.fill(` ${name.toUpperCase()} `)
  await go.click()
  await expect(dialog.getByText('This name doesn’t match.')).toHaveCount(0)
  await showPicture(page, '?screen=portal-space-delete&lang=en')
  await expect(page.getByRole('dialog').getByRole('textbox')).toHaveCount(0)
})

test('[POR-20] a room alone says too that its kiosk loses its assignment', async ({ page, galleryUrl }) => {
  await show(page, galleryUrl, 'portal-space-deleteWithKiosk')
  await expect(page.getByRole('dialog')).toContainText('1 kiosk loses its assignment')
  await show(page, galleryUrl, 'portal-space-delete')
  await expect(page.getByRole('dialog')).not.toContainText('kiosk')
})

test('[POR-20] what lives again is not listed as deleted, however late the hub’s list is', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-places-mineUndone')
  await expect(page.locator('section', { hasText: 'Deleted' }).locator('li')).toHaveCount(1)
  await expect(page.getByRole('button', { name: 'Restore' })).toHaveCount(1)
})

test('[POR-20] what was deleted is listed with where it stood and when it went', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-places-mine')
  const row = page.locator('section', { hasText: 'Deleted' }).locator('li')
  await expect(row).toContainText('University Library · Ground floor')
  await expect(row).toContainText(/Deleted .*\d/)
})

test('[POR-21] at 1440 px the form of a place stands in two columns, in the order of the keyboard, and fits one screen', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-space-new', 1440)
  const form = await page.locator('.p-form').boundingBox()
  const main = await page.locator('.p-main').boundingBox()
  expect((form?.width ?? 0) / (main?.width ?? 1)).toBeGreaterThan(0.75)
  expect(form?.height ?? 9_999).toBeLessThan(760)
  const places = await page
    .locator('.p-form > .p-field, .p-fieldset > .p-field')
    .evaluateAll((fields) => fields.map((field) => field.getBoundingClientRect()).map(({ x, y }) => [y, x]))
  expect(places.length).toBeGreaterThan(6)
  expect(new Set(places.map(([, x]) => x)).size).toBeGreaterThan(1)
  const inOrder = places.toSorted(
    ([top = 0, left = 0], [below = 0, beside = 0]) => top - below || left - beside,
  )
  expect(places).toEqual(inOrder)
})

test('[POR-15] a change that was begun waits while its writer looks elsewhere, until it is thrown away', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-space-edit')
  const [name, note] = [page.locator('[name="name"]'), page.locator('[name="note"]')]
  const before = await name.inputValue()
  await note.fill('Bring a lamp.')
  await page.getByRole('link', { name: 'My places' }).click()
  await page.locator('.p-row', { hasText: before }).click()
  await page.getByRole('link', { name: 'Edit' }).click()
  await expect(note).toHaveValue('Bring a lamp.')
  await expect(name).toHaveValue(before)
  await page.getByRole('button', { name: 'Discard draft' }).click()
  await expect(note).toHaveValue('Best before noon, then the sun blinds.')
  await expect(page.getByRole('button', { name: 'Discard draft' })).toHaveCount(0)
})

test('[POR-17] a tab is called by the page as it is now, and a place that I may restore says where', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-space-goneMine')
  await expect(page).toHaveTitle('This place no longer exists · Carrel')
  await expect(page.getByText('You can restore it under “My places”.')).toBeVisible()
  await showPicture(page, '?screen=portal-space-gone&lang=en')
  await expect(page.getByText('You can restore it')).toHaveCount(0)
  await showPicture(page, '?screen=portal-pages-group&lang=en')
  await expect(page).toHaveTitle('Chemistry · Carrel')
})

test('[POR-14] a phone finds back from the pages that its bar has no room for', async ({
  page,
  galleryUrl,
}) => {
  for (const name of ['reports', 'groups', 'changes']) {
    await show(page, galleryUrl, `portal-pages-${name}`)
    await expect(page.locator('.p-back')).toHaveText('Profile')
    await page.setViewportSize({ width: 1280, height: 800 })
    await expect(page.locator('.p-back')).toBeHidden()
  }
})

test('[POR-5] while the password is asked for, nothing behind says that the hub is slow', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-pages-passwordWaits')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.waitForTimeout(5_000)
  await expect(page.getByText('No answer yet. Still trying…')).toHaveCount(0)
})

test('[UNI-3] what the hub would refuse is not offered for approval, and a contact from elsewhere is pointed out', async ({
  page,
  galleryUrl,
}) => {
  await show(page, galleryUrl, 'portal-pages-platform')
  const card = (name: string): Locator => page.getByRole('region', { name })
  const [good, bad] = [card('University of Brezje'), card('Lipnik Medical School')]
  await expect(good.getByRole('button', { name: /^Approve/ })).toBeVisible()
  await expect(good).not.toContainText('none of these domains')
  await expect(bad.getByRole('button', { name: /^Reject/ })).toBeVisible()
  await expect(bad.getByRole('button', { name: /^Approve/ })).toHaveCount(0)
  await expect(bad).toContainText('The contact address is in none of these domains.')
})
