// Second half of `npm start`, under Node 24: a hub, the demo campus and two kiosks, from one terminal.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseConfig, type HubConfig } from '../hub/config.ts'
import { setupFile } from '../hub/hub-file.ts'
import type { LogCode } from '../hub/platform/log-codes.ts'
import { readMailFile } from '../hub/platform/mail/mail-file.ts'
import { FolderLockedError, folderFault, lockFolder } from '../hub/platform/postgres/folder-lock.ts'
import { buildScreens } from './build-screens.ts'
import { clearLeftovers, startProgram, type ChildProgram } from './child-programs.ts'
import { say, StartupError } from './launcher.mjs'
import { findTakenPort } from './ports.ts'
import { startDemo } from './start-demo.ts'
import {
  addProgram,
  HUB,
  removeProgram,
  makeStarted,
  restartProgram,
  stopAll,
  type Started,
} from './started.ts'
import { untilOneFails } from './supervise-programs.ts'

/** A port may still be held for a moment by what was just ended. */
const PORT_TIMEOUT_MS = 3_000

const MAIL_WRITTEN: LogCode = 'mail-written'

async function main(): Promise<void> {
  const parsed = parseConfig(process.env)
  if (!parsed.ok) throw new StartupError(parsed.refusal.problems.join('\n'))
  const started = makeStarted(parsed.value)
  const unlock = takeFolder(started.folder)
  const stopAsked = whenStopIsAsked().then(() => {
    started.isStopping = true
    return 'asked' as const
  })
  try {
    const began = await Promise.race([begin(started), stopAsked])
    if (began !== 'asked') {
      process.stdout.write('ready\n')
      const first = await Promise.race([stopAsked, superviseAll(started)])
      if (first !== 'asked')
        throw new StartupError(`The ${first.name} stopped unexpectedly; everything was stopped.`)
    }
    say('stopping…')
  } finally {
    await stopAll(started)
    unlock()
  }
}

/** Resolves at Ctrl-C, at any other signal to end, and when the process that started this one is gone. */
function whenStopIsAsked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
    process.on('disconnect', () => resolve())
    // Listening alone would keep a start alive that is done.
    process.channel?.unref()
  })
}

function superviseAll(started: Started): Promise<ChildProgram> {
  return untilOneFails({
    programs: () => started.programs,
    remove: (program) => removeProgram(started, program),
    startAgain: (program) => restartProgram(started, program),
    say,
  })
}

function takeFolder(folder: string): () => void {
  try {
    // 0711: as root, the database's own user must be able to pass through to its data.
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    return lockFolder(folder)
  } catch (error) {
    if (error instanceof FolderLockedError) {
      const sentence = `Carrel is already running on ${path.dirname(folder)} (process ${error.pid}). Stop it, or set CARREL_HOME to another folder.`
      throw new StartupError(sentence, { cause: error })
    }
    throw new StartupError(folderFault(path.dirname(folder), error), { cause: error })
  }
}

async function begin(started: Started): Promise<void> {
  const cleared = await clearLeftovers(started.folder)
  if (cleared > 0)
    say(`ended ${cleared} ${cleared === 1 ? 'process' : 'processes'} left over from a killed start`)
  const taken = await findTakenPort(started.ports, PORT_TIMEOUT_MS)
  if (taken !== null)
    throw new StartupError(
      `Port ${taken} is in use by another program. Stop it, or set CARREL_PORT to another port.`,
    )
  say('starting the hub…')
  const [line] = await Promise.all([startHub(started), prepareScreens()])
  process.stdout.write(`${line}\n`)
  showSetupLink(started.config.home)
  const hubUrl = line.slice('hub '.length)
  await startDemo(started, hubUrl)
}

/** Starts the hub and gives the line that says where it is. One that is killed comes up again at the same place. [KSK-20] */
async function startHub(started: Started): Promise<string> {
  const hub = addProgram(
    started,
    startProgram({
      name: HUB,
      file: 'hub/main.ts',
      args: [],
      env: started.env,
      onErrorLine: showHubLine(started.config),
    }),
  )
  started.startAgain.set(hub, async () => {
    await startHub(started)
  })
  return hub.waitForLine('hub ')
}

/** The hub has no terminal of its own here; who sits at this one may see the link, a log may not. [IDN-13] */
function showSetupLink(home: string): void {
  const file = setupFile(home)
  if (!existsSync(file)) return
  const where = process.stdout.isTTY ? readFileSync(file, 'utf8').trim() : `in ${file}`
  say(`no platform administrator yet; the link to create the first one, valid for one hour: ${where}`)
}

async function prepareScreens(): Promise<void> {
  const began = performance.now()
  if (await buildScreens()) say(`screens built in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

/** What the hub says goes through; instead of where a mail was written, the mail is printed for whoever sits here. [IMP-11] */
function showHubLine({ isProduction }: HubConfig): (line: string) => void {
  return (line) => say((isProduction ? null : describeMail(line)) ?? line)
}

/**
 * What is printed for a line of the hub's log: a mail that became a file is printed for whoever sits here, with its
 * subject, its link and where it is. The log itself has no link. Null: nothing else is to be said. [IMP-11]
 */
function describeMail(line: string): string | null {
  if (!line.includes(MAIL_WRITTEN)) return null
  try {
    const { code, file } = JSON.parse(line) as { code?: string; file: string }
    if (code !== MAIL_WRITTEN) return null
    const { to, subject, link } = readMailFile(readFileSync(file, 'utf8'))
    return `mail to ${to} "${subject}"${link === null ? '' : `: ${link}`} (${file})`
  } catch {
    return null
  }
}

try {
  await main()
} catch (error) {
  // Sentences for a person have no stack; anything else is a fault of ours and keeps it.
  if (!(error instanceof StartupError)) say(String(error instanceof Error ? (error.stack ?? error) : error))
  else if (!error.isPrinted) say(error.message)
  process.exitCode = 1
}
