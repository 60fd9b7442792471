import { expect, test } from 'vitest'
import { ASSIGNMENT, openLiveTestKiosk, reconnect, untilReconnected } from '../testing/test-engine.ts'
import { HUB_MS } from '../testing/scripted-hub.ts'

// What a hub says that is shaped like a message and cannot be meant.

test('[SYN-23] a goodbye for ever neither silences the kiosk nor lets it flood the hub', async () => {
  const kiosk = await openLiveTestKiosk()
  // Beyond 2^31 ms a real timer fires at once.
  kiosk.hub.say({ type: 'bye', retryAfterMs: Number.MAX_SAFE_INTEGER })
  kiosk.clock.advance(299_000)
  expect(kiosk.hub.connectionCount()).toBe(1)
  kiosk.clock.advance(301_100)
  expect(kiosk.hub.connectionCount()).toBeGreaterThan(1)
})

test('[SYN-23] a heartbeat that is promised for never does not let old rows pass for fresh ones', async () => {
  const kiosk = await openLiveTestKiosk()
  reconnect(kiosk)
  kiosk.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
  kiosk.hub.say({
    type: 'welcome',
    epoch: 'epoch-1',
    head: 6,
    mac: 'mac',
    lastMutationId: 0,
    nowMs: HUB_MS,
    ticket: 'ticket-2',
    assignment: ASSIGNMENT,
    limits: { heartbeatMs: Number.MAX_SAFE_INTEGER, maxFrameBytes: 65_536, maxPushMutations: 64 },
  })
  expect(kiosk.seen.link?.status).toBe('online')
  kiosk.clock.advance(181_000)
  expect(kiosk.seen.link?.status).toBe('offline')
})

test('[SYN-12] a device that gets no further identity today says so, and asks again patiently', async () => {
  const kiosk = await openLiveTestKiosk()
  kiosk.hub.say({ type: 'err', code: 'forked', fatal: false })
  kiosk.hub.say({ type: 'err', code: 'forked', fatal: true })
  expect(kiosk.hub.all('fork')).toHaveLength(1)
  expect(kiosk.seen.link).toMatchObject({ status: 'offline', reason: 'forked' })
  expect(untilReconnected(kiosk)).toBeGreaterThanOrEqual(60_000)
})
