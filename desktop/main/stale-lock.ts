import { lstatSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** What is known of the machine that the app runs on. */
export interface LockSurroundings {
  platform: NodeJS.Platform
  hostname: string
  /** Path of the program that a process runs; null where there is no such process. */
  programOf: (pid: number) => string | null
  /** Path of the program that this app runs. */
  program: string
}

/** What Chromium puts into a profile's folder to lock it. */
const LINKS = ['SingletonLock', 'SingletonSocket', 'SingletonCookie']

/**
 * Removes Chromium's lock of a kiosk's folder where nobody can hold it. It is a link named after host and process; one that
 * a power cut left and that names another host is never taken again, so that a kiosk which was renamed, or made from a
 * copied disk, would not come up. The folder is on the device's own disk, and the engine has a lock of its own.
 * Gives whether there was one to remove. Linux only. [SHL-9]
 */
export function dropStaleLock(folder: string, around: LockSurroundings): boolean {
  if (around.platform !== 'linux') return false
  const named = readLock(join(folder, 'SingletonLock'))
  if (named === null) return false
  const [, host, pid] = /^(.*)-(\d+)$/.exec(named) ?? []
  if (host === around.hostname || pid === undefined) return false
  if (around.programOf(Number(pid)) === around.program) return false
  for (const link of LINKS) rmSync(join(folder, link), { force: true })
  return true
}

function readLock(file: string): string | null {
  try {
    return lstatSync(file).isSymbolicLink() ? readlinkSync(file) : null
  } catch {
    return null
  }
}
