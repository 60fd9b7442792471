import type { Hello } from '#shared/wire/messages.ts'
import type { KioskRow, OpenedSession } from './kiosk-session-rows.ts'

/** What is decided about a hello whose proof is right. */
export type HelloDecision =
  | { verdict: 'revoked' | 'forked' | 'malformed' }
  | {
      verdict: 'open'
      opened: OpenedSession
      /** Ids of mutations that nobody holds any more: they are recorded as lost. [SYN-18] */
      lost: { from: number; to: number } | null
      /** Its rows cannot be trusted or are of another epoch: it gets everything. [SYN-17] */
      needsSnapshot: boolean
    }

/**
 * Decides a hello under the university's lock: revoked, a clone, or welcome with a new ticket and session. A kiosk that
 * claims to be ahead without the hub's signature only gets a snapshot. [SYN-11] [SYN-12] [SYN-17] [SYN-18]
 */
export function decideHello(
  hello: Hello,
  kiosk: KioskRow,
  university: { epoch: string; clock: number },
  ticket: string,
): HelloDecision {
  if (kiosk.isRevoked) return { verdict: 'revoked' }
  if (hello.oldestRetained > hello.nextMutationId) return { verdict: 'malformed' }
  const { ticketIssued, ticketConfirmed, lastMutationId } = kiosk
  const hasTickets = kiosk.ticketEpoch === university.epoch
  // A kiosk's numbers only grow, in every epoch: one that would use a settled number again is an older copy of itself.
  if (hello.nextMutationId <= lastMutationId) return { verdict: 'forked' }
  if (hasTickets && hello.ticket !== ticketIssued && hello.ticket !== ticketConfirmed)
    return { verdict: 'forked' }
  const lost =
    hello.oldestRetained > lastMutationId + 1
      ? { from: lastMutationId + 1, to: hello.oldestRetained - 1 }
      : null
  // A hello with the ticket last issued shows that it was stored; before the epoch's first one, what it has counts.
  const isConfirming = !hasTickets || hello.ticket === ticketIssued
  return {
    verdict: 'open',
    lost,
    needsSnapshot:
      hello.epoch !== university.epoch ||
      hello.cursor === 0 ||
      hello.cursor > university.clock ||
      hello.ackedTo > lastMutationId,
    opened: {
      id: kiosk.id,
      session: kiosk.session + 1,
      lastMutationId: lost === null ? lastMutationId : lost.to,
      ticketIssued: ticket,
      ticketConfirmed: isConfirming ? hello.ticket : ticketConfirmed,
      appVersion: hello.appVersion,
      keyGrade: hello.keyGrade,
    },
  }
}

/** Whether a head that the hub signed for a kiosk proves that the database was once further than it is. [SYN-17] */
export function provesRollback(
  hello: Hello,
  university: { epoch: string; clock: number },
  isSignatureValid: boolean,
): boolean {
  const { sealed } = hello
  return (
    sealed !== null && isSignatureValid && sealed.epoch === university.epoch && sealed.head > university.clock
  )
}
