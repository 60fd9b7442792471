import { describe, expect, it } from 'vitest'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import type { ConnectionError } from '#shared/wire/messages.ts'
import { makeTestClock } from '../testing/scripted-hub.ts'
import {
  ack,
  ASSIGNMENT,
  beat,
  changesOf,
  digestOf,
  levels,
  LIBRARY,
  openLiveTestKiosk,
  reconnect,
  reopen,
  report,
  rowOf,
  snapshot,
  untilReconnected,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'
import { makeQuestions } from './questions.ts'

// What a kiosk does once it must also do the second time, and what was planned for one connection ends with it.

/** Waits are the shortest that there are: a second. */
const SHORTEST = { random: { ...makeSeededRandom(1), fraction: () => 0 } }

function sayError(kiosk: TestKiosk, code: ConnectionError['code']): void {
  kiosk.hub.say({ type: 'err', code, fatal: true })
  kiosk.clock.advance(0)
}

/** Heartbeats, each after five seconds. */
function pass(kiosk: TestKiosk, ms: number, head = 6): void {
  for (let passed = 0; passed < ms; passed += 5_000) {
    kiosk.clock.advance(5_000)
    beat(kiosk, head)
  }
}

/** The connection is lost, and so is each that is dialled, until the time is over; counts those. */
function failFor(kiosk: TestKiosk, ms: number): number {
  let dialled = 0
  for (let passed = 0; passed < ms; passed += 100) {
    kiosk.clock.advance(100)
    if (!kiosk.hub.isOpen()) continue
    dialled += 1
    kiosk.hub.cut('unreachable')
  }
  return dialled
}

describe('a second outage', () => {
  it('[SYN-60] is waited for as shortly as the first, however long that one was', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let outage = 0; outage < 6; outage += 1) {
      kiosk.hub.cut()
      expect(untilReconnected(kiosk)).toBeLessThanOrEqual(4_100)
      for (let turn = 0; turn < 10; turn += 1) {
        kiosk.hub.cut('unreachable')
        untilReconnected(kiosk)
      }
      welcome(kiosk)
      expect(kiosk.seen.link?.status).toBe('online')
    }
    kiosk.engine.stop()
  })

  it('[SYN-60] is said to be offline after ten seconds, not sooner and not later because dials failed', async () => {
    const kiosk = await openLiveTestKiosk({ options: SHORTEST })
    for (let outage = 0; outage < 3; outage += 1) {
      kiosk.hub.cut()
      expect(failFor(kiosk, 9_900)).toBeGreaterThanOrEqual(5)
      expect(kiosk.seen.link?.status).toBe('connecting')
      failFor(kiosk, 200)
      expect(kiosk.seen.link?.status).toBe('offline')
      untilReconnected(kiosk)
      welcome(kiosk)
      expect(kiosk.seen.link?.status).toBe('online')
    }
    kiosk.engine.stop()
  })

  it('[SYN-60] that was over soon is not said to be one later', async () => {
    const kiosk = await openLiveTestKiosk({ options: SHORTEST })
    reconnect(kiosk)
    welcome(kiosk)
    for (let second = 0; second < 20; second += 1) {
      kiosk.clock.advance(1_000)
      expect(kiosk.seen.link?.status).toBe('online')
      beat(kiosk, 6)
    }
    kiosk.engine.stop()
  })

  it('[SYN-60] after a standstill is waited for shortly, also where tries had failed before it', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let turn = 0; turn < 10; turn += 1) {
      kiosk.hub.cut('unreachable')
      if (turn < 9) untilReconnected(kiosk)
    }
    kiosk.clock.suspend(60_000)
    expect(untilReconnected(kiosk)).toBeLessThanOrEqual(1_100)
    kiosk.hub.cut('unreachable')
    expect(untilReconnected(kiosk)).toBeLessThanOrEqual(4_100)
    kiosk.engine.stop()
  })

  it('[SYN-60] [KSK-12] a second standstill of one connection is asked about like the first', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let turn = 1; turn <= 3; turn += 1) {
      kiosk.clock.suspend(9_000)
      kiosk.clock.advance(1_000)
      expect([kiosk.seen.link?.status, kiosk.hub.isOpen()]).toEqual(['connecting', true])
      for (let second = 0; second < 3; second += 1) {
        kiosk.hub.pong()
        kiosk.clock.advance(1_000)
      }
      kiosk.hub.pong()
      expect([kiosk.seen.link?.status, kiosk.hub.isOpen()]).toEqual(['online', true])
      expect(kiosk.hub.pings()).toBeGreaterThanOrEqual(turn)
      beat(kiosk, 6)
    }
    expect(kiosk.hub.connectionCount()).toBe(1)
    kiosk.engine.stop()
  })

  it('[SYN-60] [KSK-12] a standstill while the hub is asked does not give it more time', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let second = 0; second < 3; second += 1) {
      kiosk.clock.suspend(9_000)
      kiosk.clock.advance(1_000)
    }
    kiosk.clock.advance(1_000)
    expect(kiosk.seen.link?.status).toBe('offline')
    kiosk.engine.stop()
  })

  it('[SYN-23] [SYN-60] a check that this process made late says nothing of the hub', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.clock.advance(4_000)
    beat(kiosk, 6)
    // The connection’s own check is due at 6.5 s, that of the process each second.
    kiosk.clock.advance(1_400)
    kiosk.clock.suspend(20_000)
    kiosk.clock.advance(100)
    expect(kiosk.hub.isOpen()).toBe(true)
    for (let second = 0; second < 3; second += 1) {
      kiosk.clock.advance(1_000)
      kiosk.hub.pong()
    }
    expect(kiosk.seen.link?.status).toBe('online')
    expect(kiosk.hub.connectionCount()).toBe(1)
    kiosk.engine.stop()
  })

  it('[SYN-44] [SYN-60] a question that could not be asked is asked before the next heartbeat, not a minute later', () => {
    const clock = makeTestClock()
    const state = { pings: 0, mayPing: false }
    const questions = makeQuestions(
      clock,
      () => void (state.pings += 1),
      () => state.mayPing,
    )
    questions.helloSent()
    clock.advance(60_000)
    questions.heartbeat(5_000)
    clock.advance(5_000)
    expect(state.pings).toBe(0)
    state.mayPing = true
    questions.heartbeat(5_000)
    clock.advance(5_000)
    expect(state.pings).toBe(1)
    questions.heartbeat(5_000)
    clock.advance(5_000)
    expect(state.pings).toBe(1)
  })

  it('[SYN-60] an engine that is started twice has one connection', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.engine.start()
    expect(kiosk.hub.connectionCount()).toBe(1)
    kiosk.hub.cut()
    kiosk.engine.start()
    expect(kiosk.hub.connectionCount()).toBe(1)
    kiosk.engine.stop()
  })
})

describe('rows', () => {
  it('[SYN-61] of a second gap are asked for again, and of one gap once', async () => {
    const kiosk = await openLiveTestKiosk()
    levels(kiosk, 8, 9, [[3, 9, 1, 1]])
    levels(kiosk, 9, 10, [[3, 10, 2, 1]])
    levels(kiosk, 10, 11, [[3, 11, 1, 1]])
    expect(kiosk.hub.all('pull')).toEqual([{ type: 'pull', cursor: 6 }])
    levels(kiosk, 6, 11, [[3, 11, 1, 1]])
    levels(kiosk, 14, 15, [[3, 15, 2, 1]])
    expect(kiosk.hub.all('pull')).toEqual([
      { type: 'pull', cursor: 6 },
      { type: 'pull', cursor: 11 },
    ])
    kiosk.engine.stop()
  })

  it('[SYN-8] [OCC-9] [OCC-11] of a space that moves, goes and comes back are those of its newest place', async () => {
    const kiosk = await openLiveTestKiosk()
    const say = (from: number, changes: Parameters<typeof changesOf>[0]): void => {
      const frame = { epoch: 'epoch-1', from, to: from + 1, part: 1, parts: 1, changes: changesOf(changes) }
      kiosk.hub.say({ type: 'changes', ...frame })
      kiosk.clock.advance(0)
    }
    const tap = (): Promise<unknown> => kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
    const composite = { ok: false, refusal: { why: 'composite', children: [8] } }
    say(6, { rows: [rowOf(8, 7, 3)] })
    expect(await tap()).toEqual(composite)
    say(7, { rows: [rowOf(8, 8, 4)] })
    expect(await tap()).toMatchObject({ ok: true })
    say(8, { rows: [rowOf(8, 9, 3)] })
    expect(await tap()).toEqual(composite)
    say(9, { gone: [[8, 10]] })
    expect(await tap()).toMatchObject({ ok: true })
    say(10, { rows: [rowOf(8, 11, 3)] })
    expect(await tap()).toEqual(composite)
    // A deletion from before it came back is over.
    say(11, { gone: [[8, 10]] })
    expect(await tap()).toEqual(composite)
    expect(kiosk.engine.readRows().digest).toBe(digestOf([...LIBRARY, { id: 8, clock: 11 }]))
    kiosk.engine.stop()
  })

  it('[SYN-8] are asked for as a whole where a level comes for a space that is gone', async () => {
    const kiosk = await openLiveTestKiosk()
    const changes = changesOf({ gone: [[3, 7]] })
    kiosk.hub.say({ type: 'changes', epoch: 'epoch-1', from: 6, to: 7, part: 1, parts: 1, changes })
    levels(kiosk, 7, 8, [[3, 6, 1, 1]])
    expect(kiosk.hub.all('pull')).toEqual([])
    levels(kiosk, 8, 9, [[3, 9, 1, 1]])
    expect(kiosk.hub.all('pull')).toEqual([{ type: 'pull', cursor: 0, isLost: true }])
    kiosk.engine.stop()
  })

  it('[SYN-61] [SYN-14] whose digest differs again are repaired again', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let turn = 1; turn <= 3; turn += 1) {
      beat(kiosk, 6, '0000000000000000')
      kiosk.clock.advance(10_000)
      expect(kiosk.hub.all('pull')).toHaveLength(turn)
      expect(kiosk.logged.filter((line) => line.startsWith('digest-mismatch'))).toHaveLength(turn)
      snapshot(kiosk)
      beat(kiosk, 6)
    }
    kiosk.engine.stop()
  })
})

describe('what a connection planned or was sent', () => {
  it('[SYN-61] a second welcome and a second challenge on one connection are not taken', async () => {
    const kiosk = await openLiveTestKiosk()
    const hellos = kiosk.hub.all('hello').length
    welcome(kiosk, { ticket: 'ticket-of-another', epoch: 'epoch-2' })
    expect(kiosk.hub.all('hello')).toHaveLength(hellos)
    reconnect(kiosk)
    kiosk.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(kiosk.hub.last('hello')).toMatchObject({ ticket: 'ticket-1', epoch: 'epoch-1' })
    kiosk.engine.stop()
  })

  it('[SYN-61] what came behind the end of a connection is not taken, though it waited for rows before it', async () => {
    const kiosk = await openLiveTestKiosk()
    const rows = Array.from({ length: 6_000 }, (_, index) => rowOf(index + 10, index + 10, 3))
    const changes = changesOf({ rows })
    kiosk.hub.say({ type: 'changes', epoch: 'epoch-1', from: 6, to: 9_000, part: 1, parts: 1, changes })
    kiosk.hub.say({ type: 'bye', retryAfterMs: 1_000 })
    kiosk.hub.say({ type: 'assignment', assignment: { ...ASSIGNMENT, spaceId: 1 } })
    kiosk.clock.advance(100)
    expect(kiosk.engine.readRows().cursor).toBe(9_000)
    expect(kiosk.hub.isOpen()).toBe(false)
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'enrolled', assignment: { spaceId: 2 } })
    kiosk.engine.stop()
  })

  it('[SYN-61] [SYN-2] a push has fifteen seconds for its ack, also after one that waited for minutes', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    pass(kiosk, 120_000)
    ack(kiosk, 1, 6)
    const before = kiosk.hub.all('push').length
    await report(kiosk, 4, 1)
    pass(kiosk, 15_000)
    expect(kiosk.hub.all('push')).toHaveLength(before + 2)
    kiosk.engine.stop()
  })

  it('[SYN-61] [SYN-17] a signed head stays the greatest, whatever comes later', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    ack(kiosk, 1, 9)
    beat(kiosk, 7, digestOf(LIBRARY))
    reconnect(kiosk)
    kiosk.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(kiosk.hub.last('hello')?.sealed).toMatchObject({ head: 9, mac: 'mac-9' })
    kiosk.engine.stop()
  })
})

describe('what the hub refused', () => {
  const refuse = (kiosk: TestKiosk, ...ids: number[]): void => {
    const outcomes = ids.map((id) => ({ id, why: 'composite' as const }))
    kiosk.hub.say({ type: 'ack', lastMutationId: Math.max(...ids), head: 6, mac: 'm', outcomes })
    kiosk.clock.advance(0)
  }
  const shown = (kiosk: TestKiosk): unknown => kiosk.seen.outbox?.refused.map(({ mutationId }) => mutationId)

  it('[SYN-62] is shown for a minute of its own each, and once', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    refuse(kiosk, 1)
    pass(kiosk, 30_000)
    await report(kiosk, 4, 1)
    refuse(kiosk, 1, 2)
    expect(shown(kiosk)).toEqual([1, 2])
    pass(kiosk, 25_000)
    expect(shown(kiosk)).toEqual([1, 2])
    pass(kiosk, 5_000)
    expect(shown(kiosk)).toEqual([2])
    pass(kiosk, 30_000)
    expect(shown(kiosk)).toEqual([])
    kiosk.engine.stop()
  })
})

describe('an identity that the hub does not take', () => {
  it.each([
    ['superseded', 'forked'],
    ['forked', 'forked'],
    ['upgrade', 'upgrade'],
    ['badProof', null],
  ] as const)('[SYN-63] err %s: waits a minute, and says why', async (code, reason) => {
    const kiosk = await openLiveTestKiosk()
    for (let turn = 0; turn < 2; turn += 1) {
      sayError(kiosk, code)
      expect(kiosk.seen.link?.reason).toBe(reason)
      expect(untilReconnected(kiosk)).toBeGreaterThanOrEqual(60_000)
    }
    kiosk.engine.stop()
  })

  it('[SYN-63] [SYN-28] one that no hub knows asks for a code like one that was switched off, and goes on asking the hub slowly', async () => {
    const kiosk = await openLiveTestKiosk()
    sayError(kiosk, 'unknownKiosk')
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'notEnrolled', wasRevoked: true })
    expect(kiosk.seen.link).toMatchObject({ status: 'offline', reason: 'revoked' })
    expect(untilReconnected(kiosk)).toBeGreaterThanOrEqual(60_000)
    kiosk.engine.stop()
  })

  it('[SYN-63] [KSK-15] proofs that an earlier identity had refused do not count against the next', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let turn = 0; turn < 5; turn += 1) {
      sayError(kiosk, 'badProof')
      untilReconnected(kiosk)
    }
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'notEnrolled', wasRevoked: true })
    expect(await kiosk.engine.enrolWith('B')).toMatchObject({ ok: true })
    sayError(kiosk, 'badProof')
    expect(kiosk.seen.kiosk?.state).not.toBe('notEnrolled')
    kiosk.engine.stop()
  })
})

describe('a device that was copied', () => {
  const fork = (kiosk: TestKiosk, kioskId: number): void => {
    kiosk.hub.say({ type: 'err', code: 'forked', fatal: false })
    kiosk.hub.say({ type: 'forked', kioskId })
    untilReconnected(kiosk)
  }

  it('[SYN-12] twice names for each mutation where it was made first', async () => {
    const kiosk = await openLiveTestKiosk()
    await report(kiosk, 3, 1)
    const hash = kiosk.hub.last('push')?.mutations[0]?.hash
    ack(kiosk, 1, 7)
    await report(kiosk, 4, 2)
    fork(kiosk, 8)
    await report(kiosk, 5, 1)
    for (const kioskId of [9, 10]) fork(kiosk, kioskId)
    welcome(kiosk)
    expect(kiosk.hub.last('push')?.mutations).toMatchObject([
      { id: 1, origin: { kioskId: 7, id: 1, hash } },
      { id: 2, origin: { kioskId: 7, id: 2 } },
      { id: 3, origin: { kioskId: 8, id: 3 } },
    ])
    kiosk.engine.stop()
  })

  it('[SYN-12] [SYN-7] takes nothing along that the hub refused', async () => {
    const kiosk = await openLiveTestKiosk()
    for (const spaceId of [3, 4, 5]) await report(kiosk, spaceId, 1)
    for (let id = 1; id <= 3; id += 1)
      kiosk.hub.say({
        type: 'ack',
        lastMutationId: id,
        head: 7,
        mac: 'm',
        outcomes: id === 2 ? [{ id, why: 'composite' }] : [],
      })
    fork(kiosk, 8)
    welcome(kiosk)
    expect(kiosk.hub.last('push')?.mutations.map(({ origin }) => origin?.id)).toEqual([1, 3])
    kiosk.engine.stop()
  })
})

describe('a tap that equals the one before', () => {
  it('[SYN-5] adds a report where the hub refused that one, and where the device was started anew', async () => {
    const kiosk = await openLiveTestKiosk()
    levels(kiosk, 6, 7, [[3, 7, 1, kiosk.clock.wallMs()]])
    await report(kiosk, 3, 1)
    kiosk.hub.say({
      type: 'ack',
      lastMutationId: 1,
      head: 7,
      mac: 'm',
      outcomes: [{ id: 1, why: 'outsideSubtree' }],
    })
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })).toMatchObject({
      value: { mutationId: 2, isRepeat: false },
    })
    kiosk.clock.bootId = 'boot-2'
    const again = reopen(kiosk)
    expect(await again.engine.call('reportOccupancy', { spaceId: 3, level: 1 })).toMatchObject({
      value: { mutationId: 3, isRepeat: false },
    })
    again.engine.stop()
  })
})

describe('where a kiosk stands', () => {
  it('[SYN-64] a move is told from another name, and a second move from the first', async () => {
    const kiosk = await openLiveTestKiosk()
    const assign = (changes: Partial<typeof ASSIGNMENT>): void =>
      kiosk.hub.say({ type: 'assignment', assignment: { ...ASSIGNMENT, ...changes } })
    const movedAtMs = (): unknown =>
      kiosk.seen.kiosk?.state === 'enrolled' ? kiosk.seen.kiosk.movedAtMs : undefined
    assign({ kioskName: 'Renamed' })
    expect(movedAtMs()).toBeNull()
    assign({ spaceId: 1 })
    const first = movedAtMs()
    expect(first).toBeGreaterThan(0)
    kiosk.clock.advance(3_000)
    beat(kiosk, 6)
    assign({ spaceId: 1, kioskName: 'Renamed again' })
    expect(movedAtMs()).toBe(first)
    assign({ spaceId: 3 })
    expect(movedAtMs()).toBeGreaterThan(Number(first) + 2_000)
    kiosk.engine.stop()
  })
})
