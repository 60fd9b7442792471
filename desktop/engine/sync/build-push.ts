import type { Push, PushedMutation } from '#shared/wire/messages.ts'
import type { StoredMutation } from '../store/outbox-rows.ts'

/** Bytes reserved for the frame around the mutations. */
const FRAME_BYTES = 64

/** Bytes of one mutation beside its body: keys, numbers and hashes at their longest. */
const ENVELOPE_BYTES = 320

/** The device's clock at the moment of sending. */
export interface SendingMoment {
  boot: string
  elapsedMs: number
}

/**
 * The oldest waiting mutations that fit into one frame, contiguous, up to the first that may not be sent; null when there is
 * none. [SYN-4] [SYN-34]
 */
export function buildPush(
  waiting: readonly StoredMutation[],
  maxFrameBytes: number,
  moment: SendingMoment,
  mayPush: (kind: string) => boolean,
): Push | null {
  const mutations: PushedMutation[] = []
  let bytes = FRAME_BYTES
  for (const stored of waiting) {
    if (!mayPush(stored.kind)) break
    bytes += Buffer.byteLength(stored.body) + ENVELOPE_BYTES
    if (mutations.length > 0 && bytes > maxFrameBytes) break
    mutations.push(toWire(stored, moment))
  }
  return mutations.length === 0 ? null : { type: 'push', mutations }
}

/** Its age is known only within the boot in which it was made. [OCC-7] */
function toWire(stored: StoredMutation, moment: SendingMoment): PushedMutation {
  const { originKioskId, originId, originHash } = stored
  const body: unknown = JSON.parse(stored.body)
  return {
    id: stored.id,
    hash: stored.hash,
    kind: stored.kind,
    body,
    ageMs: stored.boot === moment.boot ? Math.max(0, moment.elapsedMs - stored.elapsedMs) : null,
    contactMs: stored.contactMs,
    ...(originKioskId === null || originId === null || originHash === null
      ? {}
      : { origin: { kioskId: originKioskId, id: originId, hash: originHash } }),
  }
}
