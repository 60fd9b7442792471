import { argon2id, hash, needsRehash, verify } from 'argon2'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { preparePassword } from '#shared/domain/password-text.ts'
import { makeSemaphore } from '../platform/semaphore.ts'

/** Cost of a password's hash: 19 MiB, two rounds, one lane, about 20 ms. More than this only when machines are faster. [IDN-5] */
export const HASH_COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Hashes at once. libuv has four threads for everything; two are left for the rest of the hub. */
const MAX_AT_ONCE = 2

/** Hashes that wait: as many as the password slots, which bound them, can ask for. [IDN-25] */
const MAX_WAITING = 800

/** `busy`: too many wait already. */
export type HashDecision<Value> = Decision<Value, 'busy'>

/** The result of a comparison. */
export interface Verdict {
  isRight: boolean
  /** The hash costs less than one of today, or is of the text as it was typed: to be made anew while the password is at hand. */
  isOutdated: boolean
}

/** Hashing of passwords, a few at a time. [IDN-5] */
export interface Passwords {
  /** The text that is stored for a password (PHC format). Throws for what cannot be one: the rule refuses that before. [IDN-4] */
  hash(typed: string): Promise<HashDecision<string>>
  /**
   * Whether a password is the one of which a hash was stored. A null hash takes as long, and is never right. Hashes of
   * earlier releases are of the text as it was typed; where that is another one it is tried too, for names that are
   * unknown as for those that are known. [IDN-19]
   */
  verify(typed: string, stored: string | null): Promise<HashDecision<Verdict>>
}

/** Makes the one hasher of a hub, which runs two hashes at once. `compare` may be replaced by a test that counts comparisons. */
export function makePasswords(
  cost: typeof HASH_COST | { memoryCost: number; timeCost: number; parallelism: number } = HASH_COST,
  compare: typeof verify = verify,
): Passwords {
  const options = { ...cost, type: argon2id } as const
  const semaphore = makeSemaphore(MAX_AT_ONCE, MAX_WAITING)
  const withPermit = async <Value>(run: () => Promise<Value>): Promise<HashDecision<Value>> =>
    semaphore.isFull ? refuse('busy') : accept(await semaphore.run(run))
  // A hash of no password, made at the first use at the same cost as all others: comparing with it takes as long as with a real one.
  let hashOfNobody: Promise<string> | null = null
  return {
    hash: (typed) =>
      withPermit(() => {
        const text = preparePassword(typed)
        if (text === null) throw new Error('a text that cannot be a password was to be hashed')
        return hash(text, options)
      }),
    verify: (typed, stored) =>
      withPermit(async () => {
        const text = preparePassword(typed)
        const known = stored ?? (await (hashOfNobody ??= hash('', options)))
        const isPrepared = text !== null && (await compare(known, text))
        const isAsTyped = !isPrepared && text !== typed && (await compare(known, typed))
        return {
          isRight: stored !== null && (isPrepared || isAsTyped),
          // What cannot be chosen today cannot be hashed anew either; it goes on being right.
          isOutdated: text !== null && (isAsTyped || needsRehash(known, options)),
        }
      }),
  }
}
