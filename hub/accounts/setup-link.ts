import { randomBytes } from 'node:crypto'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Database } from '../platform/postgres/database.ts'
import { hasPlatformAdmin, insertSetupLink, lockSetupLink, updateSetupLinksUsed } from './setup-link-rows.ts'
import { insertLocalAccount } from './user-rows.ts'
import { parseAddress } from '../platform/mail/address.ts'
import { withSlot, refuseLink, BUSY_RETRY_S } from '../platform/http/account-limits.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { hashLinkToken } from '../platform/secrets/link-tokens.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import type { RequestSource } from './user-sessions.ts'
import { findPasswordFaults } from './register.ts'

const SETUP_LIFE_MS = 3_600_000

/** Makes the token of a set-up link, valid for an hour; null when there is a platform administrator already. [IDN-13] */
export async function makeSetupToken(pool: Database): Promise<string | null> {
  const token = randomBytes(32).toString('base64url')
  return transaction(pool, 'read committed', async (client) => {
    if (await hasPlatformAdmin(client)) return null
    await insertSetupLink(client, hashLinkToken(token), SETUP_LIFE_MS)
    return token
  })
}

/** The link with such a token, for the person who starts the hub; null when there is a platform administrator already. [IDN-13] */
export async function makeSetupLink(pool: Database, publicUrl: string): Promise<string | null> {
  const token = await makeSetupToken(pool)
  return token === null ? null : `${publicUrl}/setup#token=${token}`
}

/** Makes the first platform administrator by the token of a set-up link: once, and only while there is none. [IDN-13] */
export async function createFirstAdmin(
  dependencies: AccountDependencies,
  input: { token: string; email: string; password: string },
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const tokenHash = hashLinkToken(input.token)
  const isGood = await transaction(dependencies.pool, 'read committed', (client) =>
    lockSetupLink(client, tokenHash),
  )
  if (!isGood) return refuseLink(dependencies, from.address)
  const address = parseAddress(input.email)
  if (address === null) return refuse({ why: 'addressRefused' })
  const unreachable = await findUnreachable(dependencies, address)
  if (unreachable !== null) return refuse(unreachable)
  // Attempts with a valid link are not counted: it cannot be guessed.
  const made = await withSlot<string>(dependencies.passwordSlots.newPassword, 'setup', async () => {
    const faults = await findPasswordFaults(dependencies, input.password, address, null, async () =>
      accept(null),
    )
    if (faults !== null) return refuse(faults)
    const hashed = await dependencies.passwords.hash(input.password)
    return hashed.ok ? hashed : refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
  })
  if (!made.ok) return made
  return transaction(dependencies.pool, 'read committed', async (client) => {
    if (!(await lockSetupLink(client, tokenHash))) return refuse({ why: 'linkRefused' })
    const userId = await insertLocalAccount(client, {
      universityId: null,
      email: address.text,
      emailKey: address.key,
      passwordHash: made.value,
      locale: null,
      isVerified: true,
    })
    if (userId === null) return refuse({ why: 'addressRefused' })
    await updateSetupLinksUsed(client)
    await appendChange(client, {
      universityId: null,
      ...byUser(userId, from.address),
      service: 'accounts',
      subject: 'setup',
      log: {},
    })
    return accept(null)
  })
}
