import type { HubLog } from '../log.ts'

/** So many are remembered: more are nothing new, and anybody can send such a header. */
const MAX_REMEMBERED = 5

/** Who sent X-Forwarded-For without being named in TRUST_PROXY, since this hub started. */
export interface UntrustedProxies {
  record(peer: string): void
  all(): string[]
}

/** Makes an empty memory; each new one is written to the log, and handed on for `doctor`. [EDG-5] */
export function makeUntrustedProxies(
  log: Pick<HubLog, 'warn'>,
  changed: (peers: string[]) => void,
): UntrustedProxies {
  const peers = new Set<string>()
  return {
    record: (peer) => {
      if (peers.has(peer) || peers.size >= MAX_REMEMBERED) return
      peers.add(peer)
      log.warn('proxy-untrusted', 'X-Forwarded-For came from a peer that TRUST_PROXY does not name.', {
        peer,
      })
      changed([...peers])
    },
    all: () => [...peers],
  }
}
