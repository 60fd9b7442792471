import { expectDoor, reportButton } from './kiosk-screens.ts'
import { expect, test } from './testing.ts'

// How a screen gets its assigned space, and who gets nothing.

test('[SYN-20] a device without a place: a code tapped on its own keys makes it a door', async ({
  world,
  context,
}) => {
  const { rooms, ids } = world.takeLibrary()
  const roomId = ids.get(rooms[0]) ?? 0
  const kiosk = world.makeKiosk('Device without a place')
  const page = await context.newPage()
  try {
    await kiosk.start()
    await page.goto(kiosk.url)
    await expect(page.getByRole('heading', { name: 'Set up this screen' })).toBeVisible()
    const type = async (code: string): Promise<void> => {
      for (const letter of code.replaceAll('-', ''))
        await page.getByRole('button', { name: letter, exact: true }).click()
      await page.getByRole('button', { name: 'Continue' }).click()
    }
    await type('0000-0000-0000-0000')
    await expect(page.locator('.code-said')).toHaveText('This code is wrong, expired or already used.')
    for (let letter = 0; letter < 16; letter += 1)
      await page.getByRole('button', { name: 'Delete last character' }).click()

    await type(await world.makeCode(roomId, 'door'))
    await expectDoor(page, 'Unknown', 15_000)
    await expect(page.getByRole('heading', { level: 1, name: rooms[0] })).toBeVisible()
    await reportButton(page, 'Free').click()
    await expectDoor(page, 'Free')
    await expect.poll(() => world.loadReports(roomId)).toEqual([0])
  } finally {
    await page.close()
    await kiosk.remove()
  }
})

for (const [what, fragment] of [
  ['a wrong token', '#token=wrong'],
  ['no token', ''],
] as const)
  test(`[BRG-3] ${what}: the page says in plain words what to do, and shows nothing of the place`, async ({
    world,
    openKiosk,
    browser,
  }) => {
    const { rooms, ids } = world.takeLibrary()
    const { kiosk } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
    const stranger = await browser.newContext()
    const page = await stranger.newPage()
    await page.goto(kiosk.url.replace(/#.*$/, fragment))
    await expect(page.getByRole('heading', { name: 'This address has expired' })).toBeVisible()
    await expect(
      page.getByText('Please open the address that the kiosk program printed when it started.'),
    ).toBeVisible()
    await expect(page.getByText(rooms[0])).toHaveCount(0)
    await stranger.close()
  })

test('[BRG-3] the policy of the screens holds: injected code does not run, and nothing else is reached', async ({
  world,
  openKiosk,
  complaints,
}) => {
  const { rooms, ids } = world.takeLibrary()
  const { page, kiosk } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await expectDoor(page, 'Unknown')
  // The token is not left in the address bar.
  expect(page.url()).toBe(kiosk.url.replace(/#.*$/, ''))
  complaints.expect(/Content Security Policy/)
  const outcome = await page.evaluate(async () => {
    const ran: string[] = []
    Object.assign(window, { ran })
    const script = document.createElement('script')
    script.textContent = "window.ran.push('inline script')"
    document.body.append(script)
    document.body.insertAdjacentHTML(
      'beforeend',
      `<img src="x:" onerror="window.ran.push('inline handler')">`,
    )
    const module = "data:text/javascript,window.ran.push('module')"
    await import(module).catch(() => undefined)
    const reached = await fetch('http://127.0.0.1:1/').then(
      () => true,
      () => false,
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    return { ran, reached }
  })
  expect(outcome).toEqual({ ran: [], reached: false })
})

test('a page that is loaded again is the same kiosk; two pages show the same', async ({
  world,
  openKiosk,
  context,
}) => {
  const { rooms, ids } = world.takeLibrary()
  const { page, kiosk } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await expectDoor(page, 'Unknown')
  await page.reload()
  await expectDoor(page, 'Unknown')
  const second = await context.newPage()
  await second.goto(kiosk.url)
  await reportButton(page, 'Busy').click()
  await expectDoor(second, 'Busy')
})
