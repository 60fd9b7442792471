import { decideDisplayname } from '#shared/domain/person-name.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { requestAddressChange } from './change-address.ts'
import { changePassword } from './change-password.ts'
import { deleteAccount } from './erase-account.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { loadExport, loadMe } from './me-rows.ts'
import { updateProfile } from './user-rows.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { refusalOfName, type Handle } from '../platform/http/handle.ts'
import { clearRefreshCookie } from './refresh-cookie.ts'

/** Routes with which people see and change their own account. Sensitive acts ask for the password again. [IDN-10] */
export function meRoutes(handle: Handle, dependencies: AccountDependencies): void {
  handle('GET /me', async (_input, { actor }) => {
    const me = await loadMe(dependencies.pool, actor.userId)
    return me === null ? refuse({ why: 'signInNeeded' }) : accept(me)
  })

  handle('PATCH /me', async ({ body }, caller) => {
    const { userId, universityId } = caller.actor
    const name =
      typeof body.displayname === 'string' ? decideDisplayname(body.displayname) : accept(body.displayname)
    if (!name.ok) return refuse(refusalOfName(name.refusal))
    const profile = {
      ...(name.value === undefined ? {} : { displayname: name.value }),
      ...(body.locale === undefined ? {} : { locale: body.locale }),
    }
    const me = await transaction(dependencies.pool, 'read committed', async (client) => {
      if (await updateProfile(client, userId, profile))
        await appendChange(client, {
          ...changedBy(caller),
          universityId,
          service: 'accounts',
          subject: 'profile',
          log: { changed: Object.keys(profile) },
        })
      return loadMe(client, userId)
    })
    return me === null ? refuse({ why: 'signInNeeded' }) : accept(me)
  })

  handle('POST /me/password', async ({ body }, caller) => {
    if (!caller.isConfirmed) return refuse({ why: 'passwordNeeded' })
    const me = { userId: caller.actor.userId, sessionId: caller.sessionId }
    return changePassword(dependencies, me, body.password, caller)
  })

  handle('POST /me/email', async ({ body }, caller) => {
    if (!caller.isConfirmed) return refuse({ why: 'passwordNeeded' })
    return requestAddressChange(dependencies, caller.actor.userId, body.email, caller)
  })

  handle('GET /me/export', async (_input, caller) => {
    if (!caller.isConfirmed) return refuse({ why: 'passwordNeeded' })
    const { userId, universityId } = caller.actor
    await appendChange(dependencies.pool, {
      ...changedBy(caller),
      universityId,
      service: 'accounts',
      subject: 'export',
      log: {},
    })
    void caller.reply.header('content-disposition', 'attachment; filename="carrel.json"')
    return accept(await loadExport(dependencies.pool, userId))
  })

  handle('DELETE /me', async (_input, caller) => {
    if (!caller.isConfirmed) return refuse({ why: 'passwordNeeded' })
    const done = await deleteAccount(dependencies, caller.actor.userId, caller)
    if (done.ok) clearRefreshCookie(caller.reply, dependencies.cookie)
    return done
  })
}
