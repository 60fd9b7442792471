import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProcess, type ProcessLife } from './process-table.ts'

/** Another start holds the folder: `pid` is its process. */
export class FolderLockedError extends Error {
  readonly pid: number
  constructor(folder: string, pid: number) {
    super(
      `The data folder ${folder} is in use by another start of Carrel (process ${pid}). Stop that one, or set CARREL_HOME to another folder.`,
    )
    this.name = 'FolderLockedError'
    this.pid = pid
  }
}

const NO_PERMISSION = 'Give this user write access to it, or set CARREL_HOME to a folder of your own.'

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  ENOSPC: 'The disk is full: free some space, or set CARREL_HOME to a folder on another disk.',
  EROFS: 'The disk is read-only: set CARREL_HOME to a folder on another disk.',
  ENOTDIR: 'A part of the path is a file: set CARREL_HOME to another folder.',
  EEXIST: 'There is a file of that name: set CARREL_HOME to another folder.',
}

/** Why the data folder cannot be written, by what the file system threw, and what to do: for the person who starts Carrel. */
export function folderFault(folder: string, error: unknown): string {
  const { code = String(error) } = error as NodeJS.ErrnoException
  return `Cannot write to the data folder ${folder} (${code}). ${ADVICE[code] ?? 'Set CARREL_HOME to another folder.'}`
}

/**
 * Locks a folder for this process until the returned function is called. The lock of a process that ended is replaced.
 * PostgreSQL's own lock comes too late: two starts on an empty folder would both run initdb.
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, 'lock')
  const own = join(folder, `lock.${process.pid}`)
  const me = readProcess(process.pid)
  const text = JSON.stringify({ pid: process.pid, started: me?.started ?? '' })
  // Written aside and linked, so that nobody ever reads half a lock.
  writeFileSync(own, text, { mode: 0o644 })
  try {
    for (;;) {
      if (tryLink(own, lock)) break
      const found = readText(lock)
      if (found === null) continue
      const holder = livingHolder(found)
      if (holder !== null) throw new FolderLockedError(folder, holder.pid)
      takeAway(lock, found)
    }
  } finally {
    rmSync(own, { force: true })
  }
  return () => {
    if (readText(lock) === text) rmSync(lock, { force: true })
  }
}

/** Whether a folder has the lock of a process that ended without releasing it. */
export function wasLeftLocked(folder: string): boolean {
  const found = readText(join(folder, 'lock'))
  return found !== null && livingHolder(found) === null
}

function tryLink(own: string, lock: string): boolean {
  try {
    linkSync(own, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function livingHolder(text: string): ProcessLife | null {
  try {
    const holder = JSON.parse(text) as { pid?: unknown; started?: unknown }
    const life = typeof holder.pid === 'number' ? readProcess(holder.pid) : null
    return life !== null && life.started === holder.started ? life : null
  } catch {
    return null
  }
}

/** Moves a dead lock away; gives it back when another start was faster and the one moved is alive. */
function takeAway(lock: string, dead: string): void {
  const aside = `${lock}.dead.${process.pid}`
  try {
    renameSync(lock, aside)
  } catch {
    return
  }
  if (readText(aside) !== dead) tryLink(aside, lock)
  rmSync(aside, { force: true })
}
