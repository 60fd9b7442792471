import { lstatSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Facts of the machine and of this process, to tell whether a lock still holds. */
export interface LockFacts {
  platform: NodeJS.Platform
  hostname: string
  /** Path of the program that a process runs; null where there is no such process. */
  programOf: (pid: number) => string | null
  /** Path of the program that this app runs. */
  program: string
}

/** The links that Chromium puts into a profile's folder to lock it. */
const LINKS = ['SingletonLock', 'SingletonSocket', 'SingletonCookie']

/**
 * Removes Chromium's lock of a kiosk's folder where no process can hold it. It is a link whose target names host and process. One
 * that a power cut left and that names another host is never removed by Chromium, so that a kiosk which was renamed, or made from
 * a copied disk, would not start. The folder is on the device's own disk, and the engine has a lock of its own. Returns whether
 * one was removed. Linux only. [SHL-9]
 */
export function dropStaleLock(folder: string, facts: LockFacts): boolean {
  if (facts.platform !== 'linux') return false
  const named = readLock(join(folder, 'SingletonLock'))
  if (named === null) return false
  const [, host, pid] = /^(.*)-(\d+)$/.exec(named) ?? []
  if (host === facts.hostname || pid === undefined) return false
  if (facts.programOf(Number(pid)) === facts.program) return false
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
