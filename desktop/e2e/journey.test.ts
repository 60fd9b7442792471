import { expectAnswer, expectDoor, expectEntrance, reportButton } from './kiosk-screens.ts'
import { expect, test } from './testing.ts'
import { recordWords } from './word-record.ts'

// One tap's whole way: finger, screen, engine, hub, database, the other kiosk, its screen.

test('[OCC-12, OCC-2] a tap at the door appears at the entrance, on its floor and for its building; undo removes it', async ({
  world,
  openKiosk,
}) => {
  const { name, floors, rooms, ids } = world.takeLibrary()
  const roomId = ids.get(rooms[0]) ?? 0
  const [door, entrance] = await Promise.all([
    openKiosk('door', roomId),
    openKiosk('entrance', ids.get(name) ?? 0),
  ])
  await expectDoor(door.page, 'Unknown')
  await expectEntrance(entrance.page, { [name]: 'Unknown', [floors[0]]: 'Unknown', [rooms[0]]: 'Unknown' })

  await reportButton(door.page, 'Busy').click()
  await expectAnswer(door.page, 'Thank you')
  await expectDoor(door.page, 'Busy')
  await expectEntrance(entrance.page, {
    [name]: 'Busy',
    [floors[0]]: 'Busy',
    [rooms[0]]: 'Busy',
    [rooms[1]]: 'Unknown',
  })
  expect(await world.loadLevel(ids.get(name) ?? 0)).toBe(1)

  await door.page.getByRole('button', { name: 'Undo' }).click()
  await expectAnswer(door.page, 'Report removed')
  await expectDoor(door.page, 'Unknown')
  await expectEntrance(entrance.page, { [name]: 'Unknown', [floors[0]]: 'Unknown', [rooms[0]]: 'Unknown' })
  // The report stays on record. [OCC-2]
  expect(await world.loadReports(roomId)).toEqual([1])
  expect(await world.loadLevel(ids.get(name) ?? 0)).toBe(null)
})

test('[SYN-23, SYN-4] a dead connection: the door thanks at once and says what waits, the entrance says how old it is, and all converges', async ({
  world,
  openKiosk,
}) => {
  test.slow()
  const { name, rooms, ids } = world.takeLibrary()
  const roomId = ids.get(rooms[0]) ?? 0
  const [door, entrance] = await Promise.all([
    openKiosk('door', roomId),
    openKiosk('entrance', ids.get(name) ?? 0),
  ])
  await expectDoor(door.page, 'Unknown')
  await expectEntrance(entrance.page, { [name]: 'Unknown' })

  // Half open, as when a cable is pulled: neither end learns that the connection is dead.
  world.proxy.isSilent = true
  await reportButton(door.page, 'Full').click()
  await expectAnswer(door.page, 'Thank you')
  await expectDoor(door.page, 'Full')
  await expect(entrance.page.getByText(/^Offline · Last update \d\d:\d\d$/)).toBeVisible({ timeout: 30_000 })
  await expect(door.page.getByText(/^Offline · Last update \d\d:\d\d$/)).toBeVisible({ timeout: 30_000 })
  await expect(door.page.getByText('1 report waiting to send')).toBeVisible()
  await expectDoor(door.page, 'Full')
  expect(await world.loadReports(roomId)).toEqual([])

  world.proxy.isSilent = false
  world.proxy.cut()
  await Promise.all([door.kiosk.nap(), entrance.kiosk.nap()])
  await expectEntrance(entrance.page, { [name]: 'Full', [rooms[0]]: 'Full' })
  await expect(door.page.getByText('Offline')).toHaveCount(0)
  await expect(entrance.page.getByText('Offline')).toHaveCount(0)
  expect(await world.loadReports(roomId)).toEqual([2])
})

test('[SYN-1] a tap outlives kill -9 of its kiosk while the connection is cut: it is shown again, and arrives', async ({
  world,
  openKiosk,
  complaints,
}) => {
  test.slow()
  const { name, rooms, ids } = world.takeLibrary()
  const roomId = ids.get(rooms[1]) ?? 0
  const [door, entrance] = await Promise.all([
    openKiosk('door', roomId),
    openKiosk('entrance', ids.get(name) ?? 0),
  ])
  await expectDoor(door.page, 'Unknown')
  await expectEntrance(entrance.page, { [name]: 'Unknown' })

  world.proxy.isShut = true
  world.proxy.cut()
  await reportButton(door.page, 'Busy').click()
  await expectAnswer(door.page, 'Thank you')
  // The browser says by itself that the agent is away.
  complaints.expect(/WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/bridge' failed/)
  await door.kiosk.kill()
  await expect(door.page.getByRole('heading', { name: 'Back in a moment' })).toBeVisible()

  await door.kiosk.start()
  await expectDoor(door.page, 'Busy', 15_000)
  expect(await world.loadReports(roomId)).toEqual([])

  world.proxy.isShut = false
  await Promise.all([door.kiosk.nap(), entrance.kiosk.nap()])
  await expectEntrance(entrance.page, { [name]: 'Busy', [rooms[1]]: 'Busy' })
  expect(await world.loadReports(roomId)).toEqual([1])
})

test('[KSK-17] an agent that hangs: its page says so after five seconds and shows no figure, the tap is not certain, and never counts late', async ({
  world,
  openKiosk,
  complaints,
}) => {
  test.slow()
  const { rooms, ids } = world.takeLibrary()
  const roomId = ids.get(rooms[0]) ?? 0
  const door = await openKiosk('door', roomId)
  await expectDoor(door.page, 'Unknown')
  // Connections to an agent that hangs are given up again and again.
  complaints.expect(/WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/bridge' failed/)

  const record = await recordWords(door.page, '.setup h1')
  door.kiosk.freeze()
  await reportButton(door.page, 'Full').click()
  await expect(door.page.getByRole('heading', { name: 'Back in a moment' })).toBeVisible({ timeout: 30_000 })
  // Five seconds after the last beat, which may have come just before it froze, and a look of the page.
  expect(await record.firstOf('Back in a moment')).toBeLessThan(70)
  await expect(
    door.page.getByText('This may not have been saved. Please tap again.', { exact: true }).first(),
  ).toBeVisible()
  await expect(door.page.locator('.state-word')).toHaveCount(0)
  await expect(door.page.getByText(/Live/)).toHaveCount(0)
  // Long enough for a connection that was opened by then to be given up too.
  const awayAt = await record.tenths()
  await expect.poll(record.tenths, { timeout: 40_000 }).toBeGreaterThan(awayAt + 70)

  door.kiosk.thaw()
  await expectDoor(door.page, 'Unknown', 15_000)
  // What it read on waking came from a visitor who was shown that it is not certain.
  await reportButton(door.page, 'Busy').click()
  await expectAnswer(door.page, 'Thank you')
  await expect.poll(() => world.loadReports(roomId)).toEqual([1])
})

test('[SYN-2, SYN-6] a hub killed and back: kiosks return by themselves, nothing is lost and nothing counts twice', async ({
  world,
  openKiosk,
}) => {
  test.slow()
  const { name, rooms, ids } = world.takeLibrary()
  const [roomId, otherId] = [ids.get(rooms[0]) ?? 0, ids.get(rooms[2]) ?? 0]
  const [door, entrance] = await Promise.all([
    openKiosk('door', roomId),
    openKiosk('entrance', ids.get(name) ?? 0),
  ])
  await expectDoor(door.page, 'Unknown')
  await expectEntrance(entrance.page, { [rooms[2]]: 'Unknown' })
  await reportButton(door.page, 'Busy').click()
  await expectEntrance(entrance.page, { [rooms[0]]: 'Busy' })

  await entrance.page.locator('.entrance-main').getByRole('button', { name: rooms[2] }).click()
  // The thanks of the first tap makes room for the next question after five seconds.
  await expect(reportButton(door.page, 'Free')).toBeVisible()
  await Promise.all([reportButton(entrance.page, 'Full').click(), world.killHub()])
  await expectAnswer(entrance.page, 'Thank you')
  await reportButton(door.page, 'Free').click()
  await expectDoor(door.page, 'Free')

  await world.restartHub()
  await Promise.all([door.kiosk.nap(), entrance.kiosk.nap()])
  await expectEntrance(entrance.page, { [rooms[0]]: 'Free', [rooms[2]]: 'Full' })
  await expect.poll(() => world.loadReports(otherId)).toEqual([2])
  expect(await world.loadReports(roomId)).toEqual([1, 0])
  expect(await world.loadLevel(ids.get(name) ?? 0)).toBe(1)
})
