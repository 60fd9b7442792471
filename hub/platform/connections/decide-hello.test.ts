import { describe, expect, test } from 'vitest'
import { KIOSK_MESSAGES } from '#shared/fixtures/messages.ts'
import type { Hello } from '#shared/wire/messages.ts'
import type { KioskRow } from './kiosk-session-rows.ts'
import { decideHello } from './decide-hello.ts'

const UNIVERSITY = { epoch: 'now', clock: 40 }

const KIOSK: KioskRow = {
  id: 17,
  name: 'door 101',
  spaceId: 5,
  role: 'door',
  settings: {},
  session: 3,
  lastMutationId: 9,
  isRevoked: false,
  publicKey: 'key',
  ticketEpoch: 'now',
  ticketIssued: 'second',
  ticketConfirmed: 'first',
  universityId: 1,
  universityName: 'University of the Marsh',
  timezone: 'Europe/Ljubljana',
  locale: 'sl',
  universitySettings: {},
}

function decide(hello: Partial<Hello>, kiosk: Partial<KioskRow> = {}): ReturnType<typeof decideHello> {
  const whole = { ...KIOSK_MESSAGES.hello, epoch: 'now', cursor: 40, ticket: 'second', sealed: null }
  const fields = { nextMutationId: 10, oldestRetained: 8, ackedTo: 9, ...hello }
  return decideHello({ ...whole, ...fields }, { ...KIOSK, ...kiosk }, UNIVERSITY, 'third')
}

describe('a hello', () => {
  test.each(['first', 'second'])(
    '[SYN-12] with the ticket issued or confirmed last is let in: %s',
    (ticket) => {
      expect(decide({ ticket })).toMatchObject({
        verdict: 'open',
        opened: { session: 4, ticketIssued: 'third' },
      })
    },
  )

  test('[SYN-11] confirms the ticket that it shows, and not one whose welcome was lost', () => {
    expect(decide({ ticket: 'second' })).toMatchObject({ opened: { ticketConfirmed: 'second' } })
    expect(decide({ ticket: 'first' })).toMatchObject({ opened: { ticketConfirmed: 'first' } })
  })

  test.each([null, 'older'])(
    '[SYN-12] with another ticket is a clone, once tickets were issued: %s',
    (ticket) => {
      expect(decide({ ticket }).verdict).toBe('forked')
      expect(decide({ ticket }, { ticketEpoch: 'before' }).verdict).toBe('open')
    },
  )

  test('[SYN-12] that would use a settled number again is an older self, in every epoch', () => {
    expect(decide({ nextMutationId: 9 }).verdict).toBe('forked')
    expect(decide({ nextMutationId: 9 }, { ticketEpoch: 'before' }).verdict).toBe('forked')
    expect(decide({ nextMutationId: 10 }, { ticketEpoch: 'before' }).verdict).toBe('open')
  })

  test('[SYN-18] that no longer holds what the hub misses makes the gap final', () => {
    expect(decide({ oldestRetained: 10 })).toMatchObject({ lost: null })
    expect(decide({ nextMutationId: 15, oldestRetained: 13 })).toMatchObject({
      lost: { from: 10, to: 12 },
      opened: { lastMutationId: 12 },
    })
  })

  test('[SYN-15] that holds more than it made is malformed', () => {
    expect(decide({ oldestRetained: 11 }).verdict).toBe('malformed')
  })

  test.each<[string, Partial<Hello>]>([
    ['another epoch', { epoch: 'before' }],
    ['nothing', { cursor: 0 }],
    ['a cursor beyond the head, which proves nothing', { cursor: 41 }],
    ['acknowledgements that the hub never gave', { ackedTo: 10, nextMutationId: 11 }],
  ])('[SYN-17] with %s gets everything', (_, hello) => {
    expect(decide(hello)).toMatchObject({ verdict: 'open', needsSnapshot: true })
    expect(decide({})).toMatchObject({ verdict: 'open', needsSnapshot: false })
  })

  test('[SYN-28] of a revoked kiosk is refused', () => {
    expect(decide({}, { isRevoked: true }).verdict).toBe('revoked')
  })
})
