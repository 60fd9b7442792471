import { setTimeout as delay } from 'node:timers/promises'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { findDomainHolder, selfAndParents } from '#shared/domain/email-domain.ts'
import type { CallRefusal } from '../platform/http/handle.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import type { NamedAccount } from './known-browsers.ts'
import {
  loadDirectoryAccountByEmail,
  loadLocalAccount,
  loadNamedAccount,
  loadOpenUniversities,
  type Account,
  type OpenUniversity,
} from './users.ts'
import { parseAddress, type Address } from '../platform/mail/address.ts'
import type { Sought } from '../directories/directory-desk.ts'
import { commitEntry, provenBefore } from './directory-proof.ts'
import {
  countGuess,
  giveSignInBack,
  knock,
  knockAccount,
  knockBrowser,
  mayNoteUnanswered,
  refuseGuesser,
  BUSY_RETRY_S,
} from '../platform/http/account-limits.ts'
import type { AccountParts } from './identity-parts.ts'
import { findKnownBrowser } from './known-browser.ts'
import { beginSession, type Begun, type From } from './people-sessions.ts'
import { isPrintable } from '../platform/printable.ts'
import { rehash } from './rehash.ts'

/** What was typed: an e-mail, or a user name with its university. */
export interface SignInWish {
  email?: string
  username?: string
  university?: number
  password: string
}

/** Somebody whose password was right. */
interface Proven {
  id: number
  universityId: number | null
}

/** Why nobody was let in; `wrong` is all that is told of a name and a password that do not belong together. */
type Doubt = 'wrong' | 'away' | 'busy'

const REFUSALS: Record<Doubt, CallRefusal> = {
  wrong: { why: 'credentialsRefused' },
  away: { why: 'directoryAway' },
  busy: { why: 'tooMany', retryAfterS: BUSY_RETRY_S },
}

/** The university that an e-mail's domain belongs to, of those that let people in; null when none is. [IDN-3] */
export async function findUniversity(
  parts: Pick<AccountParts, 'pool'>,
  domain: string,
): Promise<OpenUniversity | null> {
  return findDomainHolder(domain, await loadOpenUniversities(parts.pool, selfAndParents(domain)))
}

/** Where a sign-in comes from, with the tokens of known browsers that came along. */
type Seeker = From & { browserTokens: readonly string[] }

/**
 * Signs somebody in, here or with their directory; tries are counted, and each is written down. What others do from the same
 * address stands in nobody's way in a browser in which they signed in before. [IDN-5] [IDN-12] [IDN-16] [EDG-11]
 */
export async function signIn(
  parts: AccountParts,
  wish: SignInWish,
  from: Seeker,
): Promise<Decision<Begun, CallRefusal>> {
  const typed = readWish(wish)
  if (!typed.ok) return typed
  if (parts.signInDoor.isFull) return refuse(REFUSALS.busy)
  const entered = await parts.signInDoor.pass(() => enter(parts, typed.value, from))
  if (!entered.ok) return entered
  const startedMs = performance.now()
  const { found, browser } = entered.value
  const { account } = typed.value
  const owner = browser === null ? addressBucket(from.address) : account
  const proven = await prove(parts, found, wish.password, owner)
  if (proven.ok) return beginFor(parts, proven.value, from)
  if (proven.refusal === 'wrong' && browser === null) await countGuess(parts, from.address)
  if (proven.refusal === 'busy') await giveSignInBack(parts, { account, address: from.address }, browser)
  await noteFailure(parts, found, proven.refusal, from)
  // A directory takes longer than a hash, or not as long: by that one could tell who has an account of this hub. [IDN-23]
  if (proven.refusal === 'wrong') await delay(Math.max(0, startedMs + parts.maskMs - performance.now()))
  return refuse(REFUSALS[proven.refusal])
}

type Typed =
  | { kind: 'email'; address: Address | null; account: string }
  | { kind: 'username'; username: string; universityId: number; account: string }

function readWish({ email, username, university }: SignInWish): Decision<Typed, CallRefusal> {
  if (email !== undefined && username === undefined) return accept(typedEmail(email))
  if (username === undefined || email !== undefined) return refuse({ why: 'malformed', at: '' })
  const name = username.normalize('NFC').trim()
  // One field for both, as portals have it: no user name has an @ that makes it an address.
  if (university === undefined)
    return name.includes('@') ? accept(typedEmail(name)) : refuse({ why: 'universityNeeded' })
  const account = `${university} ${name.toLowerCase()}`
  return accept({ kind: 'username', username: name, universityId: university, account })
}

function typedEmail(email: string): Typed {
  const address = parseAddress(email)
  // What is no address is counted apart: "user 7" is how those are counted who are signed in.
  return { kind: 'email', address, account: address?.key ?? `no address ${email.toLowerCase()}` }
}

interface Entered {
  found: Found
  /** The known browser in which it was typed; null in any other. */
  browser: string | null
}

/** Counts the try, and finds whose password it would be. */
async function enter(
  parts: AccountParts,
  typed: Typed,
  { address, browserTokens }: Seeker,
): Promise<Decision<Entered, CallRefusal>> {
  const named = nameOf(typed)
  const browser = named === null ? null : await findKnownBrowser(parts, browserTokens, named)
  const opened =
    browser === null
      ? await knockUnknown(parts, typed.account, address)
      : await knockBrowser(parts, typed.account, browser)
  if (!opened.ok) return opened
  return accept({ found: await findAccount(parts, typed), browser })
}

async function knockUnknown(
  parts: AccountParts,
  account: string,
  address: string,
): Promise<Decision<null, CallRefusal>> {
  const mayGuess = await refuseGuesser(parts, address)
  return mayGuess.ok ? knock(parts, 'signIn', { account, address }) : mayGuess
}

function nameOf(typed: Typed): NamedAccount | null {
  if (typed.kind === 'email')
    return typed.address === null ? null : { by: 'email', emailKey: typed.address.key }
  const { universityId, username } = typed
  return isPrintable(username) ? { by: 'username', universityId, username } : null
}

/** Where the password is to be proven: here, by a directory, or nowhere. */
type Found =
  | { at: 'here'; account: Account }
  | { at: 'directory'; universityId: number; sought: Sought }
  | { at: 'nowhere'; universityId: number | null }

/** A password goes to a directory only for its own users, and for names that are unknown in its university. [IDN-16] */
async function findAccount(parts: AccountParts, typed: Typed): Promise<Found> {
  if (typed.kind === 'email') return findByEmail(parts, typed.address)
  const { universityId, username } = typed
  if (username === '' || !isPrintable(username)) return { at: 'nowhere', universityId: null }
  const account = await loadNamedAccount(parts.pool, universityId, username)
  if (account !== null && !waitsForDirectory(account)) return foundAt(account)
  const hasDirectory = await parts.directories.has(universityId)
  return hasDirectory
    ? { at: 'directory', universityId, sought: { by: 'name', username } }
    : { at: 'nowhere', universityId: null }
}

/**
 * Local accounts first, and with them the platform's administrators, whose domain is nobody's. An address that is nobody's
 * here is looked for in the directories of its university, whether or not somebody signed in from there before. [DIR-12]
 */
async function findByEmail(parts: AccountParts, address: Address | null): Promise<Found> {
  if (address === null) return { at: 'nowhere', universityId: null }
  const local = await loadLocalAccount(parts.pool, address.key)
  if (local !== null) return { at: 'here', account: local }
  const university = await findUniversity(parts, address.domain)
  if (university === null) return { at: 'nowhere', universityId: null }
  if (!(await parts.directories.has(university.id))) return { at: 'nowhere', universityId: university.id }
  const account = await loadDirectoryAccountByEmail(parts.pool, university.id, address.key)
  const known = account === null ? null : provenBefore(account)
  const sought: Sought = { by: 'mail', mail: address.text, ...(known === null ? {} : { known }) }
  return { at: 'directory', universityId: university.id, sought }
}

/** Taken over from a system before: a user name that only a directory can prove. [DIR-9] */
function waitsForDirectory({ directory, passwordHash, email, isVerified }: Account): boolean {
  return directory === null && passwordHash === null && email === null && !isVerified
}

function foundAt(account: Account): Found {
  const { directory, username, universityId } = account
  if (directory === null) return { at: 'here', account }
  if (username === null || universityId === null) return { at: 'nowhere', universityId }
  return { at: 'directory', universityId, sought: { by: 'name', username, directory } }
}

async function prove(
  parts: AccountParts,
  found: Found,
  password: string,
  owner: string,
): Promise<Decision<Proven, Doubt>> {
  if (found.at === 'directory') return proveByDirectory(parts, found, password)
  const leave = parts.places.shown.enter(owner)
  if (leave === null) return refuse('busy')
  return proveHere(parts, found, password).finally(leave)
}

async function proveHere(
  parts: AccountParts,
  found: Exclude<Found, { at: 'directory' }>,
  password: string,
): Promise<Decision<Proven, Doubt>> {
  const account = found.at === 'here' ? found.account : null
  const stored = account?.passwordHash ?? null
  const verified = await parts.passwords.verify(password, stored)
  if (!verified.ok) return verified
  if (!verified.value.isRight || account === null || stored === null) return refuse('wrong')
  if (!account.isVerified || !account.mayEnter) return refuse('wrong')
  if (verified.value.isOutdated) await rehash(parts, account.id, password, stored)
  return accept({ id: account.id, universityId: account.universityId })
}

async function proveByDirectory(
  parts: AccountParts,
  { universityId, sought }: Extract<Found, { at: 'directory' }>,
  password: string,
): Promise<Decision<Proven, Doubt>> {
  const answer = await parts.directories.signIn({ universityId, sought, password })
  if (!answer.ok) return answer
  const userId = await commitEntry(parts, universityId, answer.value)
  return userId === null ? refuse('wrong') : accept({ id: userId, universityId })
}

/** A session is written down for ever, as is its end: it is an act of whoever begins it. [AUD-9] */
async function beginFor(
  parts: AccountParts,
  proven: Proven,
  from: From,
): Promise<Decision<Begun, CallRefusal>> {
  const opened = await knockAccount(parts, 'act', `user ${proven.id}`)
  if (!opened.ok) return opened
  return accept(
    await transaction(parts.pool, 'read committed', (client) => beginSession(client, parts, proven, from)),
  )
}

async function noteFailure(parts: AccountParts, found: Found, why: Doubt, from: From): Promise<void> {
  const account = found.at === 'here' ? found.account : null
  if (why !== 'wrong' && !(await mayNoteUnanswered(parts, from.address))) return
  await appendChange(parts.pool, {
    universityId: found.at === 'here' ? found.account.universityId : found.universityId,
    actor: 'nobody',
    userId: null,
    address: from.address,
    service: 'sessions',
    subject: 'failed',
    log: { why, ...(account === null ? {} : { userId: account.id }) },
  })
}
