import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { EngineFailure } from '../engine/core/core.ts'
import { keepEnrolling, type Enrolling } from '../engine/process/enrol-with-retries.ts'
import { parseKioskArguments, type KioskArguments } from '../engine/config/kiosk-arguments.ts'
import { findKioskFolder, openKiosk, type OpenedKiosk } from '../engine/process/open-kiosk.ts'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'
import { exportOutboxes } from '../engine/store/export-outbox.ts'
import { systemConfigFile } from '../engine/config/kiosk-paths.ts'
import { startAgent, type Agent } from './agent.ts'
import { keepBridgeToken } from './bridge-token.ts'

const DEFAULT_PORT = 4711

/** Exit code of a kiosk that must be started anew: EX_SOFTWARE of sysexits.h. [KSK-1] [KSK-3] */
export const FAILED = 70

/** How long what a screen is told last may take to reach it. */
const LAST_WORD_MS = 250

const HELP = `npm run kiosk -- --name NAME --hub URL [options]
npm run kiosk -- --config FILE [options]

Starts a kiosk whose screens are served to a browser on this machine. Prints "kiosk http://…" on standard output when it
is ready: open that address, it carries the secret that the screens must show. The log goes to standard error. Ctrl-C
ends it. Without a name, a hub and a file, ${systemConfigFile()} is read.

  --name NAME     what staff call this device
  --hub URL       address of the hub; https, unless it is on this machine
  --config FILE   configuration file (JSON); options on the command line win over it
  --code CODE     enrolment code, for a device that has no place yet. Others can see a command line: better give it in
                  CARREL_ENROL_CODE, or as a line on standard input, or type it at the screen
  --port PORT     port on 127.0.0.1 (${DEFAULT_PORT}; 0 takes any free one)
  --folder DIR    the device's own folder (below CARREL_HOME, by its name)
  --export        write what the device's outbox holds to standard output, as JSON, and end: also of a revoked kiosk,
                  and beside a running one
  --help          this text

environment
  CARREL_ENROL_CODE  enrolment code
  CARREL_HOME        folder of all data (as root /var/lib/carrel, else ~/.local/share/carrel)
  CARREL_LOG         how much is logged: info or warn (info)

Exit code 70: the kiosk's store broke or cannot be opened, and the kiosk is to be started again; let a supervisor do it.
`

/** What the process brings. */
export interface KioskProcess {
  args: string[]
  env: Record<string, string | undefined>
  appVersion: string
  screenFolder: string
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
 * Runs a kiosk without Electron until it is to end. Resolves with the exit code: 2 for a command line that cannot be meant,
 * 70 for an engine that must be started anew, by whatever watches over this process. [KSK-1] [KSK-3]
 */
export async function runKiosk(around: KioskProcess): Promise<number> {
  const args = parseKioskArguments(around.args, around.env['INIT_CWD'] ?? null)
  if (!args.ok) return give(around, args.refusal, 2)
  if (args.value.isHelp) {
    around.print(HELP)
    return 0
  }
  if (args.value.isExport) return exportOutbox(args.value, around)
  const opened = openKiosk(args.value, around)
  if (!opened.ok) return give(around, opened.refusal, 2)
  const { engine } = opened.value
  try {
    const agent = await serve(args.value, opened.value, around)
    engine.start()
    around.print(`kiosk ${agent.url}\n`)
    const endEnrolling = takeCodes({ engine, clock: around.clock, say: around.say }, args.value.code, around)
    const exitCode = await Promise.race([around.ended.then(() => 0), waitForFailure(engine, around)])
    endEnrolling()
    await agent.stop()
    return exitCode
  } catch (error) {
    return give(around, sentenceOf(error), 1)
  } finally {
    engine.stop()
  }
}

/** Settles with the exit code once the engine can do nothing more here, and its screens have heard so. */
async function waitForFailure({ failed }: OpenedKiosk['engine'], around: KioskProcess): Promise<number> {
  const why = await failed
  around.say(SENTENCES[why])
  await new Promise<void>((resolve) => around.clock.after(LAST_WORD_MS, resolve))
  return FAILED
}

const SENTENCES: Record<EngineFailure, string> = {
  storeBroken:
    'The outbox of this kiosk broke: the kiosk ends, and what can be read of it is saved by the next start.',
  storeUnusable:
    'The folder of this kiosk cannot be opened: nothing in it was changed, the kiosk ends and is to be started again.',
}

/** One JSON document on standard output; exit code 1 where no outbox can be read. [SYN-28] */
function exportOutbox(args: KioskArguments, around: KioskProcess): number {
  const folder = findKioskFolder(args, around.env)
  if (!folder.ok) return give(around, folder.refusal, 2)
  try {
    const found = exportOutboxes(folder.value)
    around.print(`${JSON.stringify(found, null, 2)}\n`)
    return found.outboxes.length > 0 && found.unreadable.length === 0 ? 0 : 1
  } catch {
    return give(around, `There is no kiosk in ${folder.value}, or this user may not read it.`, 1)
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

/** A folder that cannot be written is told by the engine, on the screen; until then any token will do. */
function tokenOf(folder: string | null, log: EngineLog): { token?: string } {
  if (folder === null) return {}
  try {
    return { token: keepBridgeToken(folder) }
  } catch (error) {
    log.warn('the token was not kept', { reason: String(error) })
    return {}
  }
}

/** Enrols with the code of the command line or the environment, and with every line on standard input. */
function takeCodes(enrolling: Enrolling, code: string | null, { env, input }: KioskProcess): () => void {
  let end = (): void => undefined
  const take = (given: string): void => {
    end()
    end = keepEnrolling(enrolling, given)
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
  if (code === 'EADDRINUSE') return `Port ${port} is taken by another program: name another one with --port.`
  if (code === 'ENOENT') return `The screens in ${path} are not built: "node build/build-screens.ts" does it.`
  return String(error instanceof Error ? (error.stack ?? error) : error)
}

function give({ say }: KioskProcess, sentence: string, exitCode: number): number {
  say(sentence)
  return exitCode
}
