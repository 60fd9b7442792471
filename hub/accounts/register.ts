import { randomUUID } from 'node:crypto'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { decidePassword } from '#shared/domain/password-rule.ts'
import { preparePassword } from '#shared/domain/password-text.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { loadAddressMark } from './address-mark-rows.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import {
  insertLocalAccount,
  loadLocalAccount,
  lockLocalAccount,
  updatePasswordHash,
  type Account,
  type ApprovedUniversity,
} from './user-rows.ts'
import { dropVerifications, hasYoungVerification } from './verification-rows.ts'
import { parseAddress, type Address } from '../platform/mail/address.ts'
import { withSlot, countAttempt, BUSY_RETRY_S } from '../platform/http/account-limits.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { mailFinishLink, mailVerifyLink } from './mail-links.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import { withMinimumDuration } from '../platform/http/minimum-duration.ts'
import type { RequestSource } from './user-sessions.ts'
import { findUniversity } from './sign-in.ts'

/** Input of a registration. */
export interface RegisterInput {
  email: string
  password: string
  locale?: Locale
}

/** A registration that passed all checks which need no look-up of the address. */
interface Applicant {
  address: Address
  university: ApprovedUniversity
  locale: Locale | null
}

/** Two registrations of one address may overlap; each is then decided again. */
const MAX_ROUNDS = 3

/**
 * Asks for an account. The address gets a mail, and the mail alone says whether there is one already: the answer is the
 * same, and both ways cost two hashes. [IDN-2]
 */
export async function register(
  dependencies: AccountDependencies,
  input: RegisterInput,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const address = parseAddress(input.email)
  const university = address === null ? null : await findUniversity(dependencies, address.domain)
  if (address === null || university === null) return refuse({ why: 'addressRefused', at: '/email' })
  const unreachable = await findUnreachable(dependencies, address, '/email')
  if (unreachable !== null) return refuse(unreachable)
  const applicant = { address, university, locale: input.locale ?? null }
  const done = await withSlot(dependencies.passwordSlots.newPassword, addressBucket(from.address), () =>
    registerWithSlot(dependencies, applicant, input.password, from),
  )
  if (done.ok) dependencies.kickMail()
  return done
}

async function registerWithSlot(
  dependencies: AccountDependencies,
  applicant: Applicant,
  password: string,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const { address, university } = applicant
  const attempt = { account: address.key, address: from.address }
  // Checked passwords are counted apart: trying weak ones uses up no registrations. [EDG-6]
  const count = (): Promise<Decision<null, HttpRefusal>> => countAttempt(dependencies, 'password', attempt)
  const faults = await findPasswordFaults(dependencies, password, address, university.name, count)
  if (faults !== null) return refuse(faults)
  const counted = await countAttempt(dependencies, 'register', attempt)
  if (!counted.ok) return counted
  return withMinimumDuration(dependencies.minimumAnswerMs, () =>
    registerInRounds(dependencies, applicant, password, from),
  )
}

/**
 * What is wrong with a password for an account; null when nothing is. What costs nothing to find is found first; then
 * `count` takes the try, and may refuse it, before the password checker runs. Call it while holding a password slot. [IDN-4] [IDN-20] [EDG-6]
 */
export async function findPasswordFaults(
  dependencies: Pick<AccountDependencies, 'isCommon'>,
  typed: string,
  address: Address | null,
  universityName: string | null,
  count: () => Promise<Decision<null, HttpRefusal>>,
): Promise<HttpRefusal | null> {
  const password = preparePassword(typed)
  if (password === null) return { why: 'passwordRefused', faults: ['controls'] }
  const facts = { address: address?.text ?? null }
  const simple = decidePassword(password, { ...facts, isCommon: () => false })
  if (simple.length > 0) return { why: 'passwordRefused', faults: simple }
  const counted = await count()
  if (!counted.ok) return counted.refusal
  const words = [...(address === null ? [] : [address.local, address.domain]), universityName ?? '']
  const isCommon = await dependencies.isCommon(password, words)
  if (isCommon === 'busy') return { why: 'tooMany', retryAfterS: BUSY_RETRY_S }
  const faults = decidePassword(password, { ...facts, isCommon: () => isCommon })
  return faults.length === 0 ? null : { why: 'passwordRefused', faults }
}

async function registerInRounds(
  dependencies: AccountDependencies,
  applicant: Applicant,
  password: string,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const made = await dependencies.passwords.hash(password)
  if (!made.ok) return refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const known = await loadLocalAccount(dependencies.pool, applicant.address.key)
    const knownHash = known?.passwordHash ?? null
    const verified = await dependencies.passwords.verify(password, knownHash)
    if (!verified.ok) return refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
    const proof = { knownHash, isSame: verified.value.isRight }
    const isDone = await transaction(dependencies.pool, 'read committed', (client) =>
      writeRegistration(client, dependencies, applicant, made.value, proof, from),
    )
    if (isDone) return accept(null)
  }
  return refuse({ why: 'tooMany', retryAfterS: 1 })
}

/** Makes the account, or mails whoever has it; false when the account has changed since its hash was compared. */
async function writeRegistration(
  client: Transaction,
  dependencies: AccountDependencies,
  { address, university, locale }: Applicant,
  passwordHash: string,
  proof: { knownHash: string | null; isSame: boolean },
  from: RequestSource,
): Promise<boolean> {
  const until = await loadAddressMark(client, addressHash(dependencies, address))
  if (until !== null) {
    await mailCoolDown(client, address, locale ?? university.locale, until)
    return true
  }
  const { id: universityId } = university
  const input = { universityId, email: address.text, emailKey: address.key, passwordHash, locale }
  const userId = await insertLocalAccount(client, { ...input, isVerified: false })
  if (userId === null) {
    const account = await lockLocalAccount(client, address.key)
    if (account === null || account.passwordHash !== proof.knownHash) return false
    await mailExistingAccount(client, dependencies, account, university.name, proof.isSame)
    return true
  }
  const reader = { id: userId, email: address.text, locale: locale ?? university.locale }
  await mailVerifyLink(client, dependencies.keys, reader, university.name)
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
export function addressHash(
  dependencies: Pick<AccountDependencies, 'keys'>,
  address: Pick<Address, 'key'>,
): string {
  return dependencies.keys.mac('addresses', 'mark', address.key)
}

async function mailCoolDown(
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
 * Mails whoever has the account. An account that is not confirmed yet and was asked for with another password loses its
 * password: a stranger's password must not become valid when its owner opens the link.
 */
async function mailExistingAccount(
  client: Transaction,
  dependencies: AccountDependencies,
  account: Account,
  universityName: string,
  isSamePassword: boolean,
): Promise<void> {
  if (account.email === null) return
  const reader = { id: account.id, email: account.email, locale: account.locale }
  if (account.isVerified) return mailAccountExists(client, account, reader)
  if (isSamePassword) {
    // Sent twice: the first mail's link stays valid.
    if (await hasYoungVerification(client, account.id, 'verify')) return
    return mailVerifyLink(client, dependencies.keys, reader, universityName)
  }
  await updatePasswordHash(client, account.id, null)
  await dropVerifications(client, account.id, 'verify')
  await mailFinishLink(client, dependencies.keys, reader, universityName)
}

/** Mails an address that there is an account for it already. */
export async function mailAccountExists(
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

/** Mails the confirmation link once more where an account waits for it; the answer is the same for every address. [IDN-2] */
export async function resendVerification(
  dependencies: AccountDependencies,
  email: string,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const address = parseAddress(email)
  if (address === null) return refuse({ why: 'addressRefused', at: '/email' })
  const unreachable = await findUnreachable(dependencies, address, '/email')
  if (unreachable !== null) return refuse(unreachable)
  const counted = await countAttempt(dependencies, 'resend', { account: address.key, address: from.address })
  if (!counted.ok) return counted
  await withMinimumDuration(dependencies.minimumAnswerMs, () =>
    transaction(dependencies.pool, 'read committed', async (client) => {
      const account = await lockLocalAccount(client, address.key)
      if (account?.maySignIn !== true || account.email === null) return
      const reader = { id: account.id, email: account.email, locale: account.locale }
      if (account.isVerified) return mailAccountExists(client, account, reader)
      const mailLink = account.passwordHash === null ? mailFinishLink : mailVerifyLink
      await mailLink(client, dependencies.keys, reader, account.universityName ?? '')
    }),
  )
  dependencies.kickMail()
  return accept(null)
}
