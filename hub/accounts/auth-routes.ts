import { changeAddress } from './change-address.ts'
import { forgotten, resetPassword } from './change-password.ts'
import { parseRefreshToken } from './refresh-tokens.ts'
import { register, resend } from './register.ts'
import { setUp } from './setup-link.ts'
import { verifyAddress } from './verify-address.ts'
import type { Transaction } from '../platform/postgres/database.ts'
import { lockSession } from './user-sessions.ts'
import type { AccountParts } from './identity-parts.ts'
import type { Handle } from '../platform/http/handle.ts'
import { readRefreshCookie } from './refresh-cookie.ts'

/** Accounts: asked for, confirmed, and got back into by mail. [IDN-2] [IDN-6] */
export function authRoutes(handle: Handle, parts: AccountParts): void {
  handle('POST /auth/register', ({ body }, caller) => register(parts, body, caller))
  handle('POST /auth/verify', ({ body }, caller) => verifyAddress(parts, body.token, caller))
  handle('POST /auth/verify/resend', ({ body }, caller) => resend(parts, body.email, caller))
  handle('POST /auth/forgotten', ({ body }, caller) => forgotten(parts, body.email, caller))
  handle('POST /auth/reset', ({ body }, caller) => resetPassword(parts, body, caller))
  handle('POST /auth/setup', ({ body }, caller) => setUp(parts, body, caller))
  handle('POST /auth/email', ({ body }, caller) => {
    const claims = parseRefreshToken(parts.keys, readRefreshCookie(caller.request, parts.cookie))
    const findKept = async (client: Transaction, userId: number): Promise<number | null> => {
      const session = claims === null ? null : await lockSession(client, claims.family)
      return session?.userId === userId ? session.id : null
    }
    return changeAddress(parts, body.token, findKept, caller)
  })
}
