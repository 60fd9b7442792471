import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { enrolWithRetries } from '../engine/process/enrol-with-retries.ts'
import { parseKioskArguments, type KioskArguments } from '../engine/config/kiosk-arguments.ts'
import { findKioskFolder, openKiosk } from '../engine/process/open-kiosk.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { listScreenFiles } from '../engine/screen/screen-files.ts'
import { exportOutboxes } from '../engine/store/export-outbox.ts'
import { systemConfigFile } from '../engine/config/kiosk-paths.ts'
import { EXIT_CODES, makeAppExit, type AppExit } from './app-exit.ts'
import type { ElectronParts } from './electron-parts.ts'
import { guardProcess, type ProcessPart } from './guard-process.ts'
import { splitArguments } from './split-arguments.ts'
import { parsePortalArguments } from './portal-arguments.ts'
import { runPortal } from './run-portal.ts'
import { claimInstance, startShell, type Shell } from './shell.ts'

const HELP = `carrel --name NAME --hub URL [options]
carrel --config FILE [options]
carrel --portal [--hub URL | --config FILE]

Shows a kiosk full screen, or with --portal the hub's portal in a window. Without a name, a hub and a file,
${systemConfigFile()} is read. The log goes to standard error. Chromium switches can be added to these
options, with values after "=": --lang=sl

  --name NAME     what staff call this device
  --hub URL       address of the hub; https, unless it is on this machine
  --config FILE   configuration file (JSON); options on the command line override it
  --code CODE     enrolment code, for a device that is not enrolled. Other users can see a command line: better set
                  CARREL_ENROL_CODE, or type it on the screen
  --folder DIR    the device's own folder (below CARREL_HOME, by its name)
  --window        a plain window instead of full screen
  --export        write the device's outbox to standard output as JSON and exit
  --help          this text

exit codes
  0 ended normally · 2 wrong command line · 70 could not continue: start it again
  75 closed by staff: do not start it again
`

/** What the process gives to the app. */
export interface AppContext {
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
 * The whole app: parses the command line (the same as the agent's), locks the kiosk's folder, opens engine and window,
 * enrols with a code where one was given. With `--portal` it shows the hub's pages for people instead, without a kiosk.
 *
 * Returns at once: Electron is ready only after the entry module has been evaluated, so an entry that awaits it waits for ever.
 * The exit code says how the app ended. Never throws. [BRG-4] [POR-7] [SHL-1] [SHL-4]
 */
export function runMain(parts: ElectronParts, context: AppContext): void {
  const log = makeRedirectableLog(context.log)
  const appExit = makeAppExit(parts.app, context.clock, log)
  guardProcess(context.process, appExit)
  const fail = (error: unknown): void =>
    appExit.fatal(error instanceof Error ? (error.stack ?? String(error)) : String(error))
  try {
    start(parts, { ...context, log }, appExit)?.catch(fail)
  } catch (error) {
    fail(error)
  }
}

/** A log that can be redirected once the kiosk's own is known. */
interface RedirectableLog extends EngineLog {
  /** Where it wrote at first; the kiosk's own log writes there too. */
  readonly first: EngineLog
  redirectTo(log: EngineLog): void
}

type LoggedAppContext = AppContext & { log: RedirectableLog }

function makeRedirectableLog(first: EngineLog): RedirectableLog {
  let log = first
  return {
    first,
    info: (code, sentence, facts) => log.info(code, sentence, facts),
    warn: (code, sentence, facts) => log.warn(code, sentence, facts),
    redirectTo: (next) => {
      log = next
    },
  }
}

/** What must be done before Electron is ready. Null: nothing follows; else a promise of the rest. */
function start(parts: ElectronParts, context: LoggedAppContext, appExit: AppExit): Promise<void> | null {
  const split = splitArguments(context.args)
  if (!split.ok) return refuseToRun(context, appExit, split.refusal)
  const { own, switches } = split.value
  if (switches.length > 0)
    context.log.info('switches-passed-on', 'Switches of the command line were passed on to Chromium.', {
      switches,
    })
  if (own.includes('--portal') && !own.includes('--help')) {
    const portal = parsePortalArguments(own)
    return portal.ok
      ? runPortal(parts, { ...context, appExit }, portal.value)
      : refuseToRun(context, appExit, portal.refusal)
  }
  const args = parseKioskArguments(own.filter((one) => one !== '--portal'))
  if (!args.ok) return refuseToRun(context, appExit, args.refusal)
  if (args.value.isHelp || args.value.isExport) return answerWithoutWindow(context, appExit, args.value)
  if (claimInstance(parts, profileFolder(parts.app, args.value), context.log))
    return parts.app.whenReady().then(() => openApp(parts, context, appExit, args.value))
  context.say('This kiosk is already running on this machine; its window was brought to the front.')
  appExit.exit(EXIT_CODES.restart)
  return null
}

function openApp(
  parts: ElectronParts,
  context: LoggedAppContext,
  appExit: AppExit,
  args: KioskArguments,
): void {
  const shown: { shell: Shell | null } = { shell: null }
  const opened = openKiosk(args, {
    env: context.env,
    appVersion: context.appVersion,
    clock: context.clock,
    log: context.log.first,
    leaveFullScreen: () => shown.shell !== null && shown.shell.leaveFullScreen(),
  })
  if (!opened.ok) return void refuseToRun(context, appExit, opened.refusal)
  const { engine } = opened.value
  // Why a page or the app ended is logged in the kiosk's folder too. [SHL-14]
  context.log.redirectTo(opened.value.log)
  let endEnrolling = (): void => undefined
  appExit.beforeExit(async () => {
    endEnrolling()
    engine.stop()
  })
  shown.shell = startShell(parts, {
    engine,
    files: listScreenFiles(context.screenFolder),
    clock: context.clock,
    log: context.log,
    appExit,
    onShown: () => context.print('kiosk window'),
    preloadFile: context.preloadFile,
    isFullScreen: !args.isWindow,
    isDevelopment: !parts.app.isPackaged,
  })
  engine.start()
  void engine.failed.then((why) => {
    context.say(`The kiosk must be restarted (${why}).`)
    appExit.fatal(why)
  })
  const code = args.code ?? context.env['CARREL_ENROL_CODE'] ?? ''
  if (code !== '') endEnrolling = enrolWithRetries({ engine, clock: context.clock, say: context.say }, code)
}

/** Chromium's profile folder, in which its lock is: one for each kiosk that a command line can name. */
function profileFolder(app: ElectronParts['app'], { folder, name, configFile }: KioskArguments): string {
  const mark = createHash('sha256')
    .update(folder ?? name ?? configFile ?? '')
    .digest('hex')
  return join(app.getPath('appData'), 'Carrel', mark.slice(0, 16))
}

/** Prints the help, or what the outbox holds, without any window. [SYN-28] */
function answerWithoutWindow({ env, print, say }: AppContext, appExit: AppExit, args: KioskArguments): null {
  const folder = args.isHelp ? null : findKioskFolder(args, env)
  if (folder === null) print(HELP.trimEnd())
  else if (!folder.ok) return refuseToRun({ say }, appExit, folder.refusal)
  else
    try {
      print(JSON.stringify(exportOutboxes(folder.value), null, 2))
    } catch {
      return refuseToRun({ say }, appExit, `No kiosk found in ${folder.value}, or this user cannot read it.`)
    }
  appExit.exit(EXIT_CODES.restart)
  return null
}

function refuseToRun({ say }: Pick<AppContext, 'say'>, appExit: AppExit, sentence: string): null {
  say(sentence)
  appExit.exit(EXIT_CODES.usage)
  return null
}
