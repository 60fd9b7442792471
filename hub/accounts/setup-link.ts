import { randomBytes } from 'node:crypto'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal } from '../platform/http/handle.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Database } from '../platform/postgres/database.ts'
import { hasPlatformAdmin, insertSetupLink, lockSetupLink, updateSetupLinksUsed } from './setup-links.ts'
import { insertLocalAccount } from './users.ts'
import { parseAddress } from '../platform/mail/address.ts'
import { inPlace, refuseLink, BUSY_RETRY_S } from '../platform/http/account-limits.ts'
import type { AccountParts } from './identity-parts.ts'
import { hashLinkToken } from '../platform/secrets/link-tokens.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import type { From } from './people-sessions.ts'
import { findFaults } from './register.ts'

const SETUP_LIFE_MS = 3_600_000

/** Makes the token of a set-up link, good for an hour; null when there is a platform administrator already. [IDN-13] */
export async function makeSetupToken(pool: Database): Promise<string | null> {
  const token = randomBytes(32).toString('base64url')
  return transaction(pool, 'read committed', async (client) => {
    if (await hasPlatformAdmin(client)) return null
    await insertSetupLink(client, hashLinkToken(token), SETUP_LIFE_MS)
    return token
  })
}

/** The link with such a token, for whoever starts the hub; null when there is a platform administrator already. [IDN-13] */
export async function makeSetupLink(pool: Database, publicUrl: string): Promise<string | null> {
  const token = await makeSetupToken(pool)
  return token === null ? null : `${publicUrl}/setup#token=${token}`
}

/** Makes the first platform administrator by the token of a set-up link: once, and only while there is none. [IDN-13] */
export async function setUp(
  parts: AccountParts,
  wish: { token: string; email: string; password: string },
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const tokenHash = hashLinkToken(wish.token)
  const isGood = await transaction(parts.pool, 'read committed', (client) => lockSetupLink(client, tokenHash))
  if (!isGood) return refuseLink(parts, from.address)
  const address = parseAddress(wish.email)
  if (address === null) return refuse({ why: 'addressRefused' })
  const unreachable = await findUnreachable(parts, address)
  if (unreachable !== null) return refuse(unreachable)
  // Whoever has the link may try as often as they like: there is one of it, and it cannot be guessed.
  const made = await inPlace<string>(parts.places.chosen, 'setup', async () => {
    const faults = await findFaults(parts, wish.password, address, null, async () => accept(null))
    if (faults !== null) return refuse(faults)
    const hashed = await parts.passwords.hash(wish.password)
    return hashed.ok ? hashed : refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
  })
  if (!made.ok) return made
  return transaction(parts.pool, 'read committed', async (client) => {
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
