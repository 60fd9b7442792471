import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hash,
  sign,
  type KeyObject,
} from 'node:crypto'
import { canonicalJson } from '#shared/domain/canonical-json.ts'
import { enrolStatement, helloStatement, mutationStatement, type Hello } from '#shared/wire/messages.ts'

/** The fixed first bytes of an Ed25519 private key in PKCS#8; 32 secret bytes follow. RFC 8410, section 7. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A device's key pair. The secret never leaves the device. */
export interface KioskKey {
  /** Raw public key, 32 bytes, base64url. */
  publicKey: string
  /** The signature of a hello, base64url. [SYN-10] */
  proveHello(host: string, nonce: string, hello: Omit<Hello, 'proof'>): string
  /** The signature of an enrolment, base64url. [SYN-20] */
  proveEnrolment(host: string, code: string): string
}

/** Whether a text from the disk can be a key: 32 bytes, base64url. Whether it is the right one only the hub knows. [KSK-15] */
export function isKioskKey(secret: string | null): secret is string {
  return secret !== null && Buffer.from(secret, 'base64url').length === 32
}

/** Makes the key pair of 32 secret bytes (base64url). Throws a RangeError when they are not 32. */
export function makeKioskKey(secret: string): KioskKey {
  const bytes = Buffer.from(secret, 'base64url')
  if (bytes.length !== 32) throw new RangeError('an Ed25519 key has 32 bytes')
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, bytes]), format: 'der', type: 'pkcs8' })
  const publicKey = rawPublicKey(key)
  const prove = (statement: string): string => sign(null, Buffer.from(statement), key).toString('base64url')
  return {
    publicKey,
    proveHello: (host, nonce, hello) => prove(helloStatement(host, nonce, hello)),
    proveEnrolment: (host, code) => prove(enrolStatement(host, code, publicKey)),
  }
}

function rawPublicKey(key: KeyObject): string {
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  if (x === undefined) throw new Error('a public key without its point')
  return x
}

/** Proves hellos by the key that the hub's newest welcome gave: HMAC-SHA256, base64url. [SYN-38] */
export function proveByResumeKey(key: string): KioskKey['proveHello'] {
  return (host, nonce, hello) =>
    createHmac('sha256', createSecretKey(key, 'base64url'))
      .update(helloStatement(host, nonce, hello))
      .digest('base64url')
}

/** A mutation's hash: the first 16 bytes of the SHA-256 of its kind and body, base64url. [SYN-3] */
export function hashMutation(kind: string, body: unknown): string {
  return hash('sha256', mutationStatement(kind, body), 'buffer').subarray(0, 16).toString('base64url')
}

/** The JSON text of a body as it is stored and sent. */
export function mutationBodyText(body: unknown): string {
  return canonicalJson(body)
}
