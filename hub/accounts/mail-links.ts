import type { Locale } from '#shared/domain/university.ts'
import type { Transaction } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { insertVerification, type VerificationPurpose } from './verification-rows.ts'
import { LINK_LIFE_MS, makeLink } from '../platform/secrets/link-tokens.ts'
import type { ServerKeys } from '../platform/secrets/server-secret.ts'

/** Whom a link is mailed to. */
export interface Reader {
  id: number
  email: string
  locale: Locale
}

/** Mails the link with which an address is confirmed; one that was mailed before is no longer valid. [IDN-6] [IDN-7] */
export async function mailVerifyLink(
  client: Transaction,
  keys: ServerKeys,
  reader: Reader,
  university: string,
): Promise<void> {
  const { nonce, key } = await storeLink(client, keys, reader.id, 'verify', null)
  await queueMail(client, {
    key,
    to: reader.email,
    locale: reader.locale,
    template: 'verifyAddress',
    facts: { nonce, university },
  })
}

/**
 * Mails the link with which a password is chosen for an account that waits for its confirmation, because it was asked for
 * twice with different passwords: neither counts, and whoever reads the mail chooses. [IDN-2]
 */
export async function mailFinishLink(
  client: Transaction,
  keys: ServerKeys,
  reader: Reader,
  university: string,
): Promise<void> {
  const { nonce, key } = await storeLink(client, keys, reader.id, 'reset', null, LINK_LIFE_MS.verify)
  await queueMail(client, {
    key,
    to: reader.email,
    locale: reader.locale,
    template: 'finishAccount',
    facts: { nonce, university },
  })
}

/** Mails the link with which another password is chosen. [IDN-6] */
export async function mailResetLink(client: Transaction, keys: ServerKeys, reader: Reader): Promise<void> {
  const { nonce, key } = await storeLink(client, keys, reader.id, 'reset', null)
  await queueMail(client, {
    key,
    to: reader.email,
    locale: reader.locale,
    template: 'resetPassword',
    facts: { nonce },
  })
}

/** Mails the link with which a new address is confirmed, to that address. [IDN-6] */
export async function mailAddressLink(
  client: Transaction,
  keys: ServerKeys,
  reader: Reader,
  newEmail: string,
): Promise<void> {
  const { nonce, key } = await storeLink(client, keys, reader.id, 'email', newEmail)
  await queueMail(client, {
    key,
    to: newEmail,
    locale: reader.locale,
    template: 'changeAddress',
    facts: { nonce },
  })
}

async function storeLink(
  client: Transaction,
  keys: ServerKeys,
  userId: number,
  purpose: VerificationPurpose,
  newEmail: string | null,
  lifeMs: number = LINK_LIFE_MS[purpose],
): Promise<{ nonce: string; key: string }> {
  const { nonce, tokenHash } = makeLink(keys, purpose)
  await insertVerification(client, { userId, purpose, tokenHash, newEmail, lifeMs })
  return { nonce, key: `${purpose} ${tokenHash}` }
}
