import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { EmbeddedDatabaseError, type OsUser } from './postgres-binaries.ts'

// The user of the operating system as which the embedded PostgreSQL runs. It refuses to run as root; and that user can read
// and change all its data, so that it must run nothing else on the machine.

/** The account that daemons without rights share; here it would give each of them all rights on the data. */
const NOBODY = 'nobody'
const NOBODY_UID = 65_534

/**
 * Numbers that no distribution, systemd, container engine or directory hands out (systemd's "Users, Groups, UIDs and GIDs":
 * 60578 to 61183 are unused). A process needs no account to run under one.
 */
const OWN_UIDS = { first: 60_900, last: 60_999 }

/** An account of the machine. */
export type OsAccount = OsUser

/**
 * The user as which the database of a folder runs. Null when the hub is not root: the hub's own user. As root the folder's owner; for a
 * new folder, and for one of `nobody`, `postgres` where the machine has it, else a number of its own without an account.
 * [OPS-12]
 */
export function chooseOsUser(
  dataFolder: string,
  accounts: readonly OsAccount[] = readOsAccounts(),
): OsUser | null {
  if (process.getuid?.() !== 0) return null
  const owner = existsSync(dataFolder) ? statSync(dataFolder).uid : 0
  if (owner === 0 || isNobody(owner, accounts))
    return accounts.find(({ name, uid }) => name === 'postgres' && uid !== 0) ?? chooseFreeUid(accounts)
  const known = accounts.find(({ uid }) => uid === owner)
  if (known !== undefined) return known
  if (owner >= OWN_UIDS.first && owner <= OWN_UIDS.last) return userWithoutAccount(owner)
  throw new EmbeddedDatabaseError(
    `The database folder ${dataFolder} belongs to the user id ${owner}, which this machine does not know. Give the folder to a user of this machine (chown), or set CARREL_HOME to another folder.`,
  )
}

function isNobody(uid: number, accounts: readonly OsAccount[]): boolean {
  return uid === NOBODY_UID || accounts.some((one) => one.name === NOBODY && one.uid === uid)
}

function userWithoutAccount(uid: number): OsUser {
  return { uid, gid: uid, name: `user id ${uid}` }
}

function chooseFreeUid(accounts: readonly OsAccount[]): OsUser {
  const usedIds = new Set([
    ...accounts.flatMap(({ uid, gid }) => [uid, gid]),
    ...readGroupIds(),
    ...busyUids(),
  ])
  for (let uid = OWN_UIDS.first; uid <= OWN_UIDS.last; uid += 1)
    if (!usedIds.has(uid)) return userWithoutAccount(uid)
  throw new EmbeddedDatabaseError(
    'PostgreSQL cannot run as root, and this machine has no user "postgres". Create one (useradd --system postgres), start Carrel as an ordinary user, or set DATABASE_URL.',
  )
}

/**
 * The user that runs initdb, which insists on an account with a name. Where `osUser` has none, an account as which nothing
 * runs at the moment is used for initdb alone; then all files are made `osUser`'s.
 */
export function chooseInitdbUser(
  osUser: OsUser | null,
  accounts: readonly OsAccount[] = readOsAccounts(),
): OsUser | null {
  if (osUser === null || accounts.some(({ uid }) => uid === osUser.uid)) return osUser
  const busy = busyUids()
  const quiet = accounts.filter(({ uid }) => uid !== 0 && uid < 1000 && !busy.has(uid))
  const initdbUser =
    quiet.at(0) ?? accounts.find(({ name, uid }) => name === NOBODY && uid !== 0 && !busy.has(uid))
  if (initdbUser !== undefined) return initdbUser
  throw new EmbeddedDatabaseError(
    'A database cannot be created as root without a user for it. Create one (useradd --system postgres), start Carrel as an ordinary user, or set DATABASE_URL.',
  )
}

/** The accounts of this machine. */
export function readOsAccounts(): OsAccount[] {
  return readLines('/etc/passwd').map(([name = '', , uid, gid]) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
  }))
}

function readGroupIds(): number[] {
  return existsSync('/etc/group') ? readLines('/etc/group').map(([, , gid]) => Number(gid)) : []
}

function readLines(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => line.split(':'))
}

/** User ids with running processes; empty where the system has no /proc. */
function busyUids(): Set<number> {
  const found = new Set<number>()
  const names = existsSync('/proc/self') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []
  for (const name of names)
    try {
      found.add(statSync(`/proc/${name}`).uid)
    } catch {
      // It ended between the listing and the stat.
    }
  return found
}
