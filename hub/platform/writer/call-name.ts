import { createHash, randomUUID } from 'node:crypto'
import { HTTP_STATUS } from '#shared/wire/http-error.ts'
import { mutationStatement } from '#shared/wire/messages.ts'
import { INTERNAL_KEY_PREFIX } from './call-ledger-rows.ts'

/** What the ledger calls a wish of a person or of staff: a key that its maker gave it, and the hash of what was asked. [SYN-51] */
export interface CallName {
  key: string
  hash: string
  /** Only what was accepted is kept under it: a key in a body, as release 0.1 took it. [SYN-53] */
  forgetsRefusals?: true
}

/** The hash of a call: of its name and all that was sent with it but for the key itself. [SYN-51] */
export function hashCall(name: string, input: unknown): string {
  const digest = createHash('sha256').update(mutationStatement(name, input)).digest()
  return digest.subarray(0, 16).toString('base64url')
}

/**
 * A name for a call whose maker gave none: only who tries the same call again, because a commit's fate is unknown, knows it.
 * [SYN-54]
 */
export function makeInternalName(): CallName {
  return { key: `${INTERNAL_KEY_PREFIX}${randomUUID()}`, hash: '-' }
}

/** Whether the caller gave a name, and may ask under it again; else only the hub knows it. */
export function isOfCaller({ key }: CallName): boolean {
  return !key.startsWith(INTERNAL_KEY_PREFIX)
}

/** Whether refusals are kept under a name: not where nobody else knows it. [SYN-53] */
export function keepsRefusals(name: CallName): boolean {
  return isOfCaller(name) && name.forgetsRefusals !== true
}

/**
 * Whether a refusal is the last word on a call. One that says to come again (too many, signed out, a hub that is busy or broken)
 * is not: the same key may be tried again then. [SYN-53]
 */
export function isLastWord(refusal: unknown): boolean {
  const why = typeof refusal === 'object' && refusal !== null && 'why' in refusal ? refusal.why : null
  const status =
    typeof why === 'string' && Object.hasOwn(HTTP_STATUS, why)
      ? HTTP_STATUS[why as keyof typeof HTTP_STATUS]
      : 400
  return status < 500 && status !== 401 && status !== 429
}
