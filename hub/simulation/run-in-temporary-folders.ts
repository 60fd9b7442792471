import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive, makeTemporaryFolders, type TemporaryFolders } from './temporary-folders.ts'

/** In the environment of a program that runs in temporary folders of its own already. */
const INSIDE_VARIABLE = 'CARREL_IN_TEMPORARY_FOLDERS'
/** Ends the program when this process is gone, however it went. */
const EXIT_WITH_PARENT = new URL('../../build/exit-with-parent.ts', import.meta.url).href
/** Exit code of a program that a signal ended. */
const SIGNALLED = 130
/** A database's immediate shutdown takes less. */
const ENDS_WITHIN_MS = 10_000

/**
 * Runs this process's program, which is `main`, in temporary folders of its own and exits with its code. The program is a
 * child in a process group of its own: however it ends, by Ctrl-C while it still makes things or by a crash, what it
 * started ends too and nothing of it is left. A signal that comes twice changes nothing: a terminal signals the whole
 * group, and the launcher passes its own on.
 */
export async function runInTemporaryFolders(main: () => Promise<number>): Promise<never> {
  // Node itself may loop at its end over a message to a child that was killed before it read it.
  if (process.env[INSIDE_VARIABLE] !== undefined) process.exit(await main())
  const signalled = Promise.withResolvers<'signal'>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => signalled.resolve('signal'))
  const folders = makeTemporaryFolders()
  const { pid, ended } = start(folders.env)
  const ending = await Promise.race([ended, signalled.promise])
  await endGroup(pid)
  await endDatabases(folders)
  folders.remove()
  process.exit(ending === 'signal' ? SIGNALLED : ending)
}

/** Starts this process's program once more, in these folders; `ended` gives its exit code. */
function start(env: NodeJS.ProcessEnv): { pid: number; ended: Promise<number> } {
  const program = ['--import', EXIT_WITH_PARENT, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn(process.execPath, program, {
    env: { ...process.env, ...env, [INSIDE_VARIABLE]: '1', CARREL_PARENT_PID: String(process.pid) },
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
  return { pid: child.pid ?? 0, ended }
}

/** Nothing of it is needed any more: hubs and kiosks have all that they keep in these folders. */
async function endGroup(pid: number): Promise<void> {
  for (const untilMs = performance.now() + ENDS_WITHIN_MS; isAlive(-pid) && performance.now() < untilMs;) {
    send(-pid, 'SIGKILL')
    await delay(20)
  }
}

/** Database servers are in groups of their own; killed outright they would leave shared memory behind. */
async function endDatabases(folders: TemporaryFolders): Promise<void> {
  const databases = folders.databases()
  for (const { pid } of databases) send(pid, 'SIGQUIT')
  const untilMs = performance.now() + ENDS_WITHIN_MS
  while (databases.some(({ pid }) => isAlive(pid)) && performance.now() < untilMs) await delay(20)
  for (const { socketFolder } of databases)
    if (path.basename(socketFolder).startsWith('carrel-'))
      rmSync(socketFolder, { recursive: true, force: true })
}

/** It may have ended meanwhile. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
