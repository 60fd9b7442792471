import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto'
import type { Reply } from '#shared/wire/messages.ts'
import type { Database } from '../platform/postgres/database.ts'
import { loadFirstKiosk } from './fork-rows.ts'
import { countTry } from '../platform/http/rate-limits.ts'
import { loadPinHash } from '../platform/postgres/university-facts.ts'

/** Tries per kiosk with all that forked from it, and their window. Counted before the check, so that simultaneous tries are counted too. [SYN-22] */
const MAX_TRIES = 5
const WINDOW_MS = 900_000

/** Whether a PIN opens the diagnostics page of a kiosk's university. Counts across all hubs. [SYN-22] */
export async function checkPin(
  pool: Database,
  kiosk: { kioskId: number; universityId: number },
  pin: string,
  nowMs: number,
): Promise<Reply['answer']> {
  const tries = await countTry(pool, `pin:${await loadFirstKiosk(pool, kiosk.kioskId)}`, WINDOW_MS, nowMs)
  if (tries > MAX_TRIES) return 'tooManyTries'
  return (await verifyPin(pin, await loadPinHash(pool, kiosk.universityId))) ? 'yes' : 'no'
}

/** Cost of scrypt: 16 MiB and about 40 ms. A PIN of 6 digits is guarded by its count of tries, not by this. [SYN-22] */
const COST = { N: 16_384, r: 8, p: 1 }
const KEY_BYTES = 32
const FORMAT = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/

/** A fresh PIN of six digits. */
export function makePin(): string {
  return String(randomInt(1_000_000)).padStart(6, '0')
}

/** The text that is stored for a PIN: "scrypt$N$r$p$salt$key", salt and key base64url. */
export async function hashPin(pin: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(pin, salt, COST, KEY_BYTES)
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`
}

/** Whether a PIN is the one of which a hash was stored. No hash, or one that does not read: no PIN is right. */
export async function verifyPin(pin: string, stored: string | null): Promise<boolean> {
  const [, N = '', r = '', p = '', salt = '', key = ''] = FORMAT.exec(stored ?? '') ?? []
  if (key === '') return false
  const expected = Buffer.from(key, 'base64url')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const derived = await derive(pin, Buffer.from(salt, 'base64url'), cost, expected.length)
  return timingSafeEqual(derived, expected)
}

function derive(pin: string, salt: Buffer, cost: typeof COST, keyBytes: number): Promise<Buffer> {
  return new Promise((done, fail) => {
    scrypt(
      pin.normalize('NFKC').trim(),
      salt,
      keyBytes,
      { ...cost, maxmem: 64 * 1024 * 1024 },
      (error, key) => {
        if (error === null) done(key)
        else fail(error)
      },
    )
  })
}
