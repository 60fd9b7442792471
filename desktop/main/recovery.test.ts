import { expect, test } from 'vitest'
import { TICK_MS } from '../engine/api/call-gate.ts'
import { FIRST_PAINT_TIMEOUT_MS, CHECK_INTERVAL_MS, PAINT_TIMEOUT_MS } from '../engine/screen/page-watch.ts'
import { STABLE_MS, CRASH_SPAN_MS, HANG_MS, MAX_RELOAD_MS, MAX_CRASHES } from './recovery.ts'
import { mainFrameOf } from './testing/electron-double.ts'
import { settle, startDouble } from './testing/start-double.ts'

test('[KSK-32] a page that crashes comes back, each time a little later, and after a calm time soon again', async () => {
  const { window, clock } = await startDouble()
  const page = window.webContents
  for (const waitMs of [250, 500, 1_000, 2_000]) {
    const before = page.loads.length
    page.crash('crashed')
    await clock.pass(waitMs - 1)
    expect(page.loads).toHaveLength(before)
    await clock.pass(1)
    expect(page.loads).toHaveLength(before + 1)
  }
  await clock.pass(STABLE_MS + 1)
  page.crash('oom')
  await clock.pass(250)
  expect(page.loads).toHaveLength(6)
  expect(page.isGone).toBe(false)
})

test('[SHL-11] a page that ends more than five times in ten minutes ends the app with 70; one that ends less often never does', async () => {
  const { electron, window, clock, stops } = await startDouble()
  for (let round = 0; round < 50; round += 1) {
    window.webContents.crash('crashed')
    await clock.pass(CRASH_SPAN_MS / MAX_CRASHES)
    await window.webContents.lastLoad
  }
  expect(electron.app.exitCode).toBe(null)
  expect(window.webContents.loads).toHaveLength(51)
  await clock.pass(CRASH_SPAN_MS)
  for (let round = 0; round <= MAX_CRASHES; round += 1) {
    expect(electron.app.exitCode).toBe(null)
    window.webContents.crash(round % 2 === 0 ? 'oom' : 'killed')
    await clock.pass(MAX_RELOAD_MS)
  }
  expect([electron.app.exitCode, stops]).toEqual([70, [1]])
})

test('[SHL-11] a page that breaks at every start does not make the app start more than once a minute', async () => {
  const { electron, window, clock } = await startDouble()
  for (let waitMs = 250; waitMs < 32_000; waitMs *= 2) {
    window.webContents.crash('crashed')
    await clock.pass(waitMs)
  }
  expect([electron.app.exitCode, clock.nowMs]).toEqual([null, 31_750])
  window.webContents.crash('crashed')
  await clock.pass(32_000)
  expect(electron.app.exitCode).toBe(null)
  window.webContents.crash('crashed')
  await settle()
  expect(electron.app.exitCode).toBe(70)
})

test('[SHL-11] a page that ended as asked is loaded again, and is no crash', async () => {
  const { electron, window, clock } = await startDouble()
  for (let round = 0; round < 10; round += 1) {
    window.webContents.crash('clean-exit')
    await clock.pass(MAX_RELOAD_MS)
  }
  expect(electron.app.exitCode).toBe(null)
  expect(window.webContents.loads).toHaveLength(11)
})

test('[KSK-32] two faults at once make one load', async () => {
  const { window, clock } = await startDouble()
  window.webContents.crash('killed')
  window.webContents.emit('did-fail-load', {}, -2, 'ERR_FAILED')
  await clock.pass(MAX_RELOAD_MS)
  expect(window.webContents.loads).toHaveLength(2)
})

test('[KSK-32] a page that hangs is ended after ten seconds and comes back; one that answers again is left alone', async () => {
  const { window, clock } = await startDouble()
  const page = window.webContents
  window.emit('unresponsive')
  await clock.pass(HANG_MS - 1)
  window.emit('responsive')
  await clock.pass(HANG_MS)
  expect(page.isGone).toBe(false)
  expect(page.loads).toHaveLength(1)
  window.emit('unresponsive')
  await clock.pass(HANG_MS)
  expect(page.isGone).toBe(true)
  await clock.pass(250)
  expect(page.isGone).toBe(false)
  expect(page.loads).toHaveLength(2)
})

test('[KSK-32] a page that hung twice and answers is left alone, and a hang is not held against the page that comes after a crash', async () => {
  const { window, clock } = await startDouble()
  const page = window.webContents
  window.emit('unresponsive')
  await clock.pass(HANG_MS / 2)
  window.emit('unresponsive')
  window.emit('responsive')
  await clock.pass(HANG_MS)
  expect([page.isGone, page.loads.length]).toEqual([false, 1])
  window.emit('unresponsive')
  page.crash('crashed')
  await clock.pass(250)
  expect([page.isGone, page.loads.length]).toEqual([false, 2])
  await clock.pass(HANG_MS)
  expect([page.isGone, page.loads.length]).toEqual([false, 2])
  window.emit('unresponsive')
  await clock.pass(HANG_MS)
  expect(page.isGone).toBe(true)
})

test('[KSK-32] a load that was aborted by a newer one is no fault', async () => {
  const { window, clock } = await startDouble()
  window.webContents.emit('did-fail-load', {}, -3, 'ERR_ABORTED')
  await clock.pass(MAX_RELOAD_MS)
  expect(window.webContents.loads).toHaveLength(1)
})

test('[KSK-32] a window that is gone is not loaded again', async () => {
  const { window, clock } = await startDouble()
  window.emit('unresponsive')
  window.webContents.crash('crashed')
  window.destroy()
  await clock.pass(MAX_RELOAD_MS)
  expect(window.webContents.loads).toHaveLength(1)
})

test('[SCR-3] a page that stops painting is ended after fifteen seconds and comes back; one that is hidden or minimised is left alone', async () => {
  const { electron, window, clock } = await startDouble()
  const page = window.webContents
  const wait = async (ms: number): Promise<void> => {
    // In steps of the process's own: one that jumped would have stood still, and its pages' calls would wait. [KSK-17]
    for (let passedMs = 0; passedMs < ms; passedMs += TICK_MS) await clock.pass(TICK_MS)
  }
  const paint = (isVisible: unknown): Promise<unknown> =>
    electron.invoke(mainFrameOf(window), 'call', 'painted', { isVisible })
  await paint(true)
  await wait(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
  await paint(false)
  await wait(2 * PAINT_TIMEOUT_MS)
  await paint(true)
  window.isMin = true
  await wait(PAINT_TIMEOUT_MS)
  expect(page.loads).toHaveLength(1)
  window.isMin = false
  await paint(true)
  await wait(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
  expect(page.loads).toHaveLength(1)
  await wait(2 * CHECK_INTERVAL_MS)
  expect(page.loads).toHaveLength(2)
})

test('[SCR-8] a page that loads and never paints is ended after a minute, each time again; one that is hidden says so and is left alone', async () => {
  const { electron, window, clock } = await startDouble()
  const page = window.webContents
  const wait = async (ms: number): Promise<void> => {
    // In steps of the process's own: one that jumped would have stood still, and its pages' calls would wait. [KSK-17]
    for (let passedMs = 0; passedMs < ms; passedMs += TICK_MS) await clock.pass(TICK_MS)
  }
  await wait(FIRST_PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
  expect(page.loads).toHaveLength(1)
  await wait(2 * CHECK_INTERVAL_MS)
  expect(page.loads).toHaveLength(2)
  // What was said by the page before counts for nothing after it.
  await electron.invoke(mainFrameOf(window), 'call', 'painted', { isVisible: false })
  page.crash('crashed')
  await wait(FIRST_PAINT_TIMEOUT_MS + 2 * CHECK_INTERVAL_MS)
  expect(page.loads).toHaveLength(4)
  await electron.invoke(mainFrameOf(window), 'call', 'painted', { isVisible: false })
  await wait(2 * FIRST_PAINT_TIMEOUT_MS)
  expect(page.loads).toHaveLength(4)
}, 30_000)

test('[SCR-1] [BRG-4] a page may load itself again, and still go nowhere else', async () => {
  const { window } = await startDouble()
  expect(window.webContents.navigate('will-navigate', 'app://carrel/kiosk.html')).toBe(true)
  expect(window.webContents.navigate('will-navigate', 'app://carrel/kiosk.html?else')).toBe(false)
})
