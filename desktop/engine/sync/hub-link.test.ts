import { createPublicKey, verify } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { helloStatement, type ConnectionError } from '#shared/wire/messages.ts'
import {
  ack,
  ASSIGNMENT,
  beat,
  digestOf,
  levels,
  LIBRARY,
  openBench,
  openLiveBench,
  redial,
  reopen,
  rowOf,
  snapshot,
  untilDialled,
  welcome,
  type Bench,
} from '../testing/test-engine.ts'
import { REFUSED_PROOFS } from './hub-link.ts'

const DAY_MS = 86_400_000

async function report(bench: Bench, spaceId: number, level: number): Promise<void> {
  const answer = await bench.engine.call('reportOccupancy', { spaceId, level })
  if (!answer.ok) throw new Error(answer.refusal.why)
}

function sayError(bench: Bench, code: ConnectionError['code']): void {
  bench.hub.say({ type: 'err', code, fatal: code !== 'forked' })
  bench.clock.advance(0)
}

describe('hello', () => {
  it('[SYN-10] proves the key over host, nonce and every field', async () => {
    const posted: string[] = []
    const bench = openBench({
      options: {
        post: (_url, request) => {
          posted.push(request.publicKey)
          return Promise.resolve({
            ok: true,
            value: { kioskId: 7, universityId: 1, spaceId: 2, role: 'entrance' },
          })
        },
      },
    })
    await bench.engine.enrolWith('CODE')
    bench.hub.say({ type: 'challenge', nonce: 'abc', protocols: [2, 1] })
    const hello = bench.hub.last('hello')
    if (hello === undefined) throw new Error('no hello')
    const { proof, ...unsigned } = hello
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: posted[0] ?? '' }, format: 'jwk' })
    const isProven = (host: string): boolean =>
      verify(null, Buffer.from(helloStatement(host, 'abc', unsigned)), key, Buffer.from(proof, 'base64url'))
    expect(isProven('127.0.0.1:4710')).toBe(true)
    expect(isProven('127.0.0.1')).toBe(false)
  })

  it('[SYN-20] asks with the same key again when the answer to a code was lost', async () => {
    const posted: string[] = []
    const bench = openBench({
      options: {
        post: (_url, request) => {
          posted.push(request.publicKey)
          return Promise.resolve({ ok: false, refusal: { why: 'hubUnreachable' } })
        },
      },
    })
    expect(await bench.engine.call('enrol', { code: 'A' })).toMatchObject({
      refusal: { why: 'hubUnreachable' },
    })
    await bench.engine.call('enrol', { code: 'A' })
    expect(posted[0]).toBe(posted[1])
  })
})

describe('enrolment', () => {
  it('[SYN-20] asked twice at once makes one kiosk, and one in its place keeps it', async () => {
    const bench = openBench()
    const twice = [bench.engine.call('enrol', { code: 'A' }), bench.engine.call('enrol', { code: 'A' })]
    for (const answer of await Promise.all(twice)) expect(answer).toEqual({ ok: true, value: { kioskId: 7 } })
    welcome(bench)
    expect(bench.hub.last('hello')?.kioskId).toBe(7)
    expect(await bench.engine.call('enrol', { code: 'B' })).toEqual({
      ok: false,
      refusal: { why: 'notAllowed' },
    })
  })

  it('[SYN-21] into another university takes nothing of the first along', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    sayError(bench, 'revoked')
    const other = reopen(bench, {
      post: () =>
        Promise.resolve({ ok: true, value: { kioskId: 9, universityId: 2, spaceId: 50, role: 'door' } }),
    })
    await other.engine.call('enrol', { code: 'B' })
    other.clock.advance(0)
    expect(other.screen.size).toBe(0)
    other.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(other.hub.last('hello')).toMatchObject({
      kioskId: 9,
      epoch: null,
      cursor: 0,
      ticket: null,
      sealed: null,
      nextMutationId: 1,
    })
    expect(other.seen.kiosk).toEqual({ state: 'starting' })
    const kept = new Database(join(bench.folder, 'outbox.db.kept-1'), { readonly: true })
    expect(kept.prepare('select space_id from mutations').pluck().all()).toEqual([3])
    kept.close()
  })
})

describe('welcome', () => {
  it('[SYN-11] keeps the ticket before the line is used, and shows it at the next hello', async () => {
    const bench = await openLiveBench()
    redial(bench)
    bench.hub.say({ type: 'challenge', nonce: 'abc', protocols: [2] })
    expect(bench.hub.last('hello')).toMatchObject({ ticket: 'ticket-1', epoch: 'epoch-1', cursor: 6 })
    const again = reopen(bench)
    welcome(again, { ticket: 'ticket-2' })
    expect(again.hub.last('applied')?.ticket).toBe('ticket-2')
    const third = reopen(again)
    third.hub.say({ type: 'challenge', nonce: 'abc', protocols: [2] })
    expect(third.hub.last('hello')?.ticket).toBe('ticket-2')
  })

  it('[SYN-2] [SYN-29] sends again what a lost ack left open, whatever the welcome says', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    redial(bench)
    welcome(bench, { lastMutationId: 1, head: 7 })
    expect(bench.hub.last('push')?.mutations).toMatchObject([{ id: 1, body: { spaceId: 3, level: 1 } }])
    expect(bench.screen.get(3)).toMatchObject({ level: 1, isWaiting: true })
    ack(bench, 1, 7)
    expect(bench.screen.get(3)).toMatchObject({ level: 1, isWaiting: false })
    levels(bench, 6, 7, [[3, 7, 1, bench.clock.wallMs()]])
    expect(bench.seen.link?.status).toBe('online')
  })

  it('[SYN-29] an ack settles nothing that was not sent on its line: a hub may know a clone’s number', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    await report(bench, 4, 1)
    ack(bench, 2, 7)
    expect(bench.hub.last('push')?.mutations).toMatchObject([{ id: 2 }])
    expect(bench.engine.readRows().waitingCount).toBe(1)
    expect(bench.screen.get(4)).toMatchObject({ isWaiting: true })
  })

  it('[SYN-17] [SYN-18] [SYN-29] offers all again to a hub that went back, what it has and what it has not', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    await report(bench, 4, 2)
    ack(bench, 1, 7)
    ack(bench, 2, 8)
    levels(bench, 6, 8, [
      [3, 7, 1, bench.clock.wallMs()],
      [4, 8, 2, bench.clock.wallMs()],
    ])
    redial(bench)
    bench.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(bench.hub.last('hello')).toMatchObject({ ackedTo: 2, nextMutationId: 3, oldestRetained: 1 })
    expect(bench.hub.last('hello')?.sealed).toMatchObject({ epoch: 'epoch-1', head: 8 })
    welcome(bench, { epoch: 'epoch-2', head: 7, lastMutationId: 1 })
    expect(bench.hub.last('push')?.mutations).toMatchObject([
      { id: 1, body: { spaceId: 3 } },
      { id: 2, body: { spaceId: 4 } },
    ])
    expect(bench.screen.get(4)).toMatchObject({ level: 2, isWaiting: true })
    const rows = LIBRARY.map((row) => (row.id === 3 ? rowOf(3, 7, 2, 1, bench.clock.wallMs()) : row))
    snapshot(bench, rows, 7, 'epoch-2')
    expect(bench.screen.get(3)).toMatchObject({ level: 1 })
    expect(bench.screen.get(4)).toMatchObject({ level: 2, isWaiting: true })
    ack(bench, 2, 8)
    expect(bench.engine.readRows()).toMatchObject({ epoch: 'epoch-2', cursor: 7, waitingCount: 0 })
  })

  it('[SYN-18] forgets after seven days of hub time, but never the newest number', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    await report(bench, 4, 1)
    ack(bench, 1, 7)
    ack(bench, 2, 8)
    bench.hub.cut()
    bench.clock.suspend(7 * DAY_MS + 60_000)
    untilDialled(bench)
    welcome(bench, { lastMutationId: 2, head: 8 })
    snapshot(bench, LIBRARY, 8)
    redial(bench)
    bench.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(bench.hub.last('hello')).toMatchObject({ oldestRetained: 2, nextMutationId: 3, ackedTo: 2 })
  })

  it('tells the screen of a move', async () => {
    const bench = await openLiveBench()
    bench.hub.say({ type: 'assignment', assignment: { ...ASSIGNMENT, spaceId: 1 } })
    expect(bench.seen.kiosk).toMatchObject({ state: 'enrolled', assignment: { spaceId: 1 } })
    expect(bench.seen.kiosk).toHaveProperty('movedAtMs', bench.clock.wallMs())
    await report(bench, 6, 1)
  })
})

describe('when the hub says no', () => {
  it('[SYN-12] a forked device takes a new name, and what it holds names its origin', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    const hash = bench.hub.last('push')?.mutations[0]?.hash
    ack(bench, 1, 7)
    await report(bench, 4, 2)
    await bench.engine.call('withdrawReport', { mutationId: 2 })
    sayError(bench, 'forked')
    const key = bench.hub.last('fork')?.publicKey
    bench.hub.cut()
    const again = reopen(bench)
    again.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    sayError(again, 'forked')
    expect(again.hub.last('fork')?.publicKey).toBe(key)
    again.hub.say({ type: 'forked', kioskId: 8 })
    untilDialled(again)
    again.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(again.hub.last('hello')).toMatchObject({ kioskId: 8, ticket: null, nextMutationId: 4, ackedTo: 0 })
    welcome(again, { head: 7 })
    expect(again.hub.last('push')?.mutations).toMatchObject([
      { id: 1, origin: { kioskId: 7, id: 1, hash } },
      { id: 2, origin: { kioskId: 7, id: 2 } },
      { id: 3, kind: 'withdraw', body: { mutationId: 2 }, origin: { kioskId: 7, id: 3 } },
    ])
    expect(again.screen.get(4)).toMatchObject({ level: null })
  })

  it('[SYN-12] numbers that this device never gave are a fork too', async () => {
    const bench = await openLiveBench()
    redial(bench)
    welcome(bench, { lastMutationId: 5 })
    expect(bench.hub.last('fork')).toBeDefined()
    expect(bench.hub.last('push')).toBeUndefined()
  })

  it('[SYN-28] a revoked one stops, keeps its outbox, and can become a kiosk again', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    sayError(bench, 'revoked')
    expect(bench.seen.kiosk).toMatchObject({ state: 'notEnrolled', wasRevoked: true })
    expect(bench.seen.link).toMatchObject({ status: 'offline', reason: 'revoked' })
    const dialled = bench.hub.dialled()
    bench.clock.advance(DAY_MS)
    expect(bench.hub.dialled()).toBe(dialled)
    expect(await bench.engine.call('reportOccupancy', { spaceId: 3, level: 2 })).toEqual({
      ok: false,
      refusal: { why: 'revoked' },
    })
    expect(bench.engine.readRows().waitingCount).toBe(1)
    expect(await bench.engine.call('enrol', { code: 'B' })).toEqual({ ok: true, value: { kioskId: 7 } })
    welcome(bench, { head: 6 })
    expect(bench.seen.kiosk).toMatchObject({ state: 'enrolled' })
    expect(bench.hub.last('push')?.mutations).toMatchObject([{ id: 1, origin: { kioskId: 7, id: 1 } }])
  })

  it('[KSK-15] one whose proof the hub refuses again and again offers the code entry, keeps its taps, and is itself again once it is welcomed', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    const refuse = (): void => {
      sayError(bench, 'badProof')
      untilDialled(bench)
    }
    for (let round = 1; round < REFUSED_PROOFS; round += 1) refuse()
    expect(bench.seen.kiosk).toMatchObject({ state: 'enrolled' })
    refuse()
    expect(bench.seen.kiosk).toMatchObject({ state: 'notEnrolled', wasRevoked: true })
    expect(bench.engine.readRows().waitingCount).toBe(1)
    welcome(bench, { ticket: 'ticket-2' })
    expect(bench.seen.kiosk).toMatchObject({ state: 'enrolled' })
    expect(bench.hub.last('push')?.mutations).toMatchObject([{ id: 1 }])
    for (let round = 1; round < REFUSED_PROOFS; round += 1) refuse()
    expect(bench.seen.kiosk).toMatchObject({ state: 'enrolled' })
    refuse()
    expect(await bench.engine.call('enrol', { code: 'B' })).toEqual({ ok: true, value: { kioskId: 7 } })
    welcome(bench)
    expect(bench.seen.kiosk).toMatchObject({ state: 'enrolled' })
    expect(bench.hub.last('push')?.mutations).toMatchObject([{ id: 1, origin: { kioskId: 7, id: 1 } }])
  })

  it('[KSK-15] a key that is damaged on the disk, also one that was to be the next, asks for a code at once', async () => {
    const bench = await openLiveBench()
    await report(bench, 3, 1)
    bench.engine.stop()
    const sqlite = new Database(join(bench.folder, 'outbox.db'))
    sqlite.exec("update identity set private_key = 'torn', pending_key = '?'")
    sqlite.close()
    const again = reopen(bench)
    again.hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
    expect(again.seen.kiosk).toMatchObject({ state: 'notEnrolled', wasRevoked: true })
    expect(again.engine.readRows().waitingCount).toBe(1)
    expect(await again.engine.call('enrol', { code: 'B' })).toEqual({ ok: true, value: { kioskId: 7 } })
    welcome(again)
    expect(again.hub.last('push')?.mutations).toMatchObject([{ id: 1, origin: { kioskId: 7, id: 1 } }])
  })

  it('[SYN-13] one that is too old keeps what it has and tries again slowly', async () => {
    const bench = await openLiveBench({ options: { protocol: 3 } })
    expect(bench.hub.last('hello')?.protocol).toBe(3)
    await report(bench, 3, 1)
    sayError(bench, 'upgrade')
    expect(bench.seen.link).toMatchObject({ status: 'offline', reason: 'upgrade' })
    expect(untilDialled(bench)).toBeGreaterThanOrEqual(60_000)
    expect(bench.engine.readRows().waitingCount).toBe(1)
  })

  it('[SYN-17] comes again when the epoch changed under a line', async () => {
    const bench = await openLiveBench()
    beat(bench, 3, digestOf([]), 'epoch-2')
    expect(bench.hub.isOpen()).toBe(false)
    expect(untilDialled(bench)).toBeLessThanOrEqual(4_100)
  })

  it('[SYN-15] ends a line that says what is no message, and lives on', async () => {
    for (const text of [
      '',
      '{',
      '{"type":"welcome"}',
      '{"type":"toString"}',
      '[]',
      'null',
      '{"type":"ack"}',
    ]) {
      const bench = await openLiveBench()
      bench.hub.sayText(text)
      expect(bench.hub.isOpen()).toBe(false)
      untilDialled(bench)
      bench.engine.stop()
    }
  })
})

describe('when the line is gone', () => {
  it('[SYN-23] says offline after two missed heartbeats, with the last contact, and dials again', async () => {
    const bench = await openLiveBench()
    const contactMs = bench.clock.wallMs()
    bench.clock.advance(10_000)
    expect(bench.seen.link?.status).toBe('online')
    bench.clock.advance(5_000)
    expect(bench.seen.link).toMatchObject({ status: 'offline', lastContactMs: contactMs })
    expect(bench.seen.link?.hubNowMs).toBeGreaterThanOrEqual(contactMs + 12_500)
    untilDialled(bench)
  })

  it('[SYN-23] notices after a suspend that the line died meanwhile', async () => {
    const bench = await openLiveBench()
    bench.clock.suspend(3_600_000)
    bench.clock.advance(5_000)
    expect(bench.seen.link?.status).toBe('offline')
  })

  it('[SYN-23] waits with full jitter between 1 and 60 s, and longer when the hub says so', async () => {
    const bench = await openLiveBench()
    const waits: number[] = []
    for (let turn = 0; turn < 200; turn += 1) {
      bench.hub.cut('unreachable')
      waits.push(untilDialled(bench))
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_100)
    expect(Math.max(...waits)).toBeGreaterThan(50_000)
    expect(Math.min(...waits.slice(10))).toBeLessThan(6_000)
    bench.hub.say({ type: 'bye', retryAfterMs: 120_000 })
    expect(untilDialled(bench)).toBeGreaterThanOrEqual(120_000)
  })

  it('[SYN-26] says that it is the certificate', async () => {
    const bench = await openLiveBench()
    bench.hub.cut('tls')
    expect(bench.seen.link).toMatchObject({ status: 'offline', reason: 'tls' })
  })

  it('[SYN-23] gives up a handshake that does not end', async () => {
    const bench = openBench()
    await bench.engine.enrolWith('CODE')
    expect(bench.hub.dialled()).toBe(1)
    expect(untilDialled(bench)).toBeGreaterThanOrEqual(15_000)
  })
})
