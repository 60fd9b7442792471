import { setTimeout as delay } from 'node:timers/promises'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { findDomainHolder, selfAndParents } from '#shared/domain/email-domain.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import type { NamedAccount } from './known-browser-rows.ts'
import {
  loadDirectoryAccountByEmail,
  loadLocalAccount,
  loadNamedAccount,
  loadApprovedUniversitiesByDomain,
  type Account,
  type ApprovedUniversity,
} from './user-rows.ts'
import { parseAddress, type Address } from '../platform/mail/address.ts'
import type { DirectoryLookup } from '../directories/directories.ts'
import { commitDirectoryEntry, directoryIdentityOf } from './directory-users.ts'
import {
  countWrongPassword,
  uncountSignIn,
  countAttempt,
  countAccountAttempt,
  countBrowserAttempt,
  mayLogUnanswered,
  refuseWrongPasswords,
  BUSY_RETRY_S,
} from '../platform/http/account-limits.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { findKnownBrowser } from './known-browser.ts'
import { beginSession, type BegunSession, type RequestSource } from './user-sessions.ts'
import { isPrintable } from '../platform/printable.ts'
import { rehashOutdated } from './rehash.ts'

/** Input of a sign-in: an email, or a username with its university. */
export interface SignInInput {
  email?: string
  username?: string
  university?: number
  password: string
}

/** An account whose password was right. */
interface VerifiedAccount {
  id: number
  universityId: number | null
}

/**
 * Why a sign-in failed; `wrong` covers unknown names, wrong passwords and accounts that may not sign in; `blocked` is said to whoever
 * gave the right password. [IDN-26]
 */
type SignInFailure = 'wrong' | 'blocked' | 'away' | 'busy'

const REFUSALS: Record<SignInFailure, HttpRefusal> = {
  wrong: { why: 'credentialsRefused' },
  blocked: { why: 'accountBlocked' },
  away: { why: 'directoryAway' },
  busy: { why: 'tooMany', retryAfterS: BUSY_RETRY_S },
}

/** The university that an email's domain belongs to, of the approved ones; null when none is. [IDN-3] */
export async function findUniversity(
  dependencies: Pick<AccountDependencies, 'pool'>,
  domain: string,
): Promise<ApprovedUniversity | null> {
  return findDomainHolder(
    domain,
    await loadApprovedUniversitiesByDomain(dependencies.pool, selfAndParents(domain)),
  )
}

/** Where a sign-in comes from, with the known-browser tokens of the request. */
type SignInSource = RequestSource & { browserTokens: readonly string[] }

/**
 * Signs somebody in, with a local password or by their directory; attempts are counted and logged. In a browser in which the
 * account signed in before, what others do from the same address does not count. [IDN-5] [IDN-12] [IDN-16] [EDG-11]
 */
export async function signIn(
  dependencies: AccountDependencies,
  input: SignInInput,
  from: SignInSource,
): Promise<Decision<BegunSession, HttpRefusal>> {
  const typed = parseLogin(input)
  if (!typed.ok) return typed
  if (dependencies.signInSemaphore.isFull) return refuse(REFUSALS.busy)
  const counted = await dependencies.signInSemaphore.run(() => countAndFind(dependencies, typed.value, from))
  if (!counted.ok) return counted
  const startedMs = performance.now()
  const { found: target, browser } = counted.value
  const { account } = typed.value
  const owner = browser === null ? addressBucket(from.address) : account
  const verified = await verifyPassword(dependencies, target, input.password, owner)
  if (verified.ok) return beginSessionOf(dependencies, verified.value, from)
  if (verified.refusal === 'wrong' && browser === null) await countWrongPassword(dependencies, from.address)
  if (verified.refusal === 'busy')
    await uncountSignIn(dependencies, { account, address: from.address }, browser)
  await appendFailure(dependencies, target, verified.refusal, from)
  // A directory takes longer or shorter than a hash: without this one could measure who has a local account. [IDN-23]
  if (verified.refusal === 'wrong')
    await delay(Math.max(0, startedMs + dependencies.minimumAnswerMs - performance.now()))
  return refuse(REFUSALS[verified.refusal])
}

type ParsedLogin =
  | { kind: 'email'; address: Address | null; account: string }
  | { kind: 'username'; username: string; universityId: number; account: string }

function parseLogin({ email, username, university }: SignInInput): Decision<ParsedLogin, HttpRefusal> {
  if (email !== undefined && username === undefined) return accept(parseEmailLogin(email))
  if (username === undefined || email !== undefined) return refuse({ why: 'malformed', at: '' })
  const name = username.normalize('NFC').trim()
  // Portals have one field for both: no username has an @ that makes it an address.
  if (university === undefined)
    return name.includes('@') ? accept(parseEmailLogin(name)) : refuse({ why: 'universityNeeded' })
  const account = `${university} ${name.toLowerCase()}`
  return accept({ kind: 'username', username: name, universityId: university, account })
}

function parseEmailLogin(email: string): ParsedLogin {
  const address = parseAddress(email)
  // Text that is no address gets a bucket name of its own: "user 7" is the bucket of people who are signed in.
  return { kind: 'email', address, account: address?.key ?? `no address ${email.toLowerCase()}` }
}

interface CountedSignIn {
  found: SignInTarget
  /** The known browser that it comes from; null for any other. */
  browser: string | null
}

/** Counts the attempt, and finds the account or directory that the password belongs to. */
async function countAndFind(
  dependencies: AccountDependencies,
  typed: ParsedLogin,
  { address, browserTokens }: SignInSource,
): Promise<Decision<CountedSignIn, HttpRefusal>> {
  const named = namedAccountOf(typed)
  const browser = named === null ? null : await findKnownBrowser(dependencies, browserTokens, named)
  const counted =
    browser === null
      ? await countUnknownBrowser(dependencies, typed.account, address)
      : await countBrowserAttempt(dependencies, typed.account, browser)
  if (!counted.ok) return counted
  return accept({ found: await findAccount(dependencies, typed), browser })
}

async function countUnknownBrowser(
  dependencies: AccountDependencies,
  account: string,
  address: string,
): Promise<Decision<null, HttpRefusal>> {
  const mayGuess = await refuseWrongPasswords(dependencies, address)
  return mayGuess.ok ? countAttempt(dependencies, 'signIn', { account, address }) : mayGuess
}

function namedAccountOf(typed: ParsedLogin): NamedAccount | null {
  if (typed.kind === 'email')
    return typed.address === null ? null : { by: 'email', emailKey: typed.address.key }
  const { universityId, username } = typed
  return isPrintable(username) ? { by: 'username', universityId, username } : null
}

/** Where the password is verified: here, by a directory, or nowhere. */
type SignInTarget =
  | { at: 'here'; account: Account }
  | { at: 'directory'; universityId: number; lookup: DirectoryLookup }
  | { at: 'nowhere'; universityId: number | null }

/** A password goes to a directory only for its own users, and for names that are unknown in its university. [IDN-16] */
async function findAccount(dependencies: AccountDependencies, typed: ParsedLogin): Promise<SignInTarget> {
  if (typed.kind === 'email') return findByEmail(dependencies, typed.address)
  const { universityId, username } = typed
  if (username === '' || !isPrintable(username)) return { at: 'nowhere', universityId: null }
  const account = await loadNamedAccount(dependencies.pool, universityId, username)
  if (account !== null && !waitsForDirectory(account)) return targetOf(account)
  const hasDirectory = await dependencies.directories.hasDirectory(universityId)
  return hasDirectory
    ? { at: 'directory', universityId, lookup: { by: 'name', username } }
    : { at: 'nowhere', universityId: null }
}

/**
 * Local accounts first, and with them the platform's administrators, whose domain is nobody's. An address that is nobody's
 * here is looked for in the directories of its university, whether or not somebody signed in from there before. [DIR-12]
 */
async function findByEmail(
  dependencies: AccountDependencies,
  address: Address | null,
): Promise<SignInTarget> {
  if (address === null) return { at: 'nowhere', universityId: null }
  const local = await loadLocalAccount(dependencies.pool, address.key)
  if (local !== null) return { at: 'here', account: local }
  const university = await findUniversity(dependencies, address.domain)
  if (university === null) return { at: 'nowhere', universityId: null }
  if (!(await dependencies.directories.hasDirectory(university.id)))
    return { at: 'nowhere', universityId: university.id }
  const account = await loadDirectoryAccountByEmail(dependencies.pool, university.id, address.key)
  const known = account === null ? null : directoryIdentityOf(account)
  const lookup: DirectoryLookup = { by: 'mail', mail: address.text, ...(known === null ? {} : { known }) }
  return { at: 'directory', universityId: university.id, lookup }
}

/** Whether an account was imported from a former system, so that only a directory can verify it. [DIR-9] */
function waitsForDirectory({ directory, passwordHash, email, isVerified }: Account): boolean {
  return directory === null && passwordHash === null && email === null && !isVerified
}

function targetOf(account: Account): SignInTarget {
  const { directory, username, universityId } = account
  if (directory === null) return { at: 'here', account }
  if (username === null || universityId === null) return { at: 'nowhere', universityId }
  return { at: 'directory', universityId, lookup: { by: 'name', username, directory } }
}

async function verifyPassword(
  dependencies: AccountDependencies,
  target: SignInTarget,
  password: string,
  owner: string,
): Promise<Decision<VerifiedAccount, SignInFailure>> {
  if (target.at === 'directory') return verifyAtDirectory(dependencies, target, password)
  const release = dependencies.passwordSlots.comparison.acquire(owner)
  if (release === null) return refuse('busy')
  return verifyLocally(dependencies, target, password).finally(release)
}

async function verifyLocally(
  dependencies: AccountDependencies,
  target: Exclude<SignInTarget, { at: 'directory' }>,
  password: string,
): Promise<Decision<VerifiedAccount, SignInFailure>> {
  const account = target.at === 'here' ? target.account : null
  const stored = account?.passwordHash ?? null
  const verified = await dependencies.passwords.verify(password, stored)
  if (!verified.ok) return verified
  if (!verified.value.isRight || account === null || stored === null) return refuse('wrong')
  // Anybody may choose a password for an address that is not confirmed: that it is right says nothing about who gives it. [IDN-2]
  if (!account.isVerified) return refuse('wrong')
  if (!account.maySignIn) return refuse(account.isBlocked ? 'blocked' : 'wrong')
  if (verified.value.isOutdated) await rehashOutdated(dependencies, account.id, password, stored)
  return accept({ id: account.id, universityId: account.universityId })
}

async function verifyAtDirectory(
  dependencies: AccountDependencies,
  { universityId, lookup }: Extract<SignInTarget, { at: 'directory' }>,
  password: string,
): Promise<Decision<VerifiedAccount, SignInFailure>> {
  const answer = await dependencies.directories.signIn({ universityId, lookup, password })
  if (!answer.ok) return answer
  const committed = await commitDirectoryEntry(dependencies, universityId, answer.value)
  return committed.ok ? accept({ id: committed.value, universityId }) : committed
}

/** Beginning a session counts as an act of the person, since it is kept in the log for ever. [AUD-9] */
async function beginSessionOf(
  dependencies: AccountDependencies,
  verified: VerifiedAccount,
  from: RequestSource,
): Promise<Decision<BegunSession, HttpRefusal>> {
  const counted = await countAccountAttempt(dependencies, 'act', `user ${verified.id}`)
  if (!counted.ok) return counted
  return accept(
    await transaction(dependencies.pool, 'read committed', (client) =>
      beginSession(client, dependencies, verified, from),
    ),
  )
}

async function appendFailure(
  dependencies: AccountDependencies,
  target: SignInTarget,
  why: SignInFailure,
  from: RequestSource,
): Promise<void> {
  const account = target.at === 'here' ? target.account : null
  if (why !== 'wrong' && !(await mayLogUnanswered(dependencies, from.address))) return
  await appendChange(dependencies.pool, {
    universityId: target.at === 'here' ? target.account.universityId : target.universityId,
    actor: 'nobody',
    userId: null,
    address: from.address,
    service: 'sessions',
    subject: 'failed',
    log: { why, ...(account === null ? {} : { userId: account.id }) },
  })
}
