import type { AccountLimitName, AccountLimits } from '#shared/domain/conduct.ts'
import { refuse, accept, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from './handle.ts'
import { addressBucket } from './network-address.ts'
import type { OwnerSlots } from '../owner-slots.ts'
import type { Database } from '../postgres/database.ts'
import { countTryNow, countTwoTriesNow, dropTries, readTriesNow, type Tries } from './rate-limits.ts'
import type { ServerKeys } from '../secrets/server-secret.ts'

/** An attempt: at which account (as it was named; null: none was), and from which address of the network. */
export interface Attempt {
  account: string | null
  address: string
}

/** What counting attempts needs. */
export interface AccountLimitDependencies {
  pool: Database
  keys: ServerKeys
  limits: AccountLimits
}

/** Seconds after which somebody who found no free slot may try again. */
export const BUSY_RETRY_S = 5

/** So many browsers of one person are at their limit at once before the others are. */
const KNOWN_BROWSERS_AT_ONCE = 3

/**
 * Runs what hashes or checks a password while its owner holds one of these slots; without a free one it is refused `tooMany`,
 * before any attempt is counted. [IDN-25]
 */
export async function withSlot<Value>(
  slots: OwnerSlots,
  owner: string,
  run: () => Promise<Decision<Value, HttpRefusal>>,
): Promise<Decision<Value, HttpRefusal>> {
  const release = slots.acquire(owner)
  if (release === null) return refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
  try {
    return await run()
  } finally {
    release()
  }
}

/**
 * Counts an attempt across all hubs, and refuses it `tooMany` when there were too many; the same for accounts that
 * exist and names that do not. Names are counted under their keyed hash. [IDN-12]
 */
export async function countAttempt(
  { pool, keys, limits }: AccountLimitDependencies,
  limitName: AccountLimitName,
  { account, address }: Attempt,
): Promise<Decision<null, HttpRefusal>> {
  const { perAddress, perAccount } = limits[limitName]
  // The address first: an address over its limit must not lock anybody's account.
  const network = { name: networkBucket(limitName, address), limit: perAddress }
  const [ofNetwork, ofAccount] =
    account === null
      ? [await countTryNow(pool, network.name, perAddress.windowMs)]
      : await countTwoTriesNow(pool, network, {
          name: accountBucket(keys, limitName, account),
          limit: perAccount,
        })
  if (ofNetwork !== undefined && ofNetwork.count > perAddress.count) return tooMany(ofNetwork)
  if (ofAccount !== undefined && ofAccount.count > perAccount.count) return tooMany(ofAccount)
  return accept(null)
}

/** The same for somebody who is known (by a session, a mailed link, a known browser): what others do from the same address does not count. [EDG-11] [EDG-12] */
export async function countAccountAttempt(
  { pool, keys, limits }: AccountLimitDependencies,
  limitName: AccountLimitName,
  account: string,
): Promise<Decision<null, HttpRefusal>> {
  const { perAccount } = limits[limitName]
  const tries = await countTryNow(pool, accountBucket(keys, limitName, account), perAccount.windowMs)
  return tries.count > perAccount.count ? tooMany(tries) : accept(null)
}

/**
 * Counts a sign-in in a known browser, apart from all others at the same name. Each sign-in makes a browser that is known,
 * so all of one account together are limited too; one that somebody else uses cannot lock the others. [EDG-11]
 */
export async function countBrowserAttempt(
  { pool, keys, limits }: AccountLimitDependencies,
  account: string,
  browser: string,
): Promise<Decision<null, HttpRefusal>> {
  const { perAccount } = limits.signIn
  const inAll = { ...perAccount, count: KNOWN_BROWSERS_AT_ONCE * perAccount.count }
  const [one, all] = browserBuckets(keys, account, browser)
  const [ofBrowser, ofAll] = await countTwoTriesNow(
    pool,
    { name: one, limit: perAccount },
    { name: all, limit: inAll },
  )
  if (ofBrowser !== undefined && ofBrowser.count > perAccount.count) return tooMany(ofBrowser)
  return ofAll !== undefined && ofAll.count > inAll.count ? tooMany(ofAll) : accept(null)
}

/** Uncounts a sign-in that was counted and then refused because the hub was busy, in a known browser or (null) elsewhere. [IDN-25] */
export async function uncountSignIn(
  { pool, keys }: Pick<AccountLimitDependencies, 'pool' | 'keys'>,
  { account, address }: { account: string; address: string },
  browser: string | null,
): Promise<void> {
  const buckets =
    browser === null
      ? [networkBucket('signIn', address), accountBucket(keys, 'signIn', account)]
      : browserBuckets(keys, account, browser)
  await dropTries(pool, buckets)
}

/**
 * Answers a mailed link that is none, or none any more: they are counted, so that nobody keeps the database busy with them.
 * One that is good is taken whatever others showed from the same address; its token cannot be guessed. [EDG-12]
 */
export async function refuseLink(
  dependencies: AccountLimitDependencies,
  address: string,
): Promise<{ ok: false; refusal: HttpRefusal }> {
  const counted = await countAttempt(dependencies, 'link', { account: null, address })
  return counted.ok ? { ok: false, refusal: { why: 'linkRefused' } } : counted
}

/**
 * Refuses a sign-in from an address from which too many wrong passwords came: somebody guesses at many accounts there.
 * Sign-ins at the same moment are not seen by each other, as many as the limit of sign-ins takes in a minute at most. [EDG-7]
 */
export async function refuseWrongPasswords(
  { pool, limits }: Pick<AccountLimitDependencies, 'pool' | 'limits'>,
  address: string,
): Promise<Decision<null, HttpRefusal>> {
  const tries = await readTriesNow(pool, wrongPasswordBucket(address))
  return tries.count >= limits.wrongPassword.perAddress.count ? tooMany(tries) : accept(null)
}

/** Counts a wrong password. [EDG-7] */
export async function countWrongPassword(
  { pool, limits }: Pick<AccountLimitDependencies, 'pool' | 'limits'>,
  address: string,
): Promise<void> {
  await countTryNow(pool, wrongPasswordBucket(address), limits.wrongPassword.perAddress.windowMs)
}

/**
 * Whether one more sign-in from there is logged that had no result, since a directory is away or the hub is busy:
 * as many as wrong passwords. The log of acts is kept for ever. [IDN-24]
 */
export async function mayLogUnanswered(
  { pool, limits }: Pick<AccountLimitDependencies, 'pool' | 'limits'>,
  address: string,
): Promise<boolean> {
  const { count, windowMs } = limits.wrongPassword.perAddress
  const tries = await countTryNow(pool, `unanswered from ${addressBucket(address)}`, windowMs)
  return tries.count <= count
}

function accountBucket(keys: ServerKeys, limitName: AccountLimitName, account: string): string {
  return `${limitName} of ${keys.mac('addresses', 'door', account)}`
}

function networkBucket(limitName: AccountLimitName, address: string): string {
  return `${limitName} from ${addressBucket(address)}`
}

/** Of one browser, and of all known ones of an account. */
function browserBuckets(keys: ServerKeys, account: string, browser: string): [string, string] {
  return [
    accountBucket(keys, 'signIn', `${account} in ${browser}`),
    accountBucket(keys, 'signIn', `${account} in known browsers`),
  ]
}

function wrongPasswordBucket(address: string): string {
  return networkBucket('wrongPassword', address)
}

function tooMany({ resetsInMs }: Tries): Decision<null, HttpRefusal> {
  return refuse({ why: 'tooMany', retryAfterS: resetsInMs / 1000 })
}
