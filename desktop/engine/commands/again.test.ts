import { describe, expect, it } from 'vitest'
import type { SliceName } from '#shared/wire/bridge.ts'
import {
  ASSIGNMENT,
  beat,
  openLiveTestKiosk,
  openTestKiosk,
  reopen,
  report,
  snapshot,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'

const MINUTE_MS = 60_000

/** Time passes while the hub goes on sending heartbeats. */
function pass(kiosk: TestKiosk, ms: number): void {
  for (let passed = 0; passed < ms; passed += 5_000) {
    kiosk.clock.advance(5_000)
    beat(kiosk, 6)
  }
}

/** A PIN that the hub finds right. */
async function openDiagnostics(kiosk: TestKiosk): Promise<void> {
  const asked = kiosk.engine.call('openDiagnostics', { pin: '1234' })
  await Promise.resolve()
  kiosk.hub.say({ type: 'reply', id: kiosk.hub.last('request')?.id ?? 0, answer: 'yes' })
  expect(await asked).toMatchObject({ ok: true })
}

describe('the second time', () => {
  it('[SYN-22] the PIN is given, full screen may be left for five minutes again', async () => {
    const kiosk = await openLiveTestKiosk({ options: { leaveFullScreen: () => true } })
    const leave = (): Promise<unknown> => kiosk.engine.call('leaveFullScreen', {})
    for (let round = 0; round < 3; round += 1) {
      await openDiagnostics(kiosk)
      pass(kiosk, 4 * MINUTE_MS)
      expect(await leave()).toMatchObject({ ok: true })
      pass(kiosk, MINUTE_MS)
      expect(await leave()).toEqual({ ok: false, refusal: { why: 'notAllowed' } })
    }
    kiosk.engine.stop()
  })

  it('[KSK-5] a device is enrolled, an assignment that its earlier identity could not show is held against nothing', async () => {
    const kiosk = await openLiveTestKiosk()
    const unknown = { ...ASSIGNMENT, role: 'desk' } as unknown as typeof ASSIGNMENT
    for (let round = 0; round < 2; round += 1) {
      kiosk.hub.say({ type: 'assignment', assignment: unknown })
      expect(kiosk.seen.outbox?.alarm).toBe('assignment')
      kiosk.hub.say({ type: 'err', code: 'revoked', fatal: true })
      expect(await kiosk.engine.enrolWith('B')).toMatchObject({ ok: true })
      expect(kiosk.seen.outbox?.alarm).toBeNull()
      welcome(kiosk)
      snapshot(kiosk)
    }
    kiosk.engine.stop()
  })

  it('[CON-1] a tap equals the one before, it counts against no limit, however often', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    for (let tap = 0; tap < 100; tap += 1)
      expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })).toMatchObject({
        value: { mutationId: 1, isRepeat: true },
      })
    for (let tap = 0; tap < 19; tap += 1) await report(kiosk, 4, tap % 3)
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 5, level: 1 })).toMatchObject({
      refusal: { why: 'tooFast' },
    })
    kiosk.clock.advance(500)
    await report(kiosk, 5, 1)
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 5, level: 2 })).toMatchObject({
      refusal: { why: 'tooFast' },
    })
    kiosk.engine.stop()
  })

  it('[OCC-2] a report is undone, it was undone already; one that the hub refused is none to undo', async () => {
    const kiosk = await openLiveTestKiosk()
    const undo = (mutationId: number): Promise<unknown> => kiosk.engine.call('withdrawReport', { mutationId })
    await report(kiosk, 3, 1)
    expect(await undo(1)).toMatchObject({ ok: true })
    for (let round = 0; round < 2; round += 1) expect(await undo(1)).toMatchObject({ ok: false })
    expect(await undo(2)).toMatchObject({ ok: false })
    await report(kiosk, 4, 1)
    kiosk.hub.say({ type: 'ack', lastMutationId: 2, head: 6, mac: 'm', outcomes: [] })
    const outcomes = [{ id: 3, why: 'composite' as const }]
    kiosk.hub.say({ type: 'ack', lastMutationId: 3, head: 6, mac: 'm', outcomes })
    expect(await undo(3)).toMatchObject({ ok: false, refusal: { why: 'unknownReport' } })
    await report(kiosk, 5, 1)
    kiosk.clock.bootId = 'boot-2'
    const again = reopen(kiosk)
    expect(await again.engine.call('withdrawReport', { mutationId: 4 })).toMatchObject({ ok: false })
    again.engine.stop()
  })

  it('[BRG-2] a screen comes, it is sent everything, and one that left is sent nothing more', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let visit = 0; visit < 3; visit += 1) {
      const told: SliceName[] = []
      const end = kiosk.engine.subscribe((name) => void told.push(name))
      expect(told).toEqual(['kiosk', 'link', 'outbox', 'spaces'])
      end()
      end()
      told.length = 0
      kiosk.clock.advance(20_000)
      await report(kiosk, 3, visit)
      beat(kiosk, 6)
      kiosk.clock.advance(0)
      expect(told).toEqual([])
    }
    kiosk.engine.stop()
  })
})

describe('rows that come while others are awaited', () => {
  it('[SYN-9] make a kiosk live only once they are as far as the hub was at the welcome', async () => {
    const kiosk = openTestKiosk()
    await kiosk.engine.enrolWith('CODE')
    welcome(kiosk, { head: 9 })
    snapshot(kiosk, undefined, 8)
    expect(kiosk.seen.link?.status).not.toBe('online')
    expect(kiosk.hub.last('applied')).toBeUndefined()
    const changes = { rows: [], levels: [], gone: [] }
    kiosk.hub.say({ type: 'changes', epoch: 'epoch-1', from: 8, to: 9, part: 1, parts: 1, changes })
    kiosk.clock.advance(0)
    expect(kiosk.seen.link?.status).toBe('online')
    expect(kiosk.hub.last('applied')).toMatchObject({ cursor: 9, ticket: 'ticket-1' })
    kiosk.engine.stop()
  })

  it('[SYN-8] [SYN-61] are asked for again and again where none come, and not with each heartbeat', async () => {
    const kiosk = await openLiveTestKiosk()
    const pulls: number[] = []
    for (let count = 0; count < 12; count += 1) {
      beat(kiosk, 9)
      pulls.push(kiosk.hub.all('pull').length)
    }
    expect(pulls).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
    kiosk.engine.stop()
  })
})
