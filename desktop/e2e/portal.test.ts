import { DOMAIN, UNIVERSITY } from './portal-world.ts'
import { expect, expectPlace, openPlace, reportButton, test } from './portal-testing.ts'

// People's whole ways through the portal: a real browser, hub, database and mail server.

test('[POR-1, POR-2] sign up, mail, confirm, sign in, report, undo – and another browser sees it live', async ({
  portal,
  page,
  other,
}) => {
  test.slow()
  const { name, rooms } = portal.takeLibrary()
  const email = `ana.${Date.now()}@student.${DOMAIN}`
  const password = 'seven grey herons waiting'

  await page.goto(`${portal.url}/spaces/1`)
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect(page.getByText(UNIVERSITY)).toBeVisible()
  await expect(page.getByText(name)).toHaveCount(0)

  await page.getByRole('link', { name: 'Create account' }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('1234567890')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByText('Use more than just digits.')).toBeVisible()
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible()

  const { text } = await portal.mail.mailTo(email, /#token=/)
  const link = /http\S+\/verify#token=[\w-]{43}/.exec(text)?.[0] ?? ''
  expect(link).not.toBe('')
  await page.goto(link)
  expect(page.url()).toBe(`${portal.url}/verify`)
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  )
  expect(kept).not.toContain(link.split('#token=')[1])
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('Email address confirmed. You can sign in now.')).toBeVisible()
  expect(new URL(page.url()).pathname).toBe('/sign-in')

  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Places' })).toBeVisible()
  expect(new URL(page.url()).pathname).toBe('/')
  await openPlace(page, rooms[0])

  const second = await portal.signIn(other, await portal.makePerson())
  await openPlace(second, rooms[0])
  await expectPlace(second, 'Unknown')
  await reportButton(page, 'Busy').click()
  await expect(page.getByText('Thank you', { exact: true })).toBeVisible()
  await expectPlace(page, 'Busy')
  await expectPlace(second, 'Busy')
  await expect(second.getByText('Reported just now', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: /^Undo/ }).click()
  await expectPlace(page, 'Unknown')
  await expectPlace(second, 'Unknown')

  await page.goto(`${portal.url}/reports`)
  await expect(page.getByText('removed')).toBeVisible()
  const tokens = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  )
  expect(tokens).not.toMatch(/eyJ|refresh/)
})

test('signed in, sign-up leads home; who signs out in one tab is out in all', async ({ portal, context }) => {
  const page = await portal.signIn(context, await portal.makePerson(), '/sign-in')
  await expect(page.getByRole('heading', { level: 1, name: 'Places' })).toBeVisible()
  for (const address of ['/sign-up', '/sign-in', '/verify']) {
    await page.goto(portal.url + address)
    await expect(page.getByRole('heading', { level: 1, name: 'Places' })).toBeVisible()
    expect(new URL(page.url()).pathname).toBe('/')
  }
  const tab = await context.newPage()
  await tab.goto(`${portal.url}/profile`)
  await tab.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(tab.getByText('You are signed out.')).toBeVisible()
  await expect(page.getByText('You are signed out.')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})

test('keyboard alone: sign in, search, open, report, undo', async ({ portal, page }) => {
  const { rooms } = portal.takeLibrary()
  const email = await portal.makePerson()
  const { keyboard } = page
  const tabTo = async (label: string): Promise<void> => {
    for (let press = 0; press < 60; press += 1) {
      await keyboard.press('Tab')
      const found = await page.evaluate(() => {
        const { activeElement: element } = document
        const style = getComputedStyle(element ?? document.body)
        const ring = style.outlineStyle === 'none' ? 0 : Number.parseFloat(style.outlineWidth)
        return { label: element?.getAttribute('aria-label') ?? element?.textContent ?? '', ring }
      })
      expect(found.ring, found.label).toBeGreaterThanOrEqual(2)
      if (found.label.trim().startsWith(label)) return
    }
    throw new Error(`"${label}" cannot be reached by Tab`)
  }
  await page.goto(portal.url)
  await page.getByLabel('Email').focus()
  await keyboard.type(email)
  await keyboard.press('Tab')
  await keyboard.type('tall lamp under seven stairs')
  await keyboard.press('Enter')
  await expect(page.getByRole('searchbox')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name: 'Places' })).toBeFocused()
  await keyboard.press('/')
  await expect(page.getByRole('searchbox')).toBeFocused()
  await keyboard.type(rooms[1])
  await expect(page.getByText(/^\d+ places?$/)).toBeVisible()
  await tabTo(rooms[1])
  await keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: rooms[1] })).toBeFocused()
  await tabTo('Full')
  await keyboard.press('Enter')
  await expectPlace(page, 'Full')
  await expect(page.getByRole('button', { name: /^Undo/ })).toBeFocused()
  await keyboard.press('Enter')
  await expectPlace(page, 'Unknown')
  // [SCR-20] The focus waits on the answer, and is then back on the level that was reported.
  await expect(page.locator('.p-answer')).toBeFocused()
  await expect(reportButton(page, 'Full')).toBeFocused()
})

test('[SCR-20] a tap or a key for Undo that comes too late reports nothing', async ({ portal, context }) => {
  const { rooms } = portal.takeLibrary()
  const page = await portal.signIn(context, await portal.makePerson())
  await openPlace(page, rooms[0])
  const undo = page.getByRole('button', { name: /^Undo/ })
  const buttons = page.locator('.p-report-buttons')
  await reportButton(page, 'Busy').click()
  const box = await undo.boundingBox()
  if (box === null) throw new Error('no Undo')
  await buttons.waitFor({ timeout: 15_000 })
  for (const share of [0.1, 0.5, 0.9])
    await page.mouse.click(box.x + box.width * share, box.y + box.height / 2)
  await page.waitForTimeout(500)
  await expectPlace(page, 'Busy')
  await expect(page.locator('.p-answer')).toHaveCount(0)
  await page.locator('.p-report-buttons:not([data-guarded="true"])').waitFor()
  await reportButton(page, 'Full').focus()
  await page.keyboard.press('Enter')
  await expect(undo).toBeFocused()
  await buttons.waitFor({ timeout: 15_000 })
  await page.keyboard.press('Enter')
  await page.waitForTimeout(500)
  await expectPlace(page, 'Full')
  await expect(page.locator('.p-answer')).toHaveCount(0)
  await expect(reportButton(page, 'Full')).toBeFocused()
})

test('"that was not me": the other browser is signed out at once', async ({ portal, context, other }) => {
  const email = await portal.makePerson()
  const page = await portal.signIn(context, email)
  const thief = await portal.signIn(other, email)
  await expect(thief.getByText('Live')).toBeVisible()
  await page.goto(`${portal.url}/profile`)
  await page.getByRole('button', { name: 'This wasn’t me' }).click()
  await expect(
    page.getByText('That device was signed out. Please change your password too.').first(),
  ).toBeVisible()
  await expect(thief.getByText('You were signed out. Please sign in again.')).toBeVisible()
  await expect(thief.getByText(UNIVERSITY)).toHaveCount(1)
  await expect(thief.getByRole('navigation', { name: 'Main' })).toHaveCount(0)
})

test('[POR-4] a hub killed and back: the page says how old it is, refuses with advice, and comes back by itself', async ({
  portal,
  context,
  other,
  complaints,
}) => {
  test.slow()
  complaints.expect(/ERR_CONNECTION_REFUSED|WebSocket connection to|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/)
  const { rooms } = portal.takeLibrary()
  const page = await portal.signIn(context, await portal.makePerson())
  const second = await portal.signIn(other, await portal.makePerson())
  await openPlace(page, rooms[0])
  await reportButton(page, 'Full').click()
  await expectPlace(page, 'Full')
  await openPlace(second, rooms[0])
  await expectPlace(second, 'Full')
  await expect(reportButton(page, 'Free')).toBeVisible()

  await portal.killHub()
  await expect(page.getByText(/^Offline\. Last updated at \d\d:\d\d, just now\.$/)).toBeVisible()
  await expectPlace(page, 'Full')
  await reportButton(page, 'Free').click()
  await expect(page.getByText('Can’t reach Carrel. Check your connection and try again.')).toBeVisible()

  await portal.restartHub()
  await portal.bringBack(page)
  await portal.bringBack(second)
  await page.getByRole('button', { name: 'Try again' }).click()
  await expectPlace(page, 'Free')
  await expectPlace(second, 'Free')
})

test('the chosen language, colours and size stay with the browser', async ({ portal, context }) => {
  const page = await portal.signIn(context, await portal.makePerson(), '/profile')
  await page.goto(`${portal.url}/profile`)
  await page.getByRole('button', { name: 'Slovenščina' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Profil' })).toBeVisible()
  await page.getByRole('button', { name: 'Temne' }).click()
  await page.getByRole('button', { name: 'Večje črke' }).click()
  await page.getByRole('button', { name: '繁體中文' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '個人資料' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: '個人資料' })).toBeVisible()
  const look = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    ...document.documentElement.dataset,
  }))
  expect(look).toMatchObject({ lang: 'zh-TW', theme: 'dark', text: 'large' })
  await expect(page.locator('link[rel="manifest"]')).toHaveAttribute('href', '/manifest.zh-TW.webmanifest')
})
