import { argon2id, hash, needsRehash, verify } from 'argon2'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { makeTurnstile } from '../turnstile.ts'

/** Cost of a password's hash: 19 MiB, two rounds, one lane, about 20 ms. More than this only when machines are faster. [IDN-5] */
export const HASH_COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Hashes at once. libuv has four threads for everything; two are left for the rest of the hub. */
const MAX_AT_ONCE = 2

/** Sign-ins that wait for their hash; at 40 hashes a second the last one waits ten seconds. */
const MAX_WAITING = 400

/** Seconds after which somebody who found the queue full may try again. */
export const BUSY_RETRY_S = 5

/** `busy`: so many wait already that this one would wait too long. */
export type HashDecision<Value> = Decision<Value, 'busy'>

/** Hashing of passwords, a few at a time. [IDN-5] */
export interface Passwords {
  /** The text that is stored for a password (PHC format). */
  hash(password: string): Promise<HashDecision<string>>
  /** Whether a password is the one of which a hash was stored. A null hash takes as long, and is never right. */
  verify(password: string, stored: string | null): Promise<HashDecision<boolean>>
  /** Whether a stored hash costs less than one that is made today. */
  isCheap(stored: string): boolean
}

/** Makes the one turnstile of a hub through which all passwords go. */
export function makePasswords(
  cost: typeof HASH_COST | { memoryCost: number; timeCost: number; parallelism: number } = HASH_COST,
): Passwords {
  const options = { ...cost, type: argon2id } as const
  const turnstile = makeTurnstile(MAX_AT_ONCE, MAX_WAITING)
  const inTurn = async <Value>(run: () => Promise<Value>): Promise<HashDecision<Value>> =>
    turnstile.isFull ? refuse('busy') : accept(await turnstile.pass(run))
  // Of no password; made at the first use, by the same cost as all others.
  let nobodys: Promise<string> | null = null
  return {
    hash: (password) => inTurn(() => hash(password, options)),
    verify: (password, stored) =>
      inTurn(async () => {
        const known = stored ?? (await (nobodys ??= hash('', options)))
        const isRight = await verify(known, password)
        return isRight && stored !== null
      }),
    isCheap: (stored) => needsRehash(stored, options),
  }
}
