import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { helloStatement, resumeStatement, type Hello, type Resume } from '#shared/wire/messages.ts'
import type { Database } from '../postgres/database.ts'
import { loadSigningKeys } from './signing-keys.ts'

/** How long a resume key is good after its welcome, ms: a hub is seldom up for longer without a restart. [SYN-38] */
const RESUME_MS = 30 * 86_400_000

/** Who resumes: a kiosk with its public key, under the ticket of a welcome. */
interface Resuming {
  kioskId: number
  publicKey: string
  ticket: string
}

/** Keys with which kiosks that come back prove themselves without a signature. Nothing of them is stored: each is an HMAC of what it is for. */
export interface ResumeKeys {
  /** The key that goes with a welcome. [SYN-38] */
  issue(of: Resuming, nowMs: number): Resume
  /** Whether the proof of a hello is made with the key of this kiosk, of the ticket that it shows, in its time. [SYN-38] */
  verify(
    hello: Hello & { resumeUntilMs: number },
    publicKey: string,
    challenge: { host: string; nonce: string },
    nowMs: number,
  ): boolean
}

/** Makes and checks resume keys by a secret that all hubs on a database share. */
export function makeResumeKeys(secret: Buffer): ResumeKeys {
  // As a key object: a MAC by a buffer takes six times as long.
  const secretKey = createSecretKey(secret)
  const keyOf = (of: Resuming, untilMs: number): string =>
    createHmac('sha256', secretKey).update(resumeStatement(of, untilMs)).digest('base64url')
  return {
    issue: (of, nowMs) => {
      const untilMs = nowMs + RESUME_MS
      return { key: keyOf(of, untilMs), untilMs }
    },
    verify: ({ proof, ...hello }, publicKey, { host, nonce }, nowMs) => {
      const { kioskId, ticket, resumeUntilMs } = hello
      if (ticket === null || resumeUntilMs <= nowMs) return false
      const key = keyOf({ kioskId, publicKey, ticket }, resumeUntilMs)
      const right = createHmac('sha256', createSecretKey(key, 'base64url'))
        .update(helloStatement(host, nonce, hello))
        .digest()
      const shown = Buffer.from(proof, 'base64url')
      return shown.length === right.length && timingSafeEqual(shown, right)
    },
  }
}

/** The secret of resume keys; the first hub makes it by `makeSecret`. It is in no backup: a restored database asks for signatures. [OPS-10] [SYN-38] */
export async function loadResumeSecret(database: Database, makeSecret: () => Buffer): Promise<Buffer> {
  const [key] = await loadSigningKeys(database, 'resume', 0, makeSecret)
  if (key === undefined) throw new Error('resume keys have no secret')
  return key.secret
}
