import { chmodSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { MEMORY_FOLDER, TEST_MEMORY_VARIABLE } from '../platform/postgres/testing.ts'

const PREFIX = 'carrel-tests-'

/** Temporary folders of one program: it, and all that it starts, finds no other. */
export interface TemporaryFolders {
  /** Variables that name them. */
  env: NodeJS.ProcessEnv
  /** Names of what Carrel's tests or Carrel itself left there. */
  left(): string[]
  /** Database servers that have their files there: process id, and the folder of the socket, which may be elsewhere. */
  databases(): { pid: number; socketFolder: string }[]
  remove(): void
}

/** Makes them on disk and, where there is such a folder, in memory; clears away those of runs that were killed. */
export function makeTemporaryFolders(): TemporaryFolders {
  const memoryRoot = process.env[TEST_MEMORY_VARIABLE] ?? MEMORY_FOLDER
  const roots = [tmpdir(), ...(existsSync(memoryRoot) ? [memoryRoot] : [])]
  for (const root of roots) removeOrphans(root)
  const folders = roots.map((root) => mkdtempSync(path.join(root, `${PREFIX}${process.pid}-`)))
  // Like /tmp: as root, a database's own user works there too.
  for (const folder of folders) chmodSync(folder, 0o1777)
  const [disk, memory] = folders
  return {
    env: { TMPDIR: disk, ...(memory === undefined ? {} : { [TEST_MEMORY_VARIABLE]: memory }) },
    // Browsers and tools of others keep files there for their next run; what is Carrel's is named so.
    left: () => folders.flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith('carrel'))),
    databases: () =>
      folders
        .flatMap((folder) =>
          globSync('**/data/postmaster.pid', { cwd: folder }).map((file) => path.join(folder, file)),
        )
        .map((file) => {
          const [pid, , , , socketFolder = ''] = readFileSync(file, 'utf8').split('\n')
          return { pid: Number(pid), socketFolder }
        })
        // One that only begins has not written all yet.
        .filter(({ pid }) => Number.isSafeInteger(pid) && pid > 0),
    remove: () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function removeOrphans(root: string): void {
  for (const name of readdirSync(root)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isAlive(Number(owner))) continue
    try {
      rmSync(path.join(root, name), { recursive: true, force: true })
    } catch {
      // Another user's run left it: it is that user's.
    }
  }
}

/** Whether a process is there; a negative id asks for a whole process group. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
