import type { BrowserContext, Page } from '@playwright/test'
import { expect, openPlace, test } from './portal-testing.ts'
import { PASSWORD, type PortalWorld } from './portal-world.ts'

// What staff say of a place in another language, on its way to the screens that speak it.

async function signInInSlovene(portal: PortalWorld, context: BrowserContext): Promise<Page> {
  const email = await portal.makePerson()
  const page = await context.newPage()
  await page.goto(`${portal.url}/sign-in`)
  await page.getByRole('button', { name: 'Slovenščina' }).click()
  await page
    .getByLabel('E-pošta')
    .or(page.getByLabel(/^E-naslov/))
    .first()
    .fill(email)
  await page.locator('input[type="password"]').fill(PASSWORD)
  await page.getByRole('button', { name: 'Prijava' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'sl')
  return page
}

test('[TXT-2] [TXT-3] staff say a name and equipment in Slovene: the Slovene portal and the Slovene door show them live, the English ones do not', async ({
  portal,
  context,
  other,
}) => {
  test.slow()
  const library = portal.takeLibrary()
  const [room] = library.rooms
  const kiosk = await portal.startDoor(library, room)
  const openDoor = async (): Promise<Page> => {
    const door = await other.newPage()
    await door.setViewportSize({ width: 800, height: 1280 })
    await door.goto(kiosk.url)
    await expect(door.locator('#state-name')).toHaveText(room, { timeout: 30_000 })
    return door
  }
  const [english, slovene] = [await openDoor(), await openDoor()]
  await slovene.getByRole('button', { name: 'SL Slovenščina' }).click()
  await expect(slovene.locator('html')).toHaveAttribute('lang', 'sl')
  await expect(slovene.locator('#state-name')).toHaveText(room)
  const reader = await signInInSlovene(portal, other)
  await openPlace(reader, room)
  const staff = await portal.signIn(context, await portal.makePerson('staff'))
  await openPlace(staff, room)

  await staff.getByRole('link', { name: 'Edit', exact: true }).click()
  await staff.getByLabel(/^Equipment/).fill('Screen, Whiteboard')
  const fold = staff.locator('summary')
  await fold.focus()
  await staff.keyboard.press('Enter')
  await staff.getByLabel('Name (Slovenščina)').fill('Soba za skupine')
  const equipment = staff.getByLabel('Equipment (Slovenščina)')
  await equipment.fill('Zaslon')
  // Folded again, the field that does not fit comes out.
  await fold.click()
  await expect(equipment).toBeHidden()
  await staff.getByRole('button', { name: 'Save' }).click()
  await expect(staff.getByText('List the same number of items as under Equipment.')).toBeVisible()
  await expect(equipment).toBeFocused()
  await equipment.fill('Zaslon, Bela tabla')
  await staff.getByRole('button', { name: 'Save' }).click()

  await expect(staff.getByRole('heading', { level: 1, name: room, exact: true })).toBeVisible()
  await expect(staff.getByText('Screen, Whiteboard')).toBeVisible()
  await expect(reader.getByRole('heading', { level: 1, name: 'Soba za skupine', exact: true })).toBeVisible()
  await expect(reader.getByText('Zaslon, Bela tabla')).toBeVisible()
  await expect(slovene.locator('#state-name')).toHaveText('Soba za skupine')
  await expect(slovene.getByText('Zaslon, Bela tabla').first()).toBeVisible()
  await expect(english.locator('#state-name')).toHaveText(room)
  await expect(english.getByText('Screen, Whiteboard').first()).toBeVisible()

  // Found by either name; on the own list, the stored place keeps its main name.
  await reader.locator('button.p-star').click()
  await expect(reader.locator('button.p-star')).toHaveAttribute('aria-pressed', 'true')
  await reader.locator('.p-back').click()
  for (const words of [room, 'za skupine']) {
    await reader.getByRole('searchbox').fill(words)
    await expect(reader.locator('.p-row').filter({ hasText: 'Soba za skupine' })).toBeVisible()
  }

  await staff.getByRole('link', { name: 'Edit', exact: true }).click()
  await expect(fold).toHaveText('In other languages · Slovenščina')
  await expect(staff.getByLabel('Name', { exact: true })).toHaveValue(room)
  await fold.click()
  await staff.getByLabel('Name (Slovenščina)').fill('')
  await staff.getByRole('button', { name: 'Save' }).click()
  await expect(staff.getByRole('heading', { level: 1, name: room, exact: true })).toBeVisible()
  await expect(slovene.locator('#state-name')).toHaveText(room)
  await expect(reader.locator('.p-row').filter({ hasText: 'Soba za skupine' })).toHaveCount(0)
  await reader.getByRole('searchbox').fill(room)
  await expect(reader.locator('.p-row').filter({ hasText: room })).toBeVisible()
  await Promise.all([english.close(), slovene.close()])
  await kiosk.remove()

  // Put in order, the main list takes the Slovene one with it; with something new in it, staff are asked about that one first.
  const editEquipment = async (main: string): Promise<void> => {
    await staff.getByRole('link', { name: 'Edit', exact: true }).click()
    await staff.locator('input[name="equipment"]').fill(main)
    await staff.getByRole('button', { name: 'Save' }).click()
  }
  await editEquipment('Whiteboard, Screen')
  await expect(staff.getByText('Whiteboard, Screen')).toBeVisible()
  await openPlace(reader, room)
  await expect(reader.getByText('Bela tabla, Zaslon')).toBeVisible()
  await editEquipment('Flipchart, Screen')
  await expect(staff.getByText(/^Equipment has changed\. Correct this list too/)).toBeVisible()
  await expect(equipment).toBeFocused()
  await equipment.fill('Tabla z listi, Zaslon')
  await staff.getByRole('button', { name: 'Save' }).click()
  await expect(reader.getByText('Tabla z listi, Zaslon')).toBeVisible()
  await editEquipment('Flip chart, Screen')
  await expect(staff.getByText(/^Equipment has changed\./)).toBeVisible()
  await staff.getByRole('button', { name: 'Save' }).click()
  await expect(staff.getByText('Flip chart, Screen')).toBeVisible()
  await expect(reader.getByText('Tabla z listi, Zaslon')).toBeVisible()
})
