import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { EmbeddedDatabaseError, type Servant } from './postgres-binaries.ts'

// As whom the embedded PostgreSQL runs. It refuses to run as root; and whoever it runs as is master of all its data, so
// that must be nobody who does anything else on the machine.

/** Everybody's account for what is to have no rights; here it would give every such process all rights. */
const NOBODY = 'nobody'
const NOBODY_UID = 65_534

/**
 * Numbers that no distribution, systemd, container engine or directory hands out (systemd's "Users, Groups, UIDs and GIDs":
 * 60578 to 61183 are unused). A process needs no account to run under one.
 */
const OWN_UIDS = { first: 60_900, last: 60_999 }

/** An account of the machine. */
export type Account = Servant

/**
 * As whom the database of a folder runs: not as root, null (as whoever runs the hub); as root, the folder's owner; for a
 * new folder, and for one of `nobody`, `postgres` where the machine has it, else a number of its own without an account.
 * [OPS-12]
 */
export function chooseServant(
  dataFolder: string,
  accounts: readonly Account[] = readAccounts(),
): Servant | null {
  if (process.getuid?.() !== 0) return null
  const owner = existsSync(dataFolder) ? statSync(dataFolder).uid : 0
  if (owner === 0 || isNobody(owner, accounts))
    return accounts.find(({ name, uid }) => name === 'postgres' && uid !== 0) ?? ownNumber(accounts)
  const known = accounts.find(({ uid }) => uid === owner)
  if (known !== undefined) return known
  if (owner >= OWN_UIDS.first && owner <= OWN_UIDS.last) return servantOf(owner)
  throw new EmbeddedDatabaseError(
    `The database folder ${dataFolder} belongs to the user id ${owner}, which this machine does not know.`,
  )
}

function isNobody(uid: number, accounts: readonly Account[]): boolean {
  return uid === NOBODY_UID || accounts.some((one) => one.name === NOBODY && one.uid === uid)
}

function servantOf(uid: number): Servant {
  return { uid, gid: uid, name: `user id ${uid}` }
}

function ownNumber(accounts: readonly Account[]): Servant {
  const taken = new Set([...accounts.flatMap(({ uid, gid }) => [uid, gid]), ...readGroupIds(), ...busyUids()])
  for (let uid = OWN_UIDS.first; uid <= OWN_UIDS.last; uid += 1) if (!taken.has(uid)) return servantOf(uid)
  throw new EmbeddedDatabaseError(
    'PostgreSQL cannot run as root, and this machine has no user "postgres": make one (useradd --system postgres), start Carrel as an ordinary user, or set DATABASE_URL.',
  )
}

/**
 * Who makes a new cluster: initdb insists on an account with a name. Where the servant has none, one as which nothing runs
 * at the moment lends it, for this second alone; then all files are the servant's.
 */
export function chooseMaker(
  servant: Servant | null,
  accounts: readonly Account[] = readAccounts(),
): Servant | null {
  if (servant === null || accounts.some(({ uid }) => uid === servant.uid)) return servant
  const busy = busyUids()
  const quiet = accounts.filter(({ uid }) => uid !== 0 && uid < 1000 && !busy.has(uid))
  const maker =
    quiet.at(0) ?? accounts.find(({ name, uid }) => name === NOBODY && uid !== 0 && !busy.has(uid))
  if (maker !== undefined) return maker
  throw new EmbeddedDatabaseError(
    'A database cannot be made as root without a user for it: make one (useradd --system postgres), start Carrel as an ordinary user, or set DATABASE_URL.',
  )
}

/** The accounts of this machine. */
export function readAccounts(): Account[] {
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

/** Users as whom something runs now; empty where the system does not tell. */
function busyUids(): Set<number> {
  const found = new Set<number>()
  const names = existsSync('/proc/self') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []
  for (const name of names)
    try {
      found.add(statSync(`/proc/${name}`).uid)
    } catch {
      // It ended between the list and the look.
    }
  return found
}
