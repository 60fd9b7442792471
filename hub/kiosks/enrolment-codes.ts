import { createHash, randomBytes, verify } from 'node:crypto'
import { importDeviceKey } from '../platform/secrets/device-key.ts'

/** Crockford's base32: no I, L, O, U, so that a code can be read out and typed. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CODE_LENGTH = 16

/** A fresh code: 80 random bits as XXXX-XXXX-XXXX-XXXX. [SYN-20] */
export function makeEnrolmentCode(): string {
  let bits = BigInt(`0x${randomBytes(10).toString('hex')}`)
  let code = ''
  for (let index = 0; index < CODE_LENGTH; index += 1) {
    code = (ALPHABET[Number(bits & 31n)] ?? '') + code
    bits >>= 5n
  }
  return code.match(/.{4}/g)?.join('-') ?? code
}

/** A typed code in its one spelling: case, dashes and spaces do not matter, O is 0, I and L are 1. Null when it cannot be one. */
export function parseEnrolmentCode(typed: string): string | null {
  const code = typed
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\p{Pd}_]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  return code.length === CODE_LENGTH && [...code].every((one) => ALPHABET.includes(one)) ? code : null
}

/** What is kept of a code. 80 random bits need no slow hash. */
export function hashEnrolmentCode(code: string): string {
  return createHash('sha256').update(`carrel enrolment 1\n${code}`).digest('base64url')
}

/** Whether a text was signed (Ed25519) with the key of which the raw public part is given; both base64url. Never throws. */
export function isSignedBy(publicKey: string, statement: string, signature: string): boolean {
  const key = importDeviceKey(publicKey)
  return key !== null && verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'))
}
