import type { Bye } from '#shared/wire/messages.ts'
import { addressBucket } from '../http/network-address.ts'
import { makeOwnerSlots } from '../owner-slots.ts'
import type { Connection, ConnectionHandler } from '../ports.ts'

/**
 * Most unauthenticated connections of kiosks: each costs about 10 KB. All kiosks may connect at once after a restart,
 * through one proxy: half of all may come from one address, unless set otherwise. [EDG-14]
 */
export const MAX_UNAUTHENTICATED = 16_384

/** How soon a rejected kiosk may connect again. */
const FULL_RETRY_MS = 10_000

/** Limits connections in all and per address of the network, so that a flood of sockets cannot take the hub's memory. [SYN-10] */
export interface ConnectionLimit {
  /** Null: the limit is reached. Else a function that gives the place back; a second call does nothing. */
  acquire(address: string): (() => void) | null
}

/** Makes a limit that counts from zero; IPv6 addresses count by their first 64 bits. */
export function makeConnectionLimit(maxTotal: number, maxPerAddress: number): ConnectionLimit {
  const slots = makeOwnerSlots(maxTotal, maxPerAddress)
  return { acquire: (address) => slots.acquire(addressBucket(address)) }
}

/** Over the limit: sends when to connect again, and closes. [SYN-10] */
export function rejectConnection(connection: Connection): ConnectionHandler {
  connection.send(JSON.stringify({ type: 'bye', retryAfterMs: FULL_RETRY_MS } satisfies Bye))
  connection.close()
  return { received: ignore, receivedTooLarge: ignore, ended: ignore }
}

function ignore(): void {
  return undefined
}

/** Calls `release` when the socket has closed, and not when it was asked to close: that may take long. */
export function releaseOnClose(session: ConnectionHandler, release: () => void): ConnectionHandler {
  return {
    received: (text) => session.received(text),
    receivedTooLarge: () => session.receivedTooLarge(),
    ended: () => {
      release()
      session.ended()
    },
  }
}
