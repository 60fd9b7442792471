import type { BrowserContext } from '@playwright/test'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import { expect, openPlace, test } from './portal-testing.ts'

// A page of the portal that breaks: no white page, and a way on.

test('[SCR-1] a page of the portal that cannot be drawn says so in three languages, and goes on once it is loaded again', async ({
  portal,
  context,
  complaints,
}) => {
  complaints.expect(/Cannot read properties of null|\bmap\b/)
  const answer = { isBroken: true }
  const page = await portal.signIn(context, await portal.makePerson())
  await page.route('**/api/v1/auth/token/refresh', async (route) => {
    const response = await route.fetch()
    const admission = (await response.json()) as RouteAnswer<'POST /auth/token'>
    const me = answer.isBroken ? { ...admission.me, groups: null } : admission.me
    await route.fulfill({ response, json: { ...admission, me } })
  })
  await page.reload()
  for (const title of [
    'Something went wrong on this page',
    'Na tej strani je prišlo do napake',
    '這個頁面發生錯誤',
  ])
    await expect(page.getByRole('heading', { name: title })).toBeVisible()
  await expect(page.getByRole('alert')).toContainText('Please reload it. Anything already saved is safe.')
  await expect(page.getByRole('navigation', { name: 'Main' })).toHaveCount(0)

  answer.isBroken = false
  await page.getByRole('button', { name: 'Reload page' }).press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Places' })).toBeVisible()
})

test('[SCR-12] a time zone that the browser does not know breaks no page, and times say in which zone they are', async ({
  portal,
  context,
  complaints,
}) => {
  complaints.expect(/the time zone "Mars\/Olympus" is not known to this browser/)
  const { rooms } = portal.takeLibrary()
  const page = await portal.signIn(context, await portal.makePerson())
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  await page.route('**/api/v1/auth/token/refresh', async (route) => {
    const response = await route.fetch()
    const admission = (await response.json()) as RouteAnswer<'POST /auth/token'>
    const { university } = admission.me
    if (university !== null) university.timezone = 'Mars/Olympus'
    await route.fulfill({ response, json: admission })
  })
  await page.reload()
  await openPlace(page, rooms[0])
  await expect(page.getByRole('heading', { level: 1, name: rooms[0] })).toBeVisible()
  expect(errors).toHaveLength(1)
})

/** Which programs a hub gives, and whether it is there at all. */
interface ProgramHub {
  isAway: boolean
  isUpgraded: boolean
}

async function holdProfile(context: BrowserContext, hub: ProgramHub): Promise<void> {
  await context.route('**/assets/profile-*.js', (route) => {
    if (hub.isAway) return route.abort()
    return hub.isUpgraded ? route.fulfill({ status: 404, body: '' }) : route.fallback()
  })
  await context.route(
    ({ pathname }) => pathname === '/',
    (route) => (hub.isAway && route.request().method() === 'HEAD' ? route.abort() : route.fallback()),
  )
}

const PROGRAM_MISSING = /Failed to load resource|dynamically imported module/

test('[SCR-19] a page whose program does not come says so, and comes when it is tried again', async ({
  portal,
  context,
  complaints,
}) => {
  complaints.expect(PROGRAM_MISSING)
  const hub: ProgramHub = { isAway: true, isUpgraded: false }
  await holdProfile(context, hub)
  const page = await portal.signIn(context, await portal.makePerson())
  await page.getByRole('link', { name: 'Profile' }).click()
  await expect(page.getByRole('alert')).toContainText('Can’t reach Carrel')
  hub.isAway = false
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()
})

test('[SCR-19] where the hub was upgraded the portal loads itself again, once, and then offers it', async ({
  portal,
  context,
  complaints,
}) => {
  complaints.expect(PROGRAM_MISSING)
  const hub: ProgramHub = { isAway: false, isUpgraded: true }
  await holdProfile(context, hub)
  const page = await portal.signIn(context, await portal.makePerson())
  let loads = 0
  page.on('load', () => (loads += 1))
  await page.getByRole('link', { name: 'Profile' }).click()
  await expect(page.getByRole('alert')).toContainText('Please try again')
  expect(loads).toBe(1)
  hub.isUpgraded = false
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()
  expect(loads).toBe(2)
})
