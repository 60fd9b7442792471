import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import type { ConfigProblem } from '#shared/wire/bridge.ts'
import { findLanguage } from '#shared/i18n/language.ts'
import { openEngine } from '../api/engine.ts'
import { type Engine } from '../api/engine-api.ts'
import { makeUnavailableEngine } from '../api/unavailable-engine.ts'
import { makeJsonLog } from '../log/json-log.ts'
import type { KioskArguments } from '../config/kiosk-arguments.ts'
import { kioskFolder, systemConfigFile } from '../config/kiosk-paths.ts'
import { makeLogFile } from '../log/log-file.ts'
import type { EngineClock } from '../core/ports.ts'
import { makeTeeLog, type EngineLog } from '../log/engine-log.ts'
import { makePostEnrolment } from '../sync/post-enrolment.ts'
import { checkKioskConfig, readKioskConfig, type ReadConfig } from '../config/read-kiosk-config.ts'
import { makeWebSocketConnect } from '../sync/websocket-connection.ts'

/** What a shell gives to the kiosk that it opens. */
export interface ShellContext {
  env: Record<string, string | undefined>
  appVersion: string
  clock: EngineClock
  log: EngineLog
  leaveFullScreen?: () => boolean
  /** Tags of the languages that the screens speak, where the shell can tell before a page is open. */
  languages?: readonly string[]
}

/** An engine that was opened from a command line and a configuration. */
export interface OpenedKiosk {
  engine: Engine
  /** Null where the configuration cannot be used: then nothing is stored. */
  folder: string | null
  /** The log that the shell gave and, where there is a folder, the one in it; for the shell's own lines too. */
  log: EngineLog
  /** Port of the agent as configured; null: not configured. */
  port: number | null
}

/**
 * Opens the kiosk that a command line describes, on a real clock and real sockets; not started yet. A configuration that
 * cannot be used gives an engine that only shows on the screen what is wrong; a command line that cannot be used is refused with
 * one sentence. Never throws for what stands in a file. [KSK-1] [SHL-10]
 */
export function openKiosk(args: KioskArguments, context: ShellContext): Decision<OpenedKiosk, string> {
  const file = args.configFile ?? (args.name === null && args.hubUrl === null ? systemConfigFile() : null)
  const read = file === null ? checkArguments(args) : readKioskConfig(file)
  if (!read.ok && file === null) return refuse(sentenceOf(read.refusal))
  if (!read.ok) return accept(makeMisconfiguredKiosk(file ?? '', read.refusal, context))
  for (const { at, suggestion } of read.value.unknownKeys)
    context.log.warn(
      'setting-unknown',
      'The configuration has a setting that is not known; it was ignored.',
      { at, suggestion },
    )
  warnOfLanguage(read.value.config.screen?.language, context)
  const merged = checkKioskConfig(mergeArguments(read.value, args))
  if (!merged.ok) return refuse(sentenceOf(merged.refusal))
  const { config } = merged.value
  const folder = args.folder ?? kioskFolder(config.name, context.env)
  const { ca } = read.value
  const log = logAlsoToFolder(context, folder)
  const engine = openEngine({
    folder,
    config,
    appVersion: context.appVersion,
    clock: context.clock,
    connect: makeWebSocketConnect(ca),
    postEnrolment: makePostEnrolment(ca),
    random: makeSeededRandom(randomBytes(4).readUInt32LE()),
    makeSecret: (byteCount) => randomBytes(byteCount).toString('base64url'),
    log,
    ...(context.leaveFullScreen === undefined ? {} : { leaveFullScreen: context.leaveFullScreen }),
  })
  return accept({ engine, folder, log, port: config.agent?.port ?? null })
}

/** A language that no screen speaks is no fault, and yet most likely a mistake: whoever starts the kiosk reads which there are. [LNG-4] */
function warnOfLanguage(tag: string | undefined, { languages, log }: ShellContext): void {
  if (tag === undefined || languages === undefined || findLanguage(tag, languages) !== null) return
  log.warn('language-unknown', 'The screens do not speak this language; the university’s is used.', {
    at: 'screen.language',
    suggestion: languages.join(', '),
  })
}

/** The shell's log, and the same lines in the kiosk's folder: an app without a terminal has no other place for them. [KSK-8] */
function logAlsoToFolder({ log, clock, env }: ShellContext, folder: string): EngineLog {
  const write = makeLogFile(join(folder, 'log', 'kiosk.log'))
  const folderLog = makeJsonLog(write, clock.wallMs, env['CARREL_LOG'])
  return makeTeeLog(log, folderLog)
}

/** The folder of the kiosk that a command line describes, whether it exists or not; refused with one sentence. */
export function findKioskFolder(
  args: KioskArguments,
  env: Record<string, string | undefined>,
): Decision<string, string> {
  if (args.folder !== null) return accept(args.folder)
  if (args.name !== null) return accept(kioskFolder(args.name, env))
  const read = readKioskConfig(args.configFile ?? systemConfigFile())
  return read.ok ? accept(kioskFolder(read.value.config.name, env)) : refuse(sentenceOf(read.refusal))
}

/** A kiosk without a configuration file: its name and its hub are on the command line. */
function checkArguments({ name, hubUrl }: KioskArguments): Decision<ReadConfig, ConfigProblem[]> {
  const checked = checkKioskConfig({
    ...(name === null ? {} : { name }),
    ...(hubUrl === null ? {} : { hub: { url: hubUrl } }),
  })
  return checked.ok ? accept({ ...checked.value, ca: null }) : checked
}

function mergeArguments({ config }: ReadConfig, { name, hubUrl }: KioskArguments): unknown {
  return { ...config, name: name ?? config.name, hub: { ...config.hub, url: hubUrl ?? config.hub.url } }
}

function makeMisconfiguredKiosk(
  file: string,
  problems: ConfigProblem[],
  { log, clock }: ShellContext,
): OpenedKiosk {
  log.warn('configuration-unusable', 'The configuration cannot be used.', { file, problems })
  return {
    engine: makeUnavailableEngine({ state: 'configError', file, problems }, clock),
    folder: null,
    log,
    port: null,
  }
}

const FLAGS: Record<string, string> = { name: '--name', hub: '--hub', 'hub.url': '--hub' }

function sentenceOf(problems: ConfigProblem[]): string {
  const [first] = problems
  if (first === undefined) return 'The command line cannot be used.'
  const flag = FLAGS[first.at] ?? first.at
  return `${flag}: ${first.problem} ${first.advice}`
}
