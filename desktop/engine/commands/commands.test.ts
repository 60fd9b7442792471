import { describe, expect, it } from 'vitest'
import { MAX_FAULT_LETTERS } from '#shared/wire/bridge.ts'
import {
  ack,
  levels,
  openTestKiosk,
  openLiveTestKiosk,
  reopen,
  type TestKiosk,
} from '../testing/test-engine.ts'

async function report(kiosk: TestKiosk, spaceId: number, level: number): Promise<unknown> {
  return kiosk.engine.call('reportOccupancy', { spaceId, level })
}

describe('the engine API', () => {
  it('[BRG-1] answers an unknown call, a malformed input and an inherited name from the closed list', async () => {
    const kiosk = await openLiveTestKiosk()
    for (const name of ['eval', 'toString', '__proto__', 'constructor', ''])
      expect(await kiosk.engine.call(name, {})).toEqual({ ok: false, refusal: { why: 'unknownCall' } })
    for (const input of [
      null,
      3,
      {},
      { spaceId: 3 },
      { spaceId: 3, level: 9 },
      { spaceId: 3, level: 1, more: 1 },
    ])
      expect(await kiosk.engine.call('reportOccupancy', input)).toEqual({
        ok: false,
        refusal: { why: 'malformed' },
      })
    expect(kiosk.engine.readRows().waitingCount).toBe(0)
  })

  it('[BRG-1] refuses to report before the device is a kiosk', async () => {
    const kiosk = openTestKiosk()
    kiosk.engine.start()
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'notEnrolled', wasRevoked: false })
    expect(await report(kiosk, 3, 1)).toEqual({ ok: false, refusal: { why: 'notEnrolled' } })
    expect(kiosk.hub.connectionCount()).toBe(0)
  })

  it('[BRG-2] sends a new screen everything first, then only what changes', async () => {
    const kiosk = await openLiveTestKiosk()
    const told: unknown[] = []
    const end = kiosk.engine.subscribe((name, value) => void told.push([name, value]))
    expect(told.map((entry) => (Array.isArray(entry) ? entry[0] : ''))).toEqual([
      'kiosk',
      'link',
      'outbox',
      'spaces',
    ])
    expect(told[3]).toMatchObject(['spaces', { isWhole: true, gone: [] }])
    told.length = 0
    await report(kiosk, 3, 1)
    expect(told[0]).toMatchObject(['spaces', { isWhole: false, spaces: [{ id: 3, level: 1 }] }])
    end()
    told.length = 0
    await report(kiosk, 4, 1)
    expect(told).toEqual([])
  })
})

describe('reporting', () => {
  it('[OCC-8] [OCC-9] [OCC-10] is decided by the engine API by the hub’s own rule', async () => {
    const kiosk = await openLiveTestKiosk()
    expect(await report(kiosk, 99, 1)).toMatchObject({ refusal: { why: 'unknownSpace' } })
    expect(await report(kiosk, 6, 1)).toMatchObject({ refusal: { why: 'outsideSubtree' } })
    expect(await report(kiosk, 2, 1)).toEqual({
      ok: false,
      refusal: { why: 'composite', children: [3, 4, 5] },
    })
    kiosk.hub.say({
      type: 'changes',
      epoch: 'epoch-1',
      from: 6,
      to: 7,
      part: 1,
      parts: 1,
      changes: { rows: [], levels: [], gone: [[3, 7]] },
    })
    expect(await report(kiosk, 3, 1)).toMatchObject({ refusal: { why: 'spaceDeleted' } })
    kiosk.clock.advance(0)
    expect(kiosk.screen.has(3)).toBe(false)
  })

  it('[SYN-5] is merged into an equal fresh one, and into no other', async () => {
    const kiosk = await openLiveTestKiosk()
    const first = { ok: true, value: { mutationId: 1, undoForMs: 5000, isRepeat: false } }
    const repeat = { ok: true, value: { mutationId: 1, undoForMs: 0, isRepeat: true } }
    expect(await report(kiosk, 3, 1)).toEqual(first)
    expect(await report(kiosk, 3, 1)).toEqual(repeat)
    ack(kiosk, 1, 7)
    kiosk.clock.advance(9_999)
    expect(await report(kiosk, 3, 1)).toEqual(repeat)
    kiosk.clock.advance(1)
    expect(await report(kiosk, 3, 1)).toMatchObject({ value: { mutationId: 2, isRepeat: false } })
    expect(await report(kiosk, 4, 1)).toMatchObject({ value: { mutationId: 3 } })
    expect(await report(kiosk, 3, 2)).toMatchObject({ value: { mutationId: 4 } })
    expect(await report(kiosk, 3, 1)).toMatchObject({ value: { mutationId: 5, isRepeat: false } })
    await kiosk.engine.call('withdrawReport', { mutationId: 5 })
    expect(await report(kiosk, 3, 1)).toMatchObject({ value: { mutationId: 7, isRepeat: false } })
  })

  it('[CON-1] is limited before anything is stored, with the time to wait', async () => {
    const kiosk = await openLiveTestKiosk()
    const answers: unknown[] = []
    for (let turn = 0; turn < 21; turn += 1) answers.push(await report(kiosk, 3, turn % 3))
    expect(answers.filter((answer) => (answer as { ok: boolean }).ok)).toHaveLength(20)
    expect(answers.at(-1)).toEqual({ ok: false, refusal: { why: 'tooFast', retryAfterMs: 500 } })
    kiosk.clock.advance(500)
    expect(await report(kiosk, 3, 2)).toMatchObject({ ok: true })
  })
})

describe('undoing a report', () => {
  it('[OCC-2] what is owed to the hub is what people still want: a report undone while it waits is none, an undo of a sent one is', async () => {
    const kiosk = await openLiveTestKiosk()
    const owed = (): unknown => [kiosk.seen.outbox?.waitingCount, kiosk.seen.outbox?.owedCount]
    await report(kiosk, 3, 1)
    await report(kiosk, 4, 1)
    expect(owed()).toEqual([2, 2])
    await kiosk.engine.call('withdrawReport', { mutationId: 2 })
    expect(owed()).toEqual([3, 1])
    ack(kiosk, 1, 7)
    ack(kiosk, 3, 8)
    expect(owed()).toEqual([0, 0])
    await kiosk.engine.call('withdrawReport', { mutationId: 1 })
    expect(owed()).toEqual([1, 1])
  })

  it('[OCC-2] is a mutation of its own, also when the report had not left yet', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.hub.cut()
    await report(kiosk, 3, 2)
    expect(await kiosk.engine.call('withdrawReport', { mutationId: 1 })).toEqual({
      ok: true,
      value: { mutationId: 2 },
    })
    expect(kiosk.screen.get(3)).toMatchObject({ level: null, isWaiting: true })
    expect(await kiosk.engine.call('withdrawReport', { mutationId: 1 })).toMatchObject({
      refusal: { why: 'alreadyWithdrawn' },
    })
    expect(reopen(kiosk).screen.get(3)).toMatchObject({ level: null, isWaiting: true })
  })

  it('[OCC-2] [SYN-19] shows what stood before at once, also when the report was acknowledged', async () => {
    const kiosk = await openLiveTestKiosk()
    levels(kiosk, 6, 7, [[3, 7, 0, 1_800_000_000_500]])
    await report(kiosk, 3, 2)
    ack(kiosk, 1, 8)
    levels(kiosk, 7, 8, [[3, 8, 2, kiosk.clock.wallMs()]])
    await kiosk.engine.call('withdrawReport', { mutationId: 1 })
    expect(kiosk.screen.get(3)).toMatchObject({ level: 0, reportedAtMs: 1_800_000_000_500, isWaiting: true })
    expect(kiosk.hub.last('push')?.mutations).toMatchObject([
      { id: 2, kind: 'withdraw', body: { spaceId: 3, mutationId: 1 } },
    ])
    expect(reopen(kiosk).screen.get(3)).toMatchObject({ level: 0, isWaiting: true })
  })

  it('[OCC-2] is over after its time, unknown for another id, and impossible after a reboot', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 2)
    kiosk.clock.advance(10_001)
    const unknown = { ok: false, refusal: { why: 'unknownReport' } }
    expect(await kiosk.engine.call('withdrawReport', { mutationId: 1 })).toEqual(unknown)
    expect(await kiosk.engine.call('withdrawReport', { mutationId: 77 })).toEqual(unknown)
    await report(kiosk, 4, 2)
    kiosk.clock.bootId = 'boot-2'
    expect(await reopen(kiosk).engine.call('withdrawReport', { mutationId: 2 })).toEqual(unknown)
  })
})

describe('a page’s own faults', () => {
  it('[SCR-2] stand in the log, a few a minute, also before the device is a kiosk; what is too long is refused', async () => {
    const kiosk = openTestKiosk()
    const tell = (text: string): Promise<unknown> => kiosk.engine.call('logFault', { kind: 'render', text })
    expect(await tell('RangeError: a zone')).toEqual({ ok: true, value: null })
    expect(kiosk.logged).toEqual(['page-fault {"kind":"render","text":"RangeError: a zone"}'])
    expect(await tell('x'.repeat(MAX_FAULT_LETTERS + 1))).toMatchObject({ refusal: { why: 'malformed' } })
    for (let round = 0; round < 50; round += 1) await tell('again')
    expect(kiosk.logged).toHaveLength(5)
    expect(await tell('again')).toMatchObject({ refusal: { why: 'tooFast' } })
    kiosk.clock.advance(60_000)
    expect(await tell('later')).toMatchObject({ ok: true })
  })
})

describe('the page for IT', () => {
  it('[SYN-22] opens only with a PIN that the hub verified, and full screen only after it', async () => {
    const left: string[] = []
    const leave = (): boolean => left.push('left') > 0
    const kiosk = await openLiveTestKiosk({ options: { leaveFullScreen: leave } })
    const notAllowed = { ok: false, refusal: { why: 'notAllowed' } }
    expect(await kiosk.engine.call('leaveFullScreen', {})).toEqual(notAllowed)
    const ask = async (answer: 'yes' | 'no' | 'tooManyTries'): Promise<unknown> => {
      const asked = kiosk.engine.call('openDiagnostics', { pin: '1234' })
      await Promise.resolve()
      kiosk.hub.say({ type: 'reply', id: kiosk.hub.last('request')?.id ?? 0, answer })
      return asked
    }
    expect(await ask('no')).toEqual({ ok: false, refusal: { why: 'wrongPin' } })
    expect(await ask('tooManyTries')).toEqual({ ok: false, refusal: { why: 'tooManyTries' } })
    expect(await kiosk.engine.call('leaveFullScreen', {})).toEqual(notAllowed)
    expect(await ask('yes')).toMatchObject({ ok: true, value: { kioskId: 7, cursor: 6, rowCount: 6 } })
    expect(await kiosk.engine.call('leaveFullScreen', {})).toEqual({ ok: true, value: null })
    kiosk.clock.advance(300_000)
    expect(await kiosk.engine.call('leaveFullScreen', {})).toEqual(notAllowed)
    expect(left).toEqual(['left'])
    kiosk.hub.cut()
    expect(await kiosk.engine.call('openDiagnostics', { pin: '1234' })).toEqual({
      ok: false,
      refusal: { why: 'offline' },
    })
  })
})
