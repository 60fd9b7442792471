import { expect, test } from 'vitest'
import { BEAT_EVERY_MS, CALLS_PER_SECOND, SILENT_ENGINE_MS } from '#shared/wire/bridge.ts'
import { DRAIN_MS } from '../engine/api/call-gate.ts'
import type { SenderEvent } from './electron-parts.ts'
import { mainFrameOf } from './testing/electron-double.ts'
import { startDouble } from './testing/start-double.ts'

test('[BRG-1] a call of the own page reaches the engine, and its answer the page', async () => {
  const { electron, window } = await startDouble()
  expect(await electron.invoke(mainFrameOf(window), 'call', 'reportOccupancy', { spaceId: 1 })).toEqual({
    ok: true,
    value: { name: 'reportOccupancy', input: { spaceId: 1 } },
  })
})

test('[BRG-4] a foreign page, a frame within and a frame that is gone are refused', async () => {
  const { electron, window, echo } = await startDouble()
  const own = mainFrameOf(window)
  const { BrowserWindow } = electron.parts()
  const other = new BrowserWindow({})
  other.webContents.mainFrame.url = 'app://carrel/kiosk.html'
  const foreign: SenderEvent[] = [
    mainFrameOf(other),
    { sender: own.sender, senderFrame: null },
    { sender: own.sender, senderFrame: { url: 'https://evil.example/', parent: null } },
    { sender: own.sender, senderFrame: { url: 'app://carrel.evil/kiosk.html', parent: null } },
    { sender: own.sender, senderFrame: { url: 'app://carrel/kiosk.html', parent: {} } },
    { sender: own.sender, senderFrame: { url: 'about:blank', parent: null } },
  ]
  for (const event of foreign) {
    electron.send(event, 'listen')
    expect(await electron.invoke(event, 'call', 'echo', 1)).toEqual({
      ok: false,
      refusal: { why: 'notAllowed' },
    })
  }
  expect(echo.calls).toEqual([])
  expect(echo.listeners.size).toBe(0)
})

test('[BRG-2] each listen starts again with the newest; a page that crashed gets nothing until it listens again', async () => {
  const { electron, window, echo, clock } = await startDouble()
  const page = window.webContents
  const outbox = { waitingCount: 1, alarm: null, refused: [] }
  echo.publish('outbox', outbox)
  expect(page.sent).toEqual([])
  electron.send(mainFrameOf(window), 'listen')
  electron.send(mainFrameOf(window), 'listen')
  echo.publish('outbox', outbox)
  expect(page.sent.map(({ channel, args }) => [channel, args[0]])).toEqual([
    ['slice', 'kiosk'],
    ['slice', 'beat'],
    ['slice', 'kiosk'],
    ['slice', 'beat'],
    ['slice', 'outbox'],
  ])
  page.crash('crashed')
  await clock.pass(250)
  expect(echo.listeners.size).toBe(0)
  electron.send(mainFrameOf(window), 'listen')
  expect(page.sent.map(({ args }) => args[0]).slice(5)).toEqual(['kiosk', 'beat'])
  window.destroy()
  expect(echo.listeners.size).toBe(0)
})

test('[KSK-17] a page is sent every two seconds that the main process is not held up, for as long as it is there', async () => {
  const { electron, window, clock } = await startDouble()
  const page = window.webContents
  electron.send(mainFrameOf(window), 'listen')
  electron.send(mainFrameOf(window), 'listen')
  page.sent.length = 0
  for (let beats = 0; beats < 3; beats += 1) await clock.pass(BEAT_EVERY_MS)
  expect(page.sent.map(({ args }) => args[0])).toEqual(['beat', 'beat', 'beat'])
  page.crash('crashed')
  page.sent.length = 0
  await clock.pass(BEAT_EVERY_MS)
  expect(page.sent).toEqual([])
})

test('[KSK-17] what a page asked before it gave its connection up is not done when a main process that hung goes on; what one that waits asked is', async () => {
  const { electron, window, echo, clock } = await startDouble()
  const own = mainFrameOf(window)
  electron.send(own, 'listen')
  // No timer ran: the tap and what the page did about it after five seconds lie in the channel, in this order.
  clock.nowMs += SILENT_ENGINE_MS
  const given = electron.invoke(own, 'call', 'reportOccupancy', { spaceId: 1, level: 2 })
  electron.send(own, 'listen')
  await clock.pass(DRAIN_MS)
  expect(await given).toEqual({ ok: false, refusal: { why: 'notSaved' } })
  expect(echo.calls).toEqual([])
  clock.nowMs += 60_000
  const waiting = electron.invoke(own, 'call', 'reportOccupancy', { spaceId: 1, level: 1 })
  await clock.pass(DRAIN_MS)
  expect(await waiting).toMatchObject({ ok: true })
  expect(echo.calls).toEqual(['reportOccupancy'])
})

test('[KSK-17] nor is it done where the page crashed or its window is gone', async () => {
  const { electron, window, echo, clock } = await startDouble()
  const own = mainFrameOf(window)
  for (const end of [() => window.webContents.crash('crashed'), () => window.destroy()]) {
    electron.send(own, 'listen')
    clock.nowMs += SILENT_ENGINE_MS
    const given = electron.invoke(own, 'call', 'reportOccupancy', { spaceId: 1, level: 2 })
    end()
    await clock.pass(DRAIN_MS)
    expect(await given).toEqual({ ok: false, refusal: { why: 'notSaved' } })
  }
  expect(echo.calls).toEqual([])
})

test('[BRG-1] a fault of the engine is answered `internal`; calls beyond the rate `tooFast`', async () => {
  const { electron, window, echo, warnings } = await startDouble()
  const own = mainFrameOf(window)
  expect(await electron.invoke(own, 'call', 'fail')).toEqual({ ok: false, refusal: { why: 'internal' } })
  expect(warnings).toEqual(['call-failed'])
  const answers = []
  for (let call = 0; call < CALLS_PER_SECOND * 10; call += 1)
    answers.push(await electron.invoke(own, 'call', 'echo', call))
  expect(answers.at(-2)).toMatchObject({ ok: true })
  expect(answers.at(-1)).toMatchObject({ ok: false, refusal: { why: 'tooFast' } })
  expect(echo.calls).toHaveLength(CALLS_PER_SECOND * 10)
})
