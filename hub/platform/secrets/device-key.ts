import { createPublicKey, type KeyObject } from 'node:crypto'

/** A device's public key, ready for checking, from its raw 32 bytes (Ed25519, base64url); null when it is none. */
export function importDeviceKey(publicKey: string): KeyObject | null {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  } catch {
    return null
  }
}
