import { expect, test } from 'vitest'
import { ASSIGNMENT, openLiveBench, redial, untilDialled } from '../testing/test-engine.ts'
import { HUB_MS } from '../testing/scripted-hub.ts'

// What a hub says that is shaped like a message and cannot be meant.

test('[SYN-23] a goodbye for ever neither silences the kiosk nor lets it flood the hub', async () => {
  const bench = await openLiveBench()
  // Beyond 2^31 ms a real timer fires at once.
  bench.hub.say({ type: 'bye', retryAfterMs: Number.MAX_SAFE_INTEGER })
  bench.clock.advance(299_000)
  expect(bench.hub.dialled()).toBe(1)
  bench.clock.advance(301_100)
  expect(bench.hub.dialled()).toBeGreaterThan(1)
})

test('[SYN-23] a heartbeat that is promised for never does not let old rows pass for fresh ones', async () => {
  const bench = await openLiveBench()
  redial(bench)
  bench.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
  bench.hub.say({
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
  expect(bench.seen.link?.status).toBe('online')
  bench.clock.advance(181_000)
  expect(bench.seen.link?.status).toBe('offline')
})

test('[SYN-12] a device that gets no further identity today says so, and asks again patiently', async () => {
  const bench = await openLiveBench()
  bench.hub.say({ type: 'err', code: 'forked', fatal: false })
  bench.hub.say({ type: 'err', code: 'forked', fatal: true })
  expect(bench.hub.all('fork')).toHaveLength(1)
  expect(bench.seen.link).toMatchObject({ status: 'offline', reason: 'forked' })
  expect(untilDialled(bench)).toBeGreaterThanOrEqual(60_000)
})
