import type { Reply } from '#shared/wire/messages.ts'
import { verifyPin } from './pin.ts'
import type { Database } from '../platform/postgres/database.ts'
import { loadFirstKiosk } from './forks.ts'
import { countTry } from '../platform/http/rate-limits.ts'
import { loadPinHash } from '../platform/connections/kiosk-sessions.ts'

/** Tries per kiosk with all that forked from it, and their window. Counted before the look, so that tries at once do not slip through. [SYN-22] */
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
