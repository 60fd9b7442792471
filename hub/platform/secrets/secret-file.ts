import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const WORLD_WRITABLE = 0o002
/** In a folder with this bit only a file's owner removes or renames it. */
const STICKY = 0o1000

/**
 * Why a file that holds a secret is not to be trusted, as one sentence that says what to do; null when it is. It must be
 * ours or root's (as root, also the folder owner's), closed to others, and in no folder where everybody may
 * put another one in its place. Throws what the file system throws. Windows keeps no such modes. [IDN-22]
 */
export function findSecretFault(file: string, { mayGroupRead = false } = {}): string | null {
  if (process.platform === 'win32') return null
  const { mode, uid } = statSync(file)
  if (!trustedOwners(dirname(file)).includes(uid))
    return `${file} belongs to another user of this machine (id ${uid}). Look at what is in it, then run "chown" on it or move it away.`
  if ((mode & (mayGroupRead ? 0o007 : 0o077)) !== 0)
    return `Others on this machine can read ${file}. Run "chmod ${mayGroupRead ? 'o-rwx' : '600'}" on it, and treat the secret as known to them.`
  return findFolderFault(dirname(file))
}

/** Whether a file belongs to this user or root, or, as root, to the owner of its folder; false where there is none. [IDN-22] */
export function isOfTrustedOwner(file: string): boolean {
  if (process.platform === 'win32') return true
  const uid = statSync(file, { throwIfNoEntry: false })?.uid
  return uid !== undefined && trustedOwners(dirname(file)).includes(uid)
}

function trustedOwners(folder: string): number[] {
  const me = process.getuid?.() ?? 0
  if (me !== 0) return [me, 0]
  const { uid, mode } = statSync(folder)
  return (mode & WORLD_WRITABLE) === 0 ? [0, uid] : [0]
}

/** Why a folder, or one above it, lets everybody put other files in the place of ours; null when none does. [IDN-22] */
export function findFolderFault(folder: string): string | null {
  if (process.platform === 'win32') return null
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    const { mode } = statSync(at)
    if ((mode & WORLD_WRITABLE) !== 0 && (mode & STICKY) === 0)
      return `Everyone on this machine can put other files into ${at}. Run "chmod o-w" on it, and look at what is there.`
    if (at === dirname(at)) return null
  }
}
