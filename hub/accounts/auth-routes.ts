import { confirmAddressChange } from './change-address.ts'
import { mailPasswordReset, resetPassword } from './change-password.ts'
import { parseRefreshToken } from './refresh-tokens.ts'
import { register, resendVerification } from './register.ts'
import { createFirstAdmin } from './setup-link.ts'
import { verifyAddress } from './verify-address.ts'
import type { Transaction } from '../platform/postgres/database.ts'
import { lockSession } from './user-session-rows.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import type { Handle } from '../platform/http/handle.ts'
import { readRefreshCookie } from './refresh-cookie.ts'

/** Routes of registration, confirmation and password resets by mail. [IDN-2] [IDN-6] */
export function authRoutes(handle: Handle, dependencies: AccountDependencies): void {
  handle('POST /auth/register', ({ body }, caller) => register(dependencies, body, caller))
  handle('POST /auth/verify', ({ body }, caller) => verifyAddress(dependencies, body.token, caller))
  handle('POST /auth/verify/resend', ({ body }, caller) =>
    resendVerification(dependencies, body.email, caller),
  )
  handle('POST /auth/forgotten', ({ body }, caller) => mailPasswordReset(dependencies, body.email, caller))
  handle('POST /auth/reset', ({ body }, caller) => resetPassword(dependencies, body, caller))
  handle('POST /auth/setup', ({ body }, caller) => createFirstAdmin(dependencies, body, caller))
  handle('POST /auth/email', ({ body }, caller) => {
    const claims = parseRefreshToken(
      dependencies.keys,
      readRefreshCookie(caller.request, dependencies.cookie),
    )
    const findKept = async (client: Transaction, userId: number): Promise<number | null> => {
      const session = claims === null ? null : await lockSession(client, claims.family)
      return session?.userId === userId ? session.id : null
    }
    return confirmAddressChange(dependencies, body.token, findKept, caller)
  })
}
