import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { keepEnrolling } from '../engine/process/enrol-with-retries.ts'
import { parseKioskArguments, type KioskArguments } from '../engine/config/kiosk-arguments.ts'
import { findKioskFolder, openKiosk } from '../engine/process/open-kiosk.ts'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'
import { listScreenFiles } from '../engine/screen/screen-files.ts'
import { exportOutboxes } from '../engine/store/export-outbox.ts'
import { systemConfigFile } from '../engine/config/kiosk-paths.ts'
import { EXIT_CODES, makeAppEnd, type AppEnd } from './app-exit.ts'
import type { ElectronParts } from './electron-parts.ts'
import { guardProcess, type ProcessPart } from './guard-process.ts'
import { takeApart } from './split-arguments.ts'
import { parsePortalArguments } from './portal-arguments.ts'
import { runPortal } from './run-portal.ts'
import { claimInstance, startShell, type Shell } from './shell.ts'

const HELP = `carrel --name NAME --hub URL [options]
carrel --config FILE [options]
carrel --portal [--hub URL | --config FILE]

Shows a kiosk full screen, or with --portal the hub's pages for people in a window. Without a name, a hub and a file,
${systemConfigFile()} is read. The log goes to standard error. Switches of Chromium's may stand beside these
options, a value after "=": --lang=sl

  --name NAME     what staff call this device
  --hub URL       address of the hub; https, unless it is on this machine
  --config FILE   configuration file (JSON); what stands on the command line goes before it
  --code CODE     enrolment code, for a device that has no place yet. Others can see a command line: better give it in
                  CARREL_ENROL_CODE, or type it at the screen
  --folder DIR    the device's own folder (below CARREL_HOME, by its name)
  --window        a plain window instead of full screen
  --export        write what the device's outbox holds to standard output, as JSON, and end
  --help          this text

exit codes
  0 ended as asked · 2 a command line that cannot be meant · 70 it could not go on: start it again
  75 staff left full screen and closed it: leave it
`

/** What the process brings. */
export interface MainSurroundings {
  /** Arguments after the program. */
  args: string[]
  env: Record<string, string | undefined>
  appVersion: string
  clock: EngineClock
  log: EngineLog
  preloadFile: string
  screenFolder: string
  process: ProcessPart
  /** A line for programs: `kiosk window` or `portal window`. */
  print: (line: string) => void
  /** A sentence for people. */
  say: (sentence: string) => void
}

/**
 * The whole app: reads the command line (the same as the agent's), claims the kiosk's folder, opens engine and window,
 * enrols with a code where one was given. With `--portal` it shows the hub's pages for people instead, without a kiosk.
 *
 * Comes back at once, and must not be waited for: Electron is ready only after the entry module has been evaluated, so an
 * entry that waits for it waits for ever. How the app ends is told by its exit code. [BRG-4] [POR-7] [SHL-1] [SHL-4]
 */
export function runMain(parts: ElectronParts, around: MainSurroundings): void {
  const log = makeMovableLog(around.log)
  const end = makeAppEnd(parts.app, around.clock, log)
  guardProcess(around.process, end)
  const fail = (error: unknown): void =>
    end.fatal(error instanceof Error ? (error.stack ?? String(error)) : String(error))
  try {
    begin(parts, { ...around, log }, end)?.catch(fail)
  } catch (error) {
    fail(error)
  }
}

/** A log that goes on elsewhere once the kiosk's own is known. */
interface MovableLog extends EngineLog {
  /** Where it went at first; the kiosk's own writes there too. */
  readonly first: EngineLog
  moveTo(log: EngineLog): void
}

type Around = MainSurroundings & { log: MovableLog }

function makeMovableLog(first: EngineLog): MovableLog {
  let log = first
  return {
    first,
    info: (event, facts) => log.info(event, facts),
    warn: (event, facts) => log.warn(event, facts),
    moveTo: (next) => {
      log = next
    },
  }
}

/** What must be done before Electron is ready; the rest follows by itself. */
function begin(parts: ElectronParts, around: Around, end: AppEnd): Promise<void> | null {
  const taken = takeApart(around.args)
  if (!taken.ok) return refuseToRun(around, end, taken.refusal)
  const { own, switches } = taken.value
  if (switches.length > 0) around.log.info('switches were left to Chromium', { switches })
  if (own.includes('--portal') && !own.includes('--help')) {
    const start = parsePortalArguments(own)
    return start.ok
      ? runPortal(parts, { ...around, end }, start.value)
      : refuseToRun(around, end, start.refusal)
  }
  const args = parseKioskArguments(own.filter((one) => one !== '--portal'))
  if (!args.ok) return refuseToRun(around, end, args.refusal)
  if (args.value.isHelp || args.value.isExport) return answerOnly(around, end, args.value)
  if (claimInstance(parts, profileFolder(parts.app, args.value), around.log))
    return parts.app.whenReady().then(() => openApp(parts, around, end, args.value))
  around.say('This kiosk runs already on this machine; its window was brought to the front.')
  end.end(EXIT_CODES.restart)
  return null
}

function openApp(parts: ElectronParts, around: Around, end: AppEnd, args: KioskArguments): void {
  const shown: { shell: Shell | null } = { shell: null }
  const opened = openKiosk(args, {
    env: around.env,
    appVersion: around.appVersion,
    clock: around.clock,
    log: around.log.first,
    leaveFullScreen: () => shown.shell !== null && shown.shell.leaveFullScreen(),
  })
  if (!opened.ok) return void refuseToRun(around, end, opened.refusal)
  const { engine } = opened.value
  // Why a page or the app ended is for the log in the kiosk's folder too. [SHL-14]
  around.log.moveTo(opened.value.log)
  let endEnrolling = (): void => undefined
  end.closeFirst(async () => {
    endEnrolling()
    engine.stop()
  })
  shown.shell = startShell(parts, {
    engine,
    files: listScreenFiles(around.screenFolder),
    clock: around.clock,
    log: around.log,
    end,
    seen: () => around.print('kiosk window'),
    preloadFile: around.preloadFile,
    isFullScreen: !args.isWindow,
    isDevelopment: !parts.app.isPackaged,
  })
  engine.start()
  void engine.failed.then((why) => {
    around.say(`The kiosk must be started anew (${why}).`)
    end.fatal(why)
  })
  const code = args.code ?? around.env['CARREL_ENROL_CODE'] ?? ''
  if (code !== '') endEnrolling = keepEnrolling({ engine, clock: around.clock, say: around.say }, code)
}

/** Chromium's own folder, and the name of the lock: one for each kiosk that a command line can mean. */
function profileFolder(app: ElectronParts['app'], { folder, name, configFile }: KioskArguments): string {
  const mark = createHash('sha256')
    .update(folder ?? name ?? configFile ?? '')
    .digest('hex')
  return join(app.getPath('appData'), 'Carrel', mark.slice(0, 16))
}

/** Help, or what the outbox holds: without any window. [SYN-28] */
function answerOnly({ env, print, say }: MainSurroundings, end: AppEnd, args: KioskArguments): null {
  const folder = args.isHelp ? null : findKioskFolder(args, env)
  if (folder === null) print(HELP.trimEnd())
  else if (!folder.ok) return refuseToRun({ say }, end, folder.refusal)
  else
    try {
      print(JSON.stringify(exportOutboxes(folder.value), null, 2))
    } catch {
      return refuseToRun({ say }, end, `There is no kiosk in ${folder.value}, or this user may not read it.`)
    }
  end.end(EXIT_CODES.restart)
  return null
}

function refuseToRun({ say }: Pick<MainSurroundings, 'say'>, end: AppEnd, sentence: string): null {
  say(sentence)
  end.end(EXIT_CODES.usage)
  return null
}
