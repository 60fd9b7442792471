import type { Bye } from '#shared/wire/messages.ts'
import { addressBucket } from '../http/network-address.ts'
import { makePlaces } from '../places.ts'
import type { HubClock, KioskLine, LineHandler } from '../ports.ts'

/**
 * Sockets of kiosks that have not said who they are, at most: each costs about 10 KB. All kiosks may come at once after a restart,
 * through one proxy, and must find room: half of all may have one address, unless set otherwise. [EDG-14]
 */
export const MAX_STRANGERS = 16_384

/** How soon one may come again for whom there was no room, and how long its socket may take to close. */
const FULL_RETRY_MS = 10_000
const TURN_AWAY_MS = 1_000

/** Counts strangers before the door, so that a flood of sockets cannot take the hub's memory. [SYN-10] */
export interface Lobby {
  /** Null: no room. Else a function to be called once the stranger is known or gone; a second call does nothing. */
  enter(address: string): (() => void) | null
}

/** Makes an empty lobby. */
export function makeLobby(maxAll: number, maxPerAddress: number): Lobby {
  const places = makePlaces(maxAll, maxPerAddress)
  return { enter: (address) => places.enter(addressBucket(address)) }
}

/** No room: the stranger hears when to come again, and nothing else. [SYN-10] */
export function turnAway(clock: Pick<HubClock, 'after'>, line: KioskLine): LineHandler {
  line.send(JSON.stringify({ type: 'bye', retryAfterMs: FULL_RETRY_MS } satisfies Bye))
  line.close()
  const cancel = clock.after(TURN_AWAY_MS, () => line.terminate())
  return { received: () => undefined, receivedTooLarge: () => undefined, ended: cancel }
}

/** Leaves the lobby when the socket is gone, and not when it was told to close: it may stand there for long. */
export function strangerUntil(session: LineHandler, leave: () => void): LineHandler {
  return {
    received: (text) => session.received(text),
    receivedTooLarge: () => session.receivedTooLarge(),
    ended: () => {
      leave()
      session.ended()
    },
  }
}
