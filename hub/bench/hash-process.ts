import { argon2id, hash, verify } from 'argon2'
import { HASH_COST } from '../accounts/passwords.ts'
import { serveRequests } from './worker-process.ts'

// Burns password hashes in a process of its own, two at a time as the hub does, so that they cost the hub nothing but cores.

/** What a bench asks of it: so many hashes. */
export interface HashRequest {
  count: number
}

/** How long each took, from its own beginning, ms. */
export interface HashAnswer {
  eachMs: number[]
}

const PASSWORD = 'a password for measuring'
const AT_ONCE = 2
const STORED = hash(PASSWORD, { ...HASH_COST, type: argon2id })

async function hashMany({ count }: HashRequest): Promise<HashAnswer> {
  const stored = await STORED
  const eachMs: number[] = []
  const begun = { count: 0 }
  const lane = async (): Promise<void> => {
    while (begun.count < count) {
      begun.count += 1
      const beganMs = performance.now()
      await verify(stored, PASSWORD)
      eachMs.push(performance.now() - beganMs)
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, lane))
  return { eachMs }
}

serveRequests(hashMany)
