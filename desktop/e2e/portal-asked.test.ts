import type { Page } from '@playwright/test'
import { expect, openPlace, reportButton, test } from './portal-testing.ts'
import { enter, PASSWORD } from './portal-world.ts'

// What somebody asks of the portal comes at once, or the page says that it does not exist.

test('[POR-14] a confirmation link that was used promises nothing any more and says how to go on', async ({
  portal,
  page,
}) => {
  await page.goto(`${portal.url}/verify#token=${'x'.repeat(43)}`)
  const promise = page.getByText('One tap and your account is ready.')
  await expect(promise).toBeVisible()
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('This link is wrong, expired or already used.')).toBeVisible()
  await expect(promise).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Confirm' })).toHaveCount(0)
  await expect(page.getByText('Already confirmed? Just sign in.')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible()
  await expect(page.getByRole('button', { name: /again/ })).toBeVisible()
})

test('[POR-14] [POR-11] who cannot sign in yet reads which fields are wrong by their names, and to open the mail first', async ({
  portal,
  page,
}) => {
  await page.goto(`${portal.url}/sign-in`)
  await enter(page, 'nobody.yet@lipnik.example', 'wrong horse battery')
  const alert = page.getByRole('alert')
  await expect(alert).toContainText(/^Wrong email or password\./)
  await expect(alert).toContainText('New here? Open the link in your email first.')
})

test('[POR-14] the back link of a place leads to the list it was opened from, whatever the star says', async ({
  portal,
  context,
}) => {
  const page = await portal.signIn(context, await portal.makePerson())
  const library = portal.takeLibrary()
  await openPlace(page, library.rooms[0])
  const back = page.locator('.p-back')
  await expect(back).toHaveText('Places')
  await page.getByRole('button', { name: 'Track' }).click()
  await expect(page.locator('.p-state .p-star')).toHaveAttribute('aria-pressed', 'true')
  await expect(back).toHaveText('Places')
  await page.getByRole('link', { name: 'My places' }).click()
  await page.locator('.p-list .p-row').first().click()
  await expect(back).toHaveText('My places')
})

/** A page whose language files cannot be had. */
async function cutLanguages(page: Page): Promise<void> {
  await page.route(/\/words-(?:sl|zh-TW)-[^/]*\.js$/, (route) => route.abort())
}

test('[POR-14] a language whose words cannot be had leaves the old one, says so, and does not come later unasked', async ({
  portal,
  page,
  complaints,
}) => {
  complaints.expect(/Failed to load resource|ERR_FAILED/)
  await cutLanguages(page)
  await page.goto(`${portal.url}/sign-in`)
  const slovene = page.getByRole('button', { name: 'Slovenščina' })
  await slovene.click()
  await expect(page.locator('.p-toast')).toContainText('this language is not loaded yet. Please choose it')
  await expect(slovene).toHaveAttribute('aria-pressed', 'false')
  await page.unrouteAll()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})

test('[POR-14] languages can be had without a connection once the page was open for a moment', async ({
  portal,
  page,
  context,
  complaints,
}) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED|Failed to (?:load|fetch)/)
  const words = page.waitForResponse(/\/words-zh-TW-portal-[^/]*\.js$/)
  await page.goto(`${portal.url}/sign-in`)
  await (await words).finished()
  await page.waitForTimeout(500)
  await context.setOffline(true)
  await page.getByRole('button', { name: '繁體中文' }).click()
  await expect(page.getByRole('heading', { name: '登入' })).toBeVisible()
  await context.setOffline(false)
})

test('[POR-15] a place that was begun waits while its maker looks elsewhere, until it is thrown away; seats say what is allowed', async ({
  portal,
  context,
}) => {
  test.slow()
  const page = await portal.signIn(context, await portal.makePerson())
  const add = page.getByRole('link', { name: 'Add', exact: true })
  const name = page.getByLabel('Name', { exact: true })
  const kind = page.getByLabel('Kind')
  await add.click()
  await name.fill('Window nook')
  await kind.selectOption('other')
  await page.getByLabel(/^Seats/).fill('-3')
  await page.getByRole('link', { name: 'My places' }).click()
  await add.click()
  await expect(name).toHaveValue('Window nook')
  await expect(kind).toHaveValue('other')
  await page.getByLabel('Inside').selectOption({ index: 1 })
  await page.getByRole('button', { name: 'Add place' }).click()
  await expect(page.getByText(/^Enter a whole number from 1 to \d+\./)).toBeVisible()
  await page.getByRole('button', { name: 'Discard draft' }).click()
  await expect(name).toHaveValue('')
  await page.getByRole('link', { name: 'My places' }).click()
  await add.click()
  await expect(name).toHaveValue('')
})

test('[POR-16] [OCC-16] one’s own reports are shown as they come from another page, and the same tap twice is one', async ({
  portal,
  context,
}) => {
  test.slow()
  const email = await portal.makePerson()
  const page = await portal.signIn(context, email)
  const other = await context.newPage()
  await other.goto(`${portal.url}/reports`)
  await expect(other.getByText('No reports yet')).toBeVisible()
  const library = portal.takeLibrary()
  await openPlace(page, library.rooms[1])
  await reportButton(page, 'Free').click()
  await expect(page.locator('.p-answer')).toContainText('You reported: Free')
  await expect(reportButton(page, 'Free')).toBeVisible({ timeout: 8_000 })
  await reportButton(page, 'Free').click()
  await expect(page.locator('.p-answer')).toContainText('Already reported: Free')
  await expect(other.locator('.p-lines > li')).toHaveCount(1)
})

test('who signs in again in one tab is signed in again in the others', async ({ portal, context }) => {
  const email = await portal.makePerson()
  const page = await portal.signIn(context, email, '/profile')
  const other = await context.newPage()
  await other.goto(`${portal.url}/reports`)
  await expect(other.getByRole('heading', { name: 'My reports' })).toBeVisible()
  await page.locator('.p-page').getByRole('button', { name: 'Sign out', exact: true }).last().click()
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await enter(page, email, PASSWORD)
  await expect(other.getByRole('heading', { name: 'My reports' })).toBeVisible()
})

test('who is signed in already and opens a page for signing in is at the places, by the address too', async ({
  portal,
  context,
}) => {
  const page = await portal.signIn(context, await portal.makePerson())
  for (const path of ['/sign-in', '/sign-up', '/forgotten', '/verify']) {
    await page.goto(portal.url + path)
    await expect(page.getByRole('heading', { name: 'Places', exact: true })).toBeVisible()
    await expect(page).toHaveURL(`${portal.url}/`)
  }
})
