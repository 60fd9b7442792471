import type { AccountDoor, AccountLimits } from '#shared/domain/conduct.ts'
import { refuse, accept, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal } from './handle.ts'
import { addressBucket } from './network-address.ts'
import type { Places } from '../places.ts'
import type { Database } from '../postgres/database.ts'
import { countTryNow, countTwoTriesNow, dropTries, readTriesNow, type Tries } from './rate-limits.ts'
import type { ServerKeys } from '../secrets/server-secret.ts'

/** Who knocks: as which account (as it was named; null: none was), and from which address of the network. */
export interface Knock {
  account: string | null
  address: string
}

/** What doors need. */
export interface DoorParts {
  pool: Database
  keys: ServerKeys
  limits: AccountLimits
}

/** Seconds after which somebody who found the queue full may try again. */
export const BUSY_RETRY_S = 5

/** So many browsers of one person are at their limit at once before the others are. */
const KNOWN_BROWSERS_AT_ONCE = 3

/**
 * Runs what hashes or judges a password while its owner has one of these places; who finds none free is told to come again
 * soon, before any try of theirs is counted. [IDN-25]
 */
export async function inPlace<Value>(
  places: Places,
  owner: string,
  run: () => Promise<Decision<Value, CallRefusal>>,
): Promise<Decision<Value, CallRefusal>> {
  const leave = places.enter(owner)
  if (leave === null) return refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
  try {
    return await run()
  } finally {
    leave()
  }
}

/**
 * Counts a try at a door across all hubs, and refuses it `tooMany` when there were too many; the same for accounts that
 * exist and names that do not. Names are counted under their keyed hash. [IDN-12]
 */
export async function knock(
  { pool, keys, limits }: DoorParts,
  door: AccountDoor,
  { account, address }: Knock,
): Promise<Decision<null, CallRefusal>> {
  const { perAddress, perAccount } = limits[door]
  // The address first: whoever is over its limit shuts nobody's account.
  const here = { name: fromBucket(door, address), limit: perAddress }
  const [ofHere, ofAccount] =
    account === null
      ? [await countTryNow(pool, here.name, perAddress.windowMs)]
      : await countTwoTriesNow(pool, here, {
          name: accountBucket(keys, door, account),
          limit: perAccount,
        })
  if (ofHere !== undefined && ofHere.count > perAddress.count) return tooMany(ofHere)
  if (ofAccount !== undefined && ofAccount.count > perAccount.count) return tooMany(ofAccount)
  return accept(null)
}

/** The same for who has shown to be somebody (by a session, a mailed link, a known browser): what others do from the same address does not count. [EDG-11] [EDG-12] */
export async function knockAccount(
  { pool, keys, limits }: DoorParts,
  door: AccountDoor,
  account: string,
): Promise<Decision<null, CallRefusal>> {
  const { perAccount } = limits[door]
  const tries = await countTryNow(pool, accountBucket(keys, door, account), perAccount.windowMs)
  return tries.count > perAccount.count ? tooMany(tries) : accept(null)
}

/**
 * Counts a sign-in in a known browser, apart from all others at the same name. Each sign-in makes a browser that is known,
 * so all of one account together are limited too; one of them that somebody else uses cannot shut the others. [EDG-11]
 */
export async function knockBrowser(
  { pool, keys, limits }: DoorParts,
  account: string,
  browser: string,
): Promise<Decision<null, CallRefusal>> {
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

/** Takes a sign-in back that was counted and then nobody had time for, in a known browser or (null) elsewhere. [IDN-25] */
export async function giveSignInBack(
  { pool, keys }: Pick<DoorParts, 'pool' | 'keys'>,
  { account, address }: { account: string; address: string },
  browser: string | null,
): Promise<void> {
  const buckets =
    browser === null
      ? [fromBucket('signIn', address), accountBucket(keys, 'signIn', account)]
      : browserBuckets(keys, account, browser)
  await dropTries(pool, buckets)
}

/**
 * Answers a mailed link that is none, or none any more: they are counted, so that nobody keeps the database busy with them.
 * One that is good is taken whatever others showed from the same address; its token cannot be guessed. [EDG-12]
 */
export async function refuseLink(
  parts: DoorParts,
  address: string,
): Promise<{ ok: false; refusal: CallRefusal }> {
  const opened = await knock(parts, 'link', { account: null, address })
  return opened.ok ? { ok: false, refusal: { why: 'linkRefused' } } : opened
}

/**
 * Refuses whom too many wrong passwords came from: a sign-in from an address from which somebody guesses at many accounts.
 * Those who are asked at the same moment slip through, as many as the door of sign-ins takes in a minute at most. [EDG-7]
 */
export async function refuseGuesser(
  { pool, limits }: Pick<DoorParts, 'pool' | 'limits'>,
  address: string,
): Promise<Decision<null, CallRefusal>> {
  const tries = await readTriesNow(pool, guessBucket(address))
  return tries.count >= limits.wrongPassword.perAddress.count ? tooMany(tries) : accept(null)
}

/** Counts a wrong password. [EDG-7] */
export async function countGuess(
  { pool, limits }: Pick<DoorParts, 'pool' | 'limits'>,
  address: string,
): Promise<void> {
  await countTryNow(pool, guessBucket(address), limits.wrongPassword.perAddress.windowMs)
}

/**
 * Whether one more sign-in from there is written down of which nothing came, since a directory is away or the hub is busy:
 * as many as wrong passwords. What is written down stays for ever. [IDN-24]
 */
export async function mayNoteUnanswered(
  { pool, limits }: Pick<DoorParts, 'pool' | 'limits'>,
  address: string,
): Promise<boolean> {
  const { count, windowMs } = limits.wrongPassword.perAddress
  const tries = await countTryNow(pool, `unanswered from ${addressBucket(address)}`, windowMs)
  return tries.count <= count
}

function accountBucket(keys: ServerKeys, door: AccountDoor, account: string): string {
  return `${door} of ${keys.mac('addresses', 'door', account)}`
}

function fromBucket(door: AccountDoor, address: string): string {
  return `${door} from ${addressBucket(address)}`
}

/** Of one browser, and of all known ones of an account. */
function browserBuckets(keys: ServerKeys, account: string, browser: string): [string, string] {
  return [
    accountBucket(keys, 'signIn', `${account} in ${browser}`),
    accountBucket(keys, 'signIn', `${account} in known browsers`),
  ]
}

function guessBucket(address: string): string {
  return fromBucket('wrongPassword', address)
}

function tooMany({ resetsInMs }: Tries): Decision<null, CallRefusal> {
  return refuse({ why: 'tooMany', retryAfterS: resetsInMs / 1000 })
}
