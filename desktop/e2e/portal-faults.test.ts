import type { RouteAnswer } from '#shared/wire/rest.ts'
import { expect, test } from './portal-testing.ts'

// A page of the portal that breaks: no white page, and a way on.

test('[SCR-1] a page of the portal that cannot be drawn says so in three languages, and goes on once it is loaded again', async ({
  portal,
  context,
  complaints,
}) => {
  complaints.expect(/Mars\/Olympus|time zone/i)
  const zone = { isBroken: true }
  const page = await portal.signIn(context, await portal.makePerson())
  await page.route('**/api/v1/auth/token/refresh', async (route) => {
    const response = await route.fetch()
    const admission = (await response.json()) as RouteAnswer<'POST /auth/token'>
    const { university } = admission.me
    if (zone.isBroken && university !== null) university.timezone = 'Mars/Olympus'
    await route.fulfill({ response, json: admission })
  })
  await page.reload()
  for (const title of [
    'Something went wrong on this page',
    'Na tej strani je šlo nekaj narobe',
    '這個頁面發生問題',
  ])
    await expect(page.getByRole('heading', { name: title })).toBeVisible()
  await expect(page.getByRole('alert')).toContainText('Please load it again. Nothing that was saved is lost.')
  await expect(page.getByRole('navigation', { name: 'Main' })).toHaveCount(0)

  zone.isBroken = false
  await page.getByRole('button', { name: 'Load again' }).press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Places' })).toBeVisible()
})
