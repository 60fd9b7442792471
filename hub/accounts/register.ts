import { randomUUID } from 'node:crypto'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { decidePassword } from '#shared/domain/password-rule.ts'
import { preparePassword } from '#shared/domain/password-text.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { CallRefusal } from '../platform/http/handle.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { loadAddressMark } from './address-marks.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import {
  insertLocalAccount,
  loadLocalAccount,
  lockLocalAccount,
  updatePasswordHash,
  type Account,
  type OpenUniversity,
} from './users.ts'
import { dropVerifications, hasYoungVerification } from './verifications.ts'
import { parseAddress, type Address } from '../platform/mail/address.ts'
import { inPlace, knock, BUSY_RETRY_S } from '../platform/http/account-limits.ts'
import type { AccountParts } from './identity-parts.ts'
import { mailFinishLink, mailVerifyLink } from './mail-links.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import { masked } from '../platform/http/minimum-duration.ts'
import type { From } from './people-sessions.ts'
import { findUniversity } from './sign-in.ts'

/** Who asks for an account. */
export interface RegisterWish {
  email: string
  password: string
  locale?: Locale
}

/** A wish that was found good, before anything was looked up about the address. */
interface Applicant {
  address: Address
  university: OpenUniversity
  locale: Locale | null
}

/** Two registrations of one address may meet; each is then judged again by what the other left. */
const MAX_ROUNDS = 3

/**
 * Asks for an account. The address gets a mail, and the mail alone says whether there is one already: the answer is the
 * same, and both ways cost two hashes. [IDN-2]
 */
export async function register(
  parts: AccountParts,
  wish: RegisterWish,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const address = parseAddress(wish.email)
  const university = address === null ? null : await findUniversity(parts, address.domain)
  if (address === null || university === null) return refuse({ why: 'addressRefused' })
  const unreachable = await findUnreachable(parts, address)
  if (unreachable !== null) return refuse(unreachable)
  const applicant = { address, university, locale: wish.locale ?? null }
  const done = await inPlace(parts.places.chosen, addressBucket(from.address), () =>
    applyInPlace(parts, applicant, wish.password, from),
  )
  if (done.ok) parts.kickMail()
  return done
}

async function applyInPlace(
  parts: AccountParts,
  applicant: Applicant,
  password: string,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const { address, university } = applicant
  const tried = { account: address.key, address: from.address }
  // The judge has a count of its own: who tries weak passwords uses up nobody's registrations. [EDG-6]
  const count = (): Promise<Decision<null, CallRefusal>> => knock(parts, 'password', tried)
  const faults = await findFaults(parts, password, address, university.name, count)
  if (faults !== null) return refuse(faults)
  const opened = await knock(parts, 'register', tried)
  if (!opened.ok) return opened
  return masked(parts.maskMs, () => applyInRounds(parts, applicant, password, from))
}

/**
 * What is wrong with a password for an account; null when nothing is. What costs nothing to find is found first; then
 * `count` takes the try, and may refuse it, before the judge takes its time. For whoever has a place. [IDN-4] [IDN-20] [EDG-6]
 */
export async function findFaults(
  parts: Pick<AccountParts, 'isCommon'>,
  typed: string,
  address: Address | null,
  universityName: string | null,
  count: () => Promise<Decision<null, CallRefusal>>,
): Promise<CallRefusal | null> {
  const password = preparePassword(typed)
  if (password === null) return { why: 'passwordRefused', faults: ['controls'] }
  const facts = { address: address?.text ?? null }
  const simple = decidePassword(password, { ...facts, isCommon: () => false })
  if (simple.length > 0) return { why: 'passwordRefused', faults: simple }
  const counted = await count()
  if (!counted.ok) return counted.refusal
  const words = [...(address === null ? [] : [address.local, address.domain]), universityName ?? '']
  const isCommon = await parts.isCommon(password, words)
  if (isCommon === 'busy') return { why: 'tooMany', retryAfterS: BUSY_RETRY_S }
  const faults = decidePassword(password, { ...facts, isCommon: () => isCommon })
  return faults.length === 0 ? null : { why: 'passwordRefused', faults }
}

async function applyInRounds(
  parts: AccountParts,
  applicant: Applicant,
  password: string,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const made = await parts.passwords.hash(password)
  if (!made.ok) return refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const known = await loadLocalAccount(parts.pool, applicant.address.key)
    const knownHash = known?.passwordHash ?? null
    const verified = await parts.passwords.verify(password, knownHash)
    if (!verified.ok) return refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
    const proof = { knownHash, isSame: verified.value.isRight }
    const isDone = await transaction(parts.pool, 'read committed', (client) =>
      apply(client, parts, applicant, made.value, proof, from),
    )
    if (isDone) return accept(null)
  }
  return refuse({ why: 'tooMany', retryAfterS: 1 })
}

/** Makes the account or writes to who has it; false when it is another one by now than the one that was compared. */
async function apply(
  client: Transaction,
  parts: AccountParts,
  { address, university, locale }: Applicant,
  passwordHash: string,
  proof: { knownHash: string | null; isSame: boolean },
  from: From,
): Promise<boolean> {
  const until = await loadAddressMark(client, addressHash(parts, address))
  if (until !== null) {
    await mailMark(client, address, locale ?? university.locale, until)
    return true
  }
  const { id: universityId } = university
  const wish = { universityId, email: address.text, emailKey: address.key, passwordHash, locale }
  const userId = await insertLocalAccount(client, { ...wish, isVerified: false })
  if (userId === null) {
    const account = await lockLocalAccount(client, address.key)
    if (account === null || account.passwordHash !== proof.knownHash) return false
    await remind(client, parts, account, university.name, proof.isSame)
    return true
  }
  const reader = { id: userId, email: address.text, locale: locale ?? university.locale }
  await mailVerifyLink(client, parts.keys, reader, university.name)
  await appendChange(client, {
    universityId,
    ...byUser(userId, from.address),
    service: 'accounts',
    subject: 'register',
    log: {},
  })
  return true
}

/** The keyed hash under which an address is remembered when its account is gone. [IDN-11] */
export function addressHash(parts: Pick<AccountParts, 'keys'>, address: Pick<Address, 'key'>): string {
  return parts.keys.mac('addresses', 'mark', address.key)
}

async function mailMark(
  client: Transaction,
  address: Address,
  locale: Locale,
  untilMs: number,
): Promise<void> {
  await queueMail(client, {
    key: `waits ${randomUUID()}`,
    to: address.text,
    locale,
    template: 'accountWaits',
    facts: { untilMs },
  })
}

/**
 * Writes to who has, or will have, the account. One that is not confirmed yet and was asked for with another password
 * loses its password: nobody's guess may become the password of who then clicks the link.
 */
async function remind(
  client: Transaction,
  parts: AccountParts,
  account: Account,
  universityName: string,
  isSamePassword: boolean,
): Promise<void> {
  if (account.email === null) return
  const reader = { id: account.id, email: account.email, locale: account.locale }
  if (account.isVerified) return mailExists(client, account, reader)
  if (isSamePassword) {
    // Pressed twice: the first mail's link stays good.
    if (await hasYoungVerification(client, account.id, 'verify')) return
    return mailVerifyLink(client, parts.keys, reader, universityName)
  }
  await updatePasswordHash(client, account.id, null)
  await dropVerifications(client, account.id, 'verify')
  await mailFinishLink(client, parts.keys, reader, universityName)
}

/** Tells whoever reads the mail of an address that there is an account. */
export async function mailExists(
  client: Transaction,
  { universityName }: Pick<Account, 'universityName'>,
  reader: { email: string; locale: Locale },
): Promise<void> {
  await queueMail(client, {
    key: `exists ${randomUUID()}`,
    to: reader.email,
    locale: reader.locale,
    template: 'accountExists',
    facts: { university: universityName },
  })
}

/** Sends the link once more to whom it may concern; the answer is the same for every address. [IDN-2] */
export async function resend(
  parts: AccountParts,
  email: string,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const address = parseAddress(email)
  if (address === null) return refuse({ why: 'addressRefused' })
  const unreachable = await findUnreachable(parts, address)
  if (unreachable !== null) return refuse(unreachable)
  const opened = await knock(parts, 'resend', { account: address.key, address: from.address })
  if (!opened.ok) return opened
  await masked(parts.maskMs, () =>
    transaction(parts.pool, 'read committed', async (client) => {
      const account = await lockLocalAccount(client, address.key)
      if (account?.mayEnter !== true || account.email === null) return
      const reader = { id: account.id, email: account.email, locale: account.locale }
      if (account.isVerified) return mailExists(client, account, reader)
      const mailLink = account.passwordHash === null ? mailFinishLink : mailVerifyLink
      await mailLink(client, parts.keys, reader, account.universityName ?? '')
    }),
  )
  parts.kickMail()
  return accept(null)
}
