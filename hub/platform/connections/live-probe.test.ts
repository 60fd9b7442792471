import { expect, test } from 'vitest'
import { LIVE_HEARTBEAT_MS, MAX_LIVE_PROBES } from '#shared/wire/live.ts'
import { LivePage, makeLiveScene } from '../../testing/testing-live.ts'

const live = makeLiveScene('live_probe')

test('[LIV-5] a page that asks whether the connection works is answered at once, after all that was sent before', async () => {
  const ticket = await live.hub.ticketOf(live.tenant.student)
  const page = await live.hub.dial({ type: 'hello', ticket, since: null })
  expect(await page.next('welcome')).toMatchObject({ takesProbes: true, heartbeatMs: LIVE_HEARTBEAT_MS })
  await page.next('snapshot')
  const askedMs = Date.now()
  page.send({ type: 'probe', id: 41 })
  const alive = await page.next('alive')
  expect(alive.id).toBe(41)
  expect(Math.abs(alive.nowMs - askedMs)).toBeLessThan(60_000)
  page.send({ type: 'probe', id: 42 })
  expect((await page.next('alive')).id).toBe(42)
})

test('[LIV-5] a hub that does not know whether the session lives says nothing', async () => {
  const page = await live.hub.open(live.tenant.student)
  await page.next('snapshot')
  live.hubs.aheadMs += 4_000
  page.send({ type: 'probe', id: 1 })
  await live.hub.calls.report(live.tenant.other, live.tenant.campus.rooms[0], 1)
  await page.next('changes')
  expect(page.received.some(({ type }) => type === 'alive')).toBe(false)
})

test('[LIV-5] [LIV-4] asked before the hello, or without end, the socket ends', async () => {
  const early = await new LivePage(live.hub.host).opened()
  early.send({ type: 'probe', id: 1 })
  expect(await early.ended()).toBe('malformed')
  const page = await live.hub.open(live.tenant.student)
  await page.next('snapshot')
  for (let id = 1; id <= MAX_LIVE_PROBES; id += 1) {
    page.send({ type: 'probe', id })
    expect((await page.next('alive')).id).toBe(id)
  }
  page.send({ type: 'probe', id: 99 })
  expect(await page.ended()).toBe('malformed')
})
