import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { EngineFailure } from '../engine/core/core.ts'
import { enrolWithRetries, type EnrolmentContext } from '../engine/process/enrol-with-retries.ts'
import { parseKioskArguments, type KioskArguments } from '../engine/config/kiosk-arguments.ts'
import { findKioskFolder, openKiosk, type OpenedKiosk } from '../engine/process/open-kiosk.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { exportOutboxes } from '../engine/store/export-outbox.ts'
import { systemConfigFile } from '../engine/config/kiosk-paths.ts'
import { startAgent, type Agent } from './agent.ts'
import { readOrCreateBridgeToken } from './bridge-token.ts'

const DEFAULT_PORT = 4711

/** Exit code of a kiosk that must be started again: EX_SOFTWARE of sysexits.h. [KSK-1] [KSK-3] */
const EXIT_RESTART = 70

/** How long the last slice may take to reach the screens. */
const LAST_SLICE_MS = 250

const HELP = `npm run kiosk -- --name NAME --hub URL [options]
npm run kiosk -- --config FILE [options]

Starts a kiosk and serves its screens to a browser on this machine. Prints "kiosk http://…" on standard output when it
is ready: open that address, which contains the secret of this kiosk. The log goes to standard error. Ctrl-C
ends it. Without a name, a hub and a file, ${systemConfigFile()} is read.

  --name NAME     what staff call this device
  --hub URL       address of the hub; https, unless it is on this machine
  --config FILE   configuration file (JSON); options on the command line override it
  --code CODE     enrolment code, for a device that is not enrolled. Other users can see a command line: better set
                  CARREL_ENROL_CODE, send it as a line on standard input, or type it on the screen
  --port PORT     port on 127.0.0.1 (${DEFAULT_PORT}; 0 takes any free one)
  --folder DIR    the device's own folder (below CARREL_HOME, by its name)
  --export        write the device's outbox to standard output as JSON and exit; works for revoked kiosks too, and
                  while the kiosk is running
  --help          this text

environment
  CARREL_ENROL_CODE  enrolment code
  CARREL_HOME        folder of all data (as root /var/lib/carrel, else ~/.local/share/carrel)
  CARREL_LOG         how much is logged: info or warn (info)

Exit code 70: the kiosk's local data is damaged or cannot be opened. Start the kiosk again, best by a supervisor.
`

/** What the process gives to the kiosk. */
export interface KioskProcess {
  args: string[]
  env: Record<string, string | undefined>
  appVersion: string
  screenFolder: string
  /** Tags of the languages that the screens speak; not given: not known before a page is open. */
  languages?: readonly string[]
  clock: EngineClock
  log: EngineLog
  /** Lines with enrolment codes. */
  input: Readable
  /** Text for programs. */
  print: (text: string) => void
  /** A sentence for people. */
  say: (sentence: string) => void
  /** Settles when the kiosk is to end. */
  ended: Promise<void>
}

/**
 * Runs a kiosk without Electron until it is to end. Resolves with the exit code: 0 as asked, 1 for what can be corrected (a port
 * that is taken, screens that are not built), 2 for a command line that cannot be used, 70 for a kiosk that its supervisor is to
 * start again. Never rejects. [KSK-1] [KSK-3]
 */
export async function runKiosk(context: KioskProcess): Promise<number> {
  const args = parseKioskArguments(context.args, context.env['INIT_CWD'] ?? null)
  if (!args.ok) return failWith(context, args.refusal, 2)
  if (args.value.isHelp) {
    context.print(HELP)
    return 0
  }
  if (args.value.isExport) return exportOutbox(args.value, context)
  const opened = openKiosk(args.value, context)
  if (!opened.ok) return failWith(context, opened.refusal, 2)
  const { engine } = opened.value
  try {
    const agent = await serve(args.value, opened.value, context)
    engine.start()
    context.print(`kiosk ${agent.url}\n`)
    const endEnrolling = enrolWithCodes(
      { engine, clock: context.clock, say: context.say },
      args.value.code,
      context,
    )
    const exitCode = await Promise.race([context.ended.then(() => 0), waitForFailure(engine, context)])
    endEnrolling()
    await agent.stop()
    return exitCode
  } catch (error) {
    return failWith(context, sentenceOf(error), 1)
  } finally {
    engine.stop()
  }
}

/** Resolves with the exit code once the engine can do nothing more in this process, and its screens were notified. */
async function waitForFailure({ failed }: OpenedKiosk['engine'], context: KioskProcess): Promise<number> {
  const why = await failed
  context.say(SENTENCES[why])
  await new Promise<void>((resolve) => context.clock.after(LAST_SLICE_MS, resolve))
  return EXIT_RESTART
}

const SENTENCES: Record<EngineFailure, string> = {
  storeBroken: "This kiosk's outbox is damaged. The kiosk stops; the next start recovers what can be read.",
  storeUnusable:
    "This kiosk's folder cannot be opened. Nothing in it was changed. The kiosk stops; start it again.",
}

/** One JSON document on standard output; exit code 1 where no outbox can be read. [SYN-28] */
function exportOutbox(args: KioskArguments, context: KioskProcess): number {
  const folder = findKioskFolder(args, context.env)
  if (!folder.ok) return failWith(context, folder.refusal, 2)
  try {
    const found = exportOutboxes(folder.value)
    context.print(`${JSON.stringify(found, null, 2)}\n`)
    return found.outboxes.length > 0 && found.unreadable.length === 0 ? 0 : 1
  } catch {
    return failWith(context, `No kiosk found in ${folder.value}, or this user cannot read it.`, 1)
  }
}

function serve(
  args: KioskArguments,
  { engine, folder, log, port }: OpenedKiosk,
  { screenFolder }: KioskProcess,
): Promise<Agent> {
  return startAgent({
    engine,
    port: args.port ?? port ?? DEFAULT_PORT,
    screenFolder,
    ...tokenOf(folder, log),
    log,
  })
}

/** For a folder that cannot be written the engine shows that on the screen; until then any token will do. */
function tokenOf(folder: string | null, log: EngineLog): { token?: string } {
  if (folder === null) return {}
  try {
    return { token: readOrCreateBridgeToken(folder) }
  } catch (error) {
    log.warn(
      'token-not-saved',
      'The token for the screens could not be saved; it changes with the next start.',
      { reason: String(error) },
    )
    return {}
  }
}

/** Enrols with the code of the command line or the environment, and with every line on standard input. */
function enrolWithCodes(
  enrolling: EnrolmentContext,
  code: string | null,
  { env, input }: KioskProcess,
): () => void {
  let end = (): void => undefined
  const take = (given: string): void => {
    end()
    end = enrolWithRetries(enrolling, given)
  }
  const first = code ?? env['CARREL_ENROL_CODE'] ?? ''
  if (first !== '') take(first)
  const lines = createInterface({ input })
  lines.on('line', (line) => {
    if (line.trim() !== '') take(line.trim())
  })
  return () => {
    end()
    lines.close()
    input.destroy()
  }
}

function sentenceOf(error: unknown): string {
  const { code, port, path } = error as { code?: string; port?: number; path?: string }
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use by another program. Choose another one with --port.`
  if (code === 'ENOENT') return `The screens in ${path} are not built. Run "node build/build-screens.ts".`
  return String(error instanceof Error ? (error.stack ?? error) : error)
}

function failWith({ say }: KioskProcess, sentence: string, exitCode: number): number {
  say(sentence)
  return exitCode
}
