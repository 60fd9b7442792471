import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { keepEnrolling } from '../engine/keep-enrolling.ts'
import { parseKioskArguments, type KioskArguments } from '../engine/kiosk-arguments.ts'
import { openKiosk } from '../engine/open-kiosk.ts'
import type { EngineClock, EngineLog } from '../engine/ports.ts'
import { listScreenFiles } from '../engine/screen-files.ts'
import type { ElectronParts, WindowPart } from './electron-parts.ts'
import { leaveFullScreen } from './kiosk-window.ts'
import { parsePortalArguments } from './portal-arguments.ts'
import { runPortal } from './run-portal.ts'
import { claimInstance, startShell } from './shell.ts'

/** What the process brings. */
export interface MainSurroundings {
  args: string[]
  env: Record<string, string | undefined>
  clock: EngineClock
  log: EngineLog
  preloadFile: string
  screenFolder: string
  /** A line for programs: `kiosk window` or `portal window`. */
  print: (line: string) => void
  /** A sentence for people. */
  say: (sentence: string) => void
}

/**
 * The whole app: reads the command line (the same as the agent's), claims the kiosk's folder, opens engine and window,
 * enrols with a code where one was given. With `--portal` it shows the hub's pages for people instead, without a kiosk.
 * Resolves once the window shows, with the exit code for later. [BRG-4] [POR-7]
 */
export async function runMain(parts: ElectronParts, around: MainSurroundings): Promise<number> {
  const { app } = parts
  const given = around.args.filter((one) => !isSwitchOfChromium(one))
  if (given.includes('--portal')) {
    const start = parsePortalArguments(given)
    return start.ok ? runPortal(parts, around, start.value) : give(around, app, start.refusal)
  }
  const args = parseKioskArguments(given)
  if (!args.ok) return give(around, app, args.refusal)
  const shown: { window: WindowPart | null } = { window: null }
  if (!claimInstance(parts, profileFolder(app, args.value))) return 0
  const opened = openKiosk(args.value, {
    env: around.env,
    appVersion: app.getVersion(),
    clock: around.clock,
    log: around.log,
    leaveFullScreen: () => shown.window !== null && leaveFullScreen(shown.window),
  })
  if (!opened.ok) return give(around, app, opened.refusal)
  const { engine } = opened.value
  let endEnrolling = (): void => undefined
  shown.window = await startShell(parts, {
    engine,
    files: listScreenFiles(around.screenFolder),
    clock: around.clock,
    log: around.log,
    preloadFile: around.preloadFile,
    isFullScreen: !args.value.isWindow,
    isDevelopment: !app.isPackaged,
    stop: () => {
      endEnrolling()
      engine.stop()
      return Promise.resolve()
    },
  })
  engine.start()
  void engine.failed.then((why) => {
    around.say(`The kiosk must be started anew (${why}).`)
    app.exit(70)
  })
  const code = args.value.code ?? around.env['CARREL_ENROL_CODE'] ?? ''
  if (code !== '') endEnrolling = keepEnrolling({ engine, clock: around.clock, say: around.say }, code)
  around.print('kiosk window')
  return 0
}

/** Chromium's own folder, and the name of the lock: one for each kiosk that a command line can mean. */
function profileFolder(app: ElectronParts['app'], { folder, name, configFile }: KioskArguments): string {
  const mark = createHash('sha256')
    .update(folder ?? name ?? configFile ?? '')
    .digest('hex')
  return join(app.getPath('appData'), 'Carrel', mark.slice(0, 16))
}

function give({ say }: MainSurroundings, app: ElectronParts['app'], sentence: string): number {
  say(sentence)
  app.quit()
  return 2
}

/** Chromium's own switches stand on the same command line; none of ours is spelt like them. */
function isSwitchOfChromium(argument: string): boolean {
  return /^--(enable|disable|no|use|ozone|force|in|remote|inspect|original)-/.test(argument)
}
