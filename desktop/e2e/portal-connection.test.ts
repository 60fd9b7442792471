import process from 'node:process'
import type { Browser } from '@playwright/test'
import { connectionMark } from './portal-world.ts'
import { expect, expectPlace, openPlace, reportButton, test } from './portal-testing.ts'
import { recordWords } from './word-record.ts'

// What a page says of its connection while the hub hangs, the laptop sleeps, or the network goes: never an old figure as "Live".

/** Numbers of the processes that draw this browser's pages. */
async function renderersOf(browser: Browser): Promise<number[]> {
  const cdp = await browser.newBrowserCDPSession()
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
  await cdp.detach()
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
}

test.afterEach(({ portal }) => portal.continueHub())

test('[POR-8, POR-9] a hub that hangs: "Live" for eight seconds at most, a tap that says what goes on, and all is well afterwards', async ({
  portal,
  context,
}) => {
  test.slow()
  const { rooms } = portal.takeLibrary()
  const page = await portal.signIn(context, await portal.makePerson())
  await openPlace(page, rooms[0])
  await expect(connectionMark(page)).toHaveText('Live')
  const record = await recordWords(page, '.p-connection')
  portal.stopHub()
  await reportButton(page, 'Busy').click()
  await expect(reportButton(page, 'Busy')).toBeVisible()
  await expect(page.locator('.p-report').getByText('Saving…')).toBeVisible()
  await expect(page.locator('.p-report').getByText('No answer yet. Still trying…')).toBeVisible()
  await expect(reportButton(page, 'Busy')).toBeVisible()
  await expect(connectionMark(page)).toHaveText('Offline', { timeout: 20_000 })
  await expect(page.getByText('No answer from Carrel. Please try again.')).toBeVisible({ timeout: 15_000 })
  const [first, second, third] = await record.words()
  expect([first?.[0], second?.[0], third?.[0]]).toEqual(['Live', 'Connecting…', 'Offline'])
  // One and a half heartbeats after the last message; then the time that a question gets.
  expect(second?.[1]).toBeLessThan(90)
  expect(third?.[1]).toBeLessThan(130)

  portal.continueHub()
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('Thank you', { exact: true })).toBeVisible()
  await expectPlace(page, 'Busy')
  await portal.bringBack(page)
  expect(await portal.countReports(rooms[0])).toBe(1)
})

test('[POR-8] a page that wakes says "connecting" before anything else, and "Live" only after a message of the hub', async ({
  portal,
  context,
}) => {
  const page = await portal.signIn(context, await portal.makePerson())
  // Events of browsers after a sleep, after another network, and on the way back; this one sends none by itself.
  for (const name of ['resume', 'online', 'offline', 'pageshow']) {
    await expect(connectionMark(page)).toHaveText('Live')
    portal.stopHub()
    const word = await page.evaluate(async (type) => {
      const event = type === 'pageshow' ? new PageTransitionEvent(type, { persisted: true }) : new Event(type)
      ;(type === 'resume' ? document : window).dispatchEvent(event)
      await new Promise((resolve) => requestAnimationFrame(resolve))
      return document.querySelector('.p-connection')?.textContent
    }, name)
    expect(word, name).toBe('Connecting…')
    portal.continueHub()
    await portal.bringBack(page)
  }
})

test('[POR-8] a page whose process stood still does not show its old figures as "Live"', async ({
  portal,
  context,
  browser,
}) => {
  test.slow()
  const { rooms } = portal.takeLibrary()
  const page = await portal.signIn(context, await portal.makePerson())
  await openPlace(page, rooms[0])
  await expect(connectionMark(page)).toHaveText('Live')
  const record = await recordWords(page, '.p-connection')
  const renderers = await renderersOf(browser)
  expect(renderers).not.toEqual([])
  for (const id of renderers) process.kill(id, 'SIGSTOP')
  try {
    await new Promise((resolve) => setTimeout(resolve, 12_000))
    // Heartbeats of these seconds lie in the socket; the connection dies behind them.
    portal.stopHub()
  } finally {
    for (const id of renderers) process.kill(id, 'SIGCONT')
  }
  await expect(connectionMark(page)).toHaveText('Offline', { timeout: 30_000 })
  const [live, connecting, offline] = await record.words()
  expect([live?.[0], connecting?.[0], offline?.[0]]).toEqual(['Live', 'Connecting…', 'Offline'])
  // The time that a connection gets to come back, and a second for a tick of the page.
  expect((offline?.[1] ?? 0) - (connecting?.[1] ?? 0)).toBeLessThan(40)
  portal.continueHub()
  await portal.bringBack(page)
})

test('[POR-8] a network that goes and comes: said at once, and asked at once', async ({
  portal,
  context,
  complaints,
}) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED/)
  const page = await portal.signIn(context, await portal.makePerson())
  await expect(connectionMark(page)).toHaveText('Live')
  const record = await recordWords(page, '.p-connection')
  await context.setOffline(true)
  await expect.poll(async () => (await record.words()).map(([word]) => word)).toContain('Connecting…')
  await context.setOffline(false)
  await portal.bringBack(page)
})

test('[POR-12] a hub that hangs: star, level and silence wait, take no second tap, and end with a word that says what to do', async ({
  portal,
  context,
}) => {
  test.slow()
  const { rooms } = portal.takeLibrary()
  const kiosk = `Door of ${rooms[0]}`
  await portal.putKiosk(kiosk, rooms[0])
  const page = await portal.signIn(context, await portal.makePerson('staff'))
  await openPlace(page, rooms[0])
  const star = page.getByRole('button', { name: 'Track', exact: true })
  const chip = page
    .getByRole('group', { name: 'Override status' })
    .getByRole('button', { name: 'Full', exact: true })
  const silence = page.getByRole('button', { name: `Mute ${kiosk}` })
  await expect(silence).toBeVisible()
  const calls: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'PUT') calls.push(new URL(request.url()).pathname.replace(/\/\d+\//, '/:id/'))
  })
  portal.stopHub()
  for (const button of [star, chip, silence]) {
    await button.dblclick()
    await expect(button).toHaveAttribute('aria-busy', 'true')
  }
  await expect(page.locator('.p-toast')).toHaveText('No answer yet. Still trying…')
  await expect(page.getByText('No answer from Carrel. Please try again.').first()).toBeVisible()
  for (const button of [star, chip, silence]) await expect(button).toHaveAttribute('aria-busy', 'false')
  expect(calls.toSorted()).toEqual([
    '/api/v1/kiosks/:id/silenced',
    '/api/v1/spaces/:id/level',
    '/api/v1/spaces/:id/tracked',
  ])

  portal.continueHub()
  await star.click()
  await expect(star).toHaveAttribute('aria-pressed', 'true')
  await chip.click()
  await expectPlace(page, 'Full')
  await silence.click()
  await expect(page.getByRole('button', { name: `Unmute ${kiosk}` })).toBeVisible()
  await portal.bringBack(page)
})
