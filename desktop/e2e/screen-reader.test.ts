import type { Page } from '@playwright/test'
import {
  expectAnswer,
  expectDoor,
  expectEntrance,
  recordAnnouncements,
  reportButton,
} from './kiosk-screens.ts'
import { expect, test } from './testing.ts'

// What a screen reader hears: the page's one live region, each change of state once.

/** Live regions of the accessibility tree: what each is called there, and how it speaks. */
async function readLiveRegions(page: Page): Promise<{ role: string; live: string; text: string }[]> {
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  await session.detach()
  const byId = new Map(nodes.map((node) => [node.nodeId, node]))
  const textUnder = (id: string): string => {
    const node = byId.get(id)
    if (node === undefined) return ''
    if (node.role?.value === 'StaticText') return String(node.name?.value ?? '')
    return (node.childIds ?? []).map(textUnder).join('')
  }
  return nodes.flatMap(({ nodeId, role, properties }) => {
    const live = properties?.find(({ name }) => name === 'live')?.value.value
    const isRoot = properties?.some(({ name, value }) => name === 'root' && value.type === 'node') ?? false
    if (typeof live !== 'string' || live === 'off' || isRoot) return []
    return [{ role: String(role?.value), live, text: textUnder(nodeId) }]
  })
}

function countOf(heard: readonly string[], sentence: string): number {
  return heard.join(' ').split(sentence).length - 1
}

test('each change is announced once: a tap, its undo, a report from elsewhere, and nothing else', async ({
  world,
  openKiosk,
}) => {
  const { name, rooms, ids } = world.takeLibrary()
  const [door, entrance] = await Promise.all([
    openKiosk('door', ids.get(rooms[0]) ?? 0),
    openKiosk('entrance', ids.get(name) ?? 0),
  ])
  await expectDoor(door.page, 'Unknown')
  await expectEntrance(entrance.page, { [name]: 'Unknown' })
  const [atDoor, atEntrance] = [
    await recordAnnouncements(door.page),
    await recordAnnouncements(entrance.page),
  ]

  await reportButton(door.page, 'Busy').click()
  await expect.poll(async () => countOf(await atEntrance(), `${name}: Busy.`)).toBe(1)
  await door.page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(async () => countOf(await atDoor(), 'No current reports.')).toBe(1)
  await expectEntrance(entrance.page, { [name]: 'Unknown' })

  // From elsewhere: the entrance's visitor reports on the door's room.
  await entrance.page.locator('.entrance-main').getByRole('button', { name: rooms[0] }).click()
  await reportButton(entrance.page, 'Full').click()
  await expectDoor(door.page, 'Full')
  await expect.poll(async () => countOf(await atEntrance(), `${name}: Full.`)).toBe(1)

  const heard = await atDoor()
  const said = [
    'Thank you. You reported: Busy. You can undo this for five seconds.',
    `${rooms[0]}: Busy.`,
    'Report removed',
    'No current reports.',
    `${rooms[0]}: Full.`,
  ]
  for (const sentence of said) expect(countOf(heard, sentence), sentence).toBe(1)
  expect(heard.join(' ').length, heard.join(' | ')).toBe(said.join(' ').length)

  const entranceHeard = await atEntrance()
  for (const sentence of [
    `${name}: Busy.`,
    `${name}: Full.`,
    `${rooms[0]}: Full.`,
    'Thank you. You reported: Full. You can undo this for five seconds.',
  ])
    expect(countOf(entranceHeard, sentence), `${sentence} in ${entranceHeard.join(' | ')}`).toBe(1)

  const regions = await readLiveRegions(door.page)
  expect(regions).toEqual([{ role: 'status', live: 'polite', text: heard.at(-1) }])
})

test('ages and the clock go by in silence', async ({ world, openKiosk }) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await expectDoor(page, 'Unknown')
  await reportButton(page, 'Free').click()
  await expect(page.getByText('Reported just now')).toBeVisible()
  await page.clock.install()
  await page.reload()
  await expectDoor(page, 'Free')
  const heard = await recordAnnouncements(page)
  await page.clock.fastForward('02:30')
  await expect(page.getByText(/^Reported [23] min ago$/)).toBeVisible()
  expect(await heard()).toEqual([])
})

test('[SCR-21] a change of language is announced by nothing, what comes after it wholly in the new one, and all of it is gone after five seconds', async ({
  world,
  openKiosk,
}) => {
  const { rooms, ids } = world.takeLibrary()
  const { page } = await openKiosk('door', ids.get(rooms[0]) ?? 0)
  await reportButton(page, 'Busy').click()
  await expectDoor(page, 'Busy')
  await expectAnswer(page, 'Thank you')
  await page.waitForTimeout(500)
  const heard = await recordAnnouncements(page)
  for (const language of ['中文 繁體中文', 'EN English', 'SL Slovenščina']) {
    await page.getByRole('button', { name: language, exact: true }).click()
    await page.waitForTimeout(200)
  }
  expect(await heard()).toEqual([])
  await reportButton(page, 'Polno').click()
  await expect.poll(heard).toContainEqual(expect.stringContaining(`${rooms[0]}: Polno.`))
  expect((await readLiveRegions(page))[0]?.text).not.toBe('')
  await expect.poll(async () => (await readLiveRegions(page))[0]?.text ?? '').toBe('')
})
